"""The sentences that answer a question best, over all passages found, none said twice.

Owns the score of a sentence, the gate below which nothing is quoted, and the spread over papers.
The score is a logistic regression over what tells an answering sentence from the others; its
weights were fitted on one half of the questions of ``benchmarks/answers.py``, which prints them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from retort.agent.models.embedded.classifier import Array, SentenceEncoder
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.literature.coverage import Wanted, terms_of
from retort.agent.models.embedded.literature.prose import Sentence, quotable
from retort.agent.models.embedded.literature.stance import Claim, Stance
from retort.agent.models.embedded.literature.topic import Topic, content_words, seeks_finding, share
from retort.retrieval.tokens import terms

MAX_QUOTES = 3
MAX_ENCODED = 60
"""sentences compared by the encoder; the rest has fewest words in common with the question"""
PER_PAPER = 2
"""sentences of one paper at most"""
PER_SIDE = 2
"""papers quoted for each side of a question on which findings disagree"""
FEATURES = (
    "similarity to the question",
    "share of the question's words in the sentence",
    "share of them in the passage",
    "similarity of the passage's best sentence",
    "is a conclusion",
    "is a result",
    "is a method",
    "is background",
    "position in the abstract",
    "log of the passage's rank",
)
"""those from "is a conclusion" to the position count only where a finding is asked for"""
WEIGHTS = np.array([4.02, 1.39, 4.85, 2.43, -0.49, -0.16, -3.20, -1.31, 1.22, -0.52])
BIAS = -6.36
ANSWERS = 0.8
"""probability from which the best sentence answers at all"""
ANSWERS_WITH_NAMES = 0.7
"""the same for a sentence that gives names of the kind asked for: "which variants" """
COVERS = 0.55
"""the part of the question's weight that a passage and its title must speak to: what is asked of a
drug, not the drug alone"""
FALLS_SHORT = 0.1
"""how much less of it than the best one's passage those of the quotes beside it may cover"""
NAMED = 0.2
"""weight from which an answer names a word of the question that its quotes do not cover"""
FOLLOWS = 0.9
"""the same, as a part of the best one's, for those quoted beside it"""
LEAVES = 0.25
"""weight of a word of the question that a sentence beside the best one may leave unsaid"""
BESIDE = 0.55
"""similarity to the best one from which a sentence is taken to speak to the same point"""
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
    said: Array = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    """(terms,) 0 to 1: how far it covers each term of the question"""
    stance: Stance = ""
    """the side that it takes where the question asks if something holds"""
    held: float = 0.0
    """the part of the question's weight that its passage and title cover"""

    @property
    def text(self) -> str:
        """The words themselves."""
        return self.sentence.text

    @property
    def paper(self) -> str:
        """What tells one paper from another."""
        return str(self.item["record"].get("paper_id") or self.item["source_id"])


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What may be quoted for a query, and how far it covers the query's words."""

    wanted: Wanted
    seeks_finding: bool
    asked: Array
    """(d,), the query's vector"""
    quotes: list[Quote]
    said: Array
    """(quotes, terms), 0 to 1: how far the sentence covers a term"""
    held: Array
    """the same for its whole passage and title"""


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
    found = candidates(query, evidence, encoder)
    if not found.quotes:
        return ()
    chances = 1 / (1 + np.exp(-(features(found) @ WEIGHTS + BIAS)))
    covered = found.held @ found.wanted.weights
    claim = Claim.of(query)
    scored = [
        replace(
            quote,
            score=float(chance),
            said=said,
            held=float(held),
            stance=claim.stance(quote.text, str(quote.item["title"])) if claim else "",
        )
        for quote, chance, said, held in zip(
            found.quotes, chances, found.said, covered, strict=True
        )
    ]
    passing = [q for q in scored if _speaks(q, topic, is_doubtful)]
    passing.sort(key=lambda quote: (not _defines(quote, topic), -quote.score))
    return _both_sides(passing) or spread(
        [q for q in passing if q is passing[0] or _follows(q, passing[0], found, topic)]
    )


def unheard(
    query: str, evidence: Sequence[Mapping[str, Any]], encoder: SentenceEncoder
) -> tuple[str, ...]:
    """The words of a query that no passage covers, though much of its meaning hangs on them."""
    found = candidates(query, evidence, encoder)
    return found.wanted.heavy(found.held, NAMED) if found.quotes else ()


def unsaid(query: str, quotes: Sequence[Quote]) -> tuple[str, ...]:
    """The same for the quoted sentences themselves: what they leave open of the query."""
    return Wanted.of(query).heavy(np.array([quote.said for quote in quotes]), NAMED)


