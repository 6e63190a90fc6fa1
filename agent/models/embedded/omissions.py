"""What a question names and no planned call takes up, so that the answer can say so.

The planner reads a question in many steps, and each may lose a name. This reads it once more,
against the calls alone. Precision goes before recall: a call that may tell of a thing covers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from retort.agent.models.embedded import signals
from retort.agent.models.embedded.dialogue import Call
from retort.agent.models.embedded.diseases import named_in
from retort.agent.models.embedded.entities import Entities, Mention
from retort.agent.models.embedded.vocabulary import PROPERTIES, RULES

_NAMES = ("molecule", "structure", "target", "document")
_ON_TARGETS = frozenset({"find_selectivity", "ligand_efficiency", "search_literature"})
"""tools that need not be handed a target to tell of it"""
_TOLD_BY: Mapping[str, frozenset[str]] = {
    name: frozenset(tools.split())
    for name, tools in {
        "mechanism": "find_mechanism find_activities find_selectivity find_structure_activity",
        "indications": "find_indications find_mechanism find_molecule",
        "warnings": "find_warnings check_alerts",
        "alerts": "check_alerts",
        "activities": "find_activities find_selectivity find_structure_activity find_similar"
        " ligand_efficiency convert_units find_mechanism",
        "disease": "find_indications find_mechanism",
        "properties": "compare_molecules find_similar analyse_series ligand_efficiency"
        " match_substructure find_with_substructure convert_units estimate_charge",
        "rules": "",
        "endpoints": "find_selectivity find_activities find_mechanism ligand_efficiency"
        " find_warnings",
    }.items()
}
"""what is asked -> the tools that may tell it, however they are called"""
_TOOLS = {
    "properties": "calculate_properties",
    "rules": "check_rules",
    "endpoints": "predict_property",
}
"""argument that lists what is asked of a molecule -> its tool"""
_WORDS = {name: pattern for pattern, name in (*PROPERTIES, *RULES)}
_ALSO = {"herg": "kcnh2", "lipophilicity": "logp", "logp": "lipophilicity", "solubility": "water"}
"""argument -> what else it stands for"""


def omitted(question: str, entities: Entities, calls: Sequence[Call]) -> tuple[str, ...]:
    """What no call is about of all that a question names, mostly as typed; () without calls.

    Where papers are searched, only names count: a passage may tell of any property.
    """
    made = {call.name for call in calls}
    given = {value.lower() for call in calls for value in _values(call)}
    given |= {_ALSO[value] for value in given if value in _ALSO}
    names = [question[m.start : m.end] for m in entities.mentions if not _is_given(m, made, given)]
    words = [] if "search_literature" in made else list(_words(entities, calls, made, given))
    return tuple(dict.fromkeys([*names, *words])) if calls else ()


def _values(call: Call) -> Iterator[str]:
    """The texts among a call's arguments."""
    for value in call.args.values():
        yield from map(str, value if isinstance(value, list | tuple) else [value])


def _is_given(mention: Mention, made: set[str], given: set[str]) -> bool:
    """Whether a call is handed a name; also one that names no molecule for certain."""
    if mention.kind not in _NAMES or not mention.is_known:
        return True
    if mention.kind == "target" and made & _ON_TARGETS:
        return True
    names = {name.lower() for name in (mention.text, mention.written) if name}
    return any(name in value for name in names for value in given)


def _words(
    entities: Entities, calls: Sequence[Call], made: set[str], given: set[str]
) -> Iterator[str]:
    """The properties, rules, endpoints, records and diseases that no call is about."""
    for argument, tool in _TOOLS.items():
        asks_all = any(call.name == tool and not call.args.get(argument) for call in calls)
        if asks_all or made & _TOLD_BY[argument]:
            continue
        for name in getattr(entities, argument):
            if not given & {name, name.partition("_")[0]}:
                match = _WORDS[name].search(entities.masked) if name in _WORDS else None
                yield match.group() if match else name.replace("_", " ")
    records = signals.kinds(entities.masked) - {"properties", "rules", "prediction", "literature"}
    yield from sorted(kind for kind in records if not made & _TOLD_BY[kind])
    if (disease := named_in(entities.masked)) and not made & _TOLD_BY["disease"]:
        yield disease
