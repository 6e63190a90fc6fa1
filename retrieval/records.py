"""The records of the retrieval room: papers, their passages, and the hits of a search.

Frozen and plain. Offsets are 0-based positions in ``Paper.text``, the text as it is stored; they
are never positions in a PDF, an XML file or a rendering.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Section:
    """A titled stretch of one paper's stored text."""

    title: str
    start: int
    """first character of the section's body"""
    end: int
    """one past its last character"""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document as it is stored. ``text`` is final: every quote is a slice of it."""

    paper_id: str
    """the record's own id where it has one (``_id`` of a JSONL line, ``PMID:..``, ``PMC..``,
    ``DOI:..``)"""
    source_id: str
    """what a reader cites: ``PMID:..``, ``DOI:..``, ``PMC..``, else the paper id"""
    title: str
    text: str
    sections: tuple[Section, ...] = ()
    page_starts: tuple[int, ...] = ()
    """offset at which each page of a PDF begins, page 1 first; empty where there are no pages"""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    kind: str = "paper"
    """``paper``, or ``note`` for the starter library's notes, which are never shown as papers"""
    retracted: bool = False
    retraction: str = ""
    """the notice as the metadata gives it, with its id where it has one"""
    mesh: tuple[str, ...] = ()
    """MeSH headings as the record spells them, without qualifiers"""
    keywords: tuple[str, ...] = ()
    """the authors' own"""
    publication_types: tuple[str, ...] = ()
    has_abstract: bool = True
    """False for a record that is a title only"""
    source_ids: tuple[str, ...] = ()
    """every id under which its sources know it, once they were merged; ``source_id`` first"""
    metadata: dict[str, str] = field(default_factory=dict)
    """what else a source says of it, by the source's own name: labels and notes among them"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one paper's stored text; ``text == paper.text[start:end]``, always."""

    passage_id: str
    paper_id: str
    start: int
    """first character, 0-based, in the stored text (not the PDF)"""
    end: int
    """one past the last character"""
    text: str
    section: str = ""
    page: int | None = None
    """1-based page of the first character, where the paper has pages"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query, best first (``rank`` counts from 1)."""

    rank: int
    score: float
    """higher is better; comparable within one query only"""
    passage: Passage
    title: str
    source_id: str
    url: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    kind: str = "paper"
    retracted: bool = False
    retraction: str = ""
    """the notice as the metadata gives it"""
    rerank_score: float | None = None
    """of the cross-encoder that ordered the hits, where one was asked and read this passage"""

    def as_dict(self) -> dict[str, object]:
        """The hit on the wire (DESIGN section 6)."""
        return {
            "rank": self.rank,
            "score": self.score,
            "paper_id": self.passage.paper_id,
            "passage_id": self.passage.passage_id,
            "title": self.title,
            "text": self.passage.text,
            "start": self.passage.start,
            "end": self.passage.end,
            "source_id": self.source_id,
        } | ({} if self.rerank_score is None else {"rerank_score": self.rerank_score})


@dataclass(frozen=True, slots=True)
class Filter:
    """Which papers a search may find: all conditions together, any of the names within one.

    Names are compared without regard to case. An empty field asks for nothing.
    """

    years: tuple[int | None, int | None] = (None, None)
    """first and last year, both included; None is open. Papers without a year are left out where
    either is set"""
    journals: tuple[str, ...] = ()
    """journals as the records spell them"""
    mesh: tuple[str, ...] = ()
    """MeSH headings, without qualifiers"""
    publication_types: tuple[str, ...] = ()
    """``Review``, ``Clinical Trial`` ..."""
    paper_ids: tuple[str, ...] = ()
    """any id of a paper: its own, ``PMID:..``, ``DOI:..``, ``PMC..``"""
    exclude_retracted: bool = False
    has_abstract: bool | None = None
    """True: only papers with an abstract; False: only those without; None: either"""

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != Filter()
