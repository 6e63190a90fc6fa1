"""The sentences that answer a question best, over all passages found, none said twice.

Owns the score of a sentence, the gate below which nothing is quoted, and the spread over papers.
The score is a logistic regression over what tells an answering sentence from the others; its
weights were fitted on one half of the questions of ``benchmarks/answers.py``, which prints them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from retort.agent.models.embedded.classifier import Array, SentenceEncoder
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.literature.prose import Sentence, quotable
from retort.agent.models.embedded.literature.topic import Topic, content_words, share
from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS
from retort.retrieval.tokens import terms

MAX_QUOTES = 5
MAX_ENCODED = 60
"""sentences compared by the encoder; the rest has fewest words in common with the question"""
PER_PAPER = 2
"""sentences of one paper at most"""
FEATURES = (
    "similarity to the question",
    "share of the question's words in the sentence",
    "share of them in the passage",
    "similarity of the passage's best sentence",
    "is a conclusion",
    "is a result",
    "is a method",
    "is background",
    "position in the passage",
    "log of the passage's rank",
)
WEIGHTS = np.array([5.37, 3.01, 2.68, 2.43, -0.11, -0.44, -0.26, 0.08, 0.13, -0.32])
BIAS = -5.51
ANSWERS = 0.7
"""probability from which the best sentence answers at all"""
ANSWERS_WITH_NAMES = 0.6
"""the same for a sentence that gives names of the kind asked for: "which variants" """
SAID = 0.2
"""part of the question's words that a quoted sentence must hold"""
HELD = 0.4
"""the same for its passage and title: what is asked of a drug, not the drug alone"""
FOLLOWS = 0.7
"""the same, as a part of the best one's, for those quoted beside it"""
REDUNDANT = 0.2
"""what a similarity of 1 to a sentence chosen before takes off a probability (maximal marginal
relevance, Carbonell and Goldstein 1998)"""
ALIKE = 0.93
"""similarity from which two sentences say the same in the same words"""


@dataclass(frozen=True, slots=True, eq=False)
class Quote:
    """One sentence of a passage, as a slice of it."""

    sentence: Sentence
    item: Mapping[str, Any]
    """the evidence it is cut from"""
    rank: int
    """of its passage among those found, 0 the best"""
    vector: Array
    """(d,) float32, unit norm"""
    score: float = 0.0
    """probability that it answers, as far as the half it was fitted on tells"""
    said: float = 0.0
    """the part of the question's words in it, rare ones foremost"""
    held: float = 0.0
    """the same for its whole passage and title"""

    @property
    def text(self) -> str:
        """The words themselves."""
        return self.sentence.text

    @property
    def paper(self) -> str:
        """What tells one paper from another."""
        return str(self.item["record"].get("paper_id") or self.item["source_id"])


def choose(
    query: str,
    entities: Entities,
    evidence: Sequence[Mapping[str, Any]],
    encoder: SentenceEncoder,
    is_doubtful: bool = False,
) -> tuple[Quote, ...]:
    """The sentences that answer ``query`` best, best first; () where none is good enough.

    Args:
        query: what the literature was asked.
        entities: what is named in the query.
        evidence: passages, best first.
        encoder: the one whose vectors the weights were fitted with.
        is_doubtful: the question may not belong to the field at all; only sentences that hold its
            own words and lie near it pass.
    """
    topic = Topic.of(query, entities)
    quotes, vector = candidates(query, evidence, encoder)
    if not quotes:
        return ()
    table = features(query, quotes, vector)
    chances = 1 / (1 + np.exp(-(table @ WEIGHTS + BIAS)))
    scored = [
        replace(quote, score=float(chance), said=float(row[1]), held=float(row[2]))
        for quote, chance, row in zip(quotes, chances, table, strict=True)
    ]
    passing = [q for q in scored if _speaks(q, topic, is_doubtful)]
    return spread(sorted(passing, key=lambda quote: -quote.score))


