"""BM25 over passages and over whole papers, out of the same postings.

A query reads the postings of its rare terms first. As soon as the frequent terms that are left
cannot lift any further passage among the best, they are only looked up for those that are in reach
(MaxScore: Turtle and Flood 1995, doi:10.1016/0306-4573(95)00020-H). What is found is exactly what
reading everything finds. Knows positions and texts; no encoder, no database.

BM25 as in Lucene (and bm25s, "lucene"): idf = ln(1 + (N - df + 0.5) / (df + 0.5)),
score = sum of idf * tf / (tf + k1 * (1 - b + b * length / mean length)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.segments import Segment
from retort.retrieval.tokens import terms

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

K1 = 0.9
B = 0.6
"""A little better than 0.4 and 0.75 on SciFact, PubMedQA, BioASQ and full text alike."""
FEW = 4_000
"""passages that are scored one by one rather than by reading all postings of a term"""
_LEADERS = 20_000
"""passages among which those are looked for whose score the others have to reach"""
_SCORED = 1_000
"""of them, those that are scored to the end"""
_NEAR = 0.8
"""while what can still come is more than this share of what has to be reached, most are in reach"""
_SLACK = 1e-3
"""more than float32 can be off when the scores of some hundred terms are added up"""


class LexicalIndex:
    """The passages of several segments, one behind the other; some may have been removed.

    Args:
        segments: in the order of their rows.
        alive: (n,) False for passages that were removed.
        papers: (n,) number of each passage's paper, 0 to p - 1, never falling.
    """

    def __init__(self, segments: Sequence[Segment], alive: Flags, papers: Ints) -> None:
        self._segments = tuple(segments)
        self._offsets = np.cumsum([0, *(len(segment.rows) for segment in segments)])
        self.alive = alive
        self.papers = papers
        self.removed = np.flatnonzero(~alive).astype(np.uint32)
        count = int(papers[-1]) + 1 if len(papers) else 0
        self.first = np.searchsorted(papers, np.arange(count + 1)).astype(np.uint32)
        lengths = np.concatenate(
            [np.zeros(0), *(s.lengths.astype(np.float64) for s in segments)]
        )  # sums of whole numbers are exact in it
        lengths[~alive] = 0
        self.passages = int(alive.sum())
        self.norm = norm(lengths, _mean(lengths, self.passages))
        has_paper = np.zeros(count, bool)
        has_paper[papers[alive]] = True
        self.paper_count = int(has_paper.sum())
        of_papers = np.bincount(papers, lengths, count).astype(np.float64)
        self.paper_norm = norm(of_papers, _mean(of_papers, self.paper_count))

    def ask(self, query: str, paper_share: float = 0) -> Question:
        """A query, ready to be answered.

        Args:
            query: plain text.
            paper_share: share of the BM25 of the whole paper in the score of a passage, 0 to 1.
                It has none where every paper is one passage.
        """
        if self.paper_count == self.passages:
            paper_share = 0
        found = [
            term
            for word in dict.fromkeys(terms(query))  # said twice is not asked twice
            if (term := self._term(word, paper_share))
        ]
        return Question(self, tuple(found), paper_share)

    def scores(self, query: str, paper_share: float = 0) -> Floats:
        """(n,) the score of every passage, 0 where no term of the query occurs."""
        return self.ask(query, paper_share).scores(np.arange(len(self.papers)))

    def _term(self, word: str, paper_share: float) -> Term | None:
        passages, counts, in_papers = [], [], 0
        for segment, offset in zip(self._segments, self._offsets, strict=False):
            if (number := segment.find(word)) is None:
                continue
            here = slice(int(segment.starts[number]), int(segment.starts[number + 1]))
            found = segment.passages[here]
            passages.append(found + np.uint32(offset) if offset else found)
            counts.append(segment.counts[here])
            in_papers += int(segment.in_papers[number])
        if not passages:
            return None
        places = passages[0] if len(passages) == 1 else np.concatenate(passages)
        count = counts[0] if len(counts) == 1 else np.concatenate(counts)
        gone = self.removed[_is_in(self.removed, places)]
        frequency = len(places) - len(gone)
        if not frequency:
            return None
        # The passages of a paper come and go together.
        in_papers -= len(np.unique(self.papers[gone]))
        return Term(
            passages=places,
            counts=count,
            weight=np.float32((1 - paper_share) * idf(self.passages, frequency)),
            paper_weight=np.float32(paper_share * idf(self.paper_count, in_papers)),
        )


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a query and where it stands."""

    passages: NDArray[np.uint32]
    """(m,) positions, ascending; removed ones too"""
    counts: NDArray[np.uint16]
    """(m,) how often"""
    weight: np.float32
    """what it adds to the score of a passage at most"""
    paper_weight: np.float32
    """what it adds to that of each passage of its paper at most"""

    @property
    def bound(self) -> float:
        """The most that it adds to a score."""
        return float(self.weight + self.paper_weight)


