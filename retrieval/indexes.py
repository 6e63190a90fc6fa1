"""The indexes over one generation of a library, and what one search sees of it.

Both indexes are made from the SQLite file with the help of their caches on disk: what was added
since becomes a small segment, what was removed is masked, and `Indexes.refresh` merges segments and
writes them. Writes nothing but those caches. Knows nothing of how hits
are ranked (``search``).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import caches, database, filters, passages, segments
from retort.retrieval.arrays import in_memory
from retort.retrieval.caches import Part
from retort.retrieval.lexical import LexicalIndex, Question
from retort.retrieval.records import Filter, Passage
from retort.retrieval.segments import Segment
from retort.retrieval.vectors import VectorIndex, VectorPart

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORTH_SAVING = 500
"""passages counted anew after which a reader writes the cache that its writer could not write"""
LARGE = 50_000
"""passages of a segment that is kept in a file and not in memory, and merged by `refresh` only"""
RATIO = 20
"""a segment is merged with the one before it unless that is so many times as large: at a million
passages at most 50,000 recent ones are searched exactly, and a merge is paid by 50,000 new ones"""
_COUNTED_AT_ONCE = 20_000
_FEW_ROWS = 512

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The passages of one generation, as arrays, with the lexical index over them."""

    library: str
    """the unique id of the library"""
    encoder: str
    """the digest of the encoder that made its vectors"""
    generation: int
    parts: tuple[Part, ...]
    rows: Ints
    """(n,) ascending row ids of the passages, some of which may have been removed"""
    alive: Flags
    """(n,) False for passages that were removed"""
    papers: Ints
    """(n,) number of each passage's paper, 0 to p - 1"""
    lexical: LexicalIndex
    paper_rows: Ints
    """(n,) row id of each passage's paper"""

    @property
    def keeps(self) -> list[Flags]:
        """``alive``, part by part."""
        ends = np.cumsum([len(part.segment.rows) for part in self.parts])
        return np.split(self.alive, ends[:-1]) if len(ends) else []


def _snapshot(
    library: str, encoder: str, generation: int, parts: Sequence[Part], keeps: Sequence[Flags]
) -> Snapshot:
    empty = np.zeros(0, np.int64)
    rows = np.concatenate([empty, *(part.segment.rows for part in parts)])
    stored = np.concatenate([empty, *(part.segment.papers for part in parts)])
    alive = np.concatenate([np.zeros(0, bool), *keeps])
    steps = np.diff(stored, prepend=stored[:1])
    if (steps < 0).any():
        raise RuntimeError("The passages of a paper are not stored one after the other.")
    papers = np.cumsum(steps > 0, dtype=np.int64)
    lexical = LexicalIndex([part.segment for part in parts], alive, papers)
    return Snapshot(
        library, encoder, generation, tuple(parts), rows, alive, papers, lexical, stored
    )