def candidates(
    query: str, evidence: Sequence[Mapping[str, Any]], encoder: SentenceEncoder
) -> tuple[list[Quote], Array]:
    """Sentences that can be quoted, those with most of the query's words; and the query's vector.

    A sentence that stands in several passages is taken from the best of them.
    """
    wanted = wanted_terms(query)
    found: dict[str, tuple[Sentence, Mapping[str, Any], int]] = {}
    for rank, item in enumerate(evidence):
        for sentence in quotable(str(item["quote"])):
            found.setdefault(" ".join(sentence.text.lower().split()), (sentence, item, rank))
    kept = sorted(found.values(), key=lambda own: -len(wanted & set(terms(own[0].text))))
    kept = kept[:MAX_ENCODED]
    vectors = np.asarray(encoder.encode([query, *(sentence.text for sentence, _, _ in kept)]))
    quotes = [Quote(*own, vector) for own, vector in zip(kept, vectors[1:], strict=True)]
    return quotes, vectors[0]


def features(query: str, quotes: Sequence[Quote], asked: Array) -> np.ndarray:
    """(n, len(FEATURES)) for n sentences.

    A word of the query weighs the more, the fewer of the passages hold it; most where none does.
    """
    wanted = wanted_terms(query)
    passages = {q.item["key"]: set(terms(f"{q.item['title']} {q.item['quote']}")) for q in quotes}
    counts = Counter(term for own in passages.values() for term in own & wanted)
    weight = {t: math.log(1 + len(passages) / (0.5 + counts[t])) for t in wanted}
    total = sum(weight.values()) or 1.0
    held = {key: sum(weight[t] for t in own & wanted) / total for key, own in passages.items()}
    near: dict[str, float] = {}
    for q in quotes:
        near[q.item["key"]] = max(near.get(q.item["key"], -1.0), float(q.vector @ asked))
    rows = [
        (
            float(q.vector @ asked),
            sum(weight[t] for t in wanted & set(terms(q.text))) / total,
            held[q.item["key"]],
            near[q.item["key"]],
            *(q.sentence.kind == kind for kind in ("conclusion", "result", "method", "background")),
            q.sentence.position,
            math.log1p(q.rank),
        )
        for q in quotes
    ]
    return np.array(rows, dtype=np.float64)


def wanted_terms(query: str) -> set[str]:
    """The terms of a query that carry meaning."""
    words = (word.strip("?.,;:()\"'") for word in query.split())
    return {term for word in words if word.lower() not in FUNCTION_WORDS for term in terms(word)}


def spread(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Up to MAX_QUOTES of quotes sorted by score, each as new as it is likely to answer."""
    chosen: list[Quote] = []
    rest = [quote for quote in quotes if quote.score >= FOLLOWS * quotes[0].score]
    while rest and len(chosen) < MAX_QUOTES:
        nearest = [max((float(q.vector @ c.vector) for c in chosen), default=0.0) for q in rest]
        worth = [q.score - REDUNDANT * near for q, near in zip(rest, nearest, strict=True)]
        best = int(np.argmax(worth))
        quote = rest.pop(best)
        if nearest[best] < ALIKE and sum(c.paper == quote.paper for c in chosen) < PER_PAPER:
            chosen.append(quote)
    return tuple(sorted(chosen, key=lambda quote: -quote.score))


def _defines(quote: Quote, topic: Topic) -> bool:
    return topic.definition is not None and topic.definition.search(quote.text) is not None


def _speaks(quote: Quote, topic: Topic, is_doubtful: bool) -> bool:
    """The gate: likely to answer, and about what the question names."""
    if _defines(quote, topic):
        return True
    own = topic.own & content_words(quote.text)
    if is_doubtful and not 0 < len(topic.own) <= 2 * len(own):
        return False
    around = f"{quote.item['title']} {quote.item['quote']}"
    if share(topic.required or ("",), around) < 1.0:
        return False
    if topic.names and share(topic.names, around) < (1.0 if len(topic.names) < 3 else 0.6):
        return False
    if quote.said < SAID or quote.held < HELD:
        return False
    is_named = bool(topic.asks and topic.asks.find(quote.text))
    return quote.score >= (ANSWERS_WITH_NAMES if is_named else ANSWERS)
