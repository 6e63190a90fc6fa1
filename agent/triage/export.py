"""A screening as files for other programs: CSV and RIS, whatever it was read from.

Owns the columns and tags, which Retort's own readers take back: the labels of an export are those
of the screening. Knows no store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from retort.agent import references
from retort.agent.triage.records import Record, Shown
from retort.retrieval.readers.columns import NAMES, normal
from retort.tools.tables import written_csv

COLUMNS = (
    "record_id", "rank", "score", "decision", "decided_by", "decided_at", "note", "verdicts",
    "possible_exclusion", "title", "abstract", "authors", "year", "journal", "source_id", "doi",
    "pmid", "url", "mesh", "keywords", "publication_types", "duplicates", "ranking", "unreadable",
)  # fmt: skip
UNREADABLE = "neither title nor abstract: ranked last"
_TAKEN = frozenset(normal(name) for name in COLUMNS) | {
    normal(name) for field in ("label", "notes", "record_id") for name in NAMES[field]
}
"""Columns of the source that would be read before these, or beside them."""


def csv(rows: Sequence[Shown]) -> str:
    """One line for each record, the source's other columns behind Retort's own."""
    others = dict.fromkeys(name for row in rows for name in _others(row.record))
    lines = []
    for row in rows:
        own = _cells(row)
        other = _others(row.record)
        lines.append([*(own[name] for name in COLUMNS), *(other.get(name, "") for name in others)])
    return written_csv((*COLUMNS, *others), lines)


def ris(rows: Sequence[Shown]) -> str:
    """One reference for each record; decision, rank and score stand in notes (N1)."""
    return "\n".join(_reference(row) for row in rows)


FORMATS: Mapping[str, Callable[[Sequence[Shown]], str]] = {"csv": csv, "ris": ris}


def _cells(row: Shown) -> dict[str, str | int | float | None]:
    record, decision = row.record, row.decision
    return {
        "record_id": record.id,
        "rank": row.rank,
        "score": round(row.score, 6),
        "decision": decision.label if decision else "",
        "decided_by": decision.by if decision else "",
        "decided_at": _time(decision.at) if decision else "",
        "note": row.note,
        "verdicts": " | ".join(_verdicts(row)),
        "possible_exclusion": " | ".join(_exclusions(row)),
        "title": record.title,
        "abstract": record.abstract,
        "authors": "; ".join(record.authors),
        "year": record.year,
        "journal": record.journal,
        "source_id": record.source_id,
        "doi": _id(record, "DOI:"),
        "pmid": _id(record, "PMID:"),
        "url": record.url,
        "mesh": "; ".join(record.mesh),
        "keywords": "; ".join(record.keywords),
        "publication_types": "; ".join(record.publication_types),
        "duplicates": "; ".join(record.merged),
        "ranking": row.ranking,
        "unreadable": "" if record.text else UNREADABLE,
    }


def _verdicts(row: Shown) -> list[str]:
    """A model's verdicts, whose they are, and the words that each rests on."""
    return [f'{reason.text} "{reason.quote}"' for reason in row.reasons if reason.verdict]


def _exclusions(row: Shown) -> list[str]:
    """Exclusion criteria that the record may meet, with the words that say so."""
    return [f'{each.criterion}: "{each.quote}"' for each in row.reasons if each.is_exclusion]


def _others(record: Record) -> dict[str, str]:
    """What else the source says; labels of its own under a name that is read as none."""
    found = {n: v for n, v in record.metadata.items() if normal(n) not in _TAKEN}
    if label := record.metadata.get("label"):
        found["imported label"] = label
    if notes := record.metadata.get("notes"):
        found["imported notes"] = notes
    return found


def _reference(row: Shown) -> str:
    record, decision = row.record, row.decision
    notes = [_line(note) for note in record.metadata.get("notes", "").splitlines()]
    if decision:
        notes.append(f"Retort_{decision.label} by {decision.by} {_time(decision.at)}")
    if row.note:
        notes.append(f"Retort_note: {_line(row.note)}")
    notes += [f"Retort_verdict: {_line(said)}" for said in _verdicts(row)]
    notes += [f"Retort_possible_exclusion: {_line(said)}" for said in _exclusions(row)]
    notes.append(f"Retort_rank: {row.rank}, score {row.score:.6g}")
    if not record.text:
        notes.append(f"Retort_reason: {UNREADABLE}")
    lines: list[tuple[str, str]] = [("TY", "JOUR" if record.journal else "GEN")]
    lines += [("ID", record.id), ("TI", record.title), ("AB", record.abstract)]
    lines += [("AU", references.family_first(name)) for name in record.authors]
    lines += [("PY", str(record.year or "")), ("JO", record.journal)]
    pmid = _id(record, "PMID:")
    lines += [("DO", _id(record, "DOI:")), ("AN", pmid and f"PMID:{pmid}"), ("UR", record.url)]
    lines += [("MH", name) for name in record.mesh] + [("KW", word) for word in record.keywords]
    lines += [("M3", each) for each in record.publication_types] + [("N1", note) for note in notes]
    kept = ((tag, _line(value)) for tag, value in lines)
    return "".join(f"{tag}  - {value}\n" for tag, value in kept if value) + "ER  - \n"


def _id(record: Record, scheme: str) -> str:
    every: Iterable[str] = (record.source_id, record.id, *record.merged)
    return next((one[len(scheme) :] for one in every if one.startswith(scheme)), "")


def _line(text: str) -> str:
    return " ".join(text.split())


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