class Indexes:
    """The latest indexes of a library, shared by all threads that search it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._vectors: tuple[Snapshot, VectorIndex] | None = None

    def snapshot(self, connection: sqlite3.Connection) -> Snapshot:
        """The passages as this connection's read transaction sees them."""
        library = database.meta(connection, "id")
        generation = int(database.meta(connection, "generation"))
        with self._lock:
            last = self._snapshot
            if last is None or (last.library, last.generation) != (library, generation):
                self._snapshot = self._take(connection, library, generation)
            assert self._snapshot is not None
            return self._snapshot

    def vectors(self, connection: sqlite3.Connection, snapshot: Snapshot) -> VectorIndex:
        """The vectors of the snapshot that this read transaction sees, at its positions."""
        with self._lock:
            if self._vectors is None or self._vectors[0] is not snapshot:
                files = [part.vectors_file for part in snapshot.parts]
                parts = [self._vectors_of(connection, part) for part in snapshot.parts]
                self._vectors = snapshot, VectorIndex(parts, snapshot.alive)
                if files != [part.vectors_file for part in snapshot.parts]:
                    self._save(snapshot)
            return self._vectors[1]

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Merge what is worth merging, and write both indexes for the next start.

        Where they cannot be written, the next start takes longer, and no more. Searches go on
        meanwhile.
        """
        with self._refreshing:
            before = self.snapshot(connection)
            parts, keeps = self._fold(list(before.parts), before.keeps, all_sizes=True)
            for part in parts:
                self._vectors_of(connection, part)
            named = (before.library, before.encoder, before.generation)
            after = _snapshot(*named, parts, keeps)
            with self._lock:
                if self._snapshot is before:
                    self._snapshot = after
            self._save(after)

    def forget(self) -> None:
        """Start again from what is on disk, of which all that is damaged is made anew."""
        with self._lock:
            for name in caches.damaged(self._folder):
                _log.warning("The cache %s is damaged and is made anew", self._folder / name)
                (self._folder / name).unlink(missing_ok=True)
            self._snapshot = self._vectors = None

    def _save(self, snapshot: Snapshot) -> None:
        named = (snapshot.library, snapshot.encoder, snapshot.generation)
        removed = snapshot.rows[~snapshot.alive]
        try:
            caches.save(self._folder, *named, snapshot.parts, removed)
        except OSError as problem:
            _log.warning("The indexes in %s were not written: %s", self._folder, problem)

    def _take(self, connection: sqlite3.Connection, library: str, generation: int) -> Snapshot:
        encoder = database.meta(connection, "encoder_digest")
        last = self._snapshot
        parts: list[Part] = []
        keeps: list[Flags] = []
        reached = -1
        same = last and (last.library, last.encoder) == (library, encoder)
        if last and same and last.generation <= generation:
            parts, keeps, reached = list(last.parts), last.keeps, last.generation
        elif saved := caches.load(self._folder, library, encoder, generation):
            parts, reached = list(saved.parts), saved.generation
            keeps = [~np.isin(part.segment.rows, saved.removed) for part in parts]
        held = sum(len(part.segment.rows) for part in parts)
        counted = 0
        if reached != generation:
            rows, papers = _rows_after(connection, parts)
            _mask_removed(connection, parts, keeps, len(rows))
            if counted := len(rows):
                parts.append(self._count(connection, rows, papers))
                keeps.append(np.ones(counted, bool))
            parts, keeps = self._fold(parts, keeps)
        snapshot = _snapshot(library, encoder, generation, parts, keeps)
        if counted >= max(WORTH_SAVING, held // RATIO):
            self._save(snapshot)
        return snapshot

    def _count(self, connection: sqlite3.Connection, rows: Ints, papers: Ints) -> Part:
        """A part of passages that no index holds yet."""
        blocks = []
        for first, last in pairwise(_cuts(papers)):
            here = slice(first, last)
            texts = passages.indexed_texts(connection, rows[here].tolist())
            blocks.append(segments.count(rows[here], papers[here], texts))
        return self._merge([(block, np.ones(len(block.rows), bool)) for block in blocks])

    def _merge(self, parts: Sequence[tuple[Segment, Flags]]) -> Part:
        if sum(int(keep.sum()) for _, keep in parts) > LARGE:
            try:
                return caches.merged(self._folder, parts)
            except OSError as problem:
                _log.warning("The indexes in %s were not written: %s", self._folder, problem)
        if len(parts) == 1 and parts[0][1].all():
            return Part(parts[0][0])
        return Part(segments.merge(parts, in_memory))

    def _fold(
        self, parts: list[Part], keeps: list[Flags], all_sizes: bool = False
    ) -> tuple[list[Part], list[Flags]]:
        """Merge neighbours of like size, and leave removed passages out where they are many."""
        folded: list[tuple[Part, Flags]] = []
        for part, keep in zip(parts, keeps, strict=True):
            folded.append((part, keep))
            if _worn(keep) and (all_sizes or len(keep) <= LARGE):
                folded[-1] = self._joined(folded[-1:])
            while len(folded) > 1 and len(folded[-1][1]) * RATIO > len(folded[-2][1]):
                if not all_sizes and len(folded[-2][1]) > LARGE:
                    break
                folded[-2:] = [self._joined(folded[-2:])]
        folded = [(part, keep) for part, keep in folded if len(keep)]
        return [part for part, _ in folded], [keep for _, keep in folded]

    def _joined(self, parts: Sequence[tuple[Part, Flags]]) -> tuple[Part, Flags]:
        part = self._merge([(part.segment, keep) for part, keep in parts])
        return part, np.ones(len(part.segment.rows), bool)

    def _vectors_of(self, connection: sqlite3.Connection, part: Part) -> VectorPart:
        """The vectors of a part: as they are held, from its file, or from the library."""
        if part.vectors is None:
            part.vectors = caches.load_vectors(self._folder, part)
        if part.vectors is None:
            rows = part.segment.rows
            shape = (len(rows), _dimension(connection))
            part.vectors_file = part.lists = None
            if len(rows) > LARGE:
                try:
                    caches.write_vectors(
                        self._folder, part, shape, lambda v: _read_vectors(connection, rows, v)
                    )
                except OSError as problem:
                    _log.warning("The indexes in %s were not written: %s", self._folder, problem)
            if part.vectors is None:
                values = np.zeros(shape, np.float16)
                _read_vectors(connection, rows, values)
                part.vectors = VectorPart(values)
        return part.vectors


class View:
    """One generation of a library, as one search sees it from beginning to end."""

    def __init__(
        self, connection: sqlite3.Connection, indexes: Indexes, allowed: Flags | None = None
    ) -> None:
        self.connection = connection
        """its read transaction"""
        self._indexes = indexes
        self._allowed = allowed
        self.snapshot = indexes.snapshot(connection)

    def __bool__(self) -> bool:
        """Whether there is a passage that may be found."""
        return bool(len(self.snapshot.rows) if self._allowed is None else self._allowed.any())

    def vectors(self) -> VectorIndex:
        """The vectors of the passages, at the positions of ``snapshot.rows``."""
        return self._indexes.vectors(self.connection, self.snapshot)

    def only(self, wanted: Filter) -> View:
        """The same view, in which only passages of such papers are found."""
        papers = filters.matching(self.connection, wanted)
        return View(self.connection, self._indexes, np.isin(self.snapshot.paper_rows, papers))

    def ask(self, query: str, paper_share: float) -> Asked:
        """A query's lexical side; see ``LexicalIndex.ask``."""
        return Asked(self.snapshot.lexical.ask(query, paper_share), self._allowed)

    def nearest(self, vector: Floats, k: int) -> Ints:
        """Positions of the k passages nearest to a unit vector (d,), nearest first."""
        return self.vectors().search(vector[None, :], k, self._allowed)[0]

    def similarity(self, vector: Floats, positions: Ints) -> Floats:
        """(m,) cosine of a vector (d,) with the passages at positions."""
        return self.vectors().similarity(vector, positions)

    def papers_of(self, positions: Ints) -> Ints:
        """(m,) a number for the paper of each passage, the same for those of one paper."""
        return self.snapshot.papers[positions]

    def lengths_of(self, positions: Ints) -> Ints:
        """(m,) how many passages the paper of each passage has."""
        papers = self.snapshot.papers
        wanted = papers[positions]
        return np.searchsorted(papers, wanted, "right") - np.searchsorted(papers, wanted)

    def around(self, passage_id: str, before: int, after: int) -> list[Passage]:
        """A passage with so many before and after it in its paper; none if it is not there."""
        return passages.around(self.connection, passage_id, before, after)

    def passages(self, positions: Ints) -> list[tuple[Passage, dict[str, Any]]]:
        """The passages at positions of the snapshot, in the order given, each with its paper's
        record (all but the text).
        """
        return passages.passages_at(self.connection, self.snapshot.rows[positions].tolist())


