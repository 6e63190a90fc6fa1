"""A question cut into the parts that each ask for something: clauses, sentences, items of a list.

Seams are of two strengths. At a plain one a question or a request of its own begins ("..., and what
does it inhibit?", "; is it soluble", "2) ..."). At a faint one only nouns are joined ("the
mechanism and the logP of X"): it counts where the nouns on its two sides ask for different kinds of
record. Owns where the seams are. Knows no call, and not what a part means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retort.agent.models.embedded import signals
from retort.agent.models.embedded.entities import Entities, Mention
from retort.agent.models.embedded.unknown import BLOT

_AUXILIARY = r"(?:is|are|was|were|does|do|did|has|have|can|could|would|will|should|might)"
_SUBJECT = (
    rf"(?:{BLOT}|(?:it|its|they|their|this|that|these|those|there|the|any(?:thing|one|body)?|an?"
    r"|one|you|we)\b)"
)
_ASKS = (
    r"(?:(?:what|how|why|whose|whether)\b"
    rf"|which (?!{_AUXILIARY}\b)|(?:who|where|when) (?:{_AUXILIARY}|won|made|wrote)\b"
    rf"|{_AUXILIARY} {_SUBJECT}"
    r"|(?:tell|give|show|list|find|predict|calculate|compute|estimate|explain|check|convert|search"
    r"|summari[sz]e)\b (?!and\b|or\b)|i(?:'d like| would like| want| need)\b)"
)
_PLEASE = r"(?:(?:also|then|please|now|and|but|so)[\s,]+)*"
_MARK = r"(?:\(?[1-9a-h]\)|[1-9]\.|[-•*])"
_PLAIN = re.compile(
    rf"(?<=\?)\s+(?=[^\s)])"
    rf"|(?<=[.!])\s+(?={_PLEASE}{_ASKS}|also\b|and\b)"
    rf"|;\s*(?={_PLEASE}{_ASKS}|also\b|and\b)"
    rf"|,?\s+(?:and|but|plus)\s+(?={_PLEASE}{_ASKS})"
    rf"|,\s+(?=(?:also|then)\s+{_ASKS}|(?:what|how|why) {_AUXILIARY} {_SUBJECT})"
    rf"|,?\s+and\s+(?=which {_AUXILIARY}\b)"
    r"|\s*\n+\s*",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\S\s+(?:that|which|who)\s(?!and\b)", re.IGNORECASE)
"""A relative clause: "and which are approved" after it goes on with it, and asks nothing."""
_GOES_ON = re.compile(rf"which {_AUXILIARY}\b", re.IGNORECASE)
_LISTED = re.compile(rf"(?:^|(?<=\s)){_MARK}\s+")
_FAINT = re.compile(
    r"(?:,?\s+(?:and(?: also)?|as well as|plus|along with|together with)|,|\s[&+])\s+",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"\W*(?:(?:i|we)\b(?!'d| (?:want|need|would|wonder))|(?:my|our|hi|hello|hey|thanks|dear)\b)",
    re.IGNORECASE,
)
"""A sentence that asks nothing; it belongs to the question after it."""
_POSSESSIVE = re.compile(r"^(?:(?:its|their|the|also)\s+)+", re.IGNORECASE)
_WHICH = re.compile(r"\W*which\b", re.IGNORECASE)
_COMPARES = re.compile(r"(?:more|most|less|least)\b", re.IGNORECASE)
_OPENS = re.compile(rf"\W*{_PLEASE}{_ASKS}", re.IGNORECASE)
_JOINT = re.compile(r"^(?:(?:and|also|but|plus|then|so)\b[\s,]*)+(?=\S)", re.IGNORECASE)
_NAME_ALONE = re.compile(
    rf"\W*(?:(?:and|also|now|then|the same|same|for|with|what about|how about)\W+)*{BLOT}+"
    r"(?: (?:too|instead|as well|now|then|please))?[\s,?!.]*",
    re.IGNORECASE,
)
_AND = re.compile(r"[\s,;.?!]*(?:and|also|plus|then)\b", re.IGNORECASE)
_MIN_WORDS = 3
"""words of a question; "how potently" is none of its own"""


def cut(text: str, entities: Entities, follows: bool = False) -> tuple[str, ...]:
    """The parts of ``text`` at its plain seams, in order; the whole text where there is none.

    Args:
        text: a question as it was typed.
        entities: what it names; no seam lies in a name.
        follows: whether it follows on a question, which a bare name ("now X, and ...") asks again.
    """
    sheet = _sheet(text, entities.mentions)
    marks = list(_LISTED.finditer(sheet))
    seams = [m.span() for m in (marks if len(marks) > 1 else _PLAIN.finditer(sheet))]
    seams = [
        s for s in seams if not (_GOES_ON.match(sheet, s[1]) and _RELATIVE.search(sheet[: s[0]]))
    ]
    parts: list[str] = []
    held = ""
    for start, end in _between(len(text), seams):
        piece, sheet_piece = text[start:end], sheet[start:end]
        is_whole = len(marks) > 1 or _asks_something(piece, sheet_piece, bool(parts))
        if follows and not parts and _AND.match(text, end):
            is_whole = is_whole or bool(_NAME_ALONE.fullmatch(sheet_piece))
        if is_whole and sheet_piece.strip():
            parts.append(f"{held} {piece}".strip())
            held = ""
        else:
            held = f"{held} {piece}".strip()
    if held and parts:
        parts[-1] = f"{parts[-1]} {held}"
    return tuple(parts) if len(parts) > 1 else (text,)


def listed(text: str, entities: Entities) -> tuple[str, ...]:
    """The parts of ``text`` at its faint seams, each with the molecules that it is about."""
    sheet, masked = _sheet(text, entities.mentions), _sheet(text, entities.molecules)
    groups: list[tuple[int, int, set[str]]] = []
    for start, end in _between(len(text), [m.span() for m in _FAINT.finditer(sheet)]):
        kinds = signals.kinds(re.sub(f"{BLOT}+", "drug", masked[start:end]))
        if groups and (not kinds or not groups[-1][2] or kinds & groups[-1][2]):
            before, _, others = groups.pop()
            groups.append((before, end, kinds | others))
        else:
            groups.append((start, end, kinds))
    if len(groups) < 2:
        return (text,)
    subject = _subject(text, groups, entities.molecules)
    parts: list[str] = []
    for start, end, _ in groups:
        part = text[start:end].strip(" ,.?")
        is_named = any(start <= m.start < end for m in entities.molecules)
        is_told = is_named or not subject
        if parts and _WHICH.match(text) and _COMPARES.match(part):
            part = f"which is {part}"
        parts.append(part if is_told else f"{_POSSESSIVE.sub('', part)} of {subject}")
    return tuple(parts)


def bare(part: str) -> str:
    """A part without the word that joined it to the one before."""
    return _JOINT.sub("", part)


def _sheet(text: str, mentions: Sequence[Mention]) -> str:
    """``text`` with every name blotted out, character by character."""
    sheet = list(text)
    for mention in mentions:
        sheet[mention.start : mention.end] = BLOT * (mention.end - mention.start)
    return "".join(sheet)


def _between(length: int, seams: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches between seams."""
    starts = [0, *(end for _, end in seams)]
    ends = [*(start for start, _ in seams), length]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _asks_something(piece: str, sheet: str, is_later: bool) -> bool:
    """Whether a stretch asks something, of a subject that it names or that stood before it."""
    is_named, is_question = BLOT in sheet, piece.rstrip().endswith("?")
    if not (is_named or is_later) or (_STATEMENT.match(sheet) and not is_question):
        return False
    is_long = len(re.findall(rf"{BLOT}+|\w[\w'-]*", sheet)) >= _MIN_WORDS
    asks = is_question or _OPENS.match(sheet)
    return bool(signals.kinds(piece)) or (bool(asks) and (is_long or is_named))


def _subject(
    text: str, groups: Sequence[tuple[int, int, set[str]]], molecules: Sequence[Mention]
) -> str:
    """The molecules of the one group that names any, as typed."""
    named = [[m for m in molecules if start <= m.start < end] for start, end, _ in groups]
    told = next((group for group in named if group), [])
    return ", ".join(dict.fromkeys(text[m.start : m.end] for m in told))
