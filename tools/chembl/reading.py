"""How ChEMBL's raw values become record values, and a user's words ChEMBL's.

The web service gives numbers as strings and a dump gives them as numbers; names are in capitals; a
target is asked for as "human COX 2". Both backends read through these functions, so their rows are
equal. Knows neither backend.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from retort.retrieval.errors import UsageError
from retort.tools import spelling
from retort.tools.chembl.records import (
    WILD_TYPE,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    Reference,
    TargetRow,
    WarningRow,
)

CHEMBL_ID = re.compile(r"CHEMBL\d+", re.IGNORECASE)
INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]", re.IGNORECASE)
INCHIKEY_BLOCK = re.compile(r"[A-Z]{14}")
ACCESSION = re.compile(
    r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}", re.IGNORECASE
)
"""UniProt's own pattern of an accession (https://www.uniprot.org/help/accession_numbers)"""

TARGETS_SHOWN = 25
"""targets returned for one text; a fragment such as "kinase" would match hundreds"""

_EXACT = ("ChEMBL id", "UniProt accession", "gene symbol", "name", "synonym")
_MOLECULE_MATCH = ("ChEMBL id", "InChIKey", "name", "synonym")
_TYPES: dict[str, tuple[str, ...]] = {
    name.casefold(): (name,)
    for name in (
        "IC50",
        "IC90",
        "Ki",
        "Kd",
        "EC50",
        "AC50",
        "GI50",
        "CC50",
        "ED50",
        "MIC",
        "Potency",
    )
} | {
    "pic50": ("IC50",),
    "pki": ("Ki",),
    "pkd": ("Kd",),
    "pec50": ("EC50",),
    "affinity": ("Ki", "Kd"),
    "binding affinity": ("Ki", "Kd"),
}
_ASSAYS = {
    "B": ("binding", "biochemical"),
    "F": ("functional", "cellular"),
    "A": ("admet", "adme", "pharmacokinetic"),
    "T": ("toxicity",),
    "P": ("physicochemical",),
    "U": ("unclassified",),
}
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "μ": "mu"}


def number(raw: Any) -> float | None:
    """A finite float from a number or a numeric string; ``None`` for anything else."""
    if not isinstance(raw, (str, int, float)):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def integer(raw: Any) -> int | None:
    """A whole number from a number or a numeric string; ``None`` for anything else."""
    value = number(raw)
    return None if value is None else int(value)


def text(raw: Any) -> str:
    """A stripped string; empty for what is no text and no finite number.

    A whole number keeps no decimals.
    """
    if isinstance(raw, float):
        if not math.isfinite(raw):
            return ""
        raw = int(raw) if raw.is_integer() else raw
    return str(raw).strip() if isinstance(raw, (str, int, float)) else ""


def flag(raw: Any) -> bool | None:
    """Yes, no or unknown from ChEMBL's 1, 0, -1, ``True`` or NULL (-1 means "not applicable")."""
    value = number(raw)
    return None if value is None else value > 0


def display_name(raw: Any, fallback: str = "") -> str:
    """A name to read: "OSIMERTINIB MESYLATE" becomes "Osimertinib mesylate"; codes stay."""
    name = text(raw)
    if not name:
        return fallback
    if name != name.upper():
        return name
    words = [_calm(word) for word in name.split()]
    first = words[0]
    return " ".join([first[:1].upper() + first[1:], *words[1:]])


def _calm(word: str) -> str:
    """Lower-case a word in capitals, unless it is a code (digits, one letter, no vowel)."""
    if any(letter.isdigit() for letter in word):
        return word
    return re.sub(
        r"[A-Z]{2,}",
        lambda match: match[0].lower() if re.search("[AEIOUY]", match[0]) else match[0],
        word,
    )


def distinct(names: Iterable[Any]) -> tuple[str, ...]:
    """Names sorted, each once whatever its case."""
    seen: dict[str, str] = {}
    for name in sorted(text(item) for item in names):
        if name:
            seen.setdefault(name.casefold(), name)
    return tuple(seen[key] for key in sorted(seen))


