"""From a conversation to tool calls.

The classifier says which kinds of question are asked, the entities say about what; this module
joins
the two. Entities can veto (no molecule, no calculation) and words of the field can insist (a
question
that says "TPSA" of a molecule wants it calculated). Knows no record: answers are written elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from retort.agent.models.embedded import followup, topics
from retort.agent.models.embedded.classifier import INTENTS, IntentClassifier, SentenceEncoder
from retort.agent.models.embedded.dialogue import Call, Result, Turn
from retort.agent.models.embedded.entities import Entities, Mention, find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer

MAX_CALLS = 8
"""tool calls in one round"""
MAX_MOLECULES = 4
"""molecules that one question is answered for"""
PASSAGES = 14
"""passages asked of the literature: enough for several papers"""

NEEDS_MOLECULE = frozenset(
    {
        "identity",
        "properties",
        "rules",
        "alerts",
        "similarity",
        "substructure",
        "mechanism",
        "indications",
        "prediction",
    }
)
NEEDS_TARGET = frozenset({"drugs_for_target", "target_info"})
LOOKED_UP = frozenset(
    {"identity", "mechanism", "drugs_for_target", "indications", "activities", "target_info"}
)
"""Intents answered from a database; what it lacks, the literature may have."""

_GREETING = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|evening|afternoon|day)|thanks?(?: you)?|bye|goodbye"
    r"|help(?: me)?|who are you"
    r"|what are you|what can you do|what do you know|how are you|ok(?:ay)?|great|cool"
    r"|perfect)\b[^?]{0,40}\??\W*$",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"propert|descriptor|phys-?chem|profile|compare|contrast|versus|\bvs\b|differ|about", re.I
)


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
            intents, lacking = self._intents(entities, ratios, focus)
        calls: list[Call] = []
        for intent in intents:
            molecules = self._molecules(intent, intents, entities, focus)
            asked = _Asked(question, entities, molecules, focus)
            calls += [call for call in _CALLS[intent](asked) if call.name in tools]
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
        """One more round: the literature, where every look-up in a database came back empty."""
        if "search_literature" not in tools or not results:
            return ()
        names = {result.call.name for result in results}
        if "search_literature" in names or not names & topics.LOOK_UPS:
            return ()
        if any(result.ok and not is_absence(result) for result in results):
            return ()
        if any(m.kind == "structure" for m in plan.entities.molecules):
            return ()
        focus = followup.focus_of(turns[:-1], self.gazetteer)
        return (_search(topics.query(plan.question, plan.entities, focus)),)

    def _intents(
        self, entities: Entities, ratios: dict[str, float], focus: followup.Focus
    ) -> tuple[tuple[str, ...], str]:
        """Intents in the order of answering, and what is lacking for those that had to go."""
        wanted = {name for name in INTENTS if ratios[name] >= 1.0}
        wanted |= _insisted(entities, wanted)
        if not wanted:
            best = max(INTENTS, key=lambda name: ratios[name])
            wanted = {best} if ratios[best] >= 0.5 else {"literature"}
        if entities.mentions and wanted != {"out_of_scope"}:
            wanted.discard("out_of_scope")
        if "out_of_scope" in wanted:
            best = max(wanted, key=lambda name: ratios[name])
            if best == "out_of_scope":
                return ("out_of_scope",), ""
            wanted.discard("out_of_scope")
        if len(wanted) > 1 and not entities.properties and not _GENERAL.search(entities.masked):
            wanted.discard("properties")
        lacking = ""
        if not entities.molecules and not focus.molecules:
            lost = wanted & NEEDS_MOLECULE
            if "mechanism" in lost and (entities.targets or focus.targets):
                wanted.add("drugs_for_target")
            wanted -= lost
            lacking = "molecule" if lost else ""
        if not entities.targets and not focus.targets:
            lost = wanted & NEEDS_TARGET
            wanted -= lost
            lacking = lacking or ("target" if lost else "")
        has_any = entities.molecules or entities.targets or focus.molecules or focus.targets
        if "activities" in wanted and not has_any:
            wanted.discard("activities")
            lacking = lacking or "target"
        if "substructure" in wanted and not entities.pattern:
            wanted.discard("substructure")
            lacking = lacking or "pattern"
        if not wanted and lacking and ratios["literature"] >= 0.25:
            wanted = {"literature"}
        return tuple(name for name in INTENTS if name in wanted), lacking

    def _molecules(
        self, intent: str, intents: tuple[str, ...], entities: Entities, focus: followup.Focus
    ) -> tuple[str, ...]:
        """The molecules that one intent is about: of its own clause where clauses differ."""
        named = tuple(dict.fromkeys(m.text for m in entities.molecules))
        if not named:
            return focus.molecules[-1:]
        several = len(named) > 1 and len(intents) > 1 and intent != "similarity"
        if several and (own := self._clause_molecules(intent, entities)):
            return own
        return named[:MAX_MOLECULES]

    def _clause_molecules(self, intent: str, entities: Entities) -> tuple[str, ...]:
        """Molecules of the clause that asks for ``intent`` most clearly; () where that says "
        "nothing.
        """
        clauses = topics.clauses(entities)
        if len(clauses) < 2 or not all(clause.molecules for clause in clauses):
            return ()
        ratios = [self.classifier.classify(clause, self.encoder)[intent] for clause in clauses]
        asking = [c for c, ratio in zip(clauses, ratios, strict=True) if ratio >= 1.0]
        return tuple(dict.fromkeys(m.text for clause in asking for m in clause.molecules))


def is_absence(result: Result) -> bool:
    """Whether a call succeeded in finding nothing."""
    return all(item["record"].get("record") == "absence" for item in result.evidence)


def _insisted(entities: Entities, wanted: set[str]) -> set[str]:
    """Intents that words of the field ask for by name."""
    found = set()
    about_papers = "literature" in wanted and len(wanted) == 1
    measured = bool(entities.activity_types) and bool(entities.mentions)
    if entities.rules and not about_papers:
        found.add("rules")
    if entities.properties and not about_papers and not measured:
        found.add("properties")
    if measured and not about_papers:
        found.add("activities")
    if entities.endpoints and not about_papers and not measured and not wanted - {"prediction"}:
        found.add("prediction")
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the builders of calls are given."""

    question: str
    entities: Entities
    molecules: tuple[str, ...]
    focus: followup.Focus

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets named, else the one spoken of last when the question leans on it."""
        named = tuple(dict.fromkeys(m.text for m in self.entities.targets))
        if named or not self.entities.refers_back:
            return named
        return self.focus.targets[-1:]


def _search(query: str) -> Call:
    return Call("search_literature", {"query": query, "limit": PASSAGES})


def _each(name: str) -> Callable[[_Asked], list[Call]]:
    return lambda asked: [Call(name, {"molecule": molecule}) for molecule in asked.molecules]


def _properties(asked: _Asked) -> list[Call]:
    wanted = list(asked.entities.properties)
    return [
        Call("calculate_properties", {"molecule": m, "properties": wanted}) for m in asked.molecules
    ]


def _rules(asked: _Asked) -> list[Call]:
    wanted = list(asked.entities.rules)
    return [Call("check_rules", {"molecule": m, "rules": wanted}) for m in asked.molecules]


def _similarity(asked: _Asked) -> list[Call]:
    pair = asked.molecules
    if len(pair) == 1:
        before = [name for name in asked.focus.molecules if name.lower() != pair[0].lower()]
        pair = (*before[-1:], *pair)
    return [Call("compare_molecules", {"molecule": pair[0], "other": other}) for other in pair[1:]]


def _substructure(asked: _Asked) -> list[Call]:
    smarts = asked.entities.pattern
    return [Call("match_substructure", {"molecule": m, "smarts": smarts}) for m in asked.molecules]


def _mechanism(asked: _Asked) -> list[Call]:
    calls = [Call("find_mechanism", {"molecule": m}) for m in asked.molecules]
    if asked.entities.targets:  # "does imatinib inhibit EGFR": measured values tell as much
        calls += _activities(asked)
    return calls


def _drugs_for_target(asked: _Asked) -> list[Call]:
    targets = asked.targets or asked.focus.targets[-1:]
    return [Call("find_mechanism", {"target": target}) for target in targets]


def _target_info(asked: _Asked) -> list[Call]:
    targets = asked.targets or asked.focus.targets[-1:]
    return [Call("find_target", {"target": target}) for target in targets]


def _activities(asked: _Asked) -> list[Call]:
    e = asked.entities
    filters: dict[str, object] = {}
    if e.activity_types:
        filters["activity_type"] = e.activity_types[0]
    if e.max_value_nm is not None:
        filters["max_value_nm"] = e.max_value_nm
    if e.min_pchembl is not None:
        filters["min_pchembl"] = e.min_pchembl
    if e.limit is not None:
        filters["limit"] = e.limit
    named = tuple(dict.fromkeys(m.text for m in e.molecules))
    molecules: tuple[str, ...] = named or (asked.molecules if e.refers_back else ())
    targets: tuple[str, ...] = asked.targets
    if not molecules and not targets:
        molecules = asked.molecules
    pairs = [(t, m) for m in molecules or ("",) for t in targets or ("",)]
    return [
        Call(
            "find_activities",
            {name: value for name, value in (("target", t), ("molecule", m)) if value} | filters,
        )
        for t, m in pairs
    ]


def _prediction(asked: _Asked) -> list[Call]:
    wanted = list(asked.entities.endpoints)
    return [Call("predict_property", {"molecule": m, "endpoints": wanted}) for m in asked.molecules]


def _literature(asked: _Asked) -> list[Call]:
    return [_search(topics.query(asked.question, asked.entities, asked.focus))]


_CALLS: dict[str, Callable[[_Asked], list[Call]]] = {
    "identity": _each("find_molecule"),
    "properties": _properties,
    "rules": _rules,
    "alerts": _each("check_alerts"),
    "similarity": _similarity,
    "substructure": _substructure,
    "mechanism": _mechanism,
    "drugs_for_target": _drugs_for_target,
    "indications": _each("find_indications"),
    "activities": _activities,
    "target_info": _target_info,
    "prediction": _prediction,
    "literature": _literature,
    "out_of_scope": _literature,
}
