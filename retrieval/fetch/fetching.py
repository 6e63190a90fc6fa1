"""A query to papers in a library: resumable, batch by batch, every record accounted for.

Owns the order of work and the report. Knows no service (``pubmed``, ``europepmc``) and no store.
A batch is first committed to the library, then noted as done: a kill in between costs one batch
that is fetched twice and stored once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from retort.retrieval.errors import UsageError
from retort.retrieval.fetch.records import Batch, Source
from retort.retrieval.fetch.state import OUT, Plan, State, digest_of
from retort.retrieval.library import Library
from retort.retrieval.readers.reading import storable
from retort.retrieval.records import Paper
from retort.retrieval.writing import Added, Writer

Progress = Callable[[int, int, str], None]
"""``progress(records done, records wanted, note)``"""


@dataclass(frozen=True, slots=True)
class Report:
    """How a fetch went: all records of the search are fetched, known or skipped."""

    source: str
    query: str
    found: int = 0
    """records that match, by the service's count"""
    fetched: int = 0
    """records that came in this run as papers"""
    known: int = 0
    """records that earlier runs of this fetch had brought in"""
    added: int = 0
    merged: int = 0
    """papers that were in the library with other content, which this one took the place of"""
    unchanged: int = 0
    """papers that were in the library as they came"""
    without_abstract: int = 0
    abstract_only: tuple[tuple[str, str], ...] = ()
    """(id, reason) where full text was wanted and is not to be had"""
    skipped: tuple[tuple[str, str], ...] = ()
    """(id, reason) of records that gave no paper"""
    translation: str = ""
    """the query as the service understood it"""
    notes: tuple[str, ...] = field(default=())
    """warnings of the service, and what it promised and did not send"""
    resumed: bool = False
    """whether an interrupted run was continued"""
    searched: bool = True
    """False where nothing was asked because all was in"""

    def as_dict(self) -> dict[str, Any]:
        """The report on the wire."""
        listed = {"abstract_only", "skipped"}
        plain = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name not in listed
        }
        rows = {
            name: [{"id": own, "reason": why} for own, why in getattr(self, name)]
            for name in sorted(listed)
        }
        return plain | {"notes": list(self.notes)} | rows


def fetch(
    library: Library,
    source: Source,
    query: str,
    most: int,
    update: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Fetch the records that a query finds into a library.

    The same query again goes on where it stopped, or does nothing where all is in.

    Args:
        library: where they go.
        source: the service.
        query: in the service's own language.
        most: records wanted, best first.
        update: search again, and fetch what is new among the first ``most``.
        progress: called after each batch.

    Raises:
        UsageError: the query is empty.
        RetortError: the service refused the query or did not answer, or another run is writing
            into the library. What was committed before stays.
    """
    query = " ".join(query.split())
    if not query:
        raise UsageError(
            "The query is empty.", "There is nothing to search for.", 'retort library fetch "QUERY"'
        )
    with library.writing() as writer, State.open(library.store) as state:
        digest = digest_of(source.name, query, source.full_text)
        before = state.plan(digest)
        if needs_search(before, most, update):
            found = source.find(query, most)
            plan = state.begin(digest, source.name, query, source.full_text, most, found)
        else:
            assert before is not None
            plan = before
        report = replace(
            _Run(source, writer, state, progress).to_the_end(plan),
            resumed=plan is before and not plan.is_done,
            searched=plan is not before or not plan.is_done,
        )
    if report.added or report.merged:
        library.refresh()
    return report


def needs_search(before: Plan | None, most: int, update: bool) -> bool:
    """Whether the service must be searched: at first, for news, and when more (or less) is wanted
    than the search before was made for.
    """
    if before is None or update:
        return True
    if before.is_done:
        return most > before.most and before.found > before.most
    return most != before.most


class _Run:
    """One pass over the batches of a plan."""

    def __init__(
        self, source: Source, writer: Writer, state: State, progress: Progress | None
    ) -> None:
        self._source = source
        self._writer = writer
        self._state = state
        self._progress = progress

    def to_the_end(self, plan: Plan) -> Report:
        """Take batch after batch; the report covers the whole of the last search."""
        known = self._state.known(plan.digest)
        listed = set(self._state.listed(plan))
        wanted = min(plan.most, plan.found)
        total = Added()
        fetched = without_abstract = 0
        notes = list(plan.notes)
        while not plan.is_done:
            left = plan.most - len(listed)
            batch = self._source.batch(plan.query, plan.ids, plan.cursor, left, known)
            batch, fresh = _ended(batch, listed, left)
            if batch.cursor and not fresh:
                notes.append(f"{self._source.title} repeated itself, with nothing new to come")
                batch = replace(batch, cursor="")
            papers = [storable(each.paper) for each in batch.records if each.paper is not None]
            total += self._writer.add(papers)
            plan = self._state.done(plan, batch)
            listed |= fresh
            fetched += len(papers)
            without_abstract += sum(map(_is_title_only, papers))
            if self._progress:
                self._progress(len(listed), wanted, f"{total.added:,} added")
        if len(listed) < wanted:
            title = self._source.title
            notes.append(f"{title} promised {wanted:,} records and listed {len(listed):,}")
        rows = self._state.listed(plan)
        skipped = [(own, why) for own, (state, why) in rows.items() if state == OUT]
        return Report(
            self._source.name,
            plan.query,
            found=plan.found,
            fetched=fetched,
            known=len(rows) - len(skipped) - fetched,
            added=total.added,
            merged=total.replaced,
            unchanged=total.unchanged,
            without_abstract=without_abstract,
            abstract_only=tuple((o, why) for o, (s, why) in rows.items() if why and s != OUT),
            skipped=tuple(skipped),
            translation=plan.translation,
            notes=tuple(notes),
        )


def _ended(batch: Batch, listed: set[str], left: int) -> tuple[Batch, set[str]]:
    """The batch without what was listed before, closed when enough is there; and its new ids."""
    records = tuple(each for each in batch.records if each.id not in listed)
    passed = tuple(own for own in batch.passed if own not in listed)
    fresh = {each.id for each in records} | set(passed)
    return Batch(records, passed, "" if len(fresh) >= left else batch.cursor), fresh


def _is_title_only(paper: Paper) -> bool:
    return not paper.has_abstract or paper.text == paper.title
