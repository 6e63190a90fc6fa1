"""Which kinds of question are answered: what the classifier says, corrected by what is named.

Entities can veto (no molecule, no calculation) and words of the field can insist (a question that
says "TPSA" of a molecule wants it calculated). Knows no tool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from retort.agent.models.embedded import signals
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
        "charge",
        "efficiency",
        "warnings",
        "selectivity",
        "similar_compounds",
        "conformers",
    }
)
NEEDS_TARGET = frozenset({"drugs_for_target", "target_info", "structure_activity"})
_GENERAL = re.compile(
    r"propert|descriptor|phys-?(?:ico-?)?chem|profile|compare|contrast|versus|\bvs\b|differ|about",
    re.IGNORECASE,
)
_PAPERS = re.compile(
    r"\b(?:metabol\w+|substrates?|cleared|eliminated|transported"
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
    r"mechanisms? of action|modes? of action|\bmoa\b|\bthe mechanisms? of drug"
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
    certain = signals.named(entities, focus)
    wanted = (wanted | certain) - _ungiven(entities, focus)
    wanted = _particular(entities, wanted, certain, ratios)
    is_prediction = wants_prediction(entities, focus) and not certain
    if is_prediction:
        wanted = _foretold(entities, wanted)
    if not wanted:
        given = [name for name in INTENTS if name not in _ungiven(entities, focus)]
        best = max(given, key=lambda name: ratios[name])
        wanted = {best} if ratios[best] >= 0.5 else {"literature"}
    if "out_of_scope" in wanted:
        best = max(wanted, key=lambda name: ratios[name])
        asks_name = _CALLED.search(entities.masked) and focus.molecules
        is_empty = not (entities.mentions or entities.disease or certain)
        if best == "out_of_scope" and is_empty and not asks_name:
            return ("out_of_scope",), ""
        wanted = wanted - {"out_of_scope"} or {"literature"}
    wanted -= _unmeant(entities, wanted, ratios) - certain
    if not is_prediction and not certain:
        wanted = _told_by_papers(entities, wanted)
        if "literature" in wanted or is_reported(entities):
            wanted = wanted - {"prediction"} or {"literature"}
    if wanted == {"identity"} and _asks_another_quantity(entities):
        wanted = {"literature"}
    wanted, lacking = _possible(entities, wanted, focus)
    about_something = entities.targets or entities.variants or entities.endpoints
    if not wanted and (not entities.refers_back or about_something):
        wanted = {"literature"}
    return tuple(name for name in INTENTS if name in wanted), lacking


def _particular(
    entities: Entities, wanted: set[str], certain: set[str], ratios: Mapping[str, float]
) -> set[str]:
    """The intents without the general ones that a particular one explains away."""
    wanted = wanted - signals.unmeant(entities, wanted)
    for name, others in signals.DISPLACES.items():
        if name in wanted:
            weaker = {n for n in others if name in certain or ratios[n] < ratios[name]}
            wanted = wanted - (weaker - certain)
    if "literature" in wanted and len(wanted) > 1 and not signals.wants_papers_too(entities.masked):
        best = max(wanted, key=lambda name: ratios[name])
        wanted = {"literature"} if best == "literature" else wanted - {"literature"}
    return wanted


def _ungiven(entities: Entities, focus: Focus) -> set[str]:
    """Intents whose subject neither the question nor what was said before gives."""
    given = {
        "conversion": entities.amounts and (entities.wanted_unit or focus.unit),
        "document": entities.documents,
        "disease_drugs": entities.disease,
        "series": signals.is_series(entities),
        "structure_activity": entities.targets or focus.targets,
        "compounds_with": entities.pattern
        or any(m.kind == "structure" for m in entities.molecules),
    }
    return {name for name, has in given.items() if not has}


def _foretold(entities: Entities, wanted: set[str]) -> set[str]:
    """The intents with prediction, and without those that its words were taken for."""
    dropped = {"literature", "out_of_scope", "drugs_for_target", "target_info", "similarity"}
    if not entities.activity_types:
        dropped.add("activities")
    if "targets" not in entities.endpoints:
        dropped.add("selectivity")
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
    if _MECHANISM.search(entities.masked) and not _ALIKE.search(entities.masked):
        found.add("similarity")
    if entities.targets and "activities" in wanted:
        found.add("activities" if signals.asks_besides(entities.masked) else "selectivity")
    if len(wanted) > 1:
        found.add("conformers")
    alike = {"similar_compounds", "compounds_with"}
    if alike <= wanted:
        found.add(min(alike, key=lambda name: (ratios[name], name)))
    if entities.pattern and set(entities.properties) <= {"rings", "aromatic_rings"}:
        found.add("properties")
    if entities.limit and "activities" in wanted:
        found |= {"drugs_for_target", "mechanism"}
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
    wanted, lacking = _swapped(entities, wanted, focus), ""
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


def _swapped(entities: Entities, wanted: set[str], focus: Focus) -> set[str]:
    """The intents, each exchanged for its neighbour where what is named belongs to that."""
    wanted = set(wanted)
    is_alone = not entities.molecules and not (entities.refers_back and focus.molecules)
    if "substructure" in wanted and entities.pattern and is_alone:
        wanted = (wanted - {"substructure"}) | {"compounds_with"}
    if "compounds_with" in wanted and entities.pattern and entities.molecules:
        wanted = (wanted - {"compounds_with"}) | {"substructure"}
    pair = {m.text for m in entities.molecules} | set(focus.molecules)
    if "similarity" in wanted and len(pair) == 1:
        wanted = (wanted - {"similarity"}) | {"similar_compounds"}
    if "similar_compounds" in wanted and len({m.text for m in entities.molecules}) > 1:
        wanted = (wanted - {"similar_compounds"}) | {"similarity"}
    if "indications" in wanted and entities.disease and is_alone:
        wanted = (wanted - {"indications"}) | {"disease_drugs"}
    if "disease_drugs" in wanted and entities.molecules:
        wanted = (wanted - {"disease_drugs"}) | {"indications"}
    return wanted


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
    has_limit = entities.max_value_nm is not None and not entities.documents
    if has_limit and (entities.mentions or entities.refers_back) and not about_papers:
        found.add("activities")
    if signals.wants_papers_too(entities.masked):
        found.add("literature")
    if _IS_A.search(entities.masked) and not entities.endpoints:
        found.add("mechanism")
    if _CALLED.search(entities.masked):
        found.add("identity")
    if entities.endpoints and not about_papers and not measured and not wanted - {"prediction"}:
        found.add("prediction")
    return found
