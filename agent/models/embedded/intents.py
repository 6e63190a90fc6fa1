"""Which kinds of question are answered: what the classifier says, corrected by what is named.

Entities can veto (no molecule, no calculation) and words of the field can insist (a question that
says "TPSA" of a molecule wants it calculated). Knows no tool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from retort.agent.models.embedded.classifier import INTENTS
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.followup import Focus

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
_GENERAL = re.compile(
    r"propert|descriptor|phys-?(?:ico-?)?chem|profile|compare|contrast|versus|\bvs\b|differ|about",
    re.IGNORECASE,
)


def choose(
    entities: Entities, ratios: Mapping[str, float], focus: Focus
) -> tuple[tuple[str, ...], str]:
    """Intents in the order of answering, and what is lacking where none is left ("molecule" ...).

    Args:
        entities: what the question names.
        ratios: intent -> probability over its threshold.
        focus: what was spoken of before.
    """
    wanted = {name for name in INTENTS if ratios[name] >= 1.0} | _insisted(entities, ratios)
    if not wanted:
        best = max(INTENTS, key=lambda name: ratios[name])
        wanted = {best} if ratios[best] >= 0.5 else {"literature"}
    if "out_of_scope" in wanted:
        best = max(wanted, key=lambda name: ratios[name])
        if best == "out_of_scope" and not entities.mentions:
            return ("out_of_scope",), ""
        wanted = wanted - {"out_of_scope"} or {"literature"}
    wanted -= _unmeant(entities, wanted, ratios)
    wanted, lacking = _possible(entities, wanted, focus)
    if not wanted and not entities.refers_back:
        wanted = {"literature"}
    return tuple(name for name in INTENTS if name in wanted), lacking


def _unmeant(entities: Entities, wanted: set[str], ratios: Mapping[str, float]) -> set[str]:
    """Intents of a general kind that a more particular one beside them explains away."""
    found = set()
    if len(wanted) > 1 and not entities.properties and not _GENERAL.search(entities.masked):
        found.add("properties")
    if len(wanted) > 1 and ratios["identity"] < max(ratios[name] for name in wanted):
        found.add("identity")
    if entities.properties and len(entities.molecules) > 1 and ratios["similarity"] < 1.5:
        found.add("similarity")
    return found if wanted - found else set()


def _possible(entities: Entities, wanted: set[str], focus: Focus) -> tuple[set[str], str]:
    """The intents that have what they need, and what is lacking for the first that has not."""
    wanted, lacking = set(wanted), ""
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
    named = (*entities.molecules, *entities.targets, *focus.molecules, *focus.targets)
    if "activities" in wanted and not named:
        wanted.discard("activities")
        lacking = lacking or "target"
    if "substructure" in wanted and not entities.pattern:
        wanted.discard("substructure")
        lacking = lacking or "pattern"
    return wanted, lacking


def _insisted(entities: Entities, ratios: Mapping[str, float]) -> set[str]:
    """Intents that words of the field ask for by name."""
    wanted = {name for name in INTENTS if ratios[name] >= 1.0}
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
