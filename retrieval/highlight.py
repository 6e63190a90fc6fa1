"""The sentences of a passage that speak most to a statement or question: what a citation shows.

Ranks slices of a text, with their offsets; never changes a character. Knows no language model and
does not know what a sentence concludes: that it is near a statement is no support for it.

A score adds what tells evidence from the rest of an abstract: the similarity of meaning, the
statement's words that the sentence holds (each weighted by how few sentences of the passage hold
it), its numbers, and the sentence's place and kind: results stand late, aims and methods are no
evidence. The weights are those of a conditional logit over the sentences of an abstract, fitted on
the rationales of eight of ten folds of SciFact's training claims (Wadden et al. 2020,
arXiv:2004.14974), and measured on the other two and by cross-validation in
``benchmarks/verdicts.py``. Abstracts are what they were fitted on: in a passage from the middle of
a paper the place says less.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.encode import Encoder
from retort.retrieval.sentences import sentences
from retort.retrieval.tokens import terms

FEATURES = ("similarity", "words", "numbers", "position", "is_last", "states_an_aim")
WEIGHTS = np.array([3.92, 4.12, 0.74, 3.14, -1.25, -3.27])
"""of FEATURES, in nats; ``python benchmarks/verdicts.py`` fits them anew"""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_AIM = re.compile(
    r"\bwe (?:investigated|examined|studied|sought|aimed|assessed|evaluated|compared)\b"
    r"|\b(?:aim|objective|purpose)\b|\bto (?:determine|investigate|examine|assess|evaluate)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Highlight:
    """One sentence of a text: ``text[start:end]``."""

    start: int
    end: int
    score: float
    """comparable within one text only"""


def highlight(
    statement: str,
    text: str,
    encoder: Encoder,
    spans: Sequence[tuple[int, int]] | None = None,
) -> list[Highlight]:
    """The sentences of a text, the one that speaks most to the statement first.

    Args:
        statement: a claim or a question.
        text: a passage.
        encoder: compares meanings; the weights were fitted with the bundled one.
        spans: the sentences as offsets, where they are known already.
    """
    spans = sentences(text) if spans is None else spans
    if not spans:
        return []
    pieces = [text[start:end] for start, end in spans]
    scores = features(statement, pieces, encoder) @ WEIGHTS
    order = np.argsort(-scores, kind="stable")
    return [Highlight(spans[n][0], spans[n][1], float(scores[n])) for n in order]


def features(statement: str, pieces: Sequence[str], encoder: Encoder) -> NDArray[np.float64]:
    """(n, len(FEATURES)) for the n sentences of a passage, in their order."""
    n = len(pieces)
    vectors = encoder.encode([statement, *pieces])
    last = np.arange(n) == n - 1
    columns = (
        vectors[1:] @ vectors[0],
        _share_of_words(statement, pieces),
        _share_of_numbers(statement, pieces),
        np.arange(n) / max(1, n - 1),
        last if n > 1 else np.zeros(n),
        [_AIM.search(piece) is not None for piece in pieces],
    )
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _share_of_words(statement: str, pieces: Sequence[str]) -> list[float]:
    """How much of the statement's words each sentence holds, rare ones of the passage foremost."""
    wanted = set(terms(statement))
    held = [set(terms(piece)) for piece in pieces]
    counts = Counter(term for own in held for term in own)
    # A word that the passage never says cannot tell its sentences apart.
    weight = {
        term: math.log(1 + len(pieces) / (0.5 + counts[term])) for term in wanted if counts[term]
    }
    total = sum(weight.values()) or 1.0
    return [sum(weight[term] for term in weight if term in own) / total for own in held]


def _share_of_numbers(statement: str, pieces: Sequence[str]) -> list[float]:
    wanted = set(_NUMBER.findall(statement))
    return [len(wanted & set(_NUMBER.findall(piece))) / max(1, len(wanted)) for piece in pieces]
