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

from retort.retrieval.segments import Postings, Segment
from retort.retrieval.tokens import terms

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

K1 = 0.9
B = 0.6
"""A little better than 0.4 and 0.75 on SciFact, PubMedQA, BioASQ and full text alike."""
FEW = 4_000
"""passages that are scored one by one rather than by reading all postings of a term"""
_LEADERS = 8_000
"""passages among which those are looked for whose score the others have to reach"""
_SCORED = 600
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
        count = int(papers[-1]) + 1 if len(papers) else 0
        self._paper_offsets = [
            int(papers[at]) if at < len(papers) else count for at in self._offsets
        ]
        lengths = np.concatenate(
            [np.zeros(0), *(s.lengths.astype(np.float64) for s in segments)]
        )  # sums of whole numbers are exact in it
        lengths[~alive] = 0
        self.passages = int(alive.sum())
        self.norm = norm(lengths, _mean(lengths, self.passages))
        has_paper = np.zeros(count, bool)
        has_paper[papers[alive]] = True
        self.paper_count = int(has_paper.sum())
        self._removed = np.flatnonzero(~alive).astype(np.uint32)
        self._removed_papers = np.flatnonzero(~has_paper).astype(np.uint32)
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
        found = [
            (segment, number, offset, paper_offset)
            for segment, offset, paper_offset in zip(
                self._segments, self._offsets, self._paper_offsets, strict=False
            )
            if (number := segment.find(word)) is not None
        ]
        passages = _postings([(s.of_passages, number, offset) for s, number, offset, _ in found])
        frequency = len(passages.numbers) - _held(passages.numbers, self._removed)
        if not frequency:
            return None
        weight = np.float32((1 - paper_share) * idf(self.passages, frequency))
        if not paper_share:
            return Term(passages, weight)
        papers = _postings([(s.of_papers, number, offset) for s, number, _, offset in found])
        in_papers = len(papers.numbers) - _held(papers.numbers, self._removed_papers)
        paper_weight = np.float32(paper_share * idf(self.paper_count, in_papers))
        return Term(passages, weight, papers, paper_weight)


@dataclass(frozen=True, slots=True)
class Where:
    """The texts that hold a term, removed ones too."""

    numbers: NDArray[np.uint32]
    """(m,) ascending"""
    counts: NDArray[np.uint16]
    """(m,) how often"""

    def __len__(self) -> int:
        return len(self.numbers)

    def counts_at(self, numbers: NDArray[np.uint32]) -> Floats:
        """How often the term stands in each of some texts."""
        if not len(self):
            return np.zeros(len(numbers), np.float32)
        place = np.minimum(np.searchsorted(self.numbers, numbers), len(self) - 1)
        held = self.numbers[place] == numbers
        return np.where(held, self.counts[place], 0).astype(np.float32)

    def add_to(self, totals: Floats, weight: np.float32, norm: Floats) -> None:
        """Add a term's part to the scores of all texts that hold it."""
        # add.at, because it is twice as fast here as +=.
        at = self.numbers.astype(np.int64)
        count = self.counts.astype(np.float32)
        np.add.at(totals, at, weight * (count / (count + norm[at])))


