"""From a conversation to tool calls.

The classifier says which kinds of question are asked (intents.py corrects it), the entities say
about what, calls.py builds the calls; this module joins them. A question in several parts is a
conversation in one breath: each part (parts.py) is planned as if those before it had been asked
first. Knows no record: answers are written elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from retort.agent.models.embedded import followup, omissions, parts, topics
from retort.agent.models.embedded.calls import BUILDERS, Asked, search
from retort.agent.models.embedded.classifier import IntentClassifier, SentenceEncoder
from retort.agent.models.embedded.dialogue import Call, Turn
from retort.agent.models.embedded.entities import MAX_CHARACTERS, Entities, Mention, find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.intents import choose

MAX_CALLS = 8
"""tool calls in one round"""

_GREETING = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|evening|afternoon|day)|thanks?(?: you)?|bye|goodbye"
    r"|help(?: me)?|who are you"
    r"|what are you|what can you do|what do you know|how are you|ok(?:ay)?|great|cool"
    r"|perfect)\b[^?]{0,40}\??\W*$",
    re.IGNORECASE,
)
_LISTS = frozenset({"properties", "rules", "endpoints"})
"""arguments that hold what is asked of a molecule; one call asks for all"""
_SEVERAL = re.compile(
    r"\bwhich (?:one|of (?:them|these|those|the two))\b|\b(?:both|them|they|their|the two)\b",
    re.IGNORECASE,
)
"""Two molecules spoken of before are meant, not the last one alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a question asks and the calls that may answer it."""

    question: str
    entities: Entities
    intents: tuple[str, ...]
    calls: tuple[Call, ...]
    topic: str = ""
    """what the literature is asked where the calls find nothing"""
    lacking: str = ""
    """what the question does not say and nothing before it does: "molecule", "target" ...; empty"""
    is_out_of_scope: bool = False
    is_greeting: bool = False
    assumed: tuple[Mention, ...] = ()
    """mentions whose spelling was corrected"""
    parts: tuple[Plan, ...] = ()
    """the plans of a question in several parts, in order, no call in two; else ()"""
    omitted: tuple[str, ...] = ()
    """what the question names and no call is about"""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans calls; holds what was learnt and what is known, and no conversation."""

    classifier: IntentClassifier
    encoder: SentenceEncoder
    gazetteer: Gazetteer

    def plan(self, turns: Sequence[Turn], tools: Collection[str]) -> Plan:
        """The plan for the last turn; calls are limited to ``tools``."""
        question = turns[-1].question
        entities = find_entities(question, self.gazetteer)
        planned: list[Plan] = []
        before = list(turns[:-1])
        for text in self._cut(question, entities, any(turn.calls for turn in before)):
            for part in self._listed(text, before, tools, leans=len(before) >= len(turns)):
                planned.append(part)
                before.append(Turn(part.question, part.calls))
        asking = [part for part in planned if not part.is_greeting]
        if len(asking) > 1 and all(part.is_out_of_scope for part in asking):
            return self._one(question, turns[:-1], tools)
        plan = _joined(question, entities, asking or planned[:1])
        return replace(plan, omitted=omissions.omitted(question, entities, plan.calls))

    def _cut(self, question: str, entities: Entities, follows: bool) -> tuple[str, ...]:
        """The parts at plain seams; a word of the seam may be mistyped."""
        if len(question) > MAX_CHARACTERS:
            return parts.cut(question, entities, follows)
        found = parts.cut(entities.read, find_entities(entities.read, self.gazetteer), follows)
        return found if len(found) > 1 else (question,)

    def _listed(
        self, text: str, before: Sequence[Turn], tools: Collection[str], leans: bool
    ) -> list[Plan]:
        """The plans of one part: several where it lists records of different kinds."""
        whole = self._one(text, before, tools, leans)
        if whole.intents in (("literature",), ("out_of_scope",), ("repeat",)):
            return [whole]
        items = parts.listed(text, find_entities(text, self.gazetteer))
        if len(items) < 2:
            return [whole]
        return [self._one(item, before, tools, leans) for item in items]

    def _one(
        self, question: str, before: Sequence[Turn], tools: Collection[str], leans: bool = False
    ) -> Plan:
        """The plan of one part after ``before``; one that ``leans`` is about what these named."""
        entities = read = find_entities(question, self.gazetteer)
        if leans and read.mentions:
            question = parts.bare(question)
            entities = read = find_entities(question, self.gazetteer)
        elif leans:
            entities = replace(read, refers_back=True)
        if not question or _GREETING.match(question):
            return Plan(
                question, entities, ("out_of_scope",), (), is_out_of_scope=True, is_greeting=True
            )
        focus = followup.focus_of(before, self.gazetteer)
        topic = topics.query(question, entities, focus)
        assumed = tuple(m for m in entities.mentions if m.written)
        repeated = tuple(
            call for call in followup.repeated(entities, before, focus) if call.name in tools
        )
        if repeated:
            return Plan(question, entities, ("repeat",), repeated, topic, assumed=assumed)
        intents: tuple[str, ...] = ("literature",)
        lacking = ""
        if not topics.is_about_papers(question):
            ratios = self.classifier.classify(entities, self.encoder)
            intents, lacking = choose(entities, ratios, focus)
        if intents == ("out_of_scope",):
            entities = read  # what the question leaves unsaid is no topic of the library
        calls: list[Call] = []
        for intent in intents:
            asked = Asked(question, entities, _molecules(entities, focus), focus)
            calls += [call for call in BUILDERS[intent](asked) if call.name in tools]
        if intents and not calls and "search_literature" in tools:
            calls.append(search(topic))
        calls = [call for call in calls if call.args.get("query", "?")]
        calls = [call for i, call in enumerate(calls) if call not in calls[:i]]
        return Plan(
            question,
            entities,
            intents,
            tuple(calls),
            topic,
            "" if calls else lacking,
            intents == ("out_of_scope",),
            assumed=assumed,
        )


