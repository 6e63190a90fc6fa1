"""Structures: text to RDKit molecules with RDKit's own reason on failure, and the one standardiser.

Owns every call of an RDKit parser in the tools, the parent of a salt, and keys of structures. Knows
no names, no database and no handles.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors, rdqueries
from rdkit.Chem.MolStandardize import rdMolStandardize

from retort.retrieval.errors import RetortError

MAX_CHARACTERS = 5_000
"""Longest text that is read as a structure, a name or a pattern."""

MAX_ATOMS = 1_000
"""Heavy atoms of the largest structure that is read; InChI ends at 1,024."""

RDKIT = f"RDKit {rdBase.rdkitVersion}"
"""The source that every calculation names: "RDKit 2026.09.1"."""

_WILDCARD = rdqueries.AtomNumEqualsQueryAtom(0)

_COUNTS = re.compile(r"^[ \d]{6}.*V[23]000[ \t]*\r?$", re.MULTILINE)
"""the counts line of a mol block, the fourth"""

_POLYMER_GROUPS = frozenset({"SRU", "MON", "MER", "COP", "CRO", "MOD", "GRA", "ANY"})
"""types of substance groups that stand for polymers (BIOVIA, CTfile Formats, Sgroup types)"""

_LOGS = threading.RLock()
"""RDKit has one set of logs per process: whoever silences or captures them holds this."""


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """Silence RDKit for a while and collect what it says about errors.

    The list fills when the block ends. One thread at a time, so that no thread reads the reasons of
    another.
    """
    messages: list[str] = []
    with _LOGS, rdBase.CaptureErrorLog() as log:
        yield messages
        messages.extend(str(log.messages).splitlines())


@contextmanager
def silenced() -> Iterator[None]:
    """Keep RDKit's warnings and progress lines off the terminal for a while."""
    with _LOGS, rdBase.BlockLogs():
        yield


def whole(text: str) -> str:
    """The text with "?" for halves of surrogate pairs, which no database and no terminal takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def clipped(text: str, limit: int = 200) -> str:
    """The text as it came, cut after ``limit`` characters; halves of surrogate pairs become "?"."""
    text = whole(text)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def _reason(lines: list[str], text: str) -> str:
    """RDKit's first complaint in one clause, with the position where it gives one."""
    complaint, position = "", ""
    for line in lines:
        line = re.sub(r"^\[[\d:]+\]\s*", "", line)
        line = re.sub(r"^(SMILES|SMARTS) Parse Error:\s*", "", line)
        found = re.match(r"check for mistakes around position (\d+)", line)
        if found:
            position = position or f" near character {found[1]}"
        elif not complaint and re.search(r"[A-Za-z]{3}", line) and line != text:
            complaint = line.split(f": {text[:20]}")[0].split(" for input:")[0]
    return f"{complaint}{position}".strip().rstrip(":.")


def _foreign(text: str) -> str:
    """Why a text with a sign outside ASCII is no line notation, or ``""``.

    RDKit is never given one: its log may cut such a sign in two.
    """
    sign = next((sign for sign in text if not " " <= sign <= "~" and sign not in "\t\r\n"), "")
    return f"Line notation is plain ASCII and has no {sign!r} in it" if sign else ""


