"""Which kinds of question are answered: what the classifier says, corrected by what is named.

Entities can veto (no molecule, no calculation) and words of the field can insist (a question that
says "TPSA" of a molecule wants it calculated). Knows no tool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from retort.agent.models.embedded import topics
from retort.agent.models.embedded.classifier import INTENTS
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.followup import Focus
from retort.agent.models.embedded.foretold import is_reported, wants_prediction

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
_PAPERS = re.compile(
    r"\b(?:metabol\w+|withdrawn|substrates?|cleared|eliminated|transported"
    r"|resist(?:ant|ance|s)?)\b",
    re.IGNORECASE,
)
"""What is told by papers and by no table here: metabolism, transport, resistance."""
_INFLUENCE = re.compile(
    r"\b(?:affects?|influences?|effects? of|impact|depends?|matters?|predicts?|modif(?:y|ies)"
    r"|role of|tested|deficien\w+|interact\w*)\b",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"\b(?:interact\w*|together|combin\w*|co-?administ\w*)\b", re.IGNORECASE)
_MECHANISM = re.compile(
    r"mechanisms? of action|mode of action|\bmoa\b"
    r"|how (?:does|do|is) (?:drug|it|they) (?:work|act)",
    re.IGNORECASE,
)
_IS_A = re.compile(
    r"\b(?:is|was) (?:drug|it) (?:an?|the) (?:[\w-]+ ){0,4}"
    r"(?:blocker|inhibitor|agonist|antagonist)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"\bwhat (?:is|are|was) the ([\w -]{2,40}?) (?:of|for) drug\b", re.I)
_IDENTITY = re.compile(
    r"struct|smiles|inchi|chembl|name|synonym|formula|\bid\b|identi|stereo|configuration|approv"
    r"|phase|year|date|cas\b|registry|sum|drawing|chirality|isomer",
    re.IGNORECASE,
)
_ALIKE = re.compile(r"similar|tanimoto|scaffold|resembl|structur|fingerprint", re.IGNORECASE)
_CALLED = re.compile(r"\bwhat is (?:it|this|drug)(?: \w+)? called\b|\b(?:its|the) name\b", re.I)


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
    is_prediction = wants_prediction(entities, focus)
    if is_prediction:
        wanted = _foretold(entities, wanted)
    if not wanted:
        best = max(INTENTS, key=lambda name: ratios[name])
        wanted = {best} if ratios[best] >= 0.5 else {"literature"}
    if "out_of_scope" in wanted:
        best = max(wanted, key=lambda name: ratios[name])
        asks_name = _CALLED.search(entities.masked) and focus.molecules
        if best == "out_of_scope" and not entities.mentions and not asks_name:
            return ("out_of_scope",), ""
        wanted = wanted - {"out_of_scope"} or {"literature"}
    wanted -= _unmeant(entities, wanted, ratios)
    if not is_prediction:
        wanted = _told_by_papers(entities, wanted)
        is_told = "literature" in wanted or is_reported(entities)
        if is_told and len(topics.clauses(entities)) == 1:
            wanted = wanted - {"prediction"} or {"literature"}
    if wanted == {"identity"} and _asks_another_quantity(entities):
        wanted = {"literature"}
    wanted, lacking = _possible(entities, wanted, focus)
    about_something = entities.targets or entities.variants or entities.endpoints
    if not wanted and (not entities.refers_back or about_something):
        wanted = {"literature"}
    return tuple(name for name in INTENTS if name in wanted), lacking


def _foretold(entities: Entities, wanted: set[str]) -> set[str]:
    """The intents with prediction, and without those that its words were taken for."""
    dropped = {"literature", "out_of_scope", "drugs_for_target", "target_info", "similarity"}
    if not entities.activity_types:
        dropped.add("activities")
    if not _MECHANISM.search(entities.masked):
        dropped.add("mechanism")
    if not entities.properties:
        dropped.add("properties")
    if _asks_another_quantity(entities) or not _IDENTITY.search(entities.masked):
        dropped.add("identity")
    return (wanted - dropped) | {"prediction"}


def _unmeant(entities: Entities, wanted: set[str], ratios: Mapping[str, float]) -> set[str]:
    """Intents of a general kind that a more particular one beside them explains away."""
    found = set()
    if len(wanted) > 1 and not entities.properties and not _GENERAL.search(entities.masked):
        found.add("properties")
    if len(wanted) > 1 and ratios["identity"] < max(ratios[name] for name in wanted):
        found.add("identity")
    measured = entities.properties or entities.endpoints or entities.targets
    if measured and not _ALIKE.search(entities.masked):
        found.add("similarity")
    if entities.limit and "activities" in wanted:
        found |= {"drugs_for_target", "mechanism"}
    if "selectiv" in entities.masked.lower() and "activities" in wanted:
        found.add("mechanism")
    return found if wanted - found else set()


def _asks_another_quantity(entities: Entities) -> bool:
    """Whether "the X of a drug" is asked where X is no part of an identity ("the LD50 of ...")."""
    asked = _QUANTITY.search(entities.masked)
    return bool(asked) and not _IDENTITY.search(asked.group(1) if asked else "")


def _told_by_papers(entities: Entities, wanted: set[str]) -> set[str]:
    """The intents without those whose tables say nothing of metabolism, resistance or influence."""
    about_both = bool(entities.molecules) and bool(entities.targets or entities.variants)
    together = len(entities.molecules) > 1 and _TOGETHER.search(entities.masked)
    is_paper = _PAPERS.search(entities.masked) or together
    if not is_paper and not (about_both and _INFLUENCE.search(entities.masked)):
        if about_both and "literature" in wanted:
            return wanted - {"drugs_for_target"}
        return wanted
    dropped = {"drugs_for_target", "target_info", "identity", "similarity"}
    if not _MECHANISM.search(entities.masked):
        dropped.add("mechanism")
    if not entities.activity_types:
        dropped.add("activities")
    if entities.variants:
        dropped.add("indications")
    return (wanted - dropped) | {"literature"}


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
    if "selectiv" in entities.masked.lower() and entities.molecules and not about_papers:
        found.add("activities")
    if _IS_A.search(entities.masked) and not entities.endpoints:
        found.add("mechanism")
    if _CALLED.search(entities.masked):
        found.add("identity")
    if entities.endpoints and not about_papers and not measured and not wanted - {"prediction"}:
        found.add("prediction")
    return found