def _molecules(entities: Entities, focus: followup.Focus) -> tuple[str, ...]:
    """The molecules that a question is about: those named, else those spoken of before."""
    if named := tuple(dict.fromkeys(m.text for m in entities.molecules)):
        return named
    return focus.molecules[-2:] if _SEVERAL.search(entities.masked) else focus.molecules[-1:]


def _joined(question: str, entities: Entities, planned: Sequence[Plan]) -> Plan:
    """One plan of several parts; a part that an earlier one answers along is part of that."""
    calls: list[Call] = []
    for call in (call for part in planned for call in part.calls):
        same = next((i for i, other in enumerate(calls) if _merged(other, call)), None)
        if same is None:
            calls.append(call)
        else:
            calls[same] = _merged(calls[same], call) or call
    kept: list[Plan] = []
    open_calls = list(calls)
    for part in planned:
        own = tuple(c for c in open_calls if any(_merged(c, call) for call in part.calls))
        open_calls = [call for call in open_calls if call not in own]
        if own or not part.calls:
            kept.append(replace(part, calls=own))
    if len(kept) == 1:
        intents = tuple(dict.fromkeys(name for part in planned for name in part.intents))
        return replace(kept[0], question=question, entities=entities, intents=intents)
    intents = tuple(dict.fromkeys(name for part in kept for name in part.intents))
    assumed = tuple(dict.fromkeys(mention for part in kept for mention in part.assumed))
    return Plan(question, entities, intents, tuple(calls), assumed=assumed, parts=tuple(kept))


def _merged(one: Call, other: Call) -> Call | None:
    """One call for what two ask of the same tool and the same subject; None where they differ."""
    listed = [key for key in one.args if key in _LISTS and one.args[key] and other.args.get(key)]
    rest, others = ({k: v for k, v in c.args.items() if k not in listed} for c in (one, other))
    if one.name != other.name or rest != others:
        return None
    joined = {key: list(dict.fromkeys([*one.args[key], *other.args[key]])) for key in listed}
    return replace(one, args={**one.args, **joined})
