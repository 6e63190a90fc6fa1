"""Which evidence serves a question best: the order in which it is shown where not all can be.

Pieces are ordered within their kind of record: by the encoder's similarity of question and quote,
with something for those that their tool put first. The kinds then take turns, because a short
record and a long passage cannot be compared so; kinds that the question asks for by name
(measured, predicted ...) take two turns for one of the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from retort.agent.framing import kind
from retort.tools.records import Evidence

Vectors = npt.NDArray[np.float32]

_ASKED = {
    "predicted": re.compile(r"\bpredict|\bforecast|\bmodel(?:led)?\b|\blikely\b|\bADMET\b", re.I),
    "calculated": re.compile(r"\bcalculat|\bcompute|\blogP\b|\bTPSA\b|\bdescriptor|\bQED\b", re.I),
    "measured": re.compile(r"\bmeasured|\bIC50|\bKi\b|\bKd\b|\bEC50|\bpoten|\bassay|\bnM\b", re.I),
    "literature": re.compile(
        r"\bpapers?\b|\bstud(?:y|ies)\b|\breport|\btrials?\b|\bliter|\bresistan|\badverse|\bwhy\b",
        re.I,
    ),
}
_FIRST = 0.10
"""for the first piece of a kind; the n-th gets an n-th of it"""


class SentenceEncoder(Protocol):
    """What is needed of an encoder: texts -> (n, d) float32, unit norm."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode ``texts``."""
        ...


class Relevance:
    """Orders evidence; each quote is encoded once.

    Args:
        encoder: gives the encoder, at the first question that has to choose; None orders by kind
            and by the tools' own order alone.
    """

    def __init__(self, encoder: Callable[[], SentenceEncoder] | None = None) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}

    def order(self, question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The evidence, best first.

        Args:
            question: the user's text.
            evidence: in the order in which the tools gave it.
        """
        wanted = {name for name, words in _ASKED.items() if words.search(question)}
        alike = self._similarity(question, [item.quote for item in evidence])
        kinds: dict[tuple[str, str], list[int]] = {}
        for i, item in enumerate(evidence):
            kinds.setdefault((item.kind, str(item.record.get("record", ""))), []).append(i)
        turns: dict[int, float] = {}
        for members in kinds.values():
            pace = 0.5 if kind(evidence[members[0]]) in wanted else 1.0
            scores = {i: alike[i] + _FIRST / n for n, i in enumerate(members, 1)}
            best = sorted(members, key=lambda i: -scores[i])
            turns |= {i: pace * n for n, i in enumerate(best, 1)}
        return [evidence[i] for i in sorted(turns, key=lambda i: turns[i])]

    def _similarity(self, question: str, quotes: Sequence[str]) -> list[float]:
        if self._encoder is None or len(quotes) < 2:
            return [0.0] * len(quotes)
        texts = [text for text in dict.fromkeys([question, *quotes]) if text not in self._vectors]
        if texts:
            vectors = self._encoder().encode(texts)
            self._vectors |= dict(zip(texts, vectors, strict=True))
        asked = self._vectors[question]
        return [float(self._vectors[quote] @ asked) for quote in quotes]
