"""Structures into numbers: Morgan counts, descriptors and fingerprint bits of the neutral parent.

Owns what a molecule looks like to a predictor; knows no endpoint and no model. How a SMILES is read
and what its parent is stands in ``structures``, the descriptors in ``descriptors``. Every function
depends on the RDKit version, which the checkpoints record, and on nothing else.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors import descriptors
from retort.tools.structures import (
    clipped,
    components_of,
    molecule_from_smiles,
    silenced,
    standardise,
)

MORGAN_RADIUS = 2
MORGAN_SIZE = 2048
COUNT_CAP = 255
DESCRIPTOR_CAP = 1e6
ELEMENTS = 119
"""one more than the largest atomic number"""
KEPT = 1_024
"""molecules whose features are kept for the next call; some 9 kB each"""

FloatArray = NDArray[np.float32]
BitArray = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Features:
    """One molecule as the predictors see it."""

    smiles: str
    """canonical SMILES of the neutral parent that was featurised"""
    vector: FloatArray
    """(w,) float32, read only: 2,048 Morgan counts, ``descriptor_names``, ``PAIRS`` ErG values,
    ``FORM``"""
    bits: BitArray
    """(32,) uint64, read only: 2,048 Morgan bits, radius 2, packed"""
    elements: frozenset[int]
    """atomic numbers present, hydrogen left out"""
    components: int
    """disconnected components of the structure as written; more than 1 for a salt or a mixture"""


def structure_keys(molecule: Any) -> tuple[str, ...]:
    """First InChIKey blocks (14 characters) by which a molecule is recognised in another list.

    Of the molecule as written, of its parent, and of its largest fragment made neutral without any
    clean-up (lists differ in how they standardise). The first block ignores stereochemistry and
    charge. A structure that InChI cannot describe has its canonical SMILES for a key.
    """
    from rdkit import Chem
    from rdkit.Chem.MolStandardize import rdMolStandardize

    with silenced():
        largest = rdMolStandardize.LargestFragmentChooser(True).choose(molecule)
        plain = rdMolStandardize.Uncharger().uncharge(largest)
        return tuple(
            str(Chem.MolToInchiKey(form))[:14] or str(Chem.MolToSmiles(form))
            for form in (molecule, standardise(molecule), plain)
        )


def scaffold(molecule: Any) -> str:
    """The group of a molecule in a scaffold split.

    Its Bemis-Murcko scaffold (J. Med. Chem. 1996, 39, 2887); for a molecule without rings, which
    has none, its skeleton with every atom a carbon and every bond single.
    """
    from rdkit import Chem
    from rdkit.Chem.Scaffolds import MurckoScaffold

    core = MurckoScaffold.GetScaffoldForMol(molecule)
    if core.GetNumAtoms():
        return str(Chem.MolToSmiles(core, isomericSmiles=False))
    skeleton = Chem.RWMol(molecule)
    for atom in skeleton.GetAtoms():
        atom.SetAtomicNum(6)
        atom.SetFormalCharge(0)
        atom.SetNumExplicitHs(0)
        atom.SetNoImplicit(True)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    for bond in skeleton.GetBonds():
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetStereo(Chem.BondStereo.STEREONONE)
    return "acyclic " + str(Chem.MolToSmiles(skeleton))


PAIRS = 315
"""Length of an extended reduced graph fingerprint (ErG): pairs of pharmacophore points by distance.

