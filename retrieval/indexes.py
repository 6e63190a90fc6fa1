"""The indexes over one generation of a library, kept in memory, and what one search sees of it.

Both indexes are made from the SQLite file, the lexical one with the help of its cache on disk.
Knows how to read passages; writes nothing but that cache. Knows nothing of how hits are ranked
(``search``).
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import caches, database
from retort.retrieval.lexical import LexicalIndex
from retort.retrieval.records import Passage
from retort.retrieval.vectors import VectorIndex

Ints = NDArray[np.int64]

WORTH_SAVING = 500
"""passages counted anew after which a reader writes the cache that its writer could not write"""
_ROWS_PER_QUERY = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The passages of one generation, as arrays, with the lexical index over them."""

    library: str
    """the unique id of the library"""
    generation: int
    rows: Ints
    """(n,) ascending row ids of the passages"""
    papers: Ints
    """(n,) number of each passage's paper, 0 to p - 1"""
    paper_count: int
    lexical: LexicalIndex


class Indexes:
    """The latest indexes of a library, shared by all threads that search it."""

    def __init__(self, folder: Path, dimension: Callable[[], int]) -> None:
        self._folder = folder
        self._dimension = dimension
        self._lock = threading.Lock()
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
        dimension = self._dimension()
        with self._lock:
            if self._vectors is None or self._vectors[0] is not snapshot:
                self._vectors = snapshot, _load_vectors(connection, len(snapshot.rows), dimension)
            return self._vectors[1]

    def save(self, snapshot: Snapshot) -> None:
        """Write the lexical cache. Where that fails, the next start takes longer, and no more."""
        try:
            caches.save(self._folder, snapshot.library, snapshot.generation, snapshot.lexical)
        except OSError as problem:
            _log.warning("The lexical cache in %s was not written: %s", self._folder, problem)

    def _take(self, connection: sqlite3.Connection, library: str, generation: int) -> Snapshot:
        pairs = connection.execute("SELECT row, paper FROM passages ORDER BY row").fetchall()
        table = np.array(pairs, np.int64).reshape(-1, 2)
        rows = table[:, 0].copy()
        unique, papers = np.unique(table[:, 1], return_inverse=True)
        last = self._snapshot
        in_memory = last.lexical if last and last.library == library else None
        before = in_memory or caches.load(self._folder, library, generation) or LexicalIndex.empty()
        lexical = before.derive(rows, lambda fresh: _indexed_texts(connection, fresh))
        snapshot = Snapshot(
            library, generation, rows, papers.astype(np.int64), len(unique), lexical
        )
        if in_memory is None and len(rows) - len(before.rows) >= WORTH_SAVING:
            self.save(snapshot)
        return snapshot


class View:
    """One generation of a library, as one search sees it from beginning to end."""

    def __init__(self, connection: sqlite3.Connection, indexes: Indexes) -> None:
        self._connection = connection
        self._indexes = indexes
        self.snapshot = indexes.snapshot(connection)

    def vectors(self) -> VectorIndex:
        """The vectors of the passages, at the positions of ``snapshot.rows``."""
        return self._indexes.vectors(self._connection, self.snapshot)

    def passages(self, positions: Ints) -> list[tuple[Passage, dict[str, Any]]]:
        """The passages at positions of the snapshot, in the order given, each with its paper's
        record (all but the text).
        """
        rows = [int(row) for row in self.snapshot.rows[positions]]
        found = {
            row: (passage, record)
            for row, passage, record in read_passages(self._connection, sorted(rows))
        }
        return [found[row] for row in rows]


def read_passages(
    connection: sqlite3.Connection, rows: Iterable[int]
) -> Iterator[tuple[int, Passage, dict[str, Any]]]:
    """Passages by ascending row id, each with its paper's record; a paper is read once in a run."""
    for paper, members in groupby(_places(connection, list(rows)), key=lambda place: place[1]):
        paper_id, record, text = connection.execute(
            "SELECT paper_id, record, text FROM papers WHERE row = ?", (paper,)
        ).fetchone()
        fields = json.loads(record)
        for row, _, name, start, end, section, page in members:
            # Sliced here and not by SQLite, whose substr() ends at a NUL.
            yield row, Passage(name, paper_id, start, end, text[start:end], section, page), fields


def _places(connection: sqlite3.Connection, rows: list[int]) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(rows), _ROWS_PER_QUERY):
        part = rows[first : first + _ROWS_PER_QUERY]
        marks = ",".join("?" * len(part))
        yield from connection.execute(
            'SELECT row, paper, passage_id, start, "end", section, page FROM passages'
            f" WHERE row IN ({marks}) ORDER BY row",
            part,
        ).fetchall()


def _indexed_texts(connection: sqlite3.Connection, rows: Ints) -> Iterator[str]:
    """What the lexical index reads of a passage: its paper's title and its text."""
    for _, passage, record in read_passages(connection, rows.tolist()):
        yield f"{record['title']} {passage.text}"


def _load_vectors(connection: sqlite3.Connection, count: int, dimension: int) -> VectorIndex:
    vectors = np.zeros((count, dimension), np.float32)
    found = connection.execute("SELECT vector FROM passages ORDER BY row")
    for vector, (stored,) in zip(vectors, found, strict=True):
        vector[:] = np.frombuffer(stored, np.float16)
    return VectorIndex(vectors)
