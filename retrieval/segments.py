"""Passages indexed together: which rows they are, and which of them holds which term how often.

A segment never changes. New passages become a new small segment; neighbours are merged from time to
time, and then the passages that were removed are left out. Knows rows, papers' rows and texts; no
encoder, no database, no files beyond the columns it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from retort.retrieval.arrays import Allocate, Array, ArrayFile, Column, in_memory
from retort.retrieval.tokens import terms

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_POSTINGS_AT_ONCE = 4_000_000
"""postings held in memory while segments are merged"""
MOST = 65_535
"""how often a term is counted in one text at most"""
_LAZY = ("passages", "counts", "holders", "paper_counts")


@dataclass(frozen=True, slots=True)
class Postings:
    """Which of the numbered texts hold each of v terms, and how often; by term, then by number."""

    starts: Ints
    """(v + 1,) where each term's begin"""
    numbers: Column
    """(m,) uint32"""
    counts: Column
    """(m,) uint16; see `MOST`"""


@dataclass(frozen=True, slots=True)
class Segment:
    """n passages over v terms; the m postings are sorted by term, then by passage."""

    rows: Ints
    """(n,) ascending: the store's row id of each passage"""
    papers: Ints
    """(n,) the store's row id of its paper. Never falls: a paper's passages are stored together,
    and never added to."""
    lengths: NDArray[np.uint32]
    """(n,) terms per passage, repeats counted"""
    terms: NDArray[np.uint8]
    """the terms in UTF-8, ascending, one behind the other"""
    ends: Ints
    """(v,) where each term ends in ``terms``"""
    starts: Ints
    """(v + 1,) where each term's postings begin"""
    passages: Column
    """(m,) uint32: number of the passage, 0 to n - 1"""
    counts: Column
    """(m,) uint16: how often the term stands in it; see `MOST`"""
    paper_starts: Ints
    """(v + 1,) where each term's postings of whole papers begin; empty, as are the next two, where
    every paper is one passage"""
    holders: Column
    """(q,) uint32: number of the paper in this segment, 0 to p - 1"""
    paper_counts: Column
    """(q,) uint16: how often the term stands in it; see `MOST`"""

    @property
    def of_passages(self) -> Postings:
        """Which passages hold each term."""
        return Postings(self.starts, self.passages, self.counts)

    @property
    def of_papers(self) -> Postings:
        """Which papers hold each term."""
        if not len(self.paper_starts):
            return self.of_passages
        return Postings(self.paper_starts, self.holders, self.paper_counts)

    def find(self, term: str) -> int | None:
        """The number of a term, or None."""
        wanted, low, high = term.encode(), 0, len(self.ends)
        while low < high:
            middle = (low + high) // 2
            found = self._term(middle)
            if found == wanted:
                return middle
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return None

    def vocabulary(self) -> list[bytes]:
        """All terms, ascending."""
        content, start, found = self.terms.tobytes(), 0, []
        for end in self.ends.tolist():
            found.append(content[start:end])
            start = end
        return found

    def _term(self, number: int) -> bytes:
        start = self.ends[number - 1] if number else 0
        return self.terms[start : self.ends[number]].tobytes()