Stiefl et al. 2006, J. Chem. Inf. Model. 46, 208.
"""


def _pairs(molecule: Any) -> NDArray[np.float64]:
    """ErG fingerprint, (315,); zeros where RDKit can make no reduced graph.

    RDKit adds a point for each ring and then reads the distances that the molecule has kept, if it
    has: those of the atoms alone, and past their end whatever lies in memory. Hence the copy that
    keeps none.
    """
    from rdkit import Chem
    from rdkit.Chem import rdReducedGraphs

    bare = Chem.Mol(molecule)
    bare.ClearComputedProps(includeRings=False)
    try:
        return np.asarray(rdReducedGraphs.GetErGFingerprint(bare), dtype=np.float64)
    except (RuntimeError, ValueError):
        return np.zeros(PAIRS)


@cache
def _generator() -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=MORGAN_RADIUS, fpSize=MORGAN_SIZE)


def descriptor_names() -> tuple[str, ...]:
    """Names of the descriptors, in the order they stand behind the 2,048 counts."""
    return descriptors.names()


FORM = (
    "other components",
    "heavy atoms outside the parent",
    "carbons outside the parent",
    "halogens outside the parent",
    "alkali metals",
    "other metals",
    "positive charges as written",
)
"""What distinguishes a salt or a charged form from its parent."""

_ALKALI = frozenset({3, 11, 19, 37, 55})
_HALOGENS = frozenset({9, 17, 35, 53})
_NON_METALS = frozenset({1, 5, 6, 7, 8, 14, 15, 16, 33, 34, 52}) | _HALOGENS


def _form(written: Any, numbers: Counter[int], own: Counter[int], components: int) -> list[int]:
    """``FORM`` of a structure with these ``numbers`` of atoms, ``own`` those of its parent."""
    outside = numbers - own
    metals = {number: count for number, count in numbers.items() if number not in _NON_METALS}
    alkali = sum(count for number, count in metals.items() if number in _ALKALI)
    return [
        components - 1,
        sum(count for number, count in outside.items() if number > 1),
        outside[6],
        sum(outside[number] for number in _HALOGENS),
        alkali,
        sum(metals.values()) - alkali,
        sum(max(0, atom.GetFormalCharge()) for atom in written.GetAtoms()),
    ]


def _elements(molecule: Any) -> Counter[int]:
    return Counter(atom.GetAtomicNum() for atom in molecule.GetAtoms())


def width() -> int:
    """Length of ``Features.vector``."""
    return MORGAN_SIZE + len(descriptor_names()) + PAIRS + len(FORM)


@cache
def digest() -> str:
    """What identifies the featuriser: a hash of its settings and the names of its columns."""
    settings = tuple(map(str, (MORGAN_RADIUS, MORGAN_SIZE, COUNT_CAP, PAIRS)))
    return hashlib.sha256("|".join(settings + descriptor_names() + FORM).encode()).hexdigest()[:16]


def described(parent: Any) -> FloatArray:
    """The descriptors of a parent alone, (d,) float32, finite."""
    with silenced():
        return _finite(np.array(descriptors.values(parent))).astype(np.float32)


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.nan_to_num(values, posinf=DESCRIPTOR_CAP), -DESCRIPTOR_CAP, DESCRIPTOR_CAP)


@lru_cache(maxsize=KEPT)
def featurise(smiles: str) -> Features:
    """Counts, descriptors, form and bits of a structure; those of the last ``KEPT`` are kept.

    Kept by the text as given, not by the molecule: another writing of it orders the atoms, and so
    the sums, in another way.

    Raises:
        RetortError: the string is no molecule, or RDKit cannot compute on it.
    """
    written = molecule_from_smiles(smiles)
    try:
        return featurise_parent(standardise(written), written)
    except (RuntimeError, ValueError) as error:
        raise RetortError(
            f'Cannot compute descriptors of "{clipped(smiles)}".',
            f"RDKit: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason'}.",
            "Give the structure in another form, for example its parent without metals.",
        ) from error


def featurise_parent(parent: Any, written: Any) -> Features:
    """The same for a parent and the RDKit molecule it was made from."""
    from rdkit import Chem

    with silenced():
        counts = _generator().GetCountFingerprintAsNumPy(parent)
        named = descriptors.values(parent)
        pairs = _pairs(parent)
    components, own = components_of(written), _elements(parent)
    numbers = own if parent is written else _elements(written)
    form = _form(written, numbers, own, components)
    values = _finite(np.concatenate([named, pairs, form]))
    vector = np.concatenate([np.minimum(counts, COUNT_CAP), values], dtype=np.float32)
    bits = np.packbits(counts > 0).view(np.uint64)
    vector.flags.writeable = bits.flags.writeable = False
    return Features(
        smiles=str(Chem.MolToSmiles(parent)),
        vector=vector,
        bits=bits,
        elements=frozenset(own) - {1},
        components=components,
    )


def stack(features: Iterable[Features]) -> FloatArray:
    """Vectors of many molecules, (n, width) float32."""
    return np.array([item.vector for item in features], dtype=np.float32).reshape(-1, width())


@dataclass(frozen=True, slots=True)
class Stacked:
    """Features of n molecules, array by array."""

    vectors: FloatArray
    """(n, w)"""
    formless: FloatArray
    """(n, w) the same with zeros for ``FORM``: salts look as their parents"""
    bits: BitArray
    """(n, 32)"""
    elements: NDArray[np.bool_]
    """(n, ``ELEMENTS``) which atomic numbers are present"""
    components: NDArray[np.int64]
    """(n,)"""

    @classmethod
    def of(cls, features: Sequence[Features]) -> Stacked:
        """The arrays of molecules, at least one."""
        vectors = stack(features)
        formless = vectors.copy()
        formless[:, -len(FORM) :] = 0.0
        elements = np.zeros((len(features), ELEMENTS), dtype=np.bool_)
        for row, item in zip(elements, features, strict=True):
            row[list(item.elements)] = True
        return cls(
            vectors=vectors,
            formless=formless,
            bits=np.array([item.bits for item in features]),
            elements=elements,
            components=np.array([item.components for item in features]),
        )
