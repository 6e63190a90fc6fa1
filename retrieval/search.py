"""Search: lexical and dense scores, fused, perhaps read again by a cross-encoder, to hits.

Lexical is BM25, dense the cosine of the encoder's vectors; how the two are added says ``fusion``.
In a long paper a single passage tells little, so the lexical score of the whole paper has a share.
Knows no language model; changes no library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import fusion
from retort.retrieval.errors import UsageError
from retort.retrieval.library import Library
from retort.retrieval.records import Filter, Hit, Passage
from retort.retrieval.rerank import Reranker
from retort.retrieval.views import View

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MODES = ("fused", "lexical", "dense", "rrf")
RRF_K = 60
"""of reciprocal rank fusion, as its authors chose it (Cormack et al. 2009,
doi:10.1145/1571941.1572114)"""
RERANKED = 50
"""best passages that a cross-encoder reads again"""
CANDIDATES = 200
"""passages taken from each ranking before they are fused"""
PAPER_SHARE = 2 / 3
"""share of the whole paper's BM25 in a passage's lexical score. Chosen on 210 sentences tied to
their full paper (benchmarks/retrieval.py): MRR 0.49 at 0, 0.58 at 1/2, 0.61 at 2/3.
It goes on rising, but then second-best passages of one paper crowd out the best of others."""
PER_PAPER = 3
"""passages of one paper at most, unless asked otherwise"""


@dataclass(frozen=True, slots=True)
class Scored:
    """Positions in a view, best first, with their scores."""

    positions: Ints
    scores: Floats
    reranked: Floats | None = None
    """by a cross-encoder, where one was asked; not a number for those it did not read"""

    def at(self, places: Ints | slice) -> Scored:
        """Those at some places of the ranking."""
        reranked = None if self.reranked is None else self.reranked[places]
        return Scored(self.positions[places], self.scores[places], reranked)


def search(
    library: Library,
    query: str,
    k: int = 10,
    mode: str = "fused",
    per_paper: int | None = PER_PAPER,
    filter: Filter | None = None,
    reranker: Reranker | None = None,
) -> list[Hit]:
    """The k best passages for a query.

    Args:
        library: what is searched.
        query: plain text.
        k: how many hits at most.
        mode: ``fused`` (sum of both scores, see `fusion`), ``rrf`` (sum of reciprocal ranks),
            ``lexical`` or ``dense``.
        per_paper: passages of one paper at most; None for no limit.
        filter: which papers may be found; None for all.
        reranker: reads the ``RERANKED`` best passages again and orders them; the hits keep the
            score they were found with beside its own.

    Returns:
        Hits, best first. A passage that shares no term with the query is not found by
        ``lexical``; a blank query finds nothing.

    Raises:
        UsageError: there is no such mode, or ``k`` or ``per_paper`` is less than 1.
    """
    return search_many(library, [query], k, mode, per_paper, filter, reranker)[0]


def search_many(
    library: Library,
    queries: Sequence[str],
    k: int = 10,
    mode: str = "fused",
    per_paper: int | None = PER_PAPER,
    filter: Filter | None = None,
    reranker: Reranker | None = None,
) -> list[list[Hit]]:
    """Hits for each of many queries, as `search` finds them; the queries are encoded together, and
    all see the library at one moment.
    """
    check(k, mode, per_paper)
    asked = [number for number, query in enumerate(queries) if query.strip()]
    found: list[list[Hit]] = [[] for _ in queries]
    if not asked or library.is_empty():
        return found
    texts = [queries[number] for number in asked]
    vectors = learnt = None
    if mode != "lexical":
        encoder = library.encoder()
        vectors = encoder.encode_queries(texts)
        learnt = fusion.query_map(encoder.digest) if mode == "fused" else None

    def answer(view: View) -> None:
        seen = view.only(filter) if filter else view
        for place, number in enumerate(asked):
            vector = None if vectors is None else vectors[place]
            scored = rank(seen, queries[number], vector, mode, max(CANDIDATES, 2 * k), learnt)
            if reranker:
                scored = _reranked(seen, queries[number], scored, reranker)
            found[number] = _hits(seen, _capped(scored, seen, k, per_paper))

    library.read(answer)
    return found


def search_in_paper(
    library: Library, paper_id: str, query: str, k: int = 5, mode: str = "fused"
) -> list[Hit]:
    """The k best passages of one paper, as `search` finds them.

    Args:
        library: where the paper is.
        paper_id: any id of the paper: its own, ``PMID:..``, ``DOI:..``, ``PMC..``.
        query: plain text.
        k: how many hits at most.
        mode: see `search`.

    Raises:
        UsageError: the library has no such paper, or see `search`.
    """
    only = Filter(paper_ids=(paper_id,))
    with library.view() as view:
        if not view.only(only):
            raise UsageError(
                f'No paper "{paper_id}" in the library "{library.name}".',
                "A paper is found by any of its ids, such as PMID:19228618.",
                "Search the library to see the ids of its papers.",
            )
    return search(library, query, k, mode, per_paper=None, filter=only)


def neighbours(library: Library, passage_id: str, before: int = 1, after: int = 1) -> list[Passage]:
    """A passage with those around it in its paper, in reading order.

    Args:
        library: where the passage is.
        passage_id: as a hit names it.
        before: passages before it, at most.
        after: passages after it, at most.

    Raises:
        UsageError: the library has no such passage.
    """
    with library.view() as view:
        found = view.around(passage_id, before, after)
    if not found:
        raise UsageError(
            f'No passage "{passage_id}" in the library "{library.name}".',
            "A passage is named by its paper's id and its number.",
            "Search the library to see the ids of its passages.",
        )
    return found


def check(k: int, mode: str, per_paper: int | None) -> None:
    """Refuse what cannot be searched for, before anything is opened.

    Raises:
        UsageError: there is no such mode, or ``k`` or ``per_paper`` is less than 1.
    """
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


def rank(
    view: View,
    query: str,
    vector: Floats | None,
    mode: str,
    candidates: int,
    learnt: fusion.QueryMap | None = None,
) -> Scored:
    """Rank passages by one query.

    Args:
        view: the passages that may be found, and their vectors.
        query: its text, for the lexical side.
        vector: (d,) its vector, for the dense side; None in mode ``lexical``.
        mode: one of ``MODES``.
        candidates: passages taken from each ranking.
        learnt: for mode ``fused``, what was learnt for the encoder; None: `fusion.plain`.
    """
    if not view:
        return Scored(np.zeros(0, np.int64), np.zeros(0, np.float32))
    question = view.ask(query, PAPER_SHARE)
    if vector is None:
        return Scored(*question.best(candidates))
    nearest = view.nearest(vector, candidates)
    if mode == "dense":
        return Scored(nearest, view.similarity(vector, nearest))
    sharing, _ = question.best(candidates)
    union = np.union1d(nearest, sharing)
    if mode == "rrf":
        fused = _reciprocal_ranks(union, nearest) + _reciprocal_ranks(union, sharing)
        fused /= np.float32(2)
    elif learnt is None:
        fused = fusion.plain(question.scores(union), view.similarity(vector, union))
    else:
        dense = np.float32(learnt.weight) * view.similarity(vector, union)
        short = view.lengths_of(union) <= fusion.SHORT
        dense[short] += view.similarity(vector @ learnt.matrix, union[short])
        fused = fusion.learnt(question.scores(union), question.bound, dense)
    order = np.argsort(-fused, kind="stable")
    return Scored(union[order], fused[order])


def _reciprocal_ranks(positions: Ints, ranking: Ints) -> Floats:
    """1 / (k + rank) of each position in a ranking, 0 where it is not ranked."""
    found = np.zeros(len(positions), np.float32)
    places = np.searchsorted(positions, ranking)
    found[places] = 1 / (RRF_K + np.arange(1, len(ranking) + 1, dtype=np.float32))
    return found


def _reranked(view: View, query: str, scored: Scored, reranker: Reranker) -> Scored:
    """The best passages in the order of a cross-encoder, the others behind them as they were."""
    best = scored.positions[:RERANKED]
    texts = [f"{record['title']}. {passage.text}" for passage, record in view.passages(best)]
    judged = reranker.scores(query, texts)
    order = np.argsort(-judged, kind="stable")
    places = np.concatenate([order, np.arange(len(best), len(scored.positions))])
    second = np.full(len(scored.positions), np.nan, np.float32)
    second[: len(best)] = judged[order]
    return Scored(scored.positions[places], scored.scores[places], second)


def _capped(scored: Scored, view: View, k: int, per_paper: int | None) -> Scored:
    """The first k, no paper more often than ``per_paper``."""
    if per_paper is None:
        return scored.at(slice(k))
    taken: Counter[int] = Counter()
    kept: list[int] = []
    for number, paper in enumerate(view.papers_of(scored.positions).tolist()):
        if taken[paper] < per_paper:
            taken[paper] += 1
            kept.append(number)
            if len(kept) == k:
                break
    return scored.at(np.array(kept, np.int64))


def _hits(view: View, scored: Scored) -> list[Hit]:
    found = view.passages(scored.positions)
    nothing = np.full(len(found), np.nan, np.float32)
    second = nothing if scored.reranked is None else scored.reranked
    rows = zip(found, scored.scores, second, strict=True)
    return [
        Hit(
            rank=rank,
            score=round(float(score), 6),
            rerank_score=None if np.isnan(judged) else round(float(judged), 6),
            passage=passage,
            title=record["title"],
            source_id=record["source_id"],
            url=record["url"],
            authors=tuple(record["authors"]),
            year=record["year"],
            journal=record["journal"],
            kind=record["kind"],
            retracted=record["retracted"],
            retraction=record.get("retraction", ""),
        )
        for rank, ((passage, record), score, judged) in enumerate(rows, 1)
    ]
