"""Which quoted sentences say the opposite of one another.

Two sentences disagree where they speak of the same things and either one denies the relation that
the other states, or they give the same thing opposite directions; and where the verdict head, asked
both ways, does not take them for sentences on different things; or where they take the two sides of
a question, see stance.py. Precision goes before recall, and nothing here says who is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from retort.agent.models.embedded.literature import relations
from retort.agent.models.embedded.literature.choice import Quote
from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS
from retort.agent.verdicts import edits, head
from retort.agent.verdicts.labels import CONTRADICTED, LABELS, NO_EVIDENCE
from retort.retrieval.tokens import terms

LEAST_SHARED = 3
"""terms that two sentences must share beside words of relation and direction"""
LEAST_SHARE = 0.4
"""the part of the shorter sentence's terms that they must share"""

SAME_POINT = 0.8
"""similarity (cosine) from which sentences of two papers are told as one point"""

_AGAINST, _NOTHING = LABELS.index(CONTRADICTED), LABELS.index(NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Group:
    """Quotes that stand together in an answer."""

    relation: Literal["for", "against", "disagree", "agree", "other"]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sentence says of relations, as far as words tell it."""

    things: frozenset[str]
    """terms of what is spoken of, without words of relation, direction and denial"""
    stated: frozenset[str]
    """relations that it states"""
    denied: frozenset[str]
    """relations that it denies"""
    directions: tuple[tuple[str, frozenset[str]], ...]
    """words of direction, each with the terms beside it"""


def grouped(quotes: Sequence[Quote]) -> tuple[Group, ...]:
    """Quotes that disagree first, then those of several papers on one point, then the others."""
    if sides := _sides(quotes):
        told = {quote for side in sides for quote in side.quotes}
        return (*sides, *grouped([quote for quote in quotes if quote not in told]))
    read_as = {quote: read(quote.text) for quote in quotes}
    pairs = [
        (one, other)
        for one, other in combinations(quotes, 2)
        if one.paper != other.paper
        and disagree(read_as[one], read_as[other])
        and confirmed(one.text, other.text)
    ]
    groups = [Group("disagree", pairs[0])] if pairs else []
    rest = [quote for quote in quotes if not pairs or quote not in pairs[0]]
    others: list[Quote] = []
    while rest:
        first = rest.pop(0)
        beside: list[Quote] = []
        for quote in rest:
            is_near = quote.paper != first.paper and _cosine(first, quote) >= SAME_POINT
            point = (first, *beside)
            if is_near and not any(at_odds(read_as[quote], read_as[q]) for q in point):
                beside.append(quote)
        rest = [quote for quote in rest if quote not in beside]
        if beside:
            groups.append(Group("agree", (first, *beside)))
        else:
            others.append(first)
    return (*groups, Group("other", tuple(others))) if others else tuple(groups)


def _sides(quotes: Sequence[Quote]) -> tuple[Group, ...]:
    """Quotes for what was asked and quotes against it; () unless papers stand on both sides."""
    on = {side: [q for q in quotes if q.stance == side] for side in ("for", "against")}
    torn = {q.paper for q in on["for"]} & {q.paper for q in on["against"]}
    for_it, against = ([q for q in own if q.paper not in torn] for own in on.values())
    if not (for_it and against):
        return ()
    return Group("for", tuple(for_it)), Group("against", tuple(against))


def read(sentence: str) -> Finding:
    """The finding of a sentence."""
    stated: set[str] = set()
    denied: set[str] = set()
    for name, pattern in relations.RELATIONS.items():
        for match in pattern.finditer(sentence):
            if relations.HEDGED.search(sentence) or relations.PURPOSE.search(
                sentence[: match.start()]
            ):
                continue
            (denied if relations.is_denied(sentence, match) else stated).add(name)
    return Finding(
        relations.things(sentence),
        frozenset(stated - denied),
        frozenset(denied),
        tuple(_directions(sentence)),
    )


def disagree(one: Finding, other: Finding) -> bool:
    """Whether two findings contradict each other, as far as words tell it."""
    shared = one.things & other.things
    if len(shared) < LEAST_SHARED:
        return False
    if len(shared) < LEAST_SHARE * min(len(one.things), len(other.things)):
        return False
    if _denies(one, other) != _denies(other, one):
        return True
    return not (one.denied or other.denied) and _is_turned(one, other)


def at_odds(one: Finding, other: Finding) -> bool:
    """Whether either denies a relation that the other states, or turns it: no one point then.

    Less than disagreement: the two may speak of different patients or measures.
    """
    return (
        bool(one.denied & other.stated or other.denied & one.stated)
        or bool(one.denied) != bool(other.denied)
        or _is_turned(one, other)
    )


def confirmed(one: str, other: str) -> bool:
    """Whether the verdict head, too, takes either sentence rather for a contradiction than for no
    evidence on the other; False without a head, because words alone err too often.
    """
    network = head.shared()
    if network is None:
        return False
    found = network.probabilities([(one, other), (other, one)])
    return bool((found[:, _AGAINST] > found[:, _NOTHING]).all())


def _cosine(one: Quote, other: Quote) -> float:
    return float(one.vector @ other.vector)


def _denies(one: Finding, other: Finding) -> bool:
    """Whether one denies what the other states, and states nothing of the kind beside it."""
    return bool(one.denied & other.stated) and not one.stated & other.stated


def _is_turned(one: Finding, other: Finding) -> bool:
    """Whether the same thing goes up in one and down in the other."""
    against = along = False
    for word, beside in one.directions:
        for said, around in other.directions:
            if beside & around:
                against |= said in edits.opposites(word)
                along |= said == word
    return against and not along


def _directions(sentence: str) -> Iterator[tuple[str, frozenset[str]]]:
    words = [] if relations.HEDGED.search(sentence) else relations.WORD.findall(sentence)
    for place, word in enumerate(words):
        if edits.opposites(word.lower()):
            beside = " ".join(
                w
                for w in words[place + 1 : place + 5]
                if w.lower() not in FUNCTION_WORDS and not relations.is_relation(w)
            )
            yield word.lower(), frozenset(terms(beside))
