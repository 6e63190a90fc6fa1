"""The records of the tools: evidence, and what a tool hands back.

A tool never writes prose for the model. It returns a ``ToolResult``: a line for the user, evidence
(each with one line of text that can be cited), and a note. ``render`` is the one place where that
becomes text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from retort.tools.tables import Table

Kind = Literal["literature", "chembl", "calculation", "prediction"]
"""Where a statement comes from; the four never look alike to the user. Measured values are
"chembl": those of ChEMBL, and those of a predictor's training set, which say so."""

KIND_WORDS: Mapping[str, str] = {
    "literature": "literature",
    "chembl": "ChEMBL record",
    "calculation": "calculated",
    "prediction": "predicted",
}
"""How each kind of evidence is called wherever a user reads it; a word, never only a colour."""

_RECORD_WORDS = {
    "activity": "measured",
    "mechanism": "record",
    "indication": "record",
    "molecule": "record",
    "target": "record",
    "absence": "searched",
}
"""What a record of a database is; said with the release that it comes from."""

_TRAINING = "measured (training set)"
"""What was measured of a molecule that a predictor learnt from: a measurement, no prediction."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One citable thing: a passage, a database record, a calculation or a prediction."""

    kind: Kind
    source_id: str
    """``PMID:..``, ``DOI:..``, ``CHEMBL..``, ``RDKit 2026.09.1``, a model's name ..."""
    title: str
    quote: str
    """literature: the verbatim slice ``paper.text[start:end]``; else the record said in one plain
    sentence that holds every number and unit an answer may repeat"""
    start: int | None = None
    end: int | None = None
    url: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)
    """the whole record, JSON-ready; ``record["record"]`` names its shape in
    ``retort.tools.shapes``"""
    key: str = ""
    """given by the ledger ("E7"); empty before"""

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary of all fields."""
        return asdict(self) | {"record": dict(self.record)}


def kind_word(evidence: Evidence) -> str:
    """What kind of evidence it is, in a word that a reader cannot take for another."""
    record = evidence.record
    if record.get("is_note"):
        return "note"
    if record.get("record") == "training":
        return _TRAINING
    word = _RECORD_WORDS.get(record.get("record", ""))
    if evidence.kind != "chembl" or word is None:
        return KIND_WORDS[evidence.kind]
    release = str(record.get("release") or "ChEMBL").replace("_", " ")
    return f"{word} ({release})"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool found."""

    summary: str
    """one line for the user: "ChEMBL: 37 activities for EGFR\""""
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    """one line for the model after the evidence: what was cut, what was searched, how to get
    more"""
    count: int = 0
    """how many things were found in all, shown or not"""
    molecules: tuple[Mapping[str, str], ...] = ()
    """molecules this call resolved: ``{"handle", "name", "smiles", "inchikey"}``"""
    table: Table | None = None
    """everything that was found, where that is more than a few rows"""

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary; what travels as a tool message's artifact.

        There without the table, which the assistant keeps once, with its answer.
        """
        return {
            "summary": self.summary,
            "evidence": [item.as_dict() for item in self.evidence],
            "note": self.note,
            "count": self.count,
            "molecules": [dict(molecule) for molecule in self.molecules],
            "table": self.table and self.table.as_dict(),
        }


def render(result: ToolResult) -> str:
    """The text of a result for the model: the summary, one line per piece of evidence, the note."""
    lines = [result.summary]
    for item in result.evidence:
        mark = f"[{item.key}] " if item.key else "- "
        if item.kind == "literature":
            lines.append(f'{mark}{item.title} ({item.source_id}): "{item.quote}"')
        else:
            lines.append(f"{mark}{item.quote} ({item.source_id})")
    if result.note:
        lines.append(result.note)
    return "\n".join(lines)


def retraction(evidence: Evidence) -> str:
    """That a cited paper was retracted, with the notice; empty where it was not."""
    if not evidence.record.get("retracted"):
        return ""
    notice = evidence.record.get("retraction")
    return f"This paper was retracted: {notice}" if notice else "This paper was retracted."