def read_smiles(text: str) -> tuple[Any, str]:
    """Read a SMILES without raising.

    Args:
        text: a SMILES and nothing else: no title, no extensions.

    Returns:
        ``(molecule, "")``, or ``(None, reason)``, RDKit's own where it has one ("RDKit: unclosed
        ring"). A structure with wildcard atoms is not a molecule.
    """
    params = Chem.SmilesParserParams()
    params.parseName = False
    params.allowCXSMILES = False
    strange = _foreign(text)
    if strange or re.search(r"\s", text):
        return None, strange or "A SMILES has no spaces in it"
    if re.search(r"(?<!-)>", text):
        return None, "It is a reaction (>), not one structure"
    with silenced():
        molecule = Chem.MolFromSmiles(text, params)
    if molecule is None:
        with captured_log() as lines:
            Chem.MolFromSmiles(text, params)
        params.sanitize = False
        with captured_log():
            raw = Chem.MolFromSmiles(text, params)
            problems = Chem.DetectChemistryProblems(raw) if raw is not None else ()
        reason = "; ".join(str(problem.Message()).strip() for problem in problems)
        return None, f"RDKit: {reason or _reason(lines, text) or 'not a SMILES'}"
    if not 0 < molecule.GetNumAtoms() <= MAX_ATOMS:
        return None, f"It has {molecule.GetNumAtoms():,} heavy atoms; 1 to {MAX_ATOMS:,} are read"
    if molecule.GetAtomsMatchingQuery(_WILDCARD):
        return None, "It has a wildcard or attachment point (*): a fragment, not a molecule"
    return molecule, ""


def molecule_from_smiles(smiles: str) -> Any:
    """An RDKit molecule.

    Raises:
        RetortError: the text is no SMILES; carries the text as it came and RDKit's reason.
    """
    if len(smiles) > MAX_CHARACTERS:
        raise too_long(smiles)
    molecule, reason = read_smiles(smiles.strip())
    if molecule is None:
        raise bad_structure(smiles, reason)
    return molecule


def molecule_from_inchi(inchi: str) -> Any:
    """An RDKit molecule from an InChI string.

    Raises:
        RetortError: the text is no valid InChI.
    """
    if _foreign(inchi):
        raise bad_structure(inchi, _foreign(inchi))
    with captured_log() as lines:
        molecule = Chem.MolFromInchi(inchi)
    if molecule is None or not molecule.GetNumAtoms():
        detail = _reason([line.replace("ERROR:", "") for line in lines], inchi)
        raise bad_structure(inchi, f"RDKit: {detail or 'not a valid InChI'}")
    if molecule.GetNumAtoms() > MAX_ATOMS:
        raise bad_structure(inchi, f"It has more than {MAX_ATOMS:,} heavy atoms")
    return molecule


def is_block(text: str) -> bool:
    """Whether a text is a mol block or the first part of an SDF record, by its counts line."""
    return bool(_COUNTS.search(text))


def molecule_from_block(block: str) -> Any:
    """An RDKit molecule from a mol block, version 2000 or 3000.

    Header lines that were lost when the block was pasted are put back.

    Raises:
        RetortError: the block is no molecule, or too large a one, or one that is not a single
            structure (a polymer, a query, an R group); carries RDKit's reason.
    """
    counts = _COUNTS.search(block)
    if counts:
        head = block[: counts.start()].splitlines()
        block = "\n".join(["", "", "", *head][-3:]) + "\n" + block[counts.start() :]
    with captured_log() as lines:
        molecule = Chem.MolFromMolBlock(block)
    if molecule is None:
        reason = f"RDKit: {_reason(lines, block) or 'not a mol block'}"
    else:
        reason = _not_one_structure(molecule)
    if reason:
        title = block.partition("\n")[0].strip()
        raise bad_structure(title or "a record without a title", reason)
    return molecule


def _not_one_structure(molecule: Any) -> str:
    """Why what a mol block holds is no single structure, or ``""``."""
    atoms = molecule.GetNumAtoms()
    if not 0 < atoms <= MAX_ATOMS:
        return f"It has {atoms:,} heavy atoms; 1 to {MAX_ATOMS:,} are read"
    groups = {
        group.GetProp("TYPE")
        for group in Chem.GetMolSubstanceGroups(molecule)
        if group.HasProp("TYPE")
    }
    if repeated := sorted(groups & _POLYMER_GROUPS):
        return f"It is a polymer (repeating group {', '.join(repeated)}), not one structure"
    if molecule.GetAtomsMatchingQuery(_WILDCARD):
        return "It has a wildcard, R group or attachment point: a fragment, not a molecule"
    if any(part.HasQuery() for part in (*molecule.GetAtoms(), *molecule.GetBonds())):
        return "It has query atoms or bonds: a search pattern, not a molecule"
    return ""


