"""From an intent and what a question names to tool calls: one builder per intent.

Owns the names and arguments of tools. Knows neither how intents are found nor what tools return.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from retort.agent.models.embedded import topics
from retort.agent.models.embedded.dialogue import Call
from retort.agent.models.embedded.endpoint_words import asks_why
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.followup import Focus

PASSAGES = 14
"""passages asked of the literature: enough for several papers"""
EXPLAINED = 2
"""predictions that one question has explained"""
_OTHERS = re.compile(
    r"\bwhat else\b|\b(?:which|what) (?:other )?(?:targets|kinases|proteins|receptors|enzymes)\b",
    re.IGNORECASE,
)
"""A question for targets: the one that was spoken of before is not what it is about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the builders of calls are given."""

    question: str
    entities: Entities
    molecules: tuple[str, ...]
    focus: Focus

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets named, else the one spoken of last when the question leans on it."""
        named = tuple(dict.fromkeys(m.text for m in self.entities.targets))
        if named or not self.entities.refers_back or _OTHERS.search(self.question):
            return named
        return self.focus.targets[-1:]


def search(query: str) -> Call:
    """The call that asks the literature for ``query``."""
    return Call("search_literature", {"query": query, "limit": PASSAGES})


def _each(name: str) -> Callable[[Asked], list[Call]]:
    return lambda asked: [Call(name, {"molecule": molecule}) for molecule in asked.molecules]


def _properties(asked: Asked) -> list[Call]:
    wanted = list(asked.entities.properties)
    return [
        Call("calculate_properties", {"molecule": m, "properties": wanted}) for m in asked.molecules
    ]


def _rules(asked: Asked) -> list[Call]:
    wanted = list(asked.entities.rules)
    return [Call("check_rules", {"molecule": m, "rules": wanted}) for m in asked.molecules]


def _similarity(asked: Asked) -> list[Call]:
    pair = asked.molecules
    if len(pair) == 1:
        before = [name for name in asked.focus.molecules if name.lower() != pair[0].lower()]
        pair = (*before[-1:], *pair)
    return [Call("compare_molecules", {"molecule": pair[0], "other": other}) for other in pair[1:]]


def _substructure(asked: Asked) -> list[Call]:
    smarts = asked.entities.pattern
    return [Call("match_substructure", {"molecule": m, "smarts": smarts}) for m in asked.molecules]


def _mechanism(asked: Asked) -> list[Call]:
    calls = [Call("find_mechanism", {"molecule": m}) for m in asked.molecules]
    if asked.entities.targets:  # "does imatinib inhibit EGFR": measured values tell as much
        calls += _activities(asked)
    return calls


def _drugs_for_target(asked: Asked) -> list[Call]:
    targets = asked.targets or asked.focus.targets[-1:]
    return [Call("find_mechanism", {"target": target}) for target in targets]


def _target_info(asked: Asked) -> list[Call]:
    targets = asked.targets or asked.focus.targets[-1:]
    return [Call("find_target", {"target": target}) for target in targets]


def _activities(asked: Asked) -> list[Call]:
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


def _prediction(asked: Asked) -> list[Call]:
    """Predictions, or what they lean on; the ADMET profile is what no endpoint means."""
    wanted = tuple(name for name in asked.entities.endpoints if name != "admet")
    if asks_why(asked.question) and (named := wanted or asked.focus.endpoints):
        return [
            Call("explain_prediction", {"molecule": molecule, "endpoint": endpoint})
            for molecule in asked.molecules
            for endpoint in named[:EXPLAINED]
        ]
    return [
        Call("predict_property", {"molecule": molecule, "endpoints": list(wanted)})
        for molecule in asked.molecules
    ]


def _literature(asked: Asked) -> list[Call]:
    return [search(topics.query(asked.question, asked.entities, asked.focus))]


BUILDERS: dict[str, Callable[[Asked], list[Call]]] = {
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
