"""What a user reads before and while a tool runs, in plain words.

What it says afterwards is the tool's own summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DOING = {
    "find_molecule": "Looking up {molecule}",
    "calculate_properties": "Calculating properties of {molecule}",
    "check_rules": "Checking drug-likeness rules for {molecule}",
    "check_alerts": "Looking for structural alerts in {molecule}",
    "estimate_charge": "Estimating the charge of {molecule}",
    "convert_units": "Converting {quantity} into {unit}",
    "ligand_efficiency": "Calculating ligand efficiency of {molecule}",
    "compare_molecules": "Comparing {molecule} with {other}",
    "match_substructure": "Matching {smarts} in {molecule}",
    "analyse_series": "Analysing a set of molecules by {by}",
    "generate_conformers": "Generating conformers of {molecule}",
    "find_target": "Looking up the target {target}",
    "find_selectivity": "Looking up the selectivity of {molecule}",
    "find_structure_activity": "Relating structure to activity on {target}",
    "find_similar": "Looking for molecules similar to {molecule}",
    "find_with_substructure": "Looking for molecules that hold {smarts}",
    "find_warnings": "Looking up safety warnings of {molecule}",
    "find_document": "Looking up the document {document}",
    "find_mechanism": "Looking up mechanisms of action for {molecule}{target}",
    "find_indications": "Looking up indications of {molecule}",
    "predict_property": "Predicting properties of {molecule}",
    "explain_prediction": "Explaining the predicted {endpoint} of {molecule}",
    "more_tools": "Looking for other tools",
    "search_literature": "Searching the literature for “{query}”",
}


_LONG = frozenset(
    (
        *("predict_property", "explain_prediction", "generate_conformers", "analyse_series"),
        *("find_structure_activity", "find_similar", "find_with_substructure"),
    )
)
"""Calls that take seconds: learned models, conformers, whole sets of structures."""


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def doing(name: str, args: Mapping[str, Any]) -> str:
    """One line for a call that is starting: "Searching the literature for “VKORC1 dose”"."""
    short = _Blank({key: _short(value) for key, value in args.items()})
    if name == "find_activities":
        parts = [short[key] for key in ("molecule", "target") if short[key]]
        return f"Looking up measured activities: {' on '.join(parts) or '?'}"
    if name in _DOING:
        return _DOING[name].format_map(short)
    return f"Calling {name}"


def revising(faults: int) -> str:
    """One line while a draft with so many faults is written again."""
    return f"Checking and correcting: {faults} {'fault' if faults == 1 else 'faults'} found"


def takes_long(name: str) -> bool:
    """Whether a tool takes so long that a user should know beforehand what is coming."""
    return name in _LONG


def first_words(text: str, limit: int) -> str:
    """A text, cut at a word where it has more characters than ``limit``."""
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " ..."


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
