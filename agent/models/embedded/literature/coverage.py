"""How much of what a question asks a text covers: each word weighs the more, the rarer it is.

A word is covered by its stem, or in part by a sentence that the encoder puts near it, so that
another name for the same thing counts. Owns the rarity of words; knows no passage and no gate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from retort.agent.models.embedded.classifier import Array
from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS
from retort.retrieval.tokens import terms

NEAR, SAME = 0.3, 0.6
"""similarities of a word and a sentence: below the first it is not covered, from the second wholly;
chosen on half 0 of ``benchmarks/answers.py``"""

RARE = 5.0
"""rarity from which a word names a thing, such as "infarction" and not "arise" (1 of 130 abstracts)
"""
_ASKING = frozenset("list name term".split())
"""words of a question that no answer holds"""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The terms of a question that carry meaning."""

    terms: tuple[str, ...]
    words: tuple[str, ...]
    """as they are written in the question, one per term"""
    rarity: Array
    """(n,), their inverse document frequency in abstracts"""

    @property
    def weights(self) -> Array:
        """(n,), sum 1: each term's part of the rarity of all."""
        total: float = max(float(self.rarity.sum()), 1e-9)
        return self.rarity / total

    @classmethod
    def of(cls, query: str) -> Wanted:
        """What ``query`` asks for."""
        found = dict(_read(query))
        rare = np.array([_rarity(term) for term in found], dtype=np.float32)
        return cls(tuple(found), tuple(found.values()), rare)

    def covered(self, held: frozenset[str], similarity: Array) -> Array:
        """(n,) 0 to 1: how far a text covers each term.

        Args:
            held: the text's terms, see `terms_of`.
            similarity: (n,) of each word to the text or the nearest of its sentences.
        """
        near = np.clip((similarity - NEAR) / (SAME - NEAR), 0.0, 1.0)
        found: Array = np.maximum([term in held for term in self.terms], near)
        return found

    def heavy(self, covered: Array, least: float) -> tuple[str, ...]:
        """The rare words of at least ``least`` weight that no row of ``covered`` (m, n) covers."""
        lacking = (1 - covered.max(axis=0)) * self.weights * (self.rarity >= RARE)
        named = zip(self.words, lacking, strict=True)
        return tuple(dict.fromkeys(word for word, weight in named if weight >= least))


def terms_of(text: str) -> frozenset[str]:
    """The terms of a text, compounds with and without their hyphen: "pre-eclampsia"."""
    return frozenset(terms(text)).union(terms(text.replace("-", "")))


def _read(query: str) -> Iterator[tuple[str, str]]:
    """Each term of a query with the word that it stands for."""
    for word in (word.strip("?.,;:()\"'") for word in query.split()):
        if word.lower() not in FUNCTION_WORDS | _ASKING:
            yield from ((term, word) for term in terms(word))


def _rarity(term: str) -> float:
    """Inverse document frequency as BM25 has it, from `_counts`; a term that is not there is one
    that a single abstract holds.
    """
    documents, counts = _counts()
    count = counts.get(term, 1)
    return math.log(1 + (documents - count + 0.5) / (count + 0.5))


@cache
def _counts() -> tuple[int, dict[str, int]]:
    """How many abstracts were counted, and in how many of them a term stands, 5 or more.

    Written by ``benchmarks/answers.py --count`` from PubMedQA, SciFact and BioASQ.
    """
    path: Any = files("retort.agent.models.embedded") / "weights" / "rarity.tsv"
    first, *rows = path.read_text(encoding="utf-8").splitlines()
    split = (row.split("\t") for row in rows)
    return int(first), {term: int(count) for term, count in split}
