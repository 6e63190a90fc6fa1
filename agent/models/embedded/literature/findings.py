"""Which quoted sentences say the opposite of one another.

Two sentences disagree where they speak of the same things and either one denies the relation that
the other states, or they give the same thing opposite directions; and where the verdict head, asked
both ways, does not take them for sentences on different things. Owns the cues, which are words;
precision goes before recall, and nothing here says who is right. Knows no question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

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

_RELATIONS = {
    "association": r"associat\w+|correlat\w+|relat(?:ed|ion|ionship)\w*|linked?|links|predict\w*"
    r"|risk factors?",
    "effect": r"effects?|affect\w*|influenc\w+|impact\w*|alter(?:s|ed|ation)?\w*|chang\w+"
    r"|interact\w*|efficacy|effective\w*|benefi\w+|improv\w+",
    "difference": r"differ\w*",
    "requirement": r"requir\w+|necessary|essential|needed|dispensable",
    "change": r"increas\w+|decreas\w+|reduc\w+|lower\w*|higher|elevat\w+|rais\w+|enhanc\w+"
    r"|inhibit\w*|prevent\w*|protect\w*|promot\w+|induc\w+|suppress\w*|activat\w+|caus\w+"
    r"|impair\w*",
}
_RELATION = {
    name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _RELATIONS.items()
}
_DENIAL = re.compile(
    r"\b(?:no(?! (?:longer|less|more|fewer|later)\b)|not(?! only\b)|neither|nor|without|cannot"
    r"|fail(?:s|ed)? to|lack(?:s|ed)?(?: of)?|absence of|unlikely|independent(?:ly)? of|unrelated"
    r"|unaffected|unchanged|ineffective|dispensable)\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:whether|uncertain|unclear|unknown|inconclusive|conflicting|controversial|expected"
    r"|hypothes\w+|aim(?:s|ed)?|previous(?:ly)?|might|could|may)\b",
    re.IGNORECASE,
)
"""A sentence that asserts nothing, or tells what others found."""
_PURPOSE = re.compile(r"(?<!shown )(?<!found )(?<!known )(?<!likely )(?<!fail )(?<!failed )\bto \Z")
_REACH = 45
"""characters between a word that denies and the relation that it denies"""
_AGAINST, _NOTHING = LABELS.index(CONTRADICTED), LABELS.index(NO_EVIDENCE)
_WORD = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True, slots=True)
class Group:
    """Quotes that stand together in an answer."""

    relation: Literal["disagree", "agree", "other"]
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
        beside = [q for q in rest if q.paper != first.paper and _cosine(first, q) >= SAME_POINT]
        rest = [quote for quote in rest if quote not in beside]
        if beside:
            groups.append(Group("agree", (first, *beside)))
        else:
            others.append(first)
    return (*groups, Group("other", tuple(others))) if others else tuple(groups)


def read(sentence: str) -> Finding:
    """The finding of a sentence."""
    stated: set[str] = set()
    denied: set[str] = set()
    for name, pattern in _RELATION.items():
        for match in pattern.finditer(sentence):
            if _HEDGED.search(sentence) or _PURPOSE.search(sentence[: match.start()]):
                continue
            (denied if _is_denied(sentence, match) else stated).add(name)
    things = frozenset(
        term
        for word in _WORD.findall(sentence)
        if word.lower() not in FUNCTION_WORDS and not _is_relation(word)
        for term in terms(word)
    )
    return Finding(
        things, frozenset(stated - denied), frozenset(denied), tuple(_directions(sentence))
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


def _is_denied(sentence: str, relation: re.Match[str]) -> bool:
    window = sentence[max(0, relation.start() - _REACH) : relation.start()]
    clause = re.split(r"[;:.]|, (?:but|and|while|whereas|although)\b|\bbut\b", window)[-1]
    return _DENIAL.search(clause) is not None or _DENIAL.fullmatch(relation[0]) is not None


def _directions(sentence: str) -> Iterator[tuple[str, frozenset[str]]]:
    words = [] if _HEDGED.search(sentence) else _WORD.findall(sentence)
    for place, word in enumerate(words):
        if edits.opposites(word.lower()):
            beside = " ".join(
                w
                for w in words[place + 1 : place + 5]
                if w.lower() not in FUNCTION_WORDS and not _is_relation(w)
            )
            yield word.lower(), frozenset(terms(beside))


def _is_relation(word: str) -> bool:
    return (
        any(pattern.fullmatch(word) for pattern in _RELATION.values())
        or bool(edits.opposites(word.lower()))
        or _DENIAL.fullmatch(word) is not None
        or word.lower() in ("significant", "significantly", "risk")
    )
