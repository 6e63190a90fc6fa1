"""Names, identifiers and structures become molecules, each with a handle that lasts a conversation.

Owns the book of handles and the tool ``find_molecule``. What a text means is looked up
by ``resolving``.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool

from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools import structures
from retort.tools.bench import Bench, as_list, handed_back, tool
from retort.tools.identity import Molecule, keys
from retort.tools.records import Evidence, ToolResult
from retort.tools.resolving import INCHIKEY, INCHIKEY_BLOCK, Resolver
from retort.tools.shapes import MoleculeShape
from retort.tools.spelling import fold

if TYPE_CHECKING:
    from retort.tools.chembl.source import ChemblSource

__all__ = ["Molecule", "MoleculeBook", "build_tools"]

HANDLE = re.compile(r"M[1-9]\d{0,5}", re.IGNORECASE)
_WITH_HANDLE = re.compile(
    r"(?P<name>\S.*?)\s*[(\[](?P<after>M[1-9]\d{0,5})[)\]]"
    r"|(?P<before>M[1-9]\d{0,5})(?:\s*[(\[](?P<also>.+)[)\]])",
    re.IGNORECASE,
)
"""a name with its handle, either of them in brackets"""

MAX_BLOCK = 300_000
"""Characters of the longest mol block that is read; 1,000 atoms with their bonds have 120,000."""

ARGUMENTS = ("molecule", "other", "molecules")
"""Arguments of tools that name molecules, in the order in which a tool resolves them."""

PHASES = {4: "approved", 3: "phase 3", 2: "phase 2", 1: "phase 1"}


class MoleculeBook:
    """The molecules of one conversation; safe to use from several threads.

    Args:
        chembl: where names are looked up.
        known: molecules of the conversation so far, handles included, in order.
    """

    def __init__(self, chembl: ChemblSource, known: Iterable[Molecule] = ()) -> None:
        self._chembl = chembl
        self._resolver = Resolver(chembl)
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

    def meet(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """Give the molecules that calls name their handles, in the order of the calls.

        Calls that run side by side would else number them by which asks first. A text that means no
        molecule is left to the call that asks for it.

        Args:
            calls: the arguments of each.
        """
        for text in dict.fromkeys(text for args in calls for text in _named(args)):
            try:
                self.resolve(text)
            except OutageError:
                return  # the next name would wait as long as this one did
            except RetortError:
                continue

    def resolve(self, text: str) -> Molecule:
        """The molecule that a text means.

        Tried in this order: handle, mol block, ChEMBL id, InChIKey, InChI, SMILES and name, first
        block of an InChIKey, other spellings and accepted names, the name without its salt. A text
        of letters and digits that is both a name ChEMBL knows and a SMILES ("CNS", "COCOS") is
        the name. Whatever was not taken word for word is told in ``note``.

        Args:
            text: a handle (``M1``, "Imatinib (M1)"), a ChEMBL id, an InChIKey or its first block,
                an InChI, a SMILES, a mol block, or a name or synonym.

        Raises:
            RetortError: the text is empty, too long, no valid structure (with RDKit's reason) or an
                unknown name (with near names).
            OutageError: the name could not be looked up; says nothing about whether it exists.
        """
        asked = _plain(text)
        if not asked:
            raise RetortError(
                "No molecule was named.",
                "The text is empty.",
                "Give a name, a ChEMBL id, a SMILES, an InChIKey or a handle such as M1.",
            )
        is_block = len(asked) <= MAX_BLOCK and structures.is_block(asked)
        if len(asked) > structures.MAX_CHARACTERS and not is_block:
            raise structures.too_long(asked)
        by_handle = self._by_handle(asked)
        if by_handle:
            return replace(by_handle, asked_as=asked, matched_by="handle", note="")
        with self._lock:
            before = self._resolved.get(asked)
            if before:
                return replace(
                    self._molecules[before.handle],
                    asked_as=asked,
                    matched_by=before.matched_by,
                    note=before.note,
                )
        found, is_complete = self._of_this_conversation(asked) or self._resolver.find(asked)
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
        """The molecule of ``M1``, of "Imatinib (M1)" or "M1 (imatinib)"; None for any other text.

        Raises:
            RetortError: there is no such handle, or the name beside it is another molecule's.
        """
        pair = _WITH_HANDLE.fullmatch(asked)
        handle = asked if HANDLE.fullmatch(asked) else pair and (pair["after"] or pair["before"])
        if not handle:
            return None
        with self._lock:
            held = self._molecules.get(handle.upper())
        named = "" if pair is None else (pair["name"] or pair["also"]).strip()
        if held is None:
            # "M7" may be a name of ChEMBL's; a made-up handle beside a name is not
            return None if not named and self._chembl.molecules(asked) else self._no_handle(handle)
        if named and fold(named) not in map(fold, (held.name, held.smiles, held.chembl_id)):
            self._check_name(asked, named, held)
        return held

    def _check_name(self, asked: str, named: str, held: Molecule) -> None:
        """Refuse a handle beside the name of another molecule."""
        try:
            other = self.resolve(named)
        except (OutageError, OfflineError):
            raise
        except RetortError:
            other = Molecule("", named, "", "", "")
        if other.handle != held.handle:
            raise RetortError(
                f'"{structures.clipped(asked)}" names two molecules.',
                f"{held.handle} is {held.label}, not {other.label}.",
                f"Give one of them: {held.handle} or {other.handle or named}.",
            )

    def _no_handle(self, handle: str) -> Molecule:
        held = ", ".join(molecule.handle for molecule in self.all()) or "none yet"
        raise RetortError(
            f"No molecule has the handle {handle.upper()}.",
            f"Handles of this conversation: {held}.",
            "Give the molecule's name, ChEMBL id or SMILES.",
        )

    def _of_this_conversation(self, asked: str) -> tuple[Molecule, bool] | None:
        """A molecule met before, by its InChIKey or the first block of it."""
        key = asked.upper()
        with self._lock:
            if INCHIKEY.fullmatch(asked) and key in self._handles:
                held = self._molecules[self._handles[key]]
                return replace(held, matched_by="InChIKey", note=""), True
            if not INCHIKEY_BLOCK.fullmatch(asked):
                return None
            same = [m for m in self._molecules.values() if m.inchikey.startswith(f"{key}-")]
        if not same:
            return None
        note = ""
        if len(same) > 1:
            others = ", ".join(molecule.title for molecule in same[1:])
            note = f"The first block {key} is also that of {others}: they differ in stereo, "
            note += "isotopes or charge."
        # not kept: the conversation may meet another molecule with this block
        return replace(same[0], matched_by="InChIKey", note=note), False

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


def _named(args: Mapping[str, Any]) -> Iterator[str]:
    """The texts of a call's arguments that name molecules."""
    for argument in ARGUMENTS:
        value = args.get(argument) or ()
        if isinstance(value, str):
            value = as_list(value) if argument == "molecules" else [value]
        yield from (text for text in value if isinstance(text, str))


_QUOTES = "`\"'“”‘’‚„«»‹›"


def _plain(text: str) -> str:
    """A text without quotation marks around it, marks at its end and signs that are not seen.

    A mol block keeps its lines; one that came with its line ends written out gets them back.
    """
    if "\\n" in text and "\n" not in text and structures.is_block(text.replace("\\n", "\n")):
        text = text.replace("\\n", "\n")
    if structures.is_block(text):
        return text
    seen = "".join(sign for sign in structures.whole(text) if unicodedata.category(sign) != "Cf")
    asked = seen.strip().strip(_QUOTES).strip()
    return asked.rstrip(".,;:!?").strip().strip(_QUOTES) if asked.strip(".,;:!?") else asked


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

    @tool
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
