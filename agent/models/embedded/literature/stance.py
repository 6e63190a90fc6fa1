"""Which way a sentence answers a question for whether something holds: for it, or against it.

A question "Does A raise B?", or a claim, is read as subject, relation and outcome. A sentence on
both takes a side by its words beside the outcome, or by the interval of a ratio. Owns that reading;
knows no passage and no score. Precision goes before recall: most sentences take no side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self

from retort.agent.models.embedded.literature import relations
from retort.agent.models.embedded.literature.topic import seeks_finding
from retort.retrieval.tokens import terms

Stance = Literal["for", "against", ""]

_RATIO = re.compile(
    r"\b(?:odds ratio|hazard ratio|relative risk|risk ratio|rate ratio|(?-i:OR|HR|RR))\b.{0,60}?"
    r"\b95\s?% (?:CI|confidence interval)[^\d]{0,12}(\d+[.·]\d+)(?: ?[-–,] ?| to )(\d+[.·]\d+)",
    re.IGNORECASE,
)
"""A ratio with its interval: "odds ratio ... 1.43 (95% CI 1.03 to 1.98)"."""
_OTHER = re.compile(r"\b(?:than in|among|subgroup|except|unless|only in|regardless)\b", re.I)
"""A sentence whose finding holds for a part only."""
_LINK = re.compile(r"^\s*(?:with|to|of|on|in|for|from|by|between)\b", re.I)
"""What ties an outcome to its relation: "associated with"."""
_WHERE = re.compile(r"\b(?:in|among|during|after|with|by|from|than|compared)\b", re.I)
"""What ends an outcome: whom or when it befalls."""
_SHARE = 0.67
"""the part of the outcome's terms that a sentence must hold"""
_REACH = 70
"""characters between a word of relation and the outcome"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked to hold."""

    subject: frozenset[str]
    """terms before the word of relation"""
    outcome: frozenset[str]
    """terms after it"""
    direction: int
    """1 if the outcome is asked to rise, -1 to fall, 0 for any link"""

    @classmethod
    def of(cls, query: str) -> Self | None:
        """The claim of a query; None where it asks for something else, or denies."""
        if not seeks_finding(query) or relations.DENIAL.search(query):
            return None
        found = next(relations.found(query), None)
        if found is None:
            return None
        subject, outcome = (
            relations.things(query[: found.start()]),
            relations.things(query[found.end() :]),
        )
        if not subject or not outcome:
            return None
        return cls(subject, outcome, next(filter(None, map(relations.direction, query.split())), 0))

    def stance(self, sentence: str, title: str = "") -> Stance:
        """The side that a sentence takes; "" for none.

        Args:
            sentence: of a paper.
            title: of the paper, which may name the subject for it.
        """
        said = relations.things(sentence)
        places = [
            match.start()
            for match in re.finditer(r"[\w-]+", sentence)
            if self.outcome.intersection(terms(match[0]))
        ]
        if (
            len(said & self.outcome) < _SHARE * len(self.outcome)
            or not self.subject & (said | relations.things(title))
            or relations.HEDGED.search(sentence)
            or _OTHER.search(sentence)
        ):
            return ""
        if ratio := _RATIO.search(sentence):
            low, high = (float(bound.replace("·", ".")) for bound in ratio.groups())
            return self._side(1 if low > 1 else -1 if high < 1 else 0)
        sides = {
            self._side(0 if relations.is_denied(sentence, found) else _way(found[0]))
            for found in relations.found(sentence)
            if min(abs(found.start() - place) for place in places) <= _REACH
        }
        taken = sides - {""}
        return taken.pop() if len(taken) == 1 else ""

    def _side(self, way: int | None) -> Stance:
        """The side of a finding: 1 rises, -1 falls, 0 nothing, None a link of unknown direction."""
        if way is None:
            return "" if self.direction else "for"
        return "for" if way and way in (self.direction or way,) else "against"


def _way(word: str) -> int | None:
    return relations.direction(word) or None
