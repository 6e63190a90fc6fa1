"""The records of triage: what is screened, what was decided, and what is known of the rest.

Frozen and plain. Knows no ranking, no file and no door.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Label = Literal["include", "exclude", "maybe"]
"""A ``maybe`` is read and set aside: it teaches the ranking nothing, and counts as not decided."""

Field = Literal["title", "abstract"]

Kind = Literal["include", "exclude"]
"""what a criterion is for"""

Verdict = Literal["met", "not met", "unclear", ""]

By = Literal["user", "import"]
"""Who decided. A user's label outranks an imported one; a model gives verdicts, never labels."""


@dataclass(frozen=True, slots=True)
class Record:
    """One title and abstract to screen."""

    id: str
    """unique within a screening; the record's own where it has one"""
    title: str
    abstract: str = ""
    """empty where the source has none: such a record is ranked by its title, never dropped"""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    source_id: str = ""
    """``PMID:..``, ``DOI:..``, ``PMC..``, else the id"""
    url: str = ""
    mesh: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    """ids of duplicates that are this record"""
    metadata: dict[str, str] = field(default_factory=dict)
    """what else its source says of it, kept for the export"""

    @property
    def text(self) -> str:
        """Title and abstract as one text, what rankings read."""
        return f"{self.title}\n{self.abstract}".strip()


@dataclass(frozen=True, slots=True)
class Decision:
    """One label of one record; the last one of a record by who outranks holds."""

    record_id: str
    label: Label
    by: By
    at: float
    """seconds since 1970 (UTC)"""
    note: str = ""
    """why, in the words of whoever decided"""


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for or against one record, with the words it rests on."""

    text: str
    """one line in plain words; says whose view it is"""
    quote: str
    """``getattr(record, field)[start:end]``, to the character"""
    field: Field
    start: int
    end: int
    criterion: str = ""
    """what of the criteria it is about"""
    verdict: Verdict = ""
    """a model's; empty where no model judged and the sentence is only the best match"""
    kind: Kind = "include"
    """of the criterion"""

    @property
    def is_exclusion(self) -> bool:
        """Whether the record may have to be excluded by it."""
        return self.kind == "exclude" and self.verdict in ("met", "")


Chosen = Literal["certain", "explore", "asked", "again", "unreadable"]
"""Why a record is shown: the ranking puts it first; it is one of the few taken by chance; somebody
asked for it; its decision was taken back; it is among the last, since it has neither title nor
abstract."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as it is put before the reader."""

    record: Record
    rank: int
    """1 for the best of all records"""
    score: float
    """comparable within one ranking only"""
    ranking: str
    """the stamp of the ranking used: ``criteria`` or ``labels-N``, with ``+vectors`` where an
    encoder has read the records; ``by chance`` where there is nothing to go by"""
    chosen: Chosen
    decision: Decision | None = None
    """the one that holds, where the record was decided before"""
    note: str = ""
    reasons: tuple[Reason, ...] = ()
    """a model's verdicts and possible exclusions; only of rows that go into a file"""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a review looks for."""

    question: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not (self.question or self.include or self.exclude)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` of a field of a record, to be marked."""

    field: Field
    start: int
    end: int
    kind: Literal["criterion", "mesh", "exclude"]
    """a word of the criteria, of the record's MeSH headings, or of what is to be excluded"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many relevant records there may be, from what was read so far."""

    found: int
    """relevant records among those read"""
    read: int
    total: int
    """records of the screening"""
    relevant: float
    """estimate of all relevant records, found ones included"""
    low: int
    high: int
    """bounds of ``relevant`` at ``confidence``"""
    confidence: float
    recall: float
    """``found / relevant``"""
    recall_low: float
    """lower bound of the recall at ``confidence``"""
    is_target_met: bool
    """whether the stopping rule says that the target recall is reached at ``confidence``; a
    statement with a stated chance of error, never that the work is done"""
    in_a_row: int
    """irrelevant records since the last relevant one; shown, never called safe"""
