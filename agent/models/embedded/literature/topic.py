"""What a question to the literature is about: its names, its own words, what it asks for.

Owns the words that a passage is held against. Knows no passage and no score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from retort.agent.models.embedded import named
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS

_GENERIC = frozenset(
    word[:6]
    for word in "affect affects affecting effect effects influence influences impact impacts"
    " interact interacts"
    " interaction interactions response respond role importance change changes alter alters"
    " associated association related linked become becomes work works depend depends depending drug"
    " drugs compound compounds patient patients people side good use used take takes happen happens"
    " involved mechanism mechanisms means called target targets matter matters".split()
)
"""Words that a passage may well answer without saying them."""

_ASKS_NAME = re.compile(
    r"\b(?:what|which|who|where|when|why|how)\b|^\s*(?:list|name|give|tell|explain)\b",
    re.IGNORECASE,
)
"""A question for a thing, a reason or a way, and not for whether something holds."""
_ASKS_WHAT = re.compile(
    r"\s*what(?:'s| is| are| does)\s+(?:an?\s+|the\s+)?([\w .*:/-]{2,60}?)(?:\s+mean)?\s*\??\s*",
    re.IGNORECASE,
)
"""A question for what something is, and nothing else."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a passage is held against."""

    words: frozenset[str]
    """the query's words that carry meaning, without its names; see `content_words`"""
    names: tuple[str, ...]
    """molecules, targets and variants that the query names, in lower case"""
    required: tuple[str, ...]
    """those of them that nobody here knows: without them a passage is about something else"""
    asks: named.Asked | None
    """the kind of names that the query asks for, where it asks for names"""
    seeks_finding: bool
    """whether it asks if something holds"""
    definition: re.Pattern[str] | None = None
    """what a sentence holds that says what the thing asked for is"""

    @property
    def own(self) -> frozenset[str]:
        """The words without those that an answer need not repeat."""
        return self.words - _GENERIC

    @classmethod
    def of(cls, query: str, entities: Entities) -> Self:
        """The topic of a query in which ``entities`` were found."""
        names: dict[str, bool] = {}
        for mention in entities.mentions:
            if mention.kind in ("molecule", "target", "variant"):
                written = "" if mention.written else query[mention.start : mention.end]
                names[(written or mention.text).lower()] = mention.is_known
        words = content_words(query) - content_words(" ".join(names))
        unknown = tuple(name for name, known in names.items() if not known)
        asks, finding = named.asked_for(query), seeks_finding(query)
        return cls(words, tuple(names), unknown, asks, finding, _definition(query))


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, cut to six letters so that endings do not matter."""
    words = re.findall(r"[A-Za-z0-9][\w*>-]+", text.lower())
    return frozenset(word[:6] for word in words if word not in FUNCTION_WORDS and len(word) > 2)


def seeks_finding(query: str) -> bool:
    """Whether a query asks if something holds, which studies find out: "Does X raise Y?"."""
    return _ASKS_NAME.search(query) is None


def share(names: Sequence[str], text: str) -> float:
    """The part of ``names`` that stand in ``text``, whole; 0 without names."""
    low = text.lower()
    hits = sum(bool(re.search(rf"(?<!\w){re.escape(name)}", low)) for name in names)
    return hits / len(names) if names else 0.0


def _definition(query: str) -> re.Pattern[str] | None:
    """What defines the thing that "What is X?" asks for: a sentence or clause "X is ..."."""
    asked = _ASKS_WHAT.fullmatch(query)
    if asked is None:
        return None
    term = re.escape(asked[1].strip())
    begins = r"(?:^|, and |; )(?:(?:an?|the) )?"
    says = r"s?(?: \([^)]*\))? (?:is|are|means|equals|describes|measures)\b"
    return re.compile(f"{begins}{term}{says}", re.IGNORECASE)
