"""BM25 out of a table: the same terms and formula as ``lexical``, added up by the server.

The server proposes the best passages in double precision; their scores are then computed as
``lexical`` does it, so a paper scores alike wherever it stands.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retort.retrieval import lexical
from retort.retrieval.passages import indexed_texts
from retort.retrieval.postgres.connections import Connection
from retort.retrieval.tokens import terms
from retort.retrieval.views import Floats, Ints

PASSAGES_AT_ONCE = 512
MARGIN = 64
"""passages more than asked for that the server proposes: its rounding is not ours"""
_LONGEST = 200
"""bytes of a term that is stored as it is; PostgreSQL indexes no value beyond 2,704"""
_MOST = 65_535
"""occurrences counted in a passage, as in ``segments``"""

_BEST = f"""
WITH asked AS (
    SELECT * FROM unnest(?::text[], ?::float8[], ?::float8[]) AS a (term, weight, paper_weight)
), held AS (
    SELECT passage, paper, term, count, length, weight, paper_weight
    FROM postings JOIN asked USING (term)
), of_passages AS (
    SELECT passage, paper, sum(weight * count
        / (count + {lexical.K1} * (1 - {lexical.B} + {lexical.B} * length / ?::float8))) AS score
    FROM held GROUP BY passage, paper
), of_papers AS (
    SELECT paper, sum(paper_weight * c.count
        / (c.count + {lexical.K1} * (1 - {lexical.B} + {lexical.B} * p.length / ?::float8)))
        AS paper_score
    FROM (
        SELECT paper, term, paper_weight, sum(count) AS count
        FROM held WHERE paper_weight > 0 GROUP BY paper, term, paper_weight
    ) AS c JOIN papers AS p ON p.row = c.paper GROUP BY paper
)
SELECT passage FROM of_passages LEFT JOIN of_papers USING (paper)
WHERE {{condition}} ORDER BY score + coalesce(paper_score, 0) DESC, passage LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Totals:
    """What BM25 knows of a whole library."""

    passages: int
    papers: int
    """that have a passage"""
    length: int
    """terms of all passages"""

    @property
    def mean(self) -> float:
        """Terms per passage."""
        return max(self.length / max(self.passages, 1), 1.0)

    @property
    def paper_mean(self) -> float:
        """Terms per paper."""
        return max(self.length / max(self.papers, 1), 1.0)


def totals(connection: Connection) -> Totals:
    """Count the library, as this transaction sees it."""
    row = connection.execute(
        "SELECT count(*), count(DISTINCT paper), coalesce(sum(length), 0)::bigint FROM passages"
    ).fetchone()
    return Totals(*row)  # type: ignore[misc]


def key(term: str) -> str:
    """A term as it is stored."""
    encoded = term.encode()
    if len(encoded) <= _LONGEST:
        return term
    return f"\u2026{hashlib.blake2b(encoded, digest_size=16).hexdigest()}"


def index(connection: Connection) -> None:
    """Count the passages that are not yet indexed; within the caller's transaction."""
    found = connection.execute("SELECT row, paper FROM passages WHERE length IS NULL ORDER BY row")
    waiting = found.fetchall()
    for start in range(0, len(waiting), PASSAGES_AT_ONCE):
        part = waiting[start : start + PASSAGES_AT_ONCE]
        texts = indexed_texts(connection, [row for row, _ in part])
        counted = [Counter(map(key, terms(text))) for text in texts]
        connection.copy("postings (passage, term, paper, length, count)", _rows(part, counted))
        connection.executemany(
            "UPDATE passages SET length = ? WHERE row = ?",
            [(held.total(), row) for (row, _), held in zip(part, counted, strict=True)],
        )
    connection.execute(
        "UPDATE papers SET length ="
        " (SELECT sum(length) FROM passages WHERE passages.paper = papers.row)"
        " WHERE row = ANY(?)",
        (sorted({paper for _, paper in waiting}),),
    )


def _rows(
    part: Sequence[tuple[int, int]], counted: Sequence[Counter[str]]
) -> Iterator[tuple[int, str, int, int, int]]:
    for (row, paper), held in zip(part, counted, strict=True):
        for term, count in held.items():
            yield row, term, paper, held.total(), min(count, _MOST)


