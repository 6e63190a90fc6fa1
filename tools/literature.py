"""The library as a tool: passages found, quoted to the character.

Knows how a passage becomes a quote and a citation; how passages are found stands in ``retrieval``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from urllib.parse import quote

from langchain_core.tools import BaseTool

from retort.retrieval.errors import RetortError
from retort.retrieval.filters import years_of
from retort.retrieval.records import Filter, Hit
from retort.retrieval.sentences import sentences
from retort.retrieval.tokens import STOP_WORDS
from retort.tools.bench import Bench, handed_back, tool
from retort.tools.records import Evidence, ToolResult
from retort.tools.shapes import PassageShape

MAX_QUERY = 1_000
"""Characters of a query that are read; a longer one is no query."""

MAX_PASSAGES = 20

WHOLE = 1_600
"""A passage of at most this many characters is quoted as a whole."""

PART = 1_500
"""Of a longer one the best run of sentences up to about this many characters is quoted."""

TITLES_NAMED = 3
"""Papers without text that are named when they match."""

_WORD = re.compile(r"[A-Za-z0-9]+")


def _stretches(text: str) -> list[tuple[int, int]]:
    """Sentences in order, as offsets; one that is longer than ``PART`` is cut at a space."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        while end - start > PART:
            space = text.rfind(" ", start + 1, start + PART)
            cut = space if space > start else start + PART
            spans.append((start, cut))
            start = cut
        spans.append((start, end))
    return spans