@dataclass(frozen=True, slots=True)
class Question:
    """A query over one index."""

    index: LexicalIndex
    terms: tuple[Term, ...]
    paper_share: float

    def best(self, k: int, allowed: Flags | None = None) -> tuple[Ints, Floats]:
        """The k best passages that hold a term of the query, and their scores, best first.

        Args:
            k: how many at most; of equal ones the first.
            allowed: (n,) passages that may be found; None: all.
        """
        may = self.index.alive if allowed is None else allowed & self.index.alive
        candidates = self._candidates(k, may)
        scores = self.scores(candidates)
        order = np.argsort(-scores, kind="stable")[:k]
        order = order[scores[order] > 0]
        return candidates[order], scores[order]

    def scores(self, positions: Ints) -> Floats:
        """(m,) the scores of the given passages, ascending positions; 0 without a term of the query
        in the passage itself.

        The terms are added up in one order, so a score has the same bits however it was asked for.
        """
        index, at = self.index, positions.astype(np.uint32)
        total = np.zeros(len(at), np.float32)
        papers, back = np.unique(index.papers[at], return_inverse=True)
        of_papers = np.zeros(len(papers), np.float32)
        for term in self.terms:
            count = _counts_at(term, at)
            total += term.weight * (count / (count + index.norm[at]))
            if self.paper_share:
                count = _counts_between(term, index.first[papers], index.first[papers + 1])
                of_papers += term.paper_weight * (count / (count + index.paper_norm[papers]))
        return np.where(total > 0, total + of_papers[back], total)

    def _candidates(self, k: int, may: Flags) -> Ints:
        """Ascending positions: all of the k best, and some that are not."""
        if not self.terms or np.count_nonzero(may) <= FEW:
            return np.flatnonzero(may)
        passages = np.zeros(len(may), np.float32)
        papers, room = np.zeros((2, len(self.index.paper_norm)), np.float32)
        queue = sorted(self.terms, key=lambda term: len(term.passages))
        leaders = _leaders(queue, may)
        left = sum(len(term.passages) for term in queue)
        bound = sum(term.bound for term in queue)
        floor, look_below = 0.0, bound
        for number, term in enumerate(queue, 1):
            self._add(term, passages, papers, room)
            left -= len(term.passages)
            bound -= term.bound
            # A look costs as much as reading the postings of a quarter of the passages.
            worth = len(queue[number].passages) > len(may) // 16 if left else False
            if not worth or left < len(may) // 4 or bound > look_below:
                continue
            if not floor:
                floor = self._floor(passages, papers, leaders, k)
            if bound < _NEAR * floor:
                found = self._in_reach(passages, papers, may, floor - bound)
                if len(found) <= FEW:
                    return found
                look_below = 0.7 * bound
        floor = self._floor(passages, papers, leaders, k)
        return self._in_reach(passages, papers, may, floor)

    def _add(self, term: Term, passages: Floats, papers: Floats, room: Floats) -> None:
        """Add a term's part to the scores of all passages and papers that hold it.

        Args:
            room: (p,) zeros, and zeros again afterwards.
        """
        index, places = self.index, term.passages.astype(np.int64)
        count = term.counts.astype(np.float32)
        # add.at, because it is twice as fast here as +=.
        np.add.at(passages, places, term.weight * (count / (count + index.norm[places])))
        if not self.paper_share:
            return
        numbers = index.papers[places]
        once = numbers[np.flatnonzero(np.diff(numbers, prepend=-1))]
        np.add.at(room, numbers, count)
        count = room[once]
        room[once] = 0
        np.add.at(papers, once, term.paper_weight * (count / (count + index.paper_norm[once])))

    def _floor(self, passages: Floats, papers: Floats, leaders: Ints, k: int) -> float:
        """A score that k passages have at least: the k-th best of some that have come far."""
        if len(leaders) < k:
            return 0.0
        so_far = passages[leaders] + papers[self.index.papers[leaders]]
        first = max(len(leaders) - max(_SCORED, k), 0)
        chosen = np.sort(leaders[np.argpartition(so_far, first)[first:]])
        return float(np.sort(self.scores(chosen))[-k])

    def _in_reach(self, passages: Floats, papers: Floats, may: Flags, reach: float) -> Ints:
        """Allowed passages that have come so far; all of them if that is not above 0."""
        reach = max(reach - _SLACK * (reach + 1), float(np.finfo(np.float32).tiny))
        total = passages
        if self.paper_share:
            total = papers[self.index.papers]
            total += passages
        found = np.flatnonzero(total >= reach)
        return found[may[found]]


def _leaders(queue: Sequence[Term], may: Flags) -> Ints:
    """Some of the allowed passages that hold the rarest terms, once each."""
    chosen: list[NDArray[np.uint32]] = []
    room = _LEADERS
    for term in queue:
        step = -(-len(term.passages) // room)
        chosen.append(term.passages[::step])
        room -= len(chosen[-1])
        if room <= 0:
            break
    places = np.unique(np.concatenate(chosen)).astype(np.int64)
    return places[may[places]]


def norm(lengths: NDArray[np.float64], mean: float) -> Floats:
    """What BM25 adds to the count of a term below the line, for texts of these lengths."""
    return (K1 * (1 - B + B * lengths / mean)).astype(np.float32)


def _mean(lengths: NDArray[np.float64], count: int) -> float:
    return max(float(lengths.sum()) / max(count, 1), 1.0)


def idf(documents: int, frequency: int) -> float:
    """How much a term tells that stands in so many of the documents."""
    return float(np.log1p((documents - frequency + 0.5) / (frequency + 0.5)))


def _is_in(values: NDArray[np.uint32], ascending: NDArray[np.uint32]) -> Flags:
    place = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: Flags = ascending[place] == values
    return found


def _counts_at(term: Term, positions: NDArray[np.uint32]) -> Floats:
    """How often the term stands in each of the passages."""
    place = np.minimum(np.searchsorted(term.passages, positions), len(term.passages) - 1)
    held = term.passages[place] == positions
    return np.where(held, term.counts[place], 0).astype(np.float32)


def _counts_between(term: Term, first: NDArray[np.uint32], end: NDArray[np.uint32]) -> Floats:
    """How often the term stands in the passages ``first`` to ``end - 1``, for each pair."""
    start = np.searchsorted(term.passages, first)
    sizes = np.searchsorted(term.passages, end) - start
    pair = np.repeat(np.arange(len(first)), sizes)
    inside = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    held = term.counts[np.repeat(start, sizes) + inside]
    return np.bincount(pair, weights=held, minlength=len(first)).astype(np.float32)
