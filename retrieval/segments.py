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

from retort.retrieval.arrays import Allocate, Array, ArrayFile, Column
from retort.retrieval.tokens import terms

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_POSTINGS_AT_ONCE = 4_000_000
"""postings held in memory while segments are merged"""
_LAZY = ("passages", "counts")


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
    in_papers: NDArray[np.uint32]
    """(v,) papers that hold the term"""
    passages: Column
    """(m,) uint32: number of the passage, 0 to n - 1"""
    counts: Column
    """(m,) uint16: how often the term stands in it"""

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
        counts.append(np.array([min(c, 65_535) for c in held.values()], np.uint16))
    words = [word.encode() for word in numbers]
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = np.zeros(len(words), np.uint32)
    rank[order] = np.arange(len(words), dtype=np.uint32)
    term = rank[np.concatenate([np.zeros(0, np.uint32), *found])]
    by_term = np.argsort(term, kind="stable")
    passage = np.repeat(np.arange(len(rows), dtype=np.uint32), sizes)[by_term]
    starts = _starts(np.bincount(term, minlength=len(words)))
    return Segment(
        rows=rows,
        papers=papers,
        lengths=lengths,
        terms=np.frombuffer(b"".join(words[n] for n in order), np.uint8),
        ends=np.cumsum([len(words[n]) for n in order], dtype=np.int64),
        starts=starts,
        in_papers=_distinct(papers[passage], starts),
        passages=passage,
        counts=np.concatenate([np.zeros(0, np.uint16), *counts])[by_term],
    )


def merge(parts: Sequence[tuple[Segment, Flags]], allocate: Allocate) -> Segment:
    """One segment of several, in bounded memory.

    Args:
        parts: segments in the order of their rows, each with (n,) which of its passages to keep.
            No paper stands in two of them.
        allocate: where the arrays of the new segment go.
    """
    words = sorted(set().union(*(segment.vocabulary() for segment, _ in parts)))
    number = {word: place for place, word in enumerate(words)}
    places = [
        np.array([number[word] for word in segment.vocabulary()], np.int64) for segment, _ in parts
    ]
    del number
    sizes = np.zeros(len(words), np.int64)
    in_papers = np.zeros(len(words), np.uint32)
    for (segment, keep), place in zip(parts, places, strict=True):
        for first, last, kept, starts, _ in _runs(segment, keep):
            sizes[place[first:last]] += np.diff(starts)
            in_papers[place[first:last]] += _distinct(segment.papers[kept], starts)
    used = np.flatnonzero(sizes)  # terms of removed passages only are gone
    content = b"".join(words[n] for n in used)
    merged = Segment(
        rows=_fill(allocate, "rows", [s.rows[keep] for s, keep in parts], np.int64),
        papers=_fill(allocate, "papers", [s.papers[keep] for s, keep in parts], np.int64),
        lengths=_fill(allocate, "lengths", [s.lengths[keep] for s, keep in parts], np.uint32),
        terms=_fill(allocate, "terms", [np.frombuffer(content, np.uint8)], np.uint8),
        ends=_fill(
            allocate, "ends", [np.cumsum([len(words[n]) for n in used], dtype=np.int64)], np.int64
        ),
        starts=_fill(allocate, "starts", [_starts(sizes[used])], np.int64),
        in_papers=_fill(allocate, "in_papers", [in_papers[used]], np.uint32),
        passages=(passages := allocate("passages", (int(sizes.sum()),), np.uint32)),
        counts=(counts := allocate("counts", (int(sizes.sum()),), np.uint16)),
    )
    next_free = _starts(sizes)[:-1]
    before = 0
    for (segment, keep), place in zip(parts, places, strict=True):
        moved = (np.cumsum(keep) - 1 + before).astype(np.uint32)
        before += int(keep.sum())
        for first, last, kept, starts, count_ in _runs(segment, keep):
            here, size = place[first:last], np.diff(starts)
            target = np.repeat(next_free[here] - starts[:-1], size) + np.arange(len(kept))
            passages[target] = moved[kept]
            counts[target] = count_
            next_free[here] += size
    return merged


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


def _runs(segment: Segment, keep: Flags) -> Iterator[tuple[int, int, Ints, Ints, Array]]:
    """The postings kept, some terms at a time: first term, last term (exclusive), the passages and
    counts, and (terms + 1,) where each term's begin among them.
    """
    first, total = 0, len(segment.ends)
    while first < total:
        room = segment.starts[first] + _POSTINGS_AT_ONCE
        last = max(int(np.searchsorted(segment.starts, room, "right")) - 1, first + 1)
        here = slice(int(segment.starts[first]), int(segment.starts[last]))
        passage, held = segment.passages[here], segment.counts[here]
        stays = keep[passage]
        before = np.concatenate([[0], np.cumsum(stays)])
        starts = before[segment.starts[first : last + 1] - here.start]
        yield first, last, passage[stays], starts, held[stays]
        first = last


def _distinct(papers: Ints, starts: Ints) -> NDArray[np.uint32]:
    """How many different papers each run has; equal ones are neighbours."""
    new = np.ones(len(papers) + 1, bool)
    new[1:-1] = papers[1:] != papers[:-1]
    new[starts] = True
    before = np.concatenate([[0], np.cumsum(new[:-1])])
    distinct: NDArray[np.uint32] = np.diff(before[starts]).astype(np.uint32)
    return distinct


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def _fill(allocate: Allocate, name: str, parts: Sequence[Array], dtype: DTypeLike) -> Array:
    values = allocate(name, (sum(map(len, parts)),), dtype)
    if parts:
        np.concatenate(parts, out=values)
    return values