def candidates(
    query: str, evidence: Sequence[Mapping[str, Any]], encoder: SentenceEncoder
) -> Candidates:
    """Sentences that can be quoted, those with most of the query's words.

    A sentence that stands in several passages is taken from the best of them.
    """
    wanted = Wanted.of(query)
    found: dict[str, tuple[Sentence, Mapping[str, Any], int]] = {}
    for rank, item in enumerate(evidence):
        for sentence in quotable(str(item["quote"]), _begins(item)):
            found.setdefault(" ".join(sentence.text.lower().split()), (sentence, item, rank))
    sought = set(wanted.terms)
    kept = sorted(found.values(), key=lambda own: -len(sought & set(terms(own[0].text))))
    kept = kept[:MAX_ENCODED]
    texts = [query, *wanted.words, *(sentence.text for sentence, _, _ in kept)]
    asked, *vectors = np.asarray(encoder.encode(texts))
    words, vectors = vectors[: len(wanted.words)], vectors[len(wanted.words) :]
    quotes = [Quote(*own, vector) for own, vector in zip(kept, vectors, strict=True)]
    shape = (len(quotes), len(words))
    near = np.array([[word @ q.vector for word in words] for q in quotes]).reshape(shape)
    said, held = np.zeros((2, *shape), dtype=np.float32)
    beside: dict[str, list[int]] = {}
    for place, quote in enumerate(quotes):
        said[place] = wanted.covered(terms_of(quote.text), near[place])
        beside.setdefault(quote.item["key"], []).append(place)
    for places in beside.values():
        item = quotes[places[0]].item
        own = terms_of(f"{item['title']} {item['quote']}")
        held[places] = wanted.covered(own, near[places].max(axis=0))
    return Candidates(wanted, seeks_finding(query), asked, quotes, said, held)


def features(found: Candidates) -> np.ndarray:
    """(n, len(FEATURES)) for n sentences."""
    near: dict[str, float] = {}
    for q in found.quotes:
        near[q.item["key"]] = max(near.get(q.item["key"], -1.0), float(q.vector @ found.asked))
    said, held = found.said @ found.wanted.weights, found.held @ found.wanted.weights
    rows = [
        (
            float(q.vector @ found.asked),
            said[place],
            held[place],
            near[q.item["key"]],
            *(found.seeks_finding * own for own in _role(q)),
            math.log1p(q.rank),
        )
        for place, q in enumerate(found.quotes)
    ]
    return np.array(rows, dtype=np.float64)


def _both_sides(passing: Sequence[Quote]) -> tuple[Quote, ...]:
    """The best sentences for what was asked and against it, one a paper; () for one side only."""
    own = {quote.paper: quote for quote in reversed(passing) if quote.stance}
    best = sorted(own.values(), key=lambda quote: -quote.score)
    sides = [[q for q in best if q.stance == side][:PER_SIDE] for side in ("for", "against")]
    return (*sides[0], *sides[1]) if all(sides) else ()


def _role(quote: Quote) -> tuple[float, ...]:
    """What a sentence is in its paper: its kind, and its place in an abstract, else the middle."""
    kinds = (
        quote.sentence.kind == kind for kind in ("conclusion", "result", "method", "background")
    )
    return *map(float, kinds), quote.sentence.position if _begins(quote.item) else 0.5


def _begins(item: Mapping[str, Any]) -> bool:
    """Whether a passage is the beginning of its paper."""
    return bool(item["start"] == 0)


def spread(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Up to MAX_QUOTES of quotes, best first, each as new as it is likely to answer."""
    chosen: list[Quote] = []
    rest = [quote for quote in quotes if quote.score >= FOLLOWS * quotes[0].score]
    while rest and len(chosen) < MAX_QUOTES:
        nearest = [max((float(q.vector @ c.vector) for c in chosen), default=0.0) for q in rest]
        worth = [q.score - REDUNDANT * near for q, near in zip(rest, nearest, strict=True)]
        best = int(np.argmax(worth))
        quote = rest.pop(best)
        if nearest[best] < ALIKE and sum(c.paper == quote.paper for c in chosen) < PER_PAPER:
            chosen.append(quote)
    return tuple(sorted(chosen, key=quotes.index))


def _defines(quote: Quote, topic: Topic) -> bool:
    return topic.definition is not None and topic.definition.search(quote.text) is not None


def _gives_name(quote: Quote, topic: Topic) -> bool:
    return bool(topic.asks and topic.asks.find(quote.text))


def _follows(quote: Quote, best: Quote, found: Candidates, topic: Topic) -> bool:
    """Whether a sentence adds to the best one: a name or finding where such is asked for."""
    if _gives_name(quote, topic):
        return True
    if found.seeks_finding:
        unsaid = ((1 - quote.said) * found.wanted.weights).max(initial=0.0)
        if quote.sentence.kind in ("method", "background") or unsaid > LEAVES:
            return False
    is_near = float(quote.vector @ best.vector) >= BESIDE
    return is_near and quote.held >= best.held - FALLS_SHORT


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
    if quote.held < COVERS:
        return False
    return quote.score >= (ANSWERS_WITH_NAMES if _gives_name(quote, topic) else ANSWERS)
