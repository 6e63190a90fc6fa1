"""What rankings see of a record: its words as TF-IDF, and its meaning as an encoder's vector.

Owns how a text becomes numbers. Knows no label and no criteria.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
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
TITLE = 0.5
"""weight of the title's own words beside those of the whole text"""


@dataclass(frozen=True, slots=True)
class Features:
    """The records of one screening as numbers, row by row."""

    words: csr_matrix
    """(n, 2 * COLUMNS) float32: TF-IDF of words and pairs of words, of the text and of the title"""
    vectors: Vectors | None = None
    """(n, d) float32, unit norm; None until an encoder has read the records"""

    def __len__(self) -> int:
        return int(self.words.shape[0])


def word_features(records: Sequence[Record], counts: csr_matrix | None = None) -> csr_matrix:
    """TF-IDF of every record: 1 + ln tf (Manning et al. 2008, ch. 6), rows of unit norm.

    Args:
        records: n of them.
        counts: `counted` of their texts, where that was done before.

    Returns:
        (n, 2 * COLUMNS) float32.
    """
    from scipy.sparse import hstack

    text = _tfidf(counted([record.text for record in records]) if counts is None else counts)
    title = _tfidf(counted([record.title for record in records]))
    return hstack([text, TITLE * title], format="csr", dtype=np.float32)


def counted(texts: Sequence[str], has_pairs: bool = True) -> csr_matrix:
    """(n, COLUMNS) float32: how often each term, and each pair of terms, stands in each text."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        analyzer=words_and_pairs if has_pairs else terms,
        n_features=COLUMNS,
        alternate_sign=False,
        norm=None,
        dtype=np.float32,
    )
    return hashing.transform(texts)


def _tfidf(counts: csr_matrix) -> Any:
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer(sublinear_tf=True).fit_transform(counts)


def words_and_pairs(text: str) -> list[str]:
    """The terms of a text, and each with its neighbour.

    >>> words_and_pairs("Sumatriptan in migraine")
    ['sumatriptan', 'migrain', 'sumatriptan migrain']
    """
    found = terms(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]
