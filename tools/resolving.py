"""What molecule a text means: an identifier, a structure, a name, another spelling of a name.

Owns the order in which a text is tried, and the errors for a text that means nothing here. Knows
what ChEMBL can be asked, not how it is reached; no handles: those are given in ``molecule``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools import nomenclature, structures
from retort.tools.identity import Molecule, described, from_row
from retort.tools.spelling import fold, salt_apart

if TYPE_CHECKING:
    from retort.tools.chembl.records import MoleculeRow
    from retort.tools.chembl.source import ChemblSource

CHEMBL_ID = re.compile(r"CHEMBL\d{1,9}", re.IGNORECASE)
INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]", re.IGNORECASE)
INCHIKEY_BLOCK = re.compile(r"[A-Z]{14}")
_WITH_ID = re.compile(r"(?P<name>\S.*?)\s*\((?P<id>CHEMBL\d{1,9})\)", re.IGNORECASE)
SMILES_TEXT = re.compile(r"(?:Cl|Br|[BCNOPSFIbcnops]|\[[^\[\]\s]*\]?|[-=#$:/\\.()%\d@+*~])+")
"""Texts made of SMILES tokens only, well formed or not."""

LONGEST_WORD = 20
"""Characters up to which letters and digits that RDKit can read may still be meant as a name."""

UNNAMED = "ChEMBL could not be asked, so the structure's name was not looked up."

NEAR_SHOWN = 5


class Resolver:
    """Looks texts up, in structures and in ChEMBL; keeps nothing.

    Args:
        chembl: where names are looked up.
    """

    def __init__(self, chembl: ChemblSource) -> None:
        self._chembl = chembl

    def find(self, asked: str) -> tuple[Molecule, bool]:
        """The molecule of a text, without a handle, and whether every source was reached.

        Raises:
            RetortError: the text is no valid structure (with RDKit's reason), an identifier or a
                name that is not known (with near names).
            OutageError: the name could not be looked up.
        """
        if structures.is_block(asked):
            title = asked.partition("\n")[0].strip() or "a mol block"
            return self.of_structure(structures.molecule_from_block(asked), title, "mol block")
        asked = asked.strip()
        if CHEMBL_ID.fullmatch(asked):
            return self.by_identifier(asked, "ChEMBL id"), True
        if INCHIKEY.fullmatch(asked):
            return self.by_identifier(asked, "InChIKey"), True
        if pair := _WITH_ID.fullmatch(asked):
            return self._by_name_and_id(asked, pair["name"], pair["id"]), True
        if asked.startswith("InChI="):
            return self.of_structure(structures.molecule_from_inchi(asked), asked, "InChI")
        molecule, reason = structures.read_smiles(asked)
        if molecule is not None:
            may_be_name = len(asked) <= LONGEST_WORD and asked.replace("-", "").isalnum()
            read = self._name_or_smiles if may_be_name else self.of_structure
            return read(molecule, asked)
        found = self._by_name(asked) or self._by_block(asked) or self._by_other_name(asked)
        if found:
            return found, True
        raise self._unreadable(asked, reason)

    def by_identifier(self, asked: str, matched_by: str) -> Molecule:
        """The molecule of an exact ChEMBL id or InChIKey."""
        rows = self._chembl.molecules(asked.upper())
        if not rows:
            raise RetortError(
                f"No molecule has the {matched_by} {asked.upper()}.",
                f"Searched {self._chembl.release()}.",
                "Check the identifier, or give the molecule's name or SMILES.",
            )
        return replace(from_row(rows[0], asked), matched_by=matched_by)

    def _by_name_and_id(self, asked: str, name: str, chembl_id: str) -> Molecule:
        """The molecule of "Aspirin (CHEMBL25)", as notes write it; the id decides."""
        found = replace(self.by_identifier(chembl_id, "ChEMBL id"), asked_as=asked)
        if fold(name) in map(fold, (found.name, *found.synonyms)):
            return found
        return replace(found, note=f"{chembl_id} is {found.name}; it is not known as {name}.")

    def of_structure(self, molecule: Any, asked: str, by: str = "SMILES") -> tuple[Molecule, bool]:
        """A bare structure, with ChEMBL's name and id if it knows the InChIKey and answers."""
        bare = described(molecule, Molecule("", "", "", "", "", matched_by=by, asked_as=asked))
        if not bare.inchikey:
            return bare, True
        try:
            rows = self._chembl.molecules(bare.inchikey)
        except (OutageError, OfflineError):
            return replace(bare, note=UNNAMED), False
        if not rows:
            return bare, True
        row = from_row(rows[0], asked)
        return replace(
            bare,
            name=row.name,
            chembl_id=row.chembl_id,
            max_phase=row.max_phase,
            first_approval=row.first_approval,
            synonyms=row.synonyms,
            release=row.release,
        ), True

    def _name_or_smiles(self, molecule: Any, asked: str) -> tuple[Molecule, bool]:
        """A text such as "CNS" that RDKit can read: a name if ChEMBL knows it, else a structure."""
        try:
            found = self._by_name(asked)
        except (OutageError, OfflineError):
            bare = Molecule("", "", "", "", "", matched_by="SMILES", asked_as=asked, note=UNNAMED)
            return described(molecule, bare), False
        if found is None:
            return self.of_structure(molecule, asked)
        if found.smiles == structures.canonical(molecule):
            return found, True
        note = (
            f'"{asked}" is read as a name; as a SMILES it would be {structures.formula(molecule)}.'
        )
        return replace(found, note=f"{note} {found.note}".strip()), True

    def _by_name(self, asked: str) -> Molecule | None:
        """The molecule of a name or synonym, or None where ChEMBL knows no such name."""
        rows = self._chembl.molecules(asked)
        return from_row(rows[0], asked, rows[1:]) if rows else None

    def _by_block(self, asked: str) -> Molecule | None:
        """The molecule of the first 14 letters of an InChIKey, where the source knows one."""
        name = self._chembl.name_of(asked) if INCHIKEY_BLOCK.fullmatch(asked) else ""
        found = self._by_name(name) if name else None
        if found is None:
            return None
        note = (
            f"{asked} is the first block of an InChIKey, which leaves stereo, isotopes and charge "
            f"open; {name} is one that has it."
        )
        return replace(found, asked_as=asked, matched_by="InChIKey", note=note)

    def _by_other_name(self, asked: str) -> Molecule | None:
        """The molecule of another spelling or accepted name, or of the name without its salt."""
        rows = self._rows(nomenclature.punctuated(asked))
        if rows:
            return from_row(rows[0], asked, rows[1:])
        for reading in nomenclature.readings(asked):
            if found := self._by_name(reading.text):
                return _noted(found, asked, reading.note)
        wanted = fold(asked)
        alike = [name for name in self._near(asked) if fold(name) == wanted]
        rows = self._rows(alike)
        if rows:
            note = f'"{asked}" is read as {alike[0]}, another spelling of the name.'
            return _noted(from_row(rows[0], asked, rows[1:]), asked, note)
        if acid := nomenclature.of_the_acid(asked):
            if found := self._by_name(acid):
                return _noted(found, asked, f'"{asked}" is read as its acid, {acid}.')
        base, salt = salt_apart(asked)
        if not salt:
            return None
        found = self._by_name(base) or self._by_other_name(base)
        if found is None:
            return None
        return _noted(found, asked, nomenclature.salt_note(base, salt, self._chembl.release()))

    def _rows(self, names: Sequence[str]) -> list[MoleculeRow]:
        """The molecules of several names, each molecule once."""
        rows = [row for name in names for row in self._chembl.molecules(name)]
        return list({row.chembl_id: row for row in rows}.values())

    def _near(self, asked: str) -> list[str]:
        return self._chembl.suggest(asked, NEAR_SHOWN)

    def _unreadable(self, asked: str, reason: str) -> RetortError:
        """The error for a text that is neither a known name nor a structure."""
        is_tokens = bool(SMILES_TEXT.fullmatch(asked))
        is_word = asked.isalpha() and len(asked) <= LONGEST_WORD
        is_structural = bool(re.search(r"[=#@\\]", asked)) and not re.search(r"\s", asked)
        release = self._chembl.release()
        if database := nomenclature.foreign(asked):
            return RetortError(
                f'"{structures.clipped(asked)}" is an id of {database}, unknown to {release}.',
                f"Searched its names and synonyms; ids of {database} stand there only by chance.",
                "Give the molecule's name, ChEMBL id, InChIKey or SMILES.",
            )
        if is_structural or (is_tokens and not is_word):
            return structures.bad_structure(asked, reason)
        near = self._near(asked)
        if not near and " " in asked:
            near = self._near(asked.split()[0])
        why = "Searched names and synonyms"
        why += f"; nearest: {', '.join(near)}." if near else "; nothing is near."
        if not re.search(r"\s", asked) and (is_tokens or not asked.isalpha()):
            why += f" Nor can it be read as a SMILES ({reason})."
        return RetortError(
            f'No molecule named "{structures.clipped(asked)}" in {release}.',
            why,
            "Ask with one of these, or give a SMILES." if near else "Give a SMILES or a ChEMBL id.",
        )


def _noted(molecule: Molecule, asked: str, note: str) -> Molecule:
    return replace(molecule, asked_as=asked, note=f"{note} {molecule.note}".strip())
