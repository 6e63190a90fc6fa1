"""Search: lexical and dense scores, fused, to hits.

Lexical is BM25, dense the cosine of the encoder's vectors; each is brought to 0..1 over the
candidates and the two are added with equal weight, which on SciFact's training claims beats rank
fusion. In a long paper a single passage tells little, so the lexical score of the whole paper has
a share. Knows no language model; changes no library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import UsageError
from retort.retrieval.indexes import Snapshot, View
from retort.retrieval.library import Library
from retort.retrieval.records import Hit

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MODES = ("fused", "lexical", "dense")
CANDIDATES = 200
"""passages taken from each ranking before they are fused"""
PAPER_SHARE = 2 / 3
"""share of the whole paper's BM25 in a passage's lexical score. Chosen on 210 sentences tied to
their full paper (benchmarks/retrieval.py --full-text): MRR 0.49 at 0, 0.58 at 1/2, 0.61 at 2/3.
It goes on rising, but then second-best passages of one paper crowd out the best of others."""
PER_PAPER = 3
"""passages of one paper at most, unless asked otherwise"""


@dataclass(frozen=True, slots=True)
class Scored:
    """Positions in a snapshot, best first, with their scores."""

    positions: Ints
    scores: Floats


def search(
    library: Library,
    query: str,
    k: int = 10,
    mode: str = "fused",
    per_paper: int | None = PER_PAPER,
) -> list[Hit]:
    """The k best passages for a query.

    Args:
        library: what is searched.
        query: plain text.
        k: how many hits at most.
        mode: ``fused``, ``lexical`` or ``dense``.
        per_paper: passages of one paper at most; None for no limit.

    Returns:
        Hits, best first. A passage that shares no term with the query is found by ``dense`` and
        ``fused`` only; a blank query finds nothing.

    Raises:
        UsageError: there is no such mode, or ``k`` or ``per_paper`` is less than 1.
    """
    return search_many(library, [query], k, mode, per_paper)[0]


def search_many(
    library: Library,
    queries: Sequence[str],
    k: int = 10,
    mode: str = "fused",
    per_paper: int | None = PER_PAPER,
) -> list[list[Hit]]:
    """Hits for each of many queries, as `search` finds them; the queries are encoded together, and
    all see the library at one moment.
    """
    _check(k, mode, per_paper)
    asked = [number for number, query in enumerate(queries) if query.strip()]
    found: list[list[Hit]] = [[] for _ in queries]
    if not asked or not library.count()[1]:
        return found
    dense = mode != "lexical"
    vectors = library.encoder().encode([queries[number] for number in asked]) if dense else None
    with library.view() as view:
        for place, number in enumerate(asked):
            vector = None if vectors is None else vectors[place]
            scored = rank(view, queries[number], vector, mode, max(CANDIDATES, 2 * k))
            found[number] = _hits(view, _capped(scored, view.snapshot, k, per_paper))
    return found


def _check(k: int, mode: str, per_paper: int | None) -> None:
    if mode not in MODES:
        raise UsageError(
            f"No search mode {mode!r}.", f"There are {', '.join(MODES)}.", "Use fused."
        )
    if k < 1 or (per_paper is not None and per_paper < 1):
        raise UsageError(
            "No passage was asked for.",
            f"k is {k}, per_paper {per_paper}; both count from 1.",
            "Ask for at least one.",
        )


def rank(view: View, query: str, vector: Floats | None, mode: str, candidates: int) -> Scored:
    """Rank passages by one query.

    Args:
        view: the passages and their vectors.
        query: its text, for the lexical side.
        vector: (d,) its vector, for the dense side; None in mode ``lexical``.
        mode: ``fused``, ``lexical`` or ``dense``.
        candidates: passages taken from each ranking.
    """
    if not len(view.snapshot.rows):
        return Scored(np.zeros(0, np.int64), np.zeros(0, np.float32))
    lexical = _lexical(view.snapshot, query) if mode != "dense" else None
    if vector is None:
        assert lexical is not None
        return _sorted(_top(lexical, candidates), lexical)
    index = view.vectors()
    nearest = index.search(vector[None, :], candidates)[0]
    if lexical is None:
        return Scored(nearest, index.similarity(vector, nearest))
    union = np.union1d(nearest, _top(lexical, candidates))
    fused = _unit_range(lexical[union]) + _unit_range(index.similarity(vector, union))
    order = np.argsort(-fused, kind="stable")
    return Scored(union[order], (fused[order] / 2).astype(np.float32))


def _lexical(snapshot: Snapshot, query: str) -> Floats:
    """(n,) BM25 of each passage, mixed with that of its whole paper where papers have several."""
    passages = snapshot.lexical.scores(query)
    if snapshot.paper_count == len(snapshot.rows):
        return passages
    papers = snapshot.lexical.scores(query, snapshot.papers, snapshot.paper_count)
    mixed = (1 - PAPER_SHARE) * passages + PAPER_SHARE * papers[snapshot.papers]
    return np.where(passages > 0, mixed, np.float32(0)).astype(np.float32)


def _unit_range(scores: Floats) -> Floats:
    low, high = float(scores.min()), float(scores.max())
    spread = high - low
    return (scores - low) / spread if spread > 0 else np.zeros_like(scores)


def _top(scores: Floats, count: int) -> Ints:
    """Positions of the best positive scores, in no particular order."""
    count = min(count, len(scores))
    best = np.argpartition(-scores, count - 1)[:count]
    return best[scores[best] > 0].astype(np.int64)


def _sorted(positions: Ints, scores: Floats) -> Scored:
    positions = np.sort(positions)
    order = np.argsort(-scores[positions], kind="stable")
    return Scored(positions[order], scores[positions[order]])


def _capped(scored: Scored, snapshot: Snapshot, k: int, per_paper: int | None) -> Scored:
    """The first k, no paper more often than ``per_paper``."""
    if per_paper is None:
        return Scored(scored.positions[:k], scored.scores[:k])
    taken: Counter[int] = Counter()
    kept: list[int] = []
    for number, position in enumerate(scored.positions):
        paper = int(snapshot.papers[position])
        if taken[paper] < per_paper:
            taken[paper] += 1
            kept.append(number)
            if len(kept) == k:
                break
    return Scored(scored.positions[kept], scored.scores[kept])


def _hits(view: View, scored: Scored) -> list[Hit]:
    found = view.passages(scored.positions)
    return [
        Hit(
            rank=rank,
            score=round(float(score), 6),
            passage=passage,
            title=record["title"],
            source_id=record["source_id"],
            url=record["url"],
            authors=tuple(record["authors"]),
            year=record["year"],
            journal=record["journal"],
            kind=record["kind"],
            retracted=record["retracted"],
        )
        for rank, ((passage, record), score) in enumerate(zip(found, scored.scores, strict=True), 1)
    ]
