"""From an intent and what a question names to tool calls: one builder per intent.

Owns the names and arguments of tools. Knows neither how intents are found nor what tools return.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from retort.agent.models.embedded import amounts, signals, topics
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
_LIKE = re.compile(
    r"\b(?:like|to|with|from|of|resembles?|nearest|closest)\s+(?:the )?$", re.IGNORECASE
)
"""What stands before the molecule that several others are compared with."""


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
    if len(pair) < 2:
        return []
    first, others = _likened(asked, pair)
    other = others[0] if len(others) == 1 else list(others)
    return [Call("compare_molecules", {"molecule": first, "other": other})]


def _likened(asked: Asked, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The molecule that others are compared with ("most like X", "to X"), and the others."""
    last = asked.entities.molecules[-1] if asked.entities.molecules else None
    before = asked.question[: last.start] if last else ""
    if last and len(names) > 2 and _LIKE.search(before) and names[-1] == last.text:
        return names[-1], names[:-1]
    return names[0], names[1:]


def _substructure(asked: Asked) -> list[Call]:
    smarts = asked.entities.pattern
    return [Call("match_substructure", {"molecule": m, "smarts": smarts}) for m in asked.molecules]


def _charge(asked: Asked) -> list[Call]:
    given = amounts.ph(asked.entities.read)
    ph = {} if given is None else {"ph": given}
    return [Call("estimate_charge", {"molecule": m} | ph) for m in asked.molecules]


def _conversion(asked: Asked) -> list[Call]:
    """Each amount in the unit that is wanted; a molecule where a weight is needed."""
    unit = asked.entities.wanted_unit or asked.focus.unit
    calls = []
    for amount in asked.entities.amounts:
        args = {"quantity": amount, "unit": unit}
        is_mass = ("g/mL" in amount) != ("g/mL" in unit)
        if amount.split()[-1] != unit:
            calls.append(
                Call(
                    "convert_units",
                    args
                    | ({"molecule": asked.molecules[0]} if is_mass and asked.molecules else {}),
                )
            )
    return calls


def _efficiency(asked: Asked) -> list[Call]:
    """Efficiencies from the potency that is given; without one, what was measured is looked up."""
    if asked.entities.amounts:
        activity = asked.entities.amounts[0]
        return [
            Call("ligand_efficiency", {"molecule": m, "activity": activity})
            for m in asked.molecules
        ]
    targets = asked.targets
    return [
        Call("find_activities", {"target": target, "molecule": molecule})
        for molecule in asked.molecules
        for target in targets
    ]


def _series(asked: Asked) -> list[Call]:
    names = list(dict.fromkeys(m.text for m in asked.entities.molecules))
    by = signals.analysis(asked.entities.masked)
    core = {"core": asked.entities.pattern} if by == "r_groups" and asked.entities.pattern else {}
    return [Call("analyse_series", {"molecules": names, "by": by} | core)]


def _conformers(asked: Asked) -> list[Call]:
    count = amounts.conformers(asked.entities.read)
    wanted = {"count": count} if count else {}
    return [Call("generate_conformers", {"molecule": m} | wanted) for m in asked.molecules]


def _disease_drugs(asked: Asked) -> list[Call]:
    return [Call("find_indications", {"disease": asked.entities.disease})]


def _structure_activity(asked: Asked) -> list[Call]:
    """A table of a series: of a pattern, of a molecule's scaffold, or of all on a target."""
    e = asked.entities
    series: dict[str, object] = {}
    if e.pattern:
        series["smarts"] = e.pattern
    elif structure := next((m.text for m in e.molecules if m.kind == "structure"), ""):
        series["smarts"] = structure
    elif asked.molecules and (e.molecules or e.refers_back):
        series["molecule"] = asked.molecules[0]
    if e.activity_types:
        series["activity_type"] = e.activity_types[0]
    return [
        Call("find_structure_activity", {"target": target} | series)
        for target in asked.targets or asked.focus.targets[-1:]
    ]


def _similar_compounds(asked: Asked) -> list[Call]:
    threshold = amounts.similarity(asked.entities.read)
    least = {} if threshold is None else {"threshold": threshold}
    return [Call("find_similar", {"molecule": m} | least) for m in asked.molecules]


def _compounds_with(asked: Asked) -> list[Call]:
    structures = [m.text for m in asked.entities.molecules if m.kind == "structure"]
    smarts = asked.entities.pattern or structures[0]
    return [Call("find_with_substructure", {"smarts": smarts})]


def _documents(asked: Asked) -> list[Call]:
    return [Call("find_document", {"document": name}) for name in asked.entities.documents]


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
    if e.min_value_nm is not None:
        filters["min_value_nm"] = e.min_value_nm
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
    if asks_why(asked.entities.read) and (named := wanted or asked.focus.endpoints):
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
    "charge": _charge,
    "similarity": _similarity,
    "series": _series,
    "conversion": _conversion,
    "efficiency": _efficiency,
    "conformers": _conformers,
    "substructure": _substructure,
    "mechanism": _mechanism,
    "drugs_for_target": _drugs_for_target,
    "indications": _each("find_indications"),
    "disease_drugs": _disease_drugs,
    "warnings": _each("find_warnings"),
    "activities": _activities,
    "selectivity": _each("find_selectivity"),
    "structure_activity": _structure_activity,
    "similar_compounds": _similar_compounds,
    "compounds_with": _compounds_with,
    "document": _documents,
    "target_info": _target_info,
    "prediction": _prediction,
    "literature": _literature,
    "out_of_scope": _literature,
}