def activity_types(asked: str) -> tuple[str, ...]:
    """ChEMBL's standard types for what was asked: "ic50, Ki" -> IC50, Ki; none for "any"."""
    found: list[str] = []
    for part in re.split(r",|;|\bor\b|\band\b", asked):
        name = part.strip().casefold()
        if name and name not in ("any", "all"):
            found += _TYPES.get(name, (part.strip(),))
    return tuple(dict.fromkeys(found))


def assay_types(asked: str) -> tuple[str, ...]:
    """ChEMBL's letter for a type of assay: "binding" -> B; none for an empty text.

    Raises:
        UsageError: there is no such type.
    """
    name = asked.strip().casefold()
    if name in ("", "any", "all"):
        return ()
    found = [letter for letter, words in _ASSAYS.items() if name in (letter.casefold(), *words)]
    if not found:
        raise UsageError(
            f'"{asked.strip()}" is no type of assay.',
            "ChEMBL knows binding, functional, ADMET, toxicity and physicochemical assays.",
            'Ask for "binding", or leave the type out.',
        )
    return tuple(found)


def variant(asked: str) -> str:
    """A mutation as ChEMBL writes it: "l858r / t790m" -> "L858R,T790M"; "wt" -> ``WILD_TYPE``."""
    plain = asked.strip()
    if plain.casefold() in ("wt", "wild type", "wild-type", "wildtype", "none"):
        return WILD_TYPE
    return ",".join(part.upper() for part in re.split(r"[\s,;/+]+", plain) if part)


def release_name(names: Iterable[Any]) -> str:
    """The release among the rows of a version table: "ChEMBL_35" becomes "ChEMBL 35".

    A file of another name, such as the starter, keeps it.
    """
    known = [text(name).replace("_", " ") for name in names if text(name)]
    numbered = [
        (int(digits[0]), name)
        for name in known
        if name.casefold().startswith("chembl") and (digits := re.findall(r"\d+", name))
    ]
    if numbered:
        return max(numbered)[1]
    return display_name(known[0]) if known else "ChEMBL, unknown release"


def spellings(asked: str) -> list[str]:
    """What a target may be called, the text itself first; "human" and hyphens may go."""
    plain = " ".join(asked.encode("utf-8", "replace").decode("utf-8").split())
    for letter, word in _GREEK.items():
        plain = plain.replace(letter, word)
    plain = plain.replace("\u2010", "-").replace("\u2011", "-").replace("\u2013", "-")
    bare = re.sub(r"^human\s+|\s*\((human|homo sapiens)\)$", "", plain, flags=re.IGNORECASE)
    wanted = [
        plain,
        bare,
        bare.replace(" ", "-"),
        bare.replace("-", " "),
        re.sub("[ -]", "", bare),
        re.sub(r"(?<=[A-Za-z]{2})(?=\d+$)", "-", bare),
    ]
    return list(dict.fromkeys(item for item in wanted if item))


def target_match(row: TargetRow, names: Sequence[str]) -> str:
    """By what a target answers to one of the names; empty if by nothing exact."""
    wanted = {name.casefold() for name in names}
    if row.chembl_id.casefold() in wanted:
        return "ChEMBL id"
    if wanted & {item.casefold() for item in row.accession.split(", ")}:
        return "UniProt accession"
    if wanted & {item.casefold() for item in row.gene.split(", ")}:
        return "gene symbol"
    if row.name.casefold() in wanted:
        return "name"
    return "synonym" if wanted & {item.casefold() for item in row.synonyms} else ""


def rank_targets(rows: Iterable[TargetRow]) -> list[TargetRow]:
    """Best first: exact, human, one protein, by gene symbol rather than name."""

    def place(row: TargetRow) -> tuple[bool, bool, bool, int, int, int]:
        exact = row.matched_by in _EXACT
        how = _EXACT.index(row.matched_by) if exact else len(_EXACT)
        human = row.organism == "Homo sapiens"
        single = row.target_type == "SINGLE PROTEIN"
        return (not exact, not human, not single, how, len(row.name), id_number(row.chembl_id))

    return sorted(rows, key=place)[:TARGETS_SHOWN]


def rank_molecules(rows: Iterable[MoleculeRow]) -> list[MoleculeRow]:
    """Own name before synonym, parent before salt, higher phase first, older id first."""

    def place(row: MoleculeRow) -> tuple[int, bool, float, int]:
        salt = row.parent_chembl_id not in ("", row.chembl_id)
        return (
            _MOLECULE_MATCH.index(row.matched_by),
            salt,
            -(row.max_phase or 0),
            id_number(row.chembl_id),
        )

    return sorted(rows, key=place)