class Asked:
    """A query's lexical side.

    Args:
        connection: in a read transaction.
        known: of the library in it.
        query: plain text.
        paper_share: see ``LexicalIndex.ask``.
        condition: what SQL asks of ``paper``, and the values in it.
    """

    def __init__(
        self,
        connection: Connection,
        known: Totals,
        query: str,
        paper_share: float,
        condition: tuple[str, list[Any]],
    ) -> None:
        self._db = connection
        self._known = known
        self._condition = condition
        share = 0 if known.papers == known.passages else paper_share
        keys = list(dict.fromkeys(map(key, terms(query))))
        held = {
            term: counts
            for term, *counts in connection.execute(
                "SELECT term, count(*), count(DISTINCT paper) FROM postings"
                " WHERE term = ANY(?::text[]) GROUP BY term",
                (keys,),
            )
        }
        self._terms = [term for term in keys if term in held]
        found = [held[term] for term in self._terms]
        idf, n = lexical.idf, known
        self._weights = np.array([(1 - share) * idf(n.passages, c) for c, _ in found], np.float32)
        self._of_papers = np.array([share * idf(n.papers, p) for _, p in found], np.float32)

    @property
    def bound(self) -> float:
        """What its terms can add up to at most; 0 where none of them is known."""
        return float((self._weights + self._of_papers).sum())

    def best(self, k: int) -> tuple[Ints, Floats]:
        """The k best passages that hold a term of it, and their scores; of equals the first."""
        condition, values = self._condition
        weights = self._weights.tolist(), self._of_papers.tolist()
        means = self._known.mean, self._known.paper_mean
        rows = self._db.execute(
            _BEST.format(condition=condition), (self._terms, *weights, *means, *values, k + MARGIN)
        )
        candidates = np.sort(np.fromiter((row for (row,) in rows), np.int64))
        scores = self.scores(candidates)
        order = np.argsort(-scores, kind="stable")[:k]
        return candidates[order], scores[order]

    def scores(self, positions: Ints) -> Floats:
        """(m,) the scores at ascending positions; 0 where no term of it stands."""
        rows = positions.tolist()
        places = {row: place for place, row in enumerate(rows)}
        paper_of, lengths, paper_lengths = np.zeros((3, len(rows)), np.int64)
        for row, *facts in self._db.execute(
            "SELECT p.row, p.paper, p.length, papers.length FROM passages AS p"
            " JOIN papers ON papers.row = p.paper WHERE p.row = ANY(?::bigint[])",
            (rows,),
        ):
            paper_of[(at := places[row])], lengths[at], paper_lengths[at] = facts
        papers, back = np.unique(paper_of, return_inverse=True)
        norm = lexical.norm(lengths.astype(np.float64), self._known.mean)
        paper_norm = lexical.norm(paper_lengths.astype(np.float64), self._known.paper_mean)
        counts = self._counts(places, rows)
        of_papers = self._paper_counts(papers)[:, back]
        total, share = np.zeros((2, len(rows)), np.float32)
        for number in range(len(self._terms)):
            count, of_paper = counts[number], of_papers[number]
            total += self._weights[number] * (count / (count + norm))
            share += self._of_papers[number] * (of_paper / (of_paper + paper_norm))
        return np.where(total > 0, total + share, total)

    def _counts(self, places: dict[int, int], rows: list[int]) -> Floats:
        """(t, m) how often each term stands in each of the passages."""
        counts = np.zeros((len(self._terms), len(rows)), np.float32)
        numbers = {term: number for number, term in enumerate(self._terms)}
        for term, passage, count in self._db.execute(
            "SELECT term, passage, count FROM postings"
            " WHERE term = ANY(?::text[]) AND passage = ANY(?::bigint[])",
            (self._terms, rows),
        ):
            counts[numbers[term], places[passage]] = count
        return counts

    def _paper_counts(self, papers: Ints) -> Floats:
        """(t, p) how often each term stands in each of the papers, which ascend."""
        counts = np.zeros((len(self._terms), len(papers)), np.float32)
        if not self._of_papers.any():
            return counts
        numbers = {term: number for number, term in enumerate(self._terms)}
        for term, paper, count in self._db.execute(
            "SELECT term, paper, sum(count)::bigint FROM postings"
            " WHERE term = ANY(?::text[]) AND passage = ANY(ARRAY("
            "SELECT row FROM passages WHERE paper = ANY(?::bigint[]))) GROUP BY term, paper",
            (self._terms, papers.tolist()),
        ):
            counts[numbers[term], np.searchsorted(papers, paper)] = count
        return counts
