"""What to ask of the literature: the topic of a question, without its small talk.

Owns the wording of queries. Knows no tool and no intent.
"""

from __future__ import annotations

import re

from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.followup import Focus
from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS

MAX_QUERY = 300
"""characters of a query; a longer question is cut at a word"""
LOOK_UPS = frozenset(
    {
        "find_molecule",
        "find_target",
        "find_activities",
        "find_mechanism",
        "find_indications",
        "find_selectivity",
        "find_warnings",
        "find_structure_activity",
        "find_document",
    }
)

_OPENING = re.compile(
    r"^\W*(?:(?:and|also|but|so|please|can you|could you|tell me|now)[\s,]+)*"
    r"(?:what (?:does|do) (?:the )?(?:literature|papers|studies|publications) (?:say|report|tell "
    r"us)(?: about| on)?"
    r"|what (?:is|was) (?:known|published|reported|written)(?: about| on| of)?"
    r"|(?:find|show|search(?: for)?|get|give|list)(?: me)?(?: some| any| the)? ?(?:papers|studies"
    r"|articles|publications"
    r"|literature|evidence)(?: for)?(?: on| about| of)?"
    r"|(?:are there|is there)(?: any)? (?:papers|studies|articles|publications|literature"
    r"|evidence)(?: on| about| that| for)?"
    r"|any (?:papers|studies|articles|literature)(?: on| about| of)?"
    r"|(?:recent )?(?:papers|reviews|articles|publications) (?:on|about|of)"
    r"|search (?:the )?literature(?: for| on| about)?|what about|how about|tell me about)\s+",
    re.IGNORECASE,
)
_SAID_LATER = re.compile(
    r"(?:literature|papers|studies|publications|known|published)(?: (?:say|report|tell us))? "
    r"(?:about|on|of) (.+)$",
    re.I,
)


def query(question: str, entities: Entities, focus: Focus) -> str:
    """The query for a question: its own words, and the topic before it where it leans on that."""
    text = question
    if later := _SAID_LATER.search(question):
        text = later.group(1)
    text = _OPENING.sub("", text).strip(" ?.!,;")
    is_cut = len(text) < len(question) - 6
    names = [m.text for m in entities.mentions if m.kind in ("molecule", "target", "variant")]
    own = {name.lower() for name in names}
    extra: list[str] = []
    if entities.refers_back and (is_cut or not names or len(text.split()) <= 4):
        extra = _words_before(focus, entities) if _leans(entities, text) else []
    missing = [name for name in names if name.lower() not in text.lower() and is_cut]
    words = [w for w in (*missing, *extra) if w.lower() not in own or w in missing]
    return _cut(" ".join([text, *dict.fromkeys(words)]))


def is_about_papers(question: str) -> bool:
    """Whether a question opens by asking what papers say, and asks for nothing beside that."""
    opening = _OPENING.match(question)
    said = opening and re.search(
        r"literature|papers|studies|publi|article|review|evidence|known|written", opening.group()
    )
    return (
        bool(said)
        and len(re.split(r"[?;]\s+\w|,? and (?:what|how|is|does|which)\b", question.strip())) == 1
    )


def _leans(entities: Entities, text: str) -> bool:
    """Whether a short question needs what was said before it."""
    return not (entities.molecules and entities.targets) or len(text.split()) <= 2


def _words_before(focus: Focus, entities: Entities) -> list[str]:
    """Words of the topic before, without names of the kinds that the question has itself."""
    kinds = {mention.kind for mention in entities.mentions}
    dropped = {m.text.lower() for m in focus.mentions if m.kind in kinds}
    topic = focus.topic or " ".join(focus.molecules[-1:] + focus.targets[-1:])
    words = [word.strip("?.,;:!\"'()") for word in topic.split()]
    return [w for w in words if w and w.lower() not in FUNCTION_WORDS and w.lower() not in dropped]


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUERY else text[:MAX_QUERY].rsplit(" ", 1)[0]