def pattern_from_smarts(smarts: str) -> Any:
    """A query molecule from a SMARTS pattern.

    Raises:
        RetortError: the text is empty, too long or no SMARTS; carries RDKit's reason.
    """
    text = smarts.strip()
    if len(text) > MAX_CHARACTERS:
        raise too_long(smarts)
    reason = _foreign(text)
    with captured_log() as lines:
        pattern = Chem.MolFromSmarts(text) if text and not reason else None
    if pattern is None or not pattern.GetNumAtoms():
        reason = reason or f"RDKit: {_reason(lines, text) or 'the pattern is empty'}"
        raise RetortError(
            f'Cannot read "{clipped(smarts)}" as a SMARTS pattern.',
            f"{reason}.",
            'Give a SMARTS pattern, for example "C(=O)[OX2H1]" for a carboxylic acid.',
        )
    return pattern


def bad_structure(text: str, reason: str) -> RetortError:
    """The error for a text that should be a structure and is none."""
    return RetortError(
        f'Cannot read "{clipped(text)}" as a molecule.',
        f"{reason}.",
        "Correct the structure, or give a name or a ChEMBL id instead.",
    )


def too_long(text: str) -> RetortError:
    """The error for a text that is longer than any molecule's name or structure."""
    return RetortError(
        f'Cannot read "{clipped(text, 40)}" as one molecule.',
        f"It has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.",
        "Give one name, ChEMBL id or structure. Many: retort predict --input FILE.",
    )


def canonical(molecule: Any) -> str:
    """RDKit's canonical isomeric SMILES."""
    return str(Chem.MolToSmiles(molecule))


def inchikey(molecule: Any) -> str:
    """The standard InChIKey, or ``""`` where InChI cannot describe the structure."""
    with silenced():
        return str(Chem.MolToInchiKey(molecule) or "")


def first_block(key: str) -> str:
    """The first 14 characters of an InChIKey: connectivity without stereo, isotopes, charge."""
    return key.split("-", 1)[0]


def formula(molecule: Any) -> str:
    """Molecular formula in Hill order, all components together ("C29H31N7O")."""
    return str(rdMolDescriptors.CalcMolFormula(molecule))


def components_of(molecule: Any) -> int:
    """How many disconnected components a structure has; more than 1 for a salt or a mixture."""
    return len(Chem.GetMolFrags(molecule))


def standardise(molecule: Any) -> Any:
    """The parent of a structure: cleaned up, largest organic component, neutral where it can be.

    The steps are those of RDKit's MolStandardize: ``Cleanup`` (normalises groups, disconnects
    metals), the largest fragment, organic ones first, and ``Uncharger``. A structure without carbon
    (cisplatin, sodium chloride) has no organic part and is returned as it is, and so is one that
    no step can change. Stereo is kept, tautomers are left alone.
    """
    if _is_parent(molecule):
        return molecule
    with silenced():
        clean = rdMolStandardize.Cleanup(molecule)
        parent = rdMolStandardize.LargestFragmentChooser(True).choose(clean)
        return rdMolStandardize.Uncharger().uncharge(parent)


_PLAIN = frozenset({6, 7, 8, 9, 16, 17, 35, 53})


def _is_parent(molecule: Any) -> bool:
    """Whether no step of ``standardise`` can change a structure.

    Every transformation of MolStandardize needs a charge, a metal, a written hydrogen, phosphorus
    or its like, or a sulfoxide; only nitrogen with five bonds would need none of them, and RDKit
    reads no molecule with it.
    """
    has_carbon = False
    for atom in molecule.GetAtoms():
        number = atom.GetAtomicNum()
        has_carbon = has_carbon or number == 6
        if (
            number not in _PLAIN
            or atom.GetFormalCharge()
            or (number == 16 and atom.GetDegree() == 3)
        ):
            return not any(other.GetAtomicNum() == 6 for other in molecule.GetAtoms())
    return not has_carbon or components_of(molecule) == 1