def rank_mechanisms(rows: Iterable[MechanismRow]) -> list[MechanismRow]:
    """One row per drug, mechanism and target, highest phase first, then by name."""
    once: dict[tuple[str, str, str], MechanismRow] = {}
    for row in rows:
        once.setdefault((row.molecule_chembl_id, row.mechanism, row.target_chembl_id), row)
    return sorted(
        once.values(),
        key=lambda row: (-(row.max_phase or 0), row.molecule_name.casefold(), row.mechanism),
    )


def rank_indications(rows: Iterable[IndicationRow]) -> list[IndicationRow]:
    """One row per disease with its highest phase, highest phase first, then by name."""
    best: dict[tuple[str, str], IndicationRow] = {}
    for row in sorted(rows, key=lambda row: (-(row.max_phase or 0), row.molecule_chembl_id)):
        best.setdefault((row.mesh_id, row.indication.casefold()), row)
    return sorted(best.values(), key=lambda row: (-(row.max_phase or 0), row.indication.casefold()))


def rank_drugs(rows: Iterable[IndicationRow]) -> list[IndicationRow]:
    """One row per drug and disease with its highest phase, highest phase first, then by name."""
    best: dict[tuple[str, str, str], IndicationRow] = {}
    for row in sorted(rows, key=lambda row: -(row.max_phase or 0)):
        best.setdefault((row.molecule_chembl_id, row.mesh_id, row.indication.casefold()), row)
    return sorted(
        best.values(),
        key=lambda row: (
            -(row.max_phase or 0),
            row.molecule_name.casefold(),
            id_number(row.molecule_chembl_id),
            row.indication.casefold(),
        ),
    )


def rank_warnings(rows: Iterable[WarningRow]) -> list[WarningRow]:
    """Oldest first, those without a year last."""
    return sorted(
        rows,
        key=lambda row: (
            row.year is None,
            row.year or 0,
            row.type,
            row.country,
            row.warning_class,
            id_number(row.molecule_chembl_id),
        ),
    )


def rank_references(found: Iterable[Reference]) -> tuple[Reference, ...]:
    """Each reference once, by kind and id."""
    return tuple(sorted(set(found), key=lambda item: (item.type, item.id, item.url)))


def document_key(asked: str) -> tuple[str, str]:
    """What a text says of a document: the column of ChEMBL's table, and the value in it.

    ``("chembl_id", "CHEMBL1134862")``, ``("doi", "10.1021/jm000000a")``, ``("pubmed_id",
    "15000001")``, or two empty texts for anything else. A prefix ("doi:", "PMID:", an address)
    is cut off.
    """
    plain = asked.strip().strip(".,;")
    plain = re.sub(r"^(https?://)?(dx\.)?doi\.org/|^doi:\s*", "", plain, flags=re.IGNORECASE)
    plain = re.sub(
        r"^(https?://)?pubmed\.ncbi\.nlm\.nih\.gov/|^pmid:?\s*", "", plain, flags=re.IGNORECASE
    ).strip("/ ")
    if CHEMBL_ID.fullmatch(plain):
        return "chembl_id", plain.upper()
    if re.fullmatch(r"10\.\d{4,9}/\S+", plain):
        return "doi", plain
    return ("pubmed_id", plain) if re.fullmatch(r"\d{1,9}", plain) else ("", "")


def like(fragment: str) -> str:
    r"""A pattern for SQL's ``LIKE ... ESCAPE '\'`` that holds a fragment anywhere."""
    return "%" + "".join("\\" + c if c in "%_\\" else c for c in fragment) + "%"


def id_number(chembl_id: str) -> int:
    """The number in a ChEMBL id, so that CHEMBL9 sorts before CHEMBL10."""
    digits = re.findall(r"\d+", chembl_id)
    return int(digits[0]) if digits else 0


def closest(asked: str, names: Iterable[str], limit: int) -> list[str]:
    """The names written most nearly like ``asked``, nearest first; none if all are far off."""
    return [display_name(name) for name in spelling.rank(asked, spelling.folded(names), limit)]