@dataclass(frozen=True, slots=True)
class Asked:
    """A query over the passages that may be found."""

    question: Question
    allowed: Flags | None

    @property
    def bound(self) -> float:
        """What its terms can add up to at most."""
        return self.question.bound

    def best(self, k: int) -> tuple[Ints, Floats]:
        """The k best passages that hold a term of it, and their scores."""
        return self.question.best(k, self.allowed)

    def scores(self, positions: Ints) -> Floats:
        """(m,) the scores at ascending positions."""
        return self.question.scores(positions)


def _rows_after(connection: sqlite3.Connection, parts: Sequence[Part]) -> tuple[Ints, Ints]:
    """Rows and papers of the passages that came after those of the parts."""
    last = int(parts[-1].segment.rows[-1]) if parts else 0
    pairs = connection.execute(
        "SELECT row, paper FROM passages WHERE row > ? ORDER BY row", (last,)
    )
    table = np.fromiter((n for pair in pairs for n in pair), np.int64).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def _mask_removed(
    connection: sqlite3.Connection, parts: Sequence[Part], keeps: list[Flags], added: int
) -> None:
    """Take those passages out of ``keeps`` that are no longer in the library.

    Counts along the index of passages by paper find the papers that are gone, so that a million
    passages need not be read to find one.
    """
    (count,) = connection.execute("SELECT count(*) FROM passages").fetchone()
    if sum(int(keep.sum()) for keep in keeps) + added == count:
        return
    for number, part in enumerate(parts):
        rows, papers = part.segment.rows, part.segment.papers
        keep = keeps[number] = keeps[number].copy()
        ranges = [(0, len(rows))]
        while ranges:
            first, last = ranges.pop()
            between = (int(papers[first]), int(papers[last - 1]))
            (count,) = connection.execute(
                "SELECT count(*) FROM passages WHERE paper BETWEEN ? AND ?", between
            ).fetchone()
            if count == int(keep[first:last].sum()):
                continue
            places = np.linspace(first, last - 1, 17, dtype=np.int64)
            cuts = np.unique(np.searchsorted(papers, papers[places]))
            if last - first > _FEW_ROWS and len(cuts) > 1:
                ranges += pairwise([*cuts.tolist(), last])
                continue
            found = connection.execute(
                "SELECT row FROM passages WHERE paper BETWEEN ? AND ?", between
            )
            left = np.fromiter((row for (row,) in found), np.int64)
            keep[first:last] &= np.isin(rows[first:last], left)


