"""BM25 over passages, and over whole papers out of the same postings.

Holds term counts, not scores, so k1 and b are chosen at query time and one index serves both
levels. An index is an immutable value: a new generation is derived from the last one, and only
passages that it has not seen are tokenised. Knows rows and texts; knows no paper, no encoder and
no database.

BM25 as in Lucene (and bm25s, "lucene"): idf = ln(1 + (N - df + 0.5) / (df + 0.5)),
score = sum of idf * tf / (tf + k1 * (1 - b + b * length / mean length)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.tokens import terms

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

K1 = 0.9
B = 0.4


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Postings of n passages over v terms, sorted by term, then by passage."""

    rows: Ints
    """(n,) ascending: the store's row id of each passage"""
    lengths: NDArray[np.uint32]
    """(n,) terms per passage, repeats counted"""
    vocabulary: dict[str, int]
    """term -> number, 0 to v - 1"""
    starts: Ints
    """(v + 1,) where each term's postings begin"""
    passages: NDArray[np.uint32]
    """(postings,) positions in ``rows``"""
    counts: NDArray[np.uint16]
    """(postings,) how often the term stands in the passage"""

    @classmethod
    def empty(cls) -> LexicalIndex:
        """An index of nothing, from which every other one is derived."""
        return cls(
            rows=np.zeros(0, np.int64),
            lengths=np.zeros(0, np.uint32),
            vocabulary={},
            starts=np.zeros(1, np.int64),
            passages=np.zeros(0, np.uint32),
            counts=np.zeros(0, np.uint16),
        )

    def derive(self, rows: Ints, texts: Callable[[Ints], Iterator[str]]) -> LexicalIndex:
        """The index of exactly the given rows.

        Args:
            rows: (n,) ascending row ids. A row id names one text for ever.
            texts: called with the ascending rows that this index does not hold; yields their texts.
        """
        if np.array_equal(rows, self.rows):
            return self
        fresh = np.setdiff1d(rows, self.rows, assume_unique=True)
        vocabulary = dict(self.vocabulary)
        added = _count(texts(fresh), vocabulary)
        kept = np.isin(self.rows, rows, assume_unique=True)

        lengths = np.zeros(len(rows), np.uint32)
        new_position = np.searchsorted(rows, self.rows).astype(np.uint32)
        lengths[new_position[kept]] = self.lengths[kept]
        fresh_position = np.searchsorted(rows, fresh).astype(np.uint32)
        lengths[fresh_position] = added.lengths

        survives = kept[self.passages]
        old_terms = np.repeat(
            np.arange(len(self.starts) - 1, dtype=np.uint32), np.diff(self.starts)
        )
        term = np.concatenate([old_terms[survives], added.terms])
        passage = np.concatenate(
            [new_position[self.passages[survives]], fresh_position[added.passages]]
        )
        count = np.concatenate([self.counts[survives], added.counts])
        order = np.lexsort((passage, term))
        starts = np.zeros(len(vocabulary) + 1, np.int64)
        np.cumsum(np.bincount(term, minlength=len(vocabulary)), out=starts[1:])
        return LexicalIndex(
            rows=rows,
            lengths=lengths,
            vocabulary=vocabulary,
            starts=starts,
            passages=passage[order],
            counts=count[order],
        )

    def scores(self, query: str, group: Ints | None = None, groups: int = 0) -> Floats:
        """BM25 of every passage, or of every group of passages read as one document.

        Args:
            query: plain text.
            group: (n,) number of the group of each passage (its paper); None: passages as they are.
            groups: how many groups there are.

        Returns:
            (n,) or (groups,) float32, 0 where no term of the query occurs.
        """
        if group is None:
            groups = len(self.rows)
            lengths = self.lengths.astype(np.float32)
        else:
            lengths = np.bincount(group, weights=self.lengths, minlength=groups).astype(np.float32)
        total = np.zeros(groups, np.float32)
        if not groups:
            return total
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
        for word, weight in Counter(terms(query)).items():
            number = self.vocabulary.get(word)
            if number is None:
                continue
            here = slice(self.starts[number], self.starts[number + 1])
            documents = self.passages[here].astype(np.int64)
            count = self.counts[here].astype(np.float32)
            if group is not None:
                documents, count = _merge(group[documents], count)
            frequency = len(documents)
            idf = np.log1p((groups - frequency + 0.5) / (frequency + 0.5))
            total[documents] += np.float32(weight * idf) * count / (count + norm[documents])
        return total


@dataclass(frozen=True, slots=True)
class _Counts:
    lengths: NDArray[np.uint32]
    terms: NDArray[np.uint32]
    passages: NDArray[np.uint32]
    counts: NDArray[np.uint16]


def _count(texts: Iterator[str], vocabulary: dict[str, int]) -> _Counts:
    """Count the terms of each text; terms not met before are added to the vocabulary."""
    lengths: list[int] = []
    numbers: list[NDArray[np.uint32]] = []
    counts: list[NDArray[np.uint16]] = []
    for text in texts:
        found = Counter(terms(text))
        lengths.append(found.total())
        numbers.append(
            np.fromiter((vocabulary.setdefault(term, len(vocabulary)) for term in found), np.uint32)
        )
        counts.append(np.fromiter((min(count, 65_535) for count in found.values()), np.uint16))
    sizes = [len(part) for part in numbers]
    return _Counts(
        lengths=np.array(lengths, np.uint32),
        terms=np.concatenate([np.zeros(0, np.uint32), *numbers]),
        passages=np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes),
        counts=np.concatenate([np.zeros(0, np.uint16), *counts]),
    )


def _merge(documents: Ints, counts: Floats) -> tuple[Ints, Floats]:
    """Postings of passages as postings of documents: the counts of one document are added up."""
    unique, where = np.unique(documents, return_inverse=True)
    return unique, np.bincount(where, weights=counts, minlength=len(unique)).astype(np.float32)
