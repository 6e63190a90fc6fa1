"""What rankings see of a record: its words as TF-IDF, and its meaning as an encoder's vector.

Owns how a text becomes numbers. Knows no label and no criteria.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retort.agent.triage.records import Record
from retort.retrieval.tokens import terms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Vectors = NDArray[np.float32]

COLUMNS = 2**20
"""of the word matrix; terms share one by chance, which a hundred thousand abstracts make rare
enough and which saves keeping every pair of words that ever stood side by side"""
CHUNK = 4_096
"""texts counted before the progress is told; also bounds the memory in between"""
TITLE = 0.5
"""weight of the title's own words beside those of the whole text"""


@dataclass(frozen=True, slots=True)
class Features:
    """The records of one screening as numbers, row by row."""

    words: csr_matrix
    """(n, w) float32: TF-IDF of the w words and pairs of words of the texts and of the titles"""
    vectors: Vectors | None = None
    """(n, d) float32, unit norm; None until an encoder has read the records"""

    def __len__(self) -> int:
        return int(self.words.shape[0])


def word_features(records: Sequence[Record], counts: csr_matrix | None = None) -> csr_matrix:
    """TF-IDF of every record: 1 + ln tf (Manning et al. 2008, ch. 6), rows of unit norm.

    Args:
        records: n of them.
        counts: `counted` of their texts, where that was done before; weighted in place, since of
            many records they are large.

    Returns:
        (n, w) float32; the w columns that hold something, since what learns takes time for each.
    """
    from scipy.sparse import csr_matrix, hstack

    text = _tfidf(counted([record.text for record in records]) if counts is None else counts)
    title = _tfidf(counted([record.title for record in records]))
    both = hstack([text, TITLE * title], format="csr", dtype=np.float32)
    held = np.zeros(both.shape[1], bool)
    held[0] = held[both.indices] = True  # one at least, where no record has words
    columns = (np.cumsum(held) - 1)[both.indices]
    return csr_matrix((both.data, columns, both.indptr), (len(records), int(held.sum())))


def counted(
    texts: Sequence[str],
    has_pairs: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> csr_matrix:
    """How often each term, and each pair of neighbouring terms, stands in each text.

    Args:
        texts: n of them.
        has_pairs: False leaves the pairs out.
        progress: called with the texts done and all.

    Returns:
        (n, COLUMNS) float32.
    """
    from scipy.sparse import vstack

    numbers = _Numbers()
    parts = [_counted([], numbers, has_pairs)]
    for start in range(0, len(texts), CHUNK):
        parts.append(_counted(texts[start : start + CHUNK], numbers, has_pairs))
        if progress:
            progress(min(start + CHUNK, len(texts)), len(texts))
    return vstack(parts, format="csr")


class _Numbers(dict[str, int]):
    """Term -> its number, hashed once."""

    def __missing__(self, term: str) -> int:
        from sklearn.utils import murmurhash3_32

        self[term] = int(murmurhash3_32(term, positive=True))
        return self[term]


def _counted(texts: Sequence[str], numbers: _Numbers, has_pairs: bool) -> csr_matrix:
    from scipy.sparse import csr_matrix

    found: list[int] = []
    lengths = []
    for text in texts:
        before = len(found)
        found += map(numbers.__getitem__, terms(text))
        lengths.append(len(found) - before)
    columns, rows = np.array(found, np.uint32), np.repeat(np.arange(len(texts)), lengths)
    if has_pairs:
        is_pair = rows[1:] == rows[:-1]
        pairs = _paired(columns[:-1], columns[1:])[is_pair]
        columns, rows = np.concatenate([columns, pairs]), np.concatenate([rows, rows[1:][is_pair]])
    ones = np.ones(len(columns), np.float32)
    return csr_matrix((ones, (rows, columns % COLUMNS)), (len(texts), COLUMNS))


def _paired(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The number of a pair out of those of its terms: other pairs, other numbers, also the same
    pair the other way round. Multipliers of MurmurHash3; numpy lets the products overflow.
    """
    mixed = (first * np.uint32(0xCC9E2D51)) ^ second
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    return mixed ^ (mixed >> np.uint32(13))


def _tfidf(counts: csr_matrix) -> Any:
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer(sublinear_tf=True).fit(counts).transform(counts, copy=False)