_NOWHERE = Where(np.zeros(0, np.uint32), np.zeros(0, np.uint16))
_NOTHING = np.float32(0)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a query and where it stands."""

    passages: Where
    weight: np.float32
    """what it adds to the score of a passage at most"""
    papers: Where = _NOWHERE
    paper_weight: np.float32 = _NOTHING
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

    @property
    def bound(self) -> float:
        """What its terms can add up to at most; 0 where none of them is known."""
        return sum(term.bound for term in self.terms)

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
            count = term.passages.counts_at(at)
            total += term.weight * (count / (count + index.norm[at]))
            if self.paper_share:
                count = term.papers.counts_at(papers.astype(np.uint32))
                of_papers += term.paper_weight * (count / (count + index.paper_norm[papers]))
        return np.where(total > 0, total + of_papers[back], total)

    def _candidates(self, k: int, may: Flags) -> Ints:
        """Ascending positions: all of the k best, and some that are not."""
        if not self.terms or np.count_nonzero(may) <= FEW:
            return np.flatnonzero(may)
        passages = np.zeros(len(may), np.float32)
        papers = np.zeros(len(self.index.paper_norm), np.float32)
        queue = sorted(self.terms, key=lambda term: len(term.passages))
        leaders = _leaders(queue, may)
        left = sum(len(term.passages) for term in queue)
        bound = self.bound
        floor, look_below = 0.0, bound
        for number, term in enumerate(queue, 1):
            term.passages.add_to(passages, term.weight, self.index.norm)
            term.papers.add_to(papers, term.paper_weight, self.index.paper_norm)
            left -= len(term.passages)
            bound -= term.bound
            # A look costs as much as reading the postings of half the passages.
            worth = len(queue[number].passages) > len(may) // 16 if left else False
            if not worth or left < len(may) // 2 or bound > look_below:
                continue
            if not floor:
                floor = self._floor(passages, papers, leaders, k)
            if bound < _NEAR * floor:
                found = self._in_reach(passages, papers, may, floor - bound)
                if len(found) <= FEW:
                    return self._best_of(found, passages, papers, queue[number:], k)
                look_below = 0.7 * bound
        so_far = self._so_far(passages, papers, leaders)
        floor = float(np.partition(so_far, -k)[-k]) if len(so_far) >= k else 0.0
        found = self._in_reach(passages, papers, may, floor)
        return self._best_of(found, passages, papers, (), k)

    def _so_far(self, passages: Floats, papers: Floats, positions: Ints) -> Floats:
        so_far = passages[positions]
        return so_far + papers[self.index.papers[positions]] if self.paper_share else so_far

    def _best_of(
        self, found: Ints, passages: Floats, papers: Floats, rest: Sequence[Term], k: int
    ) -> Ints:
        """Those of some passages that are among the k best of them, and a few that may not be.

        Args:
            found: ascending positions.
            passages, papers: what the terms that were read have added up to.
            rest: the other terms.
        """
        if len(found) <= k:
            return found
        at, of_papers = found.astype(np.uint32), self.index.papers[found]
        own, whole = passages[found], papers[of_papers]
        for term in rest:
            count = term.passages.counts_at(at)
            own += term.weight * (count / (count + self.index.norm[found]))
            if self.paper_share:
                count = term.papers.counts_at(of_papers.astype(np.uint32))
                whole += term.paper_weight * (count / (count + self.index.paper_norm[of_papers]))
        total = np.where(own > 0, own + whole, 0)
        return found[total >= _less(float(np.partition(total, -k)[-k]))]

    def _floor(self, passages: Floats, papers: Floats, leaders: Ints, k: int) -> float:
        """A score that k passages have at least: the k-th best of some that have come far."""
        if len(leaders) < k:
            return 0.0
        so_far = self._so_far(passages, papers, leaders)
        first = max(len(leaders) - max(_SCORED, k), 0)
        chosen = np.sort(leaders[np.argpartition(so_far, first)[first:]])
        return float(np.sort(self.scores(chosen))[-k])

    def _in_reach(self, passages: Floats, papers: Floats, may: Flags, reach: float) -> Ints:
        """Allowed passages that have come so far; all of them if that is not above 0."""
        reach = max(_less(reach), float(np.finfo(np.float32).tiny))
        total = passages
        if self.paper_share:
            # With this mode, which changes nothing here, half as long.
            total = np.take(papers, self.index.papers, mode="clip")
            total += passages
        found = np.flatnonzero(total >= reach)
        return found[may[found]]


def _leaders(queue: Sequence[Term], may: Flags) -> Ints:
    """Some of the allowed passages that hold the rarest terms, once each."""
    chosen: list[NDArray[np.uint32]] = []
    room = _LEADERS
    for term in queue:
        step = -(-len(term.passages) // room)
        chosen.append(term.passages.numbers[::step])
        room -= len(chosen[-1])
        if room <= 0:
            break
    places = np.unique(np.concatenate(chosen)).astype(np.int64)
    return places[may[places]]


def _less(score: float) -> float:
    """A little less, so that what float32 rounds away decides nothing."""
    return score - _SLACK * (abs(score) + 1)


def norm(lengths: NDArray[np.float64], mean: float) -> Floats:
    """What BM25 adds to the count of a term below the line, for texts of these lengths."""
    return (K1 * (1 - B + B * lengths / mean)).astype(np.float32)


def _mean(lengths: NDArray[np.float64], count: int) -> float:
    return max(float(lengths.sum()) / max(count, 1), 1.0)


def idf(documents: int, frequency: int) -> float:
    """How much a term tells that stands in so many of the documents."""
    return float(np.log1p((documents - frequency + 0.5) / (frequency + 0.5)))


def _postings(parts: Sequence[tuple[Postings, int, int]]) -> Where:
    """Where a term stands in several segments, one behind the other.

    Args:
        parts: postings of a segment, the term's number in it, and the number that its first text
            has here.
    """
    numbers, counts = [_NOWHERE.numbers], [_NOWHERE.counts]
    for postings, number, offset in parts:
        here = slice(int(postings.starts[number]), int(postings.starts[number + 1]))
        found = postings.numbers[here]
        numbers.append(found + np.uint32(offset) if offset else found)
        counts.append(postings.counts[here])
    if len(parts) == 1:
        return Where(numbers[1], counts[1])
    return Where(np.concatenate(numbers), np.concatenate(counts))


def _held(numbers: NDArray[np.uint32], removed: NDArray[np.uint32]) -> int:
    """How many of the ascending numbers were removed."""
    if not len(numbers) or not len(removed):
        return 0
    place = np.minimum(np.searchsorted(numbers, removed), len(numbers) - 1)
    return int(np.count_nonzero(numbers[place] == removed))
