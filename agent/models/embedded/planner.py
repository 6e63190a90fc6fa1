"""From a conversation to tool calls.

The classifier says which kinds of question are asked (intents.py corrects it), the entities say
about what, calls.py builds the calls; this module joins them. Knows no record: answers are written
elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from retort.agent.models.embedded import followup, topics
from retort.agent.models.embedded.calls import BUILDERS, Asked, search
from retort.agent.models.embedded.classifier import IntentClassifier, SentenceEncoder
from retort.agent.models.embedded.dialogue import Call, Result, Turn
from retort.agent.models.embedded.entities import Entities, Mention, find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.intents import choose

MAX_CALLS = 8
"""tool calls in one round"""
MAX_MOLECULES = 4
"""molecules that one question is answered for, one call each"""
MAX_COMPARED = 20
"""molecules that one call compares"""

_GREETING = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|evening|afternoon|day)|thanks?(?: you)?|bye|goodbye"
    r"|help(?: me)?|who are you"
    r"|what are you|what can you do|what do you know|how are you|ok(?:ay)?|great|cool"
    r"|perfect)\b[^?]{0,40}\??\W*$",
    re.IGNORECASE,
)
_PREDICTORS = frozenset({"predict_property", "explain_prediction"})
_SEVERAL = re.compile(
    r"\bwhich (?:one|of (?:them|these|those|the two))\b|\bboth\b|\bthem\b|\bthe two\b",
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
    lacking: str = ""
    """what the question does not say and nothing before it does: "molecule", "target" ...; empty"""
    is_out_of_scope: bool = False
    is_greeting: bool = False
    assumed: tuple[Mention, ...] = ()
    """mentions whose spelling was corrected"""


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
        if not question or _GREETING.match(question):
            return Plan(question, entities, ("out_of_scope",), (), "", True, True)
        focus = followup.focus_of(turns[:-1], self.gazetteer)
        assumed = tuple(m for m in entities.mentions if m.written)
        repeated = tuple(
            call for call in followup.repeated(entities, turns[:-1], focus) if call.name in tools
        )
        if repeated:
            return Plan(question, entities, ("repeat",), repeated[:MAX_CALLS], assumed=assumed)
        intents: tuple[str, ...] = ("literature",)
        lacking = ""
        if not topics.is_about_papers(question):
            ratios = self.classifier.classify(entities, self.encoder)
            intents, lacking = choose(entities, ratios, focus)
        calls: list[Call] = []
        for intent in intents:
            molecules = self._molecules(intent, intents, entities, focus)
            asked = Asked(question, entities, molecules, focus)
            calls += [call for call in BUILDERS[intent](asked) if call.name in tools]
        if intents and not calls and "search_literature" in tools:
            calls.append(search(topics.query(question, entities, focus)))
        calls = [call for call in calls if call.args.get("query", "?")]
        calls = [call for i, call in enumerate(calls) if call not in calls[:i]][:MAX_CALLS]
        return Plan(
            question,
            entities,
            intents,
            tuple(calls),
            "" if calls else lacking,
            intents == ("out_of_scope",),
            assumed=assumed,
        )

    def escalate(
        self, plan: Plan, results: Sequence[Result], turns: Sequence[Turn], tools: Collection[str]
    ) -> tuple[Call, ...]:
        """One more round, where every look-up in a database came back empty.

        Measured values of another type are looked for first, then the literature. An efficiency
        that was asked for without a potency follows from the potency that was found.
        """
        if "efficiency" in plan.intents and (made := _efficiencies(results)):
            return made
        if wider := _wider(results):
            return wider
        if "search_literature" not in tools or not results:
            return ()
        names = {result.call.name for result in results}
        if names <= _PREDICTORS and not any(result.ok for result in results):
            names |= topics.LOOK_UPS  # no such predictor: a paper may tell
        if "search_literature" in names or not names & topics.LOOK_UPS:
            return ()
        if any(result.ok and not is_absence(result) for result in _decisive(results)):
            return ()
        if any(m.kind == "structure" for m in plan.entities.molecules):
            return ()
        focus = followup.focus_of(turns[:-1], self.gazetteer)
        return (search(topics.query(plan.question, plan.entities, focus)),)

    def _molecules(
        self, intent: str, intents: tuple[str, ...], entities: Entities, focus: followup.Focus
    ) -> tuple[str, ...]:
        """The molecules that one intent is about: of its own clause where clauses differ."""
        named = tuple(dict.fromkeys(m.text for m in entities.molecules))
        if not named:
            return (
                focus.molecules[-2:] if _SEVERAL.search(entities.masked) else focus.molecules[-1:]
            )
        several = len(named) > 1 and len(intents) > 1 and intent != "similarity"
        if several and (own := self._clause_molecules(intent, entities)):
            return own
        return named[: MAX_COMPARED if intent == "similarity" else MAX_MOLECULES]

    def _clause_molecules(self, intent: str, entities: Entities) -> tuple[str, ...]:
        """Molecules of the clauses that ask for ``intent``; () where clauses tell nothing."""
        clauses = topics.clauses(entities)
        if len(clauses) < 2 or not all(clause.molecules for clause in clauses):
            return ()
        ratios = [self.classifier.classify(clause, self.encoder)[intent] for clause in clauses]
        asking = [c for c, ratio in zip(clauses, ratios, strict=True) if ratio >= 1.0]
        return tuple(dict.fromkeys(m.text for clause in asking for m in clause.molecules))


def _efficiencies(results: Sequence[Result]) -> tuple[Call, ...]:
    """Ligand efficiencies from the best measured value of each molecule; () once they are there."""
    if any(result.call.name == "ligand_efficiency" for result in results):
        return ()
    calls = []
    for result in results:
        values = [
            item["record"]
            for item in result.evidence
            if item["record"].get("pchembl") and item["record"].get("units") == "nM"
        ]
        if result.call.name == "find_activities" and result.ok and values:
            best = next((value for value in values if not value.get("variant")), values[0])
            activity = f"{best['type']} {best['value']:g} nM"
            args = {"molecule": result.call.args["molecule"], "activity": activity}
            calls.append(Call("ligand_efficiency", args))
    return tuple(calls)


def _decisive(results: Sequence[Result]) -> Sequence[Result]:
    """The results that answer: of "does X inhibit Y", what was measured of the two together.

    That X has a mechanism of action on something else says nothing of Y.
    """
    pairs = [
        result
        for result in results
        if result.call.name == "find_activities" and {"target", "molecule"} <= set(result.call.args)
    ]
    return pairs or results


def _wider(results: Sequence[Result]) -> tuple[Call, ...]:
    """Activities of any type, for those of which there are none of the type that was asked for."""
    looked = [result for result in results if result.call.name == "find_activities"]
    if any(result.call.name not in topics.LOOK_UPS for result in results):
        return ()
    made = [dict(result.call.args) for result in looked]
    wider: list[Call] = []
    for result in looked:
        args = {k: v for k, v in result.call.args.items() if k != "activity_type"}
        is_narrow = result.ok and "activity_type" in result.call.args and is_absence(result)
        held = any("Without these filters" in str(item["quote"]) for item in result.evidence)
        if is_narrow and held and args not in made:
            wider.append(Call("find_activities", args))
    return tuple(wider)


def is_absence(result: Result) -> bool:
    """Whether a call succeeded in finding nothing."""
    return all(item["record"].get("record") == "absence" for item in result.evidence)
