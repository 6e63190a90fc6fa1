"""Structures into numbers: Morgan counts, descriptors and fingerprint bits of the neutral parent.

Owns what a molecule looks like to a predictor; knows no endpoint and no model. How a SMILES is read
and what its parent is stands in ``structures``. Every function is deterministic for a given RDKit
version, which the checkpoints record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.structures import molecule_from_smiles, silenced, standardise

MORGAN_RADIUS = 2
MORGAN_SIZE = 2048
COUNT_CAP = 255
DESCRIPTOR_CAP = 1e6

FloatArray = NDArray[np.float32]
BitArray = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Features:
    """One molecule as the predictors see it."""

    smiles: str
    """canonical SMILES of the neutral parent that was featurised"""
    vector: FloatArray
    """(w,) float32: 2,048 Morgan counts, then ``descriptor_names``, then ``FORM``"""
    bits: BitArray
    """(32,) uint64: 2,048 Morgan bits, radius 2, packed"""
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


@cache
def _generator() -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=MORGAN_RADIUS, fpSize=MORGAN_SIZE)


@cache
def _named_descriptors() -> tuple[tuple[str, Callable[[Any], float]], ...]:
    """RDKit's one-value descriptors that cost little; families are computed by ``_families``."""
    from rdkit.Chem import Descriptors

    slow = ("qed", "SPS", "Ipc", "AvgIpc", "BertzCT", "MolLogP", "MolMR", "LabuteASA", "MolWt")
    family = (
        "BCUT2D",
        "EState",
        "VSA",
        "PartialCharge",
        "FpDensity",
        "ExactMolWt",
        "HeavyAtomMolWt",
        "Stereo",
    )
    return tuple(
        (name, function)
        for name, function in Descriptors.descList
        if name not in slow and not any(part in name for part in family)
    )


_ESTATE_BINS = np.array([-0.39, 0.29, 0.717, 1.165, 1.54, 1.807, 2.05, 4.69, 9.17, 15.0])
_VSA_BINS = np.array([4.78, 5.00, 5.41, 5.74, 6.00, 6.07, 6.45, 7.00, 11.0])


def _families(molecule: Any) -> list[tuple[str, float]]:
    """Descriptors that share a costly intermediate, computed once for all of them."""
    from rdkit.Chem import rdMolDescriptors
    from rdkit.Chem.EState.EState import EStateIndices

    logp, refractivity = rdMolDescriptors.CalcCrippenDescriptors(molecule)
    estate = np.nan_to_num(np.asarray(EStateIndices(molecule, force=True), dtype=np.float64))
    rdMolDescriptors.CalcLabuteASA(molecule)
    areas = np.asarray(list(rdMolDescriptors._CalcLabuteASAContribs(molecule)[0]))
    values = [
        ("MolWt", rdMolDescriptors._CalcMolWt(molecule)),
        ("MolLogP", logp),
        ("MolMR", refractivity),
        ("LabuteASA", rdMolDescriptors.CalcLabuteASA(molecule)),
        ("MaxEState", float(estate.max(initial=0.0))),
        ("MinEState", float(estate.min(initial=0.0))),
    ]
    area_by_estate = np.bincount(np.digitize(estate, _ESTATE_BINS), areas, len(_ESTATE_BINS) + 1)
    estate_by_area = np.bincount(np.digitize(areas, _VSA_BINS), estate, len(_VSA_BINS) + 1)
    for name, family in (
        ("SlogP_VSA", rdMolDescriptors.SlogP_VSA_(molecule)),
        ("SMR_VSA", rdMolDescriptors.SMR_VSA_(molecule)),
        ("PEOE_VSA", rdMolDescriptors.PEOE_VSA_(molecule)),
        ("EState_VSA", area_by_estate),
        ("VSA_EState", estate_by_area),
    ):
        values += [(f"{name}{index}", float(value)) for index, value in enumerate(family, 1)]
    charges = [atom.GetDoubleProp("_GasteigerCharge") for atom in molecule.GetAtoms()]
    values += [("MaxPartialCharge", max(charges)), ("MinPartialCharge", min(charges))]
    values.append(("FormalCharge", sum(atom.GetFormalCharge() for atom in molecule.GetAtoms())))
    return values


def _descriptors(molecule: Any) -> list[tuple[str, float]]:
    from rdkit.Chem import rdPartialCharges

    rdPartialCharges.ComputeGasteigerCharges(molecule)
    named = [(name, function(molecule)) for name, function in _named_descriptors()]
    return _families(molecule) + named


@cache
def descriptor_names() -> tuple[str, ...]:
    """Names of the descriptors, in the order they stand behind the 2,048 counts."""
    from rdkit import Chem

    return tuple(name for name, _ in _descriptors(Chem.MolFromSmiles("CCO")))


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


def _form(written: Any, parent: Any) -> list[float]:
    def outside(wanted: Callable[[int], bool]) -> int:
        counts = [
            sum(wanted(atom.GetAtomicNum()) for atom in form.GetAtoms())
            for form in (written, parent)
        ]
        return counts[0] - counts[1]

    from rdkit import Chem

    numbers = [atom.GetAtomicNum() for atom in written.GetAtoms()]
    return [
        len(Chem.GetMolFrags(written)) - 1,
        outside(lambda number: number > 1),
        outside(lambda number: number == 6),
        outside(_HALOGENS.__contains__),
        sum(number in _ALKALI for number in numbers),
        sum(number not in _ALKALI and number not in _NON_METALS for number in numbers),
        sum(max(0, atom.GetFormalCharge()) for atom in written.GetAtoms()),
    ]


def width() -> int:
    """Length of ``Features.vector``."""
    return MORGAN_SIZE + len(descriptor_names()) + len(FORM)


@cache
def digest() -> str:
    """What identifies the featuriser: a hash of its settings and the names of its columns."""
    settings = (str(MORGAN_RADIUS), str(MORGAN_SIZE), str(COUNT_CAP))
    return hashlib.sha256("|".join(settings + descriptor_names() + FORM).encode()).hexdigest()[:16]


def featurise(smiles: str) -> Features:
    """Counts, descriptors, form and bits of a structure.

    Raises:
        RetortError: the string is no molecule.
    """
    written = molecule_from_smiles(smiles)
    return featurise_parent(standardise(written), written)


def featurise_parent(parent: Any, written: Any) -> Features:
    """The same for a parent and the RDKit molecule it was made from."""
    from rdkit import Chem

    with silenced():
        counts = _generator().GetCountFingerprintAsNumPy(parent)
        bits = _generator().GetFingerprintAsNumPy(parent)
        descriptors = [value for _, value in _descriptors(parent)]
    values = np.array(descriptors + _form(written, parent), dtype=np.float64)
    values = np.clip(np.nan_to_num(values, posinf=DESCRIPTOR_CAP), -DESCRIPTOR_CAP, DESCRIPTOR_CAP)
    return Features(
        smiles=str(Chem.MolToSmiles(parent)),
        vector=np.concatenate([np.minimum(counts, COUNT_CAP), values]).astype(np.float32),
        bits=np.packbits(bits).view(np.uint64),
        elements=frozenset(atom.GetAtomicNum() for atom in parent.GetAtoms()) - {1},
        components=len(Chem.GetMolFrags(written)),
    )


def stack(features: Iterable[Features]) -> FloatArray:
    """Vectors of many molecules, (n, width) float32."""
    return np.array([item.vector for item in features], dtype=np.float32).reshape(-1, width())
