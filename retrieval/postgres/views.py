"""What a search sees of a library on a server; a position is the row of a passage.

Filters are part of each statement. The nearest vectors are compared one by one, exactly, until the
library is so large that it has an HNSW index; with a filter always, as the index knows none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from retort.retrieval import filters, passages
from retort.retrieval.postgres.connections import Connection
from retort.retrieval.postgres.postings import MARGIN, Asked, Totals
from retort.retrieval.records import Filter, Passage
from retort.retrieval.views import Floats, Ints

HNSW = "passages_by_vector"
EF_SEARCH = 1000
"""vectors that a search of the index keeps in view: the most that pgvector allows"""
_ALL: tuple[str, list[Any]] = ("TRUE", [])


class View:
    """One generation of a library, in one read transaction."""

    def __init__(
        self, connection: Connection, known: Totals, condition: tuple[str, list[Any]] = _ALL
    ) -> None:
        self._db = connection
        self._known = known
        self._condition = condition

    def __bool__(self) -> bool:
        """Whether there is a passage that may be found."""
        condition, values = self._condition
        sql = f"SELECT 1 FROM passages WHERE {condition} LIMIT 1"
        return self._db.execute(sql, values).fetchone() is not None

    def only(self, wanted: Filter) -> View:
        """The same view, in which only passages of such papers are found."""
        condition, values = filters.condition(wanted)
        if wanted.paper_ids:
            condition += " AND row = ANY(?::bigint[])"
            values.append(filters.named(self._db, wanted.paper_ids).tolist())
        within = f"paper IN (SELECT row FROM papers WHERE {condition})"
        return View(self._db, self._known, (within, values))

    def ask(self, query: str, paper_share: float) -> Asked:
        """A query's lexical side."""
        return Asked(self._db, self._known, query, paper_share, self._condition)

    def nearest(self, vector: Floats, k: int) -> Ints:
        """Positions of the k passages nearest to a unit vector (d,), nearest first."""
        condition, values = self._condition
        wanted = k + MARGIN
        if self._condition is _ALL and wanted <= EF_SEARCH and has_hnsw(self._db, len(vector)):
            self._db.execute(f"SET LOCAL hnsw.ef_search = {EF_SEARCH}")
            sql = (
                f"SELECT row FROM passages WHERE {{}} ORDER BY {indexed(len(vector))} <#> ? LIMIT ?"
            )
            sql = sql.format(of_dimension(len(vector)))
        else:
            sql = f"SELECT row FROM passages WHERE {condition} ORDER BY vector <#> ?, row LIMIT ?"
        rows = self._db.execute(sql, (*values, vector, wanted))
        proposed = np.sort(np.fromiter((row for (row,) in rows), np.int64))
        order = np.argsort(-self.similarity(vector, proposed), kind="stable")
        nearest: Ints = proposed[order[:k]]
        return nearest

    def similarity(self, vector: Floats, positions: Ints) -> Floats:
        """(m,) cosine of a vector (d,) with the passages at positions."""
        found = dict(
            self._db.execute(
                "SELECT row, vector FROM passages WHERE row = ANY(?::bigint[])",
                (positions.tolist(),),
            )
        )
        content = b"".join(found[row] for row in positions.tolist())
        vectors = np.frombuffer(content, np.float16).astype(np.float32)
        # einsum, as in ``vectors``: equal vectors have equal cosines.
        cosines: Floats = np.einsum("nd,d->n", vectors.reshape(-1, len(vector)), vector)
        return cosines

    def papers_of(self, positions: Ints) -> Ints:
        """(m,) the row of the paper of each passage."""
        found = dict(
            self._db.execute(
                "SELECT row, paper FROM passages WHERE row = ANY(?::bigint[])",
                (positions.tolist(),),
            )
        )
        return np.array([found[row] for row in positions.tolist()], np.int64)

    def lengths_of(self, positions: Ints) -> Ints:
        """(m,) how many passages the paper of each passage has."""
        papers = self.papers_of(positions).tolist()
        found = dict(
            self._db.execute(
                "SELECT paper, count(*) FROM passages"
                " WHERE paper = ANY(?::bigint[]) GROUP BY paper",
                (papers,),
            )
        )
        return np.array([found[paper] for paper in papers], np.int64)

    def passages(self, positions: Ints) -> list[tuple[Passage, dict[str, Any]]]:
        """The passages at positions in the order given, each with its paper's record."""
        return passages.passages_at(self._db, positions.tolist())

    def around(self, passage_id: str, before: int, after: int) -> list[Passage]:
        """A passage with so many before and after it in its paper; none if it is not there."""
        return passages.around(self._db, passage_id, before, after)


def has_hnsw(connection: Connection, dimension: int) -> bool:
    """Whether there is an index over vectors of this dimension."""
    sql = "SELECT to_regclass(?) IS NOT NULL"
    return bool(connection.execute(sql, (f"{HNSW}_{dimension}",)).fetchone()[0])  # type: ignore[index]


def indexed(dimension: int) -> str:
    """A vector as the index over this dimension has it."""
    return f"(vector::vector({dimension}))"


def of_dimension(dimension: int) -> str:
    """Which vectors the index has: those of an earlier encoder are none of it."""
    return f"vector_dims(vector) = {dimension}"
