"""Whether two structures are the same compound, and if not by what they differ.

Owns the comparison. Knows how a form becomes its parent (``forms``), no names and no similarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from rdkit import Chem
from rdkit.Chem import rdMolHash

from retort.tools import forms, structures

Kind = Literal[
    "identical",
    "salt forms",
    "charge states",
    "isotopologues",
    "enantiomers",
    "stereoisomers",
    "tautomers",
    "different",
]

_TOLD: dict[Kind, str] = {
    "salt forms": "they share one parent structure and differ in their salt form",
    "charge states": "they are charge states of one structure",
    "isotopologues": "they differ in isotope labels",
    "enantiomers": "they are mirror images (enantiomers): they differ in stereochemistry alone",
    "stereoisomers": "they have the same connectivity and differ in stereochemistry",
    "tautomers": "they are tautomers of one compound",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What two structures are to each other."""

    kind: Kind
    """the difference that weighs most: tautomers before stereo before isotopes before charge and
    salt; ``different`` for two compounds"""
    differences: tuple[Kind, ...] = ()
    """all differences between forms of one compound, the weightiest first"""

    @property
    def told(self) -> str:
        """One clause ("they are tautomers of one compound"); empty for different compounds."""
        if self.kind == "different":
            return ""
        if self.kind == "identical":
            return "they are one and the same molecule"
        return "; ".join(_TOLD[kind] for kind in self.differences)


def relation(one: str, other: str) -> Relation:
    """How two structures are related.

    Compared layer by layer on the parents: connectivity up to tautomers (RDKit's
    ``HetAtomTautomerv2`` hash), tautomer, stereo, isotopes; then charge and salt of the forms.

    Args:
        one: SMILES of the form asked for, salt and all.
        other: the second one.

    Raises:
        RetortError: one of them is no structure.
    """
    a, b = (_read(text) for text in (one, other))
    if a.form == b.form:
        return Relation("identical")
    if a.skeleton_hash != b.skeleton_hash:
        return Relation("different")
    found: list[Kind] = []
    if a.skeleton != b.skeleton:
        found.append("tautomers")
    elif a.stereo != b.stereo:
        found.append("enantiomers" if a.mirror == b.stereo else "stereoisomers")
    if a.isotopes != b.isotopes or (a.labelled != b.labelled and a.stereo == b.stereo):
        found.append("isotopologues")
    if a.companions != b.companions:
        found.append("salt forms")
    elif a.charges != b.charges and not found:
        found.append("charge states")
    return Relation(found[0], tuple(found)) if found else Relation("identical")


@dataclass(frozen=True, slots=True)
class _Layers:
    """A structure with one kind of detail after the other left off its parent."""

    form: str
    labelled: str
    stereo: str
    mirror: str
    skeleton: str
    skeleton_hash: str
    isotopes: tuple[tuple[str, int], ...]
    companions: tuple[str, ...]
    charges: tuple[int, ...]


@lru_cache(maxsize=1024)
def _read(smiles: str) -> _Layers:
    molecule = structures.molecule_from_smiles(smiles)
    form = forms.form_of(structures.canonical(molecule))
    parent = structures.molecule_from_smiles(form.parent)
    bare = _without_isotopes(parent)
    flat = Chem.Mol(bare)
    Chem.RemoveStereochemistry(flat)
    mirror = Chem.Mol(bare)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    parts = Chem.GetMolFrags(molecule, asMols=True)
    core = forms.bare_key(parent)
    return _Layers(
        form=form.smiles,
        labelled=form.parent,
        stereo=structures.canonical(bare),
        mirror=structures.canonical(Chem.MolFromSmiles(Chem.MolToSmiles(mirror))),
        skeleton=structures.canonical(flat),
        skeleton_hash=str(rdMolHash.MolHash(flat, rdMolHash.HashFunction.HetAtomTautomerv2)),
        isotopes=tuple(sorted(forms.isotopes_of(parent).items())),
        companions=tuple(sorted(key for key in map(forms.bare_key, parts) if key != core)),
        charges=tuple(forms.charges_of(forms.plain_sulfoxides(molecule))),
    )


def _without_isotopes(molecule: Any) -> Any:
    """A copy without isotope labels; labelled hydrogens become implicit."""
    plain = Chem.Mol(molecule)
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
    return Chem.MolFromSmiles(Chem.MolToSmiles(Chem.RemoveHs(plain)))