def count(rows: Ints, papers: Ints, texts: Iterable[str]) -> Segment:
    """A segment of the given passages, in memory.

    Args:
        rows, papers: (n,) row ids, ascending and not falling.
        texts: n texts, in the order of the rows.
    """
    numbers: dict[str, int] = {}
    lengths, sizes = np.zeros(len(rows), np.uint32), np.zeros(len(rows), np.int64)
    found: list[NDArray[np.uint32]] = []
    counts: list[NDArray[np.uint16]] = []
    for place, text in enumerate(texts):
        held = Counter(terms(text))
        lengths[place], sizes[place] = held.total(), len(held)
        found.append(np.array([numbers.setdefault(t, len(numbers)) for t in held], np.uint32))
        counts.append(np.array([min(c, MOST) for c in held.values()], np.uint16))
    words = [word.encode() for word in numbers]
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = np.zeros(len(words), np.uint32)
    rank[order] = np.arange(len(words), dtype=np.uint32)
    term = rank[np.concatenate([np.zeros(0, np.uint32), *found])]
    by_term = np.argsort(term, kind="stable")
    passage = np.repeat(np.arange(len(rows), dtype=np.uint32), sizes)[by_term]
    held_by = np.concatenate([np.zeros(0, np.uint16), *counts])[by_term]
    starts = _starts(np.bincount(term, minlength=len(words)))
    whole = _whole(Postings(starts, passage, held_by), papers)
    return Segment(
        rows=rows,
        papers=papers,
        lengths=lengths,
        terms=np.frombuffer(b"".join(words[n] for n in order), np.uint8),
        ends=np.cumsum([len(words[n]) for n in order], dtype=np.int64),
        starts=starts,
        passages=passage,
        counts=held_by,
        paper_starts=whole.starts,
        holders=whole.numbers,
        paper_counts=whole.counts,
    )


def merge(parts: Sequence[tuple[Segment, Flags]], allocate: Allocate) -> Segment:
    """One segment of several, in bounded memory.

    Args:
        parts: segments in the order of their rows, each with (n,) which of its passages to keep.
            No paper stands in two of them, and its passages are kept or left out together.
        allocate: where the arrays of the new segment go.
    """
    words = sorted(set().union(*(segment.vocabulary() for segment, _ in parts)))
    number = {word: place for place, word in enumerate(words)}
    places = [
        np.array([number[word] for word in segment.vocabulary()], np.int64) for segment, _ in parts
    ]
    del number
    passages = [(segment.of_passages, keep) for segment, keep in parts]
    names = ("starts", "passages", "counts")
    of_passages, used = _merged(passages, places, len(words), names, allocate)
    papers = _fill(allocate, "papers", [s.papers[keep] for s, keep in parts], np.int64)
    names = ("paper_starts", "holders", "paper_counts")
    if (np.diff(papers) == 0).any():
        whole = [(segment.of_papers, keep[_firsts(segment.papers)]) for segment, keep in parts]
        of_papers, _ = _merged(whole, places, len(words), names, allocate)
    else:
        of_papers = _no_postings(names, allocate)
    content = b"".join(words[n] for n in used)
    ends = np.cumsum([len(words[n]) for n in used], dtype=np.int64)
    return Segment(
        rows=_fill(allocate, "rows", [s.rows[keep] for s, keep in parts], np.int64),
        papers=papers,
        lengths=_fill(allocate, "lengths", [s.lengths[keep] for s, keep in parts], np.uint32),
        terms=_fill(allocate, "terms", [np.frombuffer(content, np.uint8)], np.uint8),
        ends=_fill(allocate, "ends", [ends], np.int64),
        starts=of_passages.starts,
        passages=of_passages.numbers,
        counts=of_passages.counts,
        paper_starts=of_papers.starts,
        holders=of_papers.numbers,
        paper_counts=of_papers.counts,
    )


def _merged(
    parts: Sequence[tuple[Postings, Flags]],
    places: Sequence[Ints],
    words: int,
    names: tuple[str, str, str],
    allocate: Allocate,
) -> tuple[Postings, Ints]:
    """The postings of several segments as one, and which of all words still have any.

    Args:
        parts: postings with which of the numbered texts to keep.
        places: for each part the number of each of its terms among all ``words``.
        words: how many words there are in all.
        names: of the three arrays.
        allocate: where they go.
    """
    sizes = np.zeros(words, np.int64)
    for (postings, keep), place in zip(parts, places, strict=True):
        for first, last, _, starts, _ in _runs(postings, keep):
            sizes[place[first:last]] += np.diff(starts)
    used = np.flatnonzero(sizes)
    next_free, total = _starts(sizes)[:-1], int(sizes.sum())
    merged = Postings(
        starts=_fill(allocate, names[0], [_starts(sizes[used])], np.int64),
        numbers=(numbers := allocate(names[1], (total,), np.uint32)),
        counts=(counts := allocate(names[2], (total,), np.uint16)),
    )
    before = 0
    for (postings, keep), place in zip(parts, places, strict=True):
        moved = (np.cumsum(keep) - 1 + before).astype(np.uint32)
        before += int(keep.sum())
        for first, last, kept, starts, held in _runs(postings, keep):
            here, size = place[first:last], np.diff(starts)
            target = np.repeat(next_free[here] - starts[:-1], size) + np.arange(len(kept))
            numbers[target] = moved[kept]
            counts[target] = held
            next_free[here] += size
    return merged, used


