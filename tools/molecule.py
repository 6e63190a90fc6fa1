"""Names, identifiers and structures become molecules, each with a handle that lasts a conversation.

Owns the book of handles and the tool ``find_molecule``. Knows what ChEMBL
can be asked (names, near names), not how it is reached. How text becomes a structure stands in
``structures``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, tool

from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools import structures
from retort.tools.bench import Bench, handed_back
from retort.tools.identity import (
    Molecule,
    described,
    from_row,
    keys,
)
from retort.tools.records import Evidence, ToolResult
from retort.tools.shapes import MoleculeShape

if TYPE_CHECKING:
    from retort.tools.chembl.source import ChemblSource

__all__ = ["Molecule", "MoleculeBook", "build_tools"]

HANDLE = re.compile(r"M[1-9]\d{0,5}", re.IGNORECASE)
CHEMBL_ID = re.compile(r"CHEMBL\d{1,9}", re.IGNORECASE)
INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]", re.IGNORECASE)
SMILES_TEXT = re.compile(r"(?:Cl|Br|[BCNOPSFIbcnops]|\[[^\[\]\s]*\]?|[-=#$:/\\.()%\d@+*~])+")
"""Texts made of SMILES tokens only, well formed or not."""

LONGEST_WORD = 20
"""Characters up to which letters and digits that RDKit can read may still be meant as a name."""

UNNAMED = "ChEMBL could not be asked, so the structure's name was not looked up."

PHASES = {4: "approved", 3: "phase 3", 2: "phase 2", 1: "phase 1"}


class MoleculeBook:
    """The molecules of one conversation; safe to use from several threads.

    Args:
        chembl: where names are looked up.
        known: molecules of the conversation so far, handles included, in order.
    """

    def __init__(self, chembl: ChemblSource, known: Iterable[Molecule] = ()) -> None:
        self._chembl = chembl
        self._lock = threading.RLock()
        self._molecules: dict[str, Molecule] = {}
        self._handles: dict[str, str] = {}
        """InChIKey, ChEMBL id, canonical SMILES -> handle"""
        self._resolved: dict[str, Molecule] = {}
        """what a text resolved to before"""
        for molecule in known:
            self._molecules[molecule.handle] = molecule
            self._index(molecule)

    def all(self) -> tuple[Molecule, ...]:
        """The molecules so far, in the order of their handles."""
        with self._lock:
            return tuple(self._molecules.values())

    def resolve(self, text: str) -> Molecule:
        """The molecule that a text means.

        Tried in this order: handle, ChEMBL id, InChIKey, InChI, then name and SMILES. A text of
        letters and digits that is both a name ChEMBL knows and a SMILES ("CNS", "COCOS") is the
        name.

        Args:
            text: a handle (``M1``), a ChEMBL id, an InChIKey, an InChI, a SMILES, or a name or
                synonym.

        Raises:
            RetortError: the text is empty, too long, no valid structure (with RDKit's reason) or an
                unknown name (with near names).
            OutageError: the name could not be looked up; says nothing about whether it exists.
        """
        asked = text.strip().strip("`\"'“”").strip()
        if not asked:
            raise RetortError(
                "No molecule was named.",
                "The text is empty.",
                "Give a name, a ChEMBL id, a SMILES, an InChIKey or a handle such as M1.",
            )
        if len(asked) > structures.MAX_CHARACTERS:
            raise structures.too_long(asked)
        by_handle = self._by_handle(asked)
        if by_handle:
            return replace(by_handle, asked_as=asked, matched_by="handle")
        with self._lock:
            before = self._resolved.get(asked)
            if before:
                return replace(
                    self._molecules[before.handle],
                    asked_as=asked,
                    matched_by=before.matched_by,
                    note=before.note,
                )
        found, is_complete = self._look_up(asked)
        stored = self._register(found)
        note = found.note
        if found.smiles != stored.smiles:
            note = f"{note} It has the InChIKey of {stored.handle}, whose form is used.".strip()
        answer = replace(stored, asked_as=asked, matched_by=found.matched_by, note=note)
        if is_complete:
            with self._lock:
                self._resolved[asked] = answer
        return answer

    def _by_handle(self, asked: str) -> Molecule | None:
        """The molecule of ``M1`` or of "Imatinib (M1)", or None."""
        tail = re.search(r"\((M\d+)\)$", asked)
        with self._lock:
            if HANDLE.fullmatch(asked):
                return self._molecules.get(asked.upper())
            held = self._molecules.get(tail[1]) if tail else None
        named = asked[: tail.start()].strip().casefold() if tail else ""
        return held if held and named in (held.label.casefold(), held.smiles.casefold()) else None

    def _look_up(self, asked: str) -> tuple[Molecule, bool]:
        """The molecule of a text, without its handle, and whether every source was reached."""
        if CHEMBL_ID.fullmatch(asked):
            return self._by_identifier(asked, "ChEMBL id"), True
        if INCHIKEY.fullmatch(asked):
            return self._from_inchikey(asked), True
        if asked.startswith("InChI="):
            return self._from_structure(structures.molecule_from_inchi(asked), asked, "InChI")
        molecule, reason = structures.read_smiles(asked)
        if molecule is not None:
            may_be_name = len(asked) <= LONGEST_WORD and asked.replace("-", "").isalnum()
            read = self._name_or_smiles if may_be_name else self._from_structure
            return read(molecule, asked)
        found = self._by_name(asked)
        if found:
            return found, True
        raise self._unreadable(asked, reason)

    def _name_or_smiles(self, molecule: Any, asked: str) -> tuple[Molecule, bool]:
        """A text such as "CNS" that RDKit can read: a name if ChEMBL knows it, else a structure."""
        try:
            found = self._by_name(asked)
        except (OutageError, OfflineError):
            bare = Molecule("", "", "", "", "", matched_by="SMILES", asked_as=asked, note=UNNAMED)
            return described(molecule, bare), False
        if found is None:
            return self._from_structure(molecule, asked)
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

    def _by_identifier(self, asked: str, matched_by: str) -> Molecule:
        """The molecule of an exact identifier."""
        rows = self._chembl.molecules(asked.upper())
        if not rows:
            raise RetortError(
                f"No molecule has the {matched_by} {asked.upper()}.",
                f"Searched {self._chembl.release()}.",
                "Check the identifier, or give the molecule's name or SMILES.",
            )
        return replace(from_row(rows[0], asked), matched_by=matched_by)

    def _from_inchikey(self, asked: str) -> Molecule:
        """The molecule of an InChIKey: one of this conversation, else one that ChEMBL knows."""
        with self._lock:
            handle = self._handles.get(asked.upper())
            if handle:
                return replace(self._molecules[handle], matched_by="InChIKey", note="")
        return self._by_identifier(asked, "InChIKey")

    def _from_structure(
        self, molecule: Any, asked: str, by: str = "SMILES"
    ) -> tuple[Molecule, bool]:
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

    def _unreadable(self, asked: str, reason: str) -> RetortError:
        """The error for a text that is neither a known name nor a structure."""
        is_tokens = bool(SMILES_TEXT.fullmatch(asked))
        is_word = asked.isalpha() and len(asked) <= LONGEST_WORD
        is_structural = bool(re.search(r"[=#@\\]", asked)) and not re.search(r"\s", asked)
        if is_structural or (is_tokens and not is_word):
            return structures.bad_structure(asked, reason)
        if HANDLE.fullmatch(asked):
            held = ", ".join(molecule.handle for molecule in self.all()) or "none yet"
            return RetortError(
                f"No molecule has the handle {asked.upper()}.",
                f"Handles of this conversation: {held}.",
                "Give the molecule's name, ChEMBL id or SMILES.",
            )
        near = self._chembl.suggest(asked, 5)
        if not near and " " in asked:
            near = self._chembl.suggest(asked.split()[0], 5)
        release = self._chembl.release()
        why = "Searched names and synonyms"
        why += f"; nearest: {', '.join(near)}." if near else "; nothing is near."
        if not re.search(r"\s", asked) and (is_tokens or not asked.isalpha()):
            why += f" Nor can it be read as a SMILES ({reason})."
        return RetortError(
            f'No molecule named "{structures.clipped(asked)}" in {release}.',
            why,
            "Ask with one of these, or give a SMILES." if near else "Give a SMILES or a ChEMBL id.",
        )

    def _register(self, found: Molecule) -> Molecule:
        """Give a molecule its handle, the one it has already if it was met through another door."""
        with self._lock:
            handle = next((self._handles[key] for key in keys(found) if key in self._handles), "")
            held = self._molecules.get(handle)
            if held is None:
                held = replace(found, handle=self._next_handle(), note="")
            elif found.chembl_id and not held.chembl_id:
                held = replace(found, handle=held.handle, note="")
            self._molecules[held.handle] = held
            self._index(held)
            return held

    def _next_handle(self) -> str:
        return f"M{max((int(handle[1:]) for handle in self._molecules), default=0) + 1}"

    def _index(self, molecule: Molecule) -> None:
        for key in keys(molecule):
            self._handles.setdefault(key, molecule.handle)


def _number(value: float) -> str:
    return f"{value:g}"


def _sentence(molecule: Molecule) -> str:
    """The molecule in one plain sentence with every identifier and number."""
    facts = [f"ChEMBL id {molecule.chembl_id}"] if molecule.chembl_id else []
    facts += [f"formula {molecule.formula}"] if molecule.formula else ["no structure stored"]
    facts += [f"SMILES {molecule.smiles}"] if molecule.smiles else []
    facts += [f"InChIKey {molecule.inchikey}"] if molecule.inchikey else []
    if molecule.max_phase is not None and molecule.max_phase > 0:
        meaning = PHASES.get(int(molecule.max_phase), "early phase")
        facts.append(f"highest phase {_number(molecule.max_phase)} ({meaning})")
    if molecule.first_approval:
        facts.append(f"first approved {molecule.first_approval}")
    others = [name for name in molecule.synonyms if name.casefold() != molecule.name.casefold()]
    if molecule.matched_by == "synonym":
        asked = molecule.asked_as
        others = [asked, *(name for name in others if name.casefold() != asked.casefold())]
    if others:
        facts.append(f"also called {', '.join(others[:4])}")
    return f"{molecule.title}: {'; '.join(facts)}."


def describe(molecule: Molecule) -> ToolResult:
    """What a molecule was resolved to, as evidence.

    Args:
        molecule: as ``MoleculeBook.resolve`` returned it.
    """
    is_known = bool(molecule.chembl_id)
    read_by = molecule.release if is_known else "read by RDKit"
    record: MoleculeShape = {
        "record": "molecule",
        "handle": molecule.handle,
        "name": molecule.name,
        "smiles": molecule.smiles,
        "inchikey": molecule.inchikey,
        "formula": molecule.formula,
        "chembl_id": molecule.chembl_id,
        "max_phase": molecule.max_phase,
        "first_approval": molecule.first_approval,
        "synonyms": list(molecule.synonyms),
        "asked_as": molecule.asked_as,
        "matched_by": molecule.matched_by,
        "release": molecule.release,
    }
    url = f"https://www.ebi.ac.uk/chembl/explore/compound/{molecule.chembl_id}" if is_known else ""
    evidence = Evidence(
        kind="chembl" if is_known else "calculation",
        source_id=molecule.chembl_id or structures.RDKIT,
        title=f"{molecule.title}, {read_by}",
        quote=_sentence(molecule),
        url=url,
        record=dict(record),
    )
    what = f"{molecule.label} is {molecule.handle}"
    summary = f"Found {what}, by {molecule.matched_by}" if is_known else f"Read a structure: {what}"
    return ToolResult(
        summary=summary,
        evidence=(evidence,),
        note=f"{molecule.remarks} Call it {molecule.handle} in other tools.".strip(),
        count=1,
        molecules=(molecule.card(),),
    )


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tool ``find_molecule``."""

    @tool(parse_docstring=True, response_format="content_and_artifact")
    def find_molecule(molecule: str) -> tuple[str, ToolResult]:
        """Find which molecule a name, id or structure means: structure, ids, phase, handle.

        Use for "what is X", "structure or SMILES of X", "is X approved". Other tools take names
        directly. Example: find_molecule("Gleevec") -> Imatinib (M1): CHEMBL941, formula C29H31N7O.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
        """
        found = bench.molecules.resolve(molecule)
        return handed_back(describe(found))

    return [find_molecule]