def _stem(word: str) -> str:
    """A word without case and plural, so that "inhibitors" meets "inhibitor"."""
    word = word.lower()
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def best_part(text: str, query: str) -> tuple[int, int]:
    """The part of a passage to quote: all of it if short, else the sentences nearest to the query.

    Args:
        text: a passage's text.
        query: what was searched; the words of meaning it shares with a sentence are its weight, and
            the one sentence that shares most counts once more, so that it is not cut off.

    Returns:
        ``(start, end)``, positions in ``text``, without surrounding white space.
    """
    if len(text) <= WHOLE:
        return _trimmed(text, 0, len(text))
    words = (word for word in _WORD.findall(query) if word.lower() not in STOP_WORDS)
    wanted = {_stem(word) for word in words}
    spans = _stretches(text)
    shared = [
        {_stem(word) for word in _WORD.findall(text[start:end])} & wanted for start, end in spans
    ]
    best, best_weight = (0, 0), -1.0
    for first in range(len(spans)):
        found: set[str] = set()
        total = densest = 0
        for last in range(first, len(spans)):
            if spans[last][1] - spans[first][0] > PART and last > first:
                break
            found |= shared[last]
            total += len(shared[last])
            densest = max(densest, len(shared[last]))
            weight = len(found) + densest + total / 100
            if weight > best_weight:
                best, best_weight = (first, last), weight
    first, last = best
    while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= PART:
        last += 1
    return _trimmed(text, spans[first][0], spans[last][1])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch without white space at its ends."""
    part = text[start:end]
    lead = len(part) - len(part.lstrip())
    return start + lead, start + max(len(part.rstrip()), lead)


def link(source_id: str, url: str = "") -> str:
    """Where a source is read: its own web address, else that of its identifier, else ``""``."""
    if url.startswith(("https://", "http://")):
        return url
    scheme, _, rest = source_id.partition(":")
    if scheme.upper() == "PMID" and rest.isdigit():
        return f"https://pubmed.ncbi.nlm.nih.gov/{rest}/"
    if scheme.upper() == "DOI" and rest:
        return f"https://doi.org/{quote(rest)}"
    pmc = re.fullmatch(r"(?:PMCID:|PMC:)?(?:PMC)?(\d+)", source_id, re.IGNORECASE)
    if pmc and source_id.upper().startswith("PMC"):
        return f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{pmc[1]}/"
    return ""


def evidence_of(hit: Hit, query: str, library: str) -> Evidence:
    """A hit as citable evidence; its quote is ``paper.text[start:end]``, to the character."""
    passage = hit.passage
    start, end = best_part(passage.text, query)
    is_note = hit.kind == "note"
    title = f"Note: {hit.title}" if is_note and not hit.title.startswith("Note:") else hit.title
    record: PassageShape = {
        "record": "passage",
        "paper_id": passage.paper_id,
        "passage_id": passage.passage_id,
        "section": passage.section,
        "page": passage.page,
        "score": round(hit.score, 6),
        "authors": list(hit.authors),
        "year": hit.year,
        "journal": hit.journal,
        "is_note": is_note,
        "retracted": hit.retracted,
        "retraction": hit.retraction,
        "library": library,
    }
    return Evidence(
        kind="literature",
        source_id=hit.source_id,
        title=f"RETRACTED: {title}" if hit.retracted else title,
        quote=passage.text[start:end],
        start=passage.start + start,
        end=passage.start + end,
        url=link(hit.source_id, hit.url),
        record=dict(record),
    )


def found(hits: Sequence[Hit], query: str, library: str, papers: int, passages: int) -> ToolResult:
    """What a search of the library found.

    Args:
        hits: best first.
        query: as it was searched.
        library: the library's name.
        papers: documents in the library, notes included.
        passages: passages in the library.
    """
    bare = [hit for hit in hits if not hit.passage.text.strip()]
    hits = [hit for hit in hits if hit.passage.text.strip()]
    searched = f'"{query if len(query) <= 80 else query[:80] + "..."}"'
    if not hits:
        return ToolResult(
            summary=f"Literature: nothing found for {searched} in {passages:,} passages",
            note=f'The library "{library}" holds {papers:,} documents. To add papers: '
            f"retort library add PATH.{_without_text(bare)}",
        )
    documents = {hit.passage.paper_id: hit.kind for hit in hits}
    notes = sum(kind == "note" for kind in documents.values())
    counted = _counted(len(documents) - notes, notes)
    retracted = [hit for hit in hits if hit.retracted]
    warning = f" {len(retracted)} from retracted papers: do not rely on them." if retracted else ""
    notices = dict.fromkeys(hit.retraction for hit in retracted if hit.retraction)
    warning += "".join(f" {notice.rstrip('.')}." for notice in notices)
    return ToolResult(
        summary=f"Literature: {len(hits)} passage{'s' * (len(hits) > 1)} from {counted}",
        evidence=tuple(evidence_of(hit, query, library) for hit in hits),
        note=f'Searched {passages:,} passages of {papers:,} documents in the library "{library}".'
        + warning
        + _without_text(bare),
        count=len(hits),
    )


def _without_text(hits: Sequence[Hit]) -> str:
    """Names what matched by its title alone: there is nothing in it to quote."""
    if not hits:
        return ""
    named = "; ".join(f"{hit.title} ({hit.source_id})" for hit in hits[:TITLES_NAMED])
    more = f" and {len(hits) - TITLES_NAMED} more" if len(hits) > TITLES_NAMED else ""
    return f" Of these only the title is known, so they cannot be cited: {named}{more}."


def _counted(papers: int, notes: int) -> str:
    """How many of each: "3 papers and 2 notes"."""
    parts = [(papers, "paper"), (notes, "note")]
    return " and ".join(f"{n} {noun}{'s' * (n > 1)}" for n, noun in parts if n)


def wanted(years: str, journal: str, mesh: str, publication_type: str, paper: str) -> Filter | None:
    """What the arguments of a search ask of papers; None where they ask for nothing.

    Raises:
        UsageError: the years are none.
    """
    names = (journal, mesh, publication_type, paper)
    journals, headings, types, papers = ((n.strip(),) if n.strip() else () for n in names)
    asked = Filter(years_of(years), journals, headings, types, papers)
    return asked or None


def within(asked: Filter, limit: Filter) -> Filter:
    """What a search asks for, within a limit: where both speak of the same, the limit holds."""
    empty = Filter()
    set_by_limit = {
        each.name: getattr(limit, each.name)
        for each in fields(Filter)
        if getattr(limit, each.name) != getattr(empty, each.name)
    }
    return replace(asked, **set_by_limit)


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tool ``search_literature``."""

    @tool
    def search_literature(
        query: str,
        limit: int = 6,
        years: str = "",
        journal: str = "",
        mesh: str = "",
        publication_type: str = "",
        paper: str = "",
    ) -> tuple[str, ToolResult]:
        """Search the user's library of papers; returns passages quoted word for word.

        Use for anything that papers report: mechanisms, resistance, trials, variants, side effects.
        Search again with other words if the passages do not answer. Example:
        search_literature("CYP2C9 variants warfarin dose").

        Args:
            query: key words or a short question.
            limit: how many passages, 1 to 20.
            years: only papers of these years, e.g. "2015-2020", "2015-" or "2018".
            journal: only papers of this journal.
            mesh: only papers with this MeSH heading.
            publication_type: only papers of this type, e.g. "Review".
            paper: only this paper, by its id, e.g. "PMID:19228618".
        """
        from retort.retrieval.search import PER_PAPER, search

        asked = " ".join(query.encode("utf-8", "replace").decode("utf-8").split())
        if not asked or len(asked) > MAX_QUERY:
            raise RetortError(
                "The literature was not searched.",
                f"The query has {len(asked):,} characters; 1 to {MAX_QUERY:,} are read.",
                "Give a few key words.",
            )
        own = wanted(years, journal, mesh, publication_type, paper)
        only = within(own or Filter(), bench.only) or None
        library = bench.library()
        hits = search(
            library,
            asked,
            k=min(MAX_PASSAGES, max(1, limit)),
            per_paper=None if paper.strip() else PER_PAPER,
            filter=only,
            reranker=bench.reranker(),
        )
        papers, passages = library.count()
        result = found(hits, asked, library.name, papers, passages)
        if only:
            result = replace(result, note=f"{result.note} Only papers that match the filter.")
        return handed_back(result)

    return [search_literature]