def opened(file: ArrayFile) -> Segment:
    """The segment that was merged into a file; its postings are read as they are needed."""
    names = [field.name for field in fields(Segment)]
    columns: dict[str, Any] = {
        name: file.column(name) if name in _LAZY else file.array(name) for name in names
    }
    return Segment(**columns)


def copied(segment: Segment, allocate: Allocate) -> Segment:
    """The same segment in other arrays, those of a file for example."""
    copies = {}
    for field in fields(Segment):
        values = getattr(segment, field.name)
        copies[field.name] = allocate(field.name, values.shape, values[:0].dtype)
        copies[field.name][:] = values[:]
    return Segment(**copies)


def _runs(postings: Postings, keep: Flags) -> Iterator[tuple[int, int, Ints, Ints, Array]]:
    """The postings kept, some terms at a time: first term, last term (exclusive), the numbers and
    counts, and (terms + 1,) where each term's begin among them.
    """
    starts = postings.starts
    first, total = 0, len(starts) - 1
    while first < total:
        room = starts[first] + _POSTINGS_AT_ONCE
        last = max(int(np.searchsorted(starts, room, "right")) - 1, first + 1)
        here = slice(int(starts[first]), int(starts[last]))
        numbers, held = postings.numbers[here], postings.counts[here]
        stays = keep[numbers]
        before = np.concatenate([[0], np.cumsum(stays)])
        yield (
            first,
            last,
            numbers[stays],
            before[starts[first : last + 1] - here.start],
            held[stays],
        )
        first = last


def _whole(of_passages: Postings, papers: Ints) -> Postings:
    """The postings of whole papers, in memory.

    Args:
        of_passages: those of their passages.
        papers: (n,) the paper of each passage, never falling.
    """
    names = ("paper_starts", "holders", "paper_counts")
    if not (np.diff(papers) == 0).any():
        return _no_postings(names, in_memory)
    starts = of_passages.starts
    number = np.cumsum(np.diff(papers, prepend=papers[0]) > 0)[of_passages.numbers[:]]
    is_first = np.ones(len(number), bool)
    is_first[1:] = number[1:] != number[:-1]
    is_first[starts[:-1]] = True  # every term has a posting
    first = np.flatnonzero(is_first)
    counts = np.add.reduceat(of_passages.counts[:], first, dtype=np.int64)
    return Postings(
        starts=np.searchsorted(first, starts),
        numbers=number[first].astype(np.uint32),
        counts=np.minimum(counts, MOST).astype(np.uint16),
    )


def _no_postings(names: tuple[str, str, str], allocate: Allocate) -> Postings:
    kinds = zip(names, (np.int64, np.uint32, np.uint16), strict=True)
    return Postings(*(allocate(name, (0,), kind) for name, kind in kinds))


def _firsts(papers: Ints) -> Ints:
    """The first passage of each paper."""
    return np.flatnonzero(np.diff(papers, prepend=-1))


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def _fill(allocate: Allocate, name: str, parts: Sequence[Array], dtype: DTypeLike) -> Array:
    values = allocate(name, (sum(map(len, parts)),), dtype)
    if parts:
        np.concatenate(parts, out=values)
    return values