def _worn(keep: Flags) -> bool:
    """Whether a twentieth of the passages of a segment was removed."""
    return int(np.count_nonzero(keep)) * RATIO < len(keep) * (RATIO - 1)


def _cuts(papers: Ints) -> list[int]:
    """Where to cut passages into blocks, never within a paper: first 0, last their number."""
    wanted = np.arange(_COUNTED_AT_ONCE, len(papers), _COUNTED_AT_ONCE)
    inner = np.searchsorted(papers, papers[wanted])
    return sorted({0, *inner.tolist(), len(papers)})


def _dimension(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT length(vector) FROM passages LIMIT 1").fetchone()
    return found[0] // 2 if found else 0


def _read_vectors(connection: sqlite3.Connection, rows: Ints, vectors: NDArray[np.float16]) -> None:
    """Fill (n, d) with the vectors of ascending rows; removed ones stay zero."""
    between = (int(rows[0]), int(rows[-1])) if len(rows) else (0, -1)
    found = connection.execute(
        "SELECT row, vector FROM passages WHERE row BETWEEN ? AND ? ORDER BY row", between
    )
    while block := found.fetchmany(4096):
        here = np.fromiter((row for row, _ in block), np.int64)
        values = np.frombuffer(b"".join(v for _, v in block), np.float16)
        vectors[np.searchsorted(rows, here)] = values.reshape(len(block), -1)
