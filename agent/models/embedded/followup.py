"""What a question leans on: the molecules, targets and topic spoken of before it.

Owns the memory of a conversation as it follows from its turns; keeps none of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from retort.agent.models.embedded import amounts
from retort.agent.models.embedded.dialogue import Call, Turn
from retort.agent.models.embedded.entities import Entities, Mention, find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer

_ONLY_A_NAME = re.compile(
    r"^\W*(?:(?:and|what about|how about|also|or|now|then|same|the same|for|with|of|on|against|in"
    r"|do|it|again"
    r"|what if it were|try)\W+)*(?:the\s+)?(drug|target|variant)(?:\W+(?:instead|too|then|now"
    r"|please|as well))*\W*$",
    re.IGNORECASE,
)
_ONLY_A_VALUE = re.compile(
    r"^\W*(?:and|what about|how about|also|or|now|only|just)\b(?:\s+[\w.µ'’/>-]+){1,6}\s*\??\s*$",
    re.IGNORECASE,
)
"""A follow-up so short that nothing but one value in it can be new."""
_ONLY_A_SETTING = re.compile(
    r"^\W*(?:(?:and|but|also|what about|how about|is (?:that|this|it)(?: also| still)?"
    r"(?: true| so| the case| known)?|does (?:that|this|it)(?: also| still)?(?: hold| apply))\W+)*"
    r"(?P<setting>(?:in|for|with|among|during|after|under|without|to|on)\s+(?:\w[\w-]*\W+){0,3}?"
    r"\w[\w-]*)(?:\s+(?:too|as well|then))?\W*$",
    re.IGNORECASE,
)
"""A follow-up that names nothing but other circumstances: "and in children?" """
_SETTING_BEFORE = re.compile(
    r", (?:in|for|with|among|during|after|under|without|to|on) [^,]*$", re.IGNORECASE
)
"""The circumstances that a follow-up added to a query."""

_ADDED = {
    "estimate_charge": ("ph",),
    "find_activities": ("activity_type", "max_value_nm", "min_value_nm", "min_pchembl"),
}
"""What a short follow-up may add to a call that did not have it."""


@dataclass(frozen=True, slots=True)
class Focus:
    """What a conversation has spoken of so far, the last thing last."""

    molecules: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    topic: str = ""
    """the query that the literature was last asked, or the last question that named something"""
    mentions: tuple[Mention, ...] = ()
    """the mentions in that topic"""
    endpoints: tuple[str, ...] = ()
    """what was last predicted, by name"""
    unit: str = ""
    """the unit that an amount was last converted to"""


def focus_of(turns: Sequence[Turn], gazetteer: Gazetteer) -> Focus:
    """The focus after ``turns``."""
    focus = Focus()
    for turn in turns:
        named = find_entities(turn.question, gazetteer)
        calls = turn.calls
        molecules = [
            name
            for c in calls
            for key in ("molecule", "other", "molecules")
            for name in _listed(c.args.get(key))
        ]
        molecules += [m.text for m in named.molecules]
        targets = [str(c.args["target"]) for c in calls if c.args.get("target")]
        targets += [m.text for m in named.targets]
        queries = [str(c.args["query"]) for c in calls if c.args.get("query")]
        topic = queries[-1] if queries else (turn.question[:300] if named.mentions else "")
        about = find_entities(topic, gazetteer).mentions if topic else ()
        predicted = [c.args.get("endpoints") for c in calls if c.name == "predict_property"]
        focus = Focus(
            _later(focus.molecules, molecules),
            _later(focus.targets, targets),
            topic or focus.topic,
            about or focus.mentions,
            tuple(predicted[-1] or ()) if predicted else focus.endpoints,
            next((str(c.args["unit"]) for c in calls if c.name == "convert_units"), focus.unit),
        )
    return focus


def _listed(value: object) -> list[str]:
    """An argument that is one name or several, as names."""
    many = value if isinstance(value, (list, tuple)) else [value]
    return [str(name) for name in many if name]


def _later(before: tuple[str, ...], new: list[str]) -> tuple[str, ...]:
    """``before`` and ``new`` in order of last mention, each once.

    Of several molecules in one question the first is what "it" means afterwards, so it comes last.
    """
    found: list[str] = list(before)
    for name in reversed(list(dict.fromkeys(new))):
        found = [other for other in found if other.lower() != name.lower()] + [name]
    return tuple(found)


def repeated(entities: Entities, turns: Sequence[Turn], focus: Focus) -> tuple[Call, ...]:
    """The last turn's calls with a new name in them, for "what about gefitinib?"; else ()."""
    calls = next((turn.calls for turn in reversed(turns) if turn.calls), ())
    if changed := _changed(entities, calls) or _searched_again(entities, calls):
        return changed
    named = _ONLY_A_NAME.match(entities.masked)
    if not named or not calls or not entities.mentions:
        return ()
    mention = entities.mentions[-1]
    swapped = [_swap(call, mention, focus) for call in calls]
    kept = [call for call in swapped if call is not None]
    return tuple(call for i, call in enumerate(kept) if call not in kept[:i])


def _changed(entities: Entities, calls: Sequence[Call]) -> tuple[Call, ...]:
    """Calls with another disease, amount or pH, for "and for asthma?", "and 5 nM?"; else ()."""
    if entities.mentions or not _ONLY_A_VALUE.match(entities.masked):
        return ()
    value: dict[str, Any] = {
        "disease": entities.disease,
        "quantity": next(iter(entities.amounts), ""),
        "activity": next(iter(entities.amounts), ""),
        "ph": amounts.ph(entities.read),
        "activity_type": next(iter(entities.activity_types), ""),
        "max_value_nm": entities.max_value_nm,
        "min_value_nm": entities.min_value_nm,
        "min_pchembl": entities.min_pchembl,
    }
    changed = []
    for call in calls:
        added = _ADDED.get(call.name, ())
        new = {
            slot: value[slot]
            for slot in (*added, "disease", "quantity", "activity")
            if value[slot] and (slot in call.args or slot in added)
        }
        if new:
            changed.append(replace(call, args={**call.args, **new}))
    return tuple(changed)


def _searched_again(entities: Entities, calls: Sequence[Call]) -> tuple[Call, ...]:
    """The last search in other circumstances, for "and in children?"; () where it is no search.

    Circumstances that an earlier follow-up asked for make way for these: they stand last.
    """
    setting = _ONLY_A_SETTING.match(entities.masked)
    if not setting or entities.mentions or len(calls) != 1 or not calls[0].args.get("query"):
        return ()
    topic = _SETTING_BEFORE.sub("", str(calls[0].args["query"]))
    query = f"{topic}, {setting['setting']}"
    return (replace(calls[0], args={**calls[0].args, "query": query}),)


def _swap(call: Call, mention: Mention, focus: Focus) -> Call | None:
    """``call`` about ``mention`` instead; None where it has no place for one."""
    slot = "target" if mention.kind == "target" else "molecule"
    args: dict[str, Any] = dict(call.args)
    if "query" in args:
        old = [m for m in focus.mentions if _alike(m, mention)]
        text = str(args["query"])
        for other in old:
            text = re.sub(re.escape(other.text), mention.text, text, flags=re.IGNORECASE)
        if mention.text.lower() not in text.lower():
            text = f"{text} {mention.text}"
        return replace(call, args={**args, "query": text})
    if slot not in args or not args[slot]:
        return None
    return replace(call, args={**args, slot: mention.text})


def _alike(one: Mention, other: Mention) -> bool:
    molecules = ("molecule", "structure")
    return one.kind == other.kind or (one.kind in molecules and other.kind in molecules)
