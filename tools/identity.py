"""What a molecule is to a conversation: the record, and how structures and rows become one.

Knows neither how text is looked up nor who hands out handles; that is ``molecule``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from retort.retrieval.errors import RetortError
from retort.tools import forms, structures

if TYPE_CHECKING:
    from retort.tools.chembl.records import MoleculeRow


@dataclass(frozen=True, slots=True)
class Molecule:
    """One molecule of a conversation. ``smiles`` is the form that was asked for, salt and all."""

    handle: str
    """``M1``, ``M2`` ... in the order of first mention"""
    name: str
    """ChEMBL's name in reading case; ``""`` for a structure that ChEMBL does not know"""
    smiles: str
    """canonical isomeric SMILES of the form asked for; ``""`` for a biologic"""
    inchikey: str
    formula: str
    """Hill order, all components together"""
    chembl_id: str = ""
    matched_by: str = ""
    """``name``, ``synonym``, ``ChEMBL id``, ``SMILES``, ``InChI``, ``InChIKey`` or ``handle``"""
    asked_as: str = ""
    """the text that was asked for"""
    parent: str = ""
    """canonical SMILES of the structure that logP, rules, alerts and similarity are computed on:
    the form itself, or the neutral largest organic component of a salt, solvate, mixture or ion"""
    components: int = 1
    """disconnected components of the form asked for"""
    max_phase: float | None = None
    first_approval: int | None = None
    synonyms: tuple[str, ...] = ()
    release: str = ""
    """release of the database that knows it; ``""`` for a bare structure"""
    note: str = ""
    """one line on how this text was understood; ``""`` where there was no choice"""

    @property
    def label(self) -> str:
        """What it is called in a sentence: its name, its SMILES if short, or its formula."""
        return self.name or (self.smiles if len(self.smiles) <= 60 else self.formula)

    @property
    def title(self) -> str:
        """Label and handle at the head of a sentence: "Imatinib (M1)"."""
        label = self.label
        return f"{label[:1].upper() + label[1:] if self.name else label} ({self.handle})"

    @property
    def remarks(self) -> str:
        """What a reader should know: what was done to reach the parent, what the form leaves open
        (stereo) or holds (isotopes, metals), then the note.
        """
        if not self.smiles:
            return self.note
        form, told = forms.form_of(self.smiles), ""
        if form.changes:
            core = structures.formula(structures.molecule_from_smiles(form.parent))
            what = "is charged"
            if form.components > 1:
                what = f"is a salt, solvate or mixture of {form.components} components"
            told = f"{self.title} {what}; its parent is {form.parent} ({core}): "
            told += f"{'; '.join(form.changes)}."
        if form.cautions:
            told += f" {self.title}: {'; '.join(form.cautions)}."
        return f"{told} {self.note}".strip()

    def card(self) -> dict[str, str]:
        """The molecule on the wire: handle, name, smiles, inchikey."""
        return {
            "handle": self.handle,
            "name": self.label,
            "smiles": self.smiles,
            "inchikey": self.inchikey,
        }

    def as_dict(self) -> dict[str, Any]:
        """All fields, JSON-ready; ``from_dict`` reads it back."""
        return asdict(self) | {"synonyms": list(self.synonyms)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Molecule:
        """The molecule that ``as_dict`` wrote, or as much of it as a ``card`` holds."""
        known = {name: fields[name] for name in cls.__slots__ if name in fields}
        blank = {"name": "", "smiles": "", "inchikey": "", "formula": ""}
        molecule = cls(**{**blank, **known, "synonyms": tuple(fields.get("synonyms", ()))})
        structure, _ = structures.read_smiles(molecule.smiles)
        return molecule if molecule.parent or structure is None else described(structure, molecule)

    def structure(self) -> str:
        """The SMILES of the form asked for.

        Raises:
            RetortError: the molecule has no structure (an antibody, a polymer).
        """
        if not self.smiles:
            raise RetortError(
                f"{self.title} has no structure to calculate with.",
                f"{self.chembl_id} is stored in ChEMBL without one, as biologics are.",
                "Ask for its mechanism, indications or activities instead.",
            )
        return self.smiles


def keys(molecule: Molecule) -> list[str]:
    """What makes two molecules the same: InChIKey (else SMILES) and ChEMBL id."""
    structure = molecule.inchikey or molecule.smiles
    return [key for key in (structure, molecule.chembl_id) if key]


def from_row(row: MoleculeRow, asked: str, others: Sequence[MoleculeRow] = ()) -> Molecule:
    """A molecule as ChEMBL describes it, without a handle.

    Args:
        row: what ChEMBL knows.
        asked: the text that was asked for.
        others: further molecules of the same name, which the note then lists.
    """
    listed = ", ".join(f"{other.name} ({other.chembl_id})" for other in others[:5])
    molecule = Molecule(
        handle="",
        name=row.name,
        smiles="",
        inchikey=row.inchikey,
        formula="",
        chembl_id=row.chembl_id,
        matched_by=row.matched_by,
        asked_as=asked,
        max_phase=row.max_phase,
        first_approval=row.first_approval,
        synonyms=tuple(row.synonyms),
        release=row.release,
        note=f"Other molecules with this name: {listed}." if listed else "",
    )
    structure, _ = structures.read_smiles(row.smiles) if row.smiles else (None, "")
    return molecule if structure is None else described(structure, molecule)


def described(structure: Any, molecule: Molecule) -> Molecule:
    """The molecule with all that follows from its structure."""
    smiles = structures.canonical(structure)
    form = forms.form_of(smiles)
    return replace(
        molecule,
        smiles=smiles,
        inchikey=structures.inchikey(structure) or molecule.inchikey,
        formula=structures.formula(structure),
        parent=form.parent,
        components=form.components,
    )
