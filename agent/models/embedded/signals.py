"""Words of the field that ask for one kind of record by name, and the kinds that they explain away.

"Ligand efficiency", "boxed warning", "R-groups", "SAR": where such words stand with what they need
(a molecule, a target, an amount), the classifier need not be asked. Knows no tool.
"""

from __future__ import annotations

import re

from retort.agent.models.embedded.entities import Entities, read_masked
from retort.agent.models.embedded.followup import Focus

_EFFICIENCY = re.compile(
    r"\b(?:ligand|lipophilic|lipophilicity|binding|surface|size)[- ](?:ligand )?efficien\w+"
    r"|\b(?:LLE|LipE|BEI|SEI|LELP)\b|\bfit quality\b|(?-i:\bLE\b)",
    re.IGNORECASE,
)
_CHARGE = re.compile(
    r"\b(?:de)?protonat\w+|\b(?:un)?ioni[sz](?:ed|ation|able)\b|\bzwitterion\w*|\bpKa\b"
    r"|\b(?:acidic|basic)\b.{0,20}\b(?:groups?|centres?|centers?|sites?|nitrogens?|or)\b"
    r"|\b(?:groups?|centres?|centers?|sites?)\b.{0,20}\b(?:acidic|basic|ioni[sz]\w+)\b"
    r"|\bcharge[ds]?\b.*\b(?:pH|physiological|blood|plasma|stomach|gut)\b"
    r"|\b(?:pH|physiological|blood|stomach|gut)\b.*\bcharge[ds]?\b",
    re.IGNORECASE,
)
_WARNINGS = re.compile(
    r"\b(?:boxed|black[- ]box)\b|\bwithdraw\w*|\bwithdrew\b|\brecalled\b"
    r"|\b(?:pulled|taken|removed|disappear\w*) (?:off|from) (?:the )?(?:market|sale)|\bdelisted\b",
    re.IGNORECASE,
)
_SAR = re.compile(r"\bSARs?\b|\bstructure[- /–]+activity\b", re.IGNORECASE)
_SERIES = {
    "r_groups": re.compile(r"\bR[- ]?groups?\b|\bsubstituents?\b", re.IGNORECASE),
    "matched_pairs": re.compile(r"\bmatched[- ](?:molecular )?pairs?\b|\bMMPs?\b", re.IGNORECASE),
    "clusters": re.compile(r"\bcluster\w*|\bgroup\b.*\bby\b.*\bsimilar", re.IGNORECASE),
    "diverse": re.compile(r"\bdivers\w+|\bmost different\b", re.IGNORECASE),
    "common_core": re.compile(
        r"\bMCS\b|\b(?:common|shared|largest|maximum)\b.{0,20}\b(?:core|scaffold|sub-?structure"
        r"|framework|skeleton)|\b(?:core|scaffold|sub-?structure|skeleton|framework)\b.{0,15}"
        r"\b(?:shared?|common)\b|\bin common\b|\b(?:share|all have)\b",
        re.IGNORECASE,
    ),
    "scaffold": re.compile(r"\bscaffolds?\b|\bmurcko\b|\bframeworks?\b", re.IGNORECASE),
}
_CERTAIN_SERIES = frozenset({"r_groups", "matched_pairs", "clusters"})
"""Ways to analyse a set that two molecules are enough to ask for."""
_OWN_PAIR = re.compile(
    r"\bMCS\b|\b(?:common|largest|maximum)\b.{0,12}\b(?:core|sub-?structure)\b", re.IGNORECASE
)
_CONFORMERS = re.compile(
    r"\bconformers?\b|\bconformation(?:s|al)\b|\b3-?D (?:\w+ )?(?:structure|geometr\w+"
    r"|coordinates|model)",
    re.IGNORECASE,
)
_BESIDES = re.compile(
    r"\b(?:besides|apart from|other than|beyond|in addition to|except) target\b", re.IGNORECASE
)
_SELECTIVE = re.compile(
    r"\bhow (?:selective|promiscuous|specific)\b|\bselectivity (?:profile|panel)\b"
    r"|\bpolypharmacology\b",
    re.IGNORECASE,
)
_CHEMOTYPE = re.compile(r"\b(?:series|analogues?|analogs?|chemotype|scaffold)\b", re.IGNORECASE)
_ALIKE = re.compile(
    r"\b(?:compounds?|molecules?|cmpds?|drugs|anything|structures?|analog(?:ue)?s?)\b.{0,30}"
    r"\b(?:similar|like|resembl\w+|close|related) (?:to )?(?:drug|it)\b"
    r"|\bsimilar (?:compounds?|molecules?|cmpds?|drugs|structures)\b",
    re.IGNORECASE,
)
_POSSIBLE = re.compile(r"\b(?:may|might|could|will|predict\w*|likely|models?)\b", re.IGNORECASE)
_MEASURED = re.compile(
    r"\b(?:measured|known|tested|assayed|profiled|chembl|polypharmacology)\b", re.IGNORECASE
)
_CONVERTS = re.compile(r"\b(?:below|under|less than|better than|compounds|inhibitors)\b", re.I)
_WIDER = re.compile(r"\bchembl\b|\brecords?\b|\bactivit\w+|\blibrary\b|\bdocument\b", re.I)
_REPORTED = re.compile(r"\b(?:say|says|said|report\w*|conclude\w*|find about)\b", re.IGNORECASE)
_TREATMENT = re.compile(
    r"\b(?:drugs?|medicines?|medications?|treat\w*|therap\w+|pharmacotherapy|prescri\w+|licensed"
    r"|approved|market\w*|molecules?|compounds?|given|remed\w+|pills?)\b",
    re.IGNORECASE,
)

_RECORDS = {
    "mechanism": re.compile(r"\bmechanisms?(?: of action)?\b(?! of (?!drug|it))|\bmoa\b", re.I),
    "indications": re.compile(r"\bindications?\b|\bapproved uses\b", re.IGNORECASE),
    "warnings": re.compile(r"\b(?:boxed |box )?warnings?\b|\bwithdrawals?\b", re.IGNORECASE),
    "alerts": re.compile(r"\b(?:structural )?alerts?\b|\bpains\b", re.IGNORECASE),
    "rules": re.compile(r"\bdrug-?like(?:ness)?\b(?! (?:score|index))", re.IGNORECASE),
}
"""Records by the nouns that ask for them."""
_PAPERS_TOO = re.compile(
    r"\b(?:and|plus|also) (?:the |any |some )?(?:papers|articles|literature|publications|studies)"
    r" (?:on|about|of|for)\b",
    re.IGNORECASE,
)
_PAPERS = re.compile(
    r"\W*(?:the |any |some )?(?:papers|articles|literature|publications|studies)\b", re.IGNORECASE
)

DISPLACES: dict[str, frozenset[str]] = {
    "efficiency": frozenset(
        "activities properties prediction literature conversion identity mechanism".split()
    ),
    "conversion": frozenset(
        "activities properties prediction literature identity out_of_scope efficiency".split()
    ),
    "charge": frozenset("prediction literature identity substructure alerts conversion".split()),
    "warnings": frozenset("literature indications identity mechanism alerts prediction".split()),
    "structure_activity": frozenset(
        "activities substructure compounds_with similar_compounds drugs_for_target target_info"
        " literature similarity selectivity mechanism".split()
    ),
    "series": frozenset(
        "similarity properties identity substructure compounds_with similar_compounds"
        " literature mechanism".split()
    ),
    "conformers": frozenset("identity properties literature prediction".split()),
    "document": frozenset("identity literature activities target_info out_of_scope".split()),
    "selectivity": frozenset(
        "activities mechanism prediction target_info literature drugs_for_target".split()
    ),
    "similar_compounds": frozenset("similarity identity properties literature".split()),
    "compounds_with": frozenset(
        "substructure drugs_for_target identity literature properties alerts".split()
    ),
    "disease_drugs": frozenset("indications drugs_for_target literature identity".split()),
}
"""What a particular kind of question is mistaken for; both are kept where clauses ask for each."""


def named(entities: Entities, focus: Focus) -> set[str]:
    """The intents that words of the field ask for, with what each of them needs."""
    text = entities.masked
    has_molecule = bool(entities.molecules) or (entities.refers_back and bool(focus.molecules))
    found = set()
    if has_molecule and _EFFICIENCY.search(text):
        found.add("efficiency")
    if has_molecule and _CHARGE.search(text):
        found.add("charge")
    if has_molecule and _WARNINGS.search(text):
        found.add("warnings")
    if entities.targets and _SAR.search(text):
        found.add("structure_activity")
    if has_molecule and (_BESIDES.search(text) or _SELECTIVE.search(text)):
        found.add("selectivity")
    in_series = entities.molecules or entities.pattern
    if entities.targets and in_series and _CHEMOTYPE.search(text):
        found.add("structure_activity")
    if len(entities.molecules) == 1 and not entities.targets and _ALIKE.search(text):
        found.add("similar_compounds")
    if has_molecule:
        found |= _listed(text)
    if has_molecule and _CONFORMERS.search(text):
        found.add("conformers")
    if is_series(entities):
        found.add("series")
    if entities.amounts and entities.wanted_unit and not _CONVERTS.search(text):
        found.add("conversion")
    if entities.documents and (_WIDER.search(text) or len(entities.mentions) == 1):
        found |= set() if _REPORTED.search(text) else {"document"}
    return found


def unmeant(entities: Entities, wanted: set[str]) -> set[str]:
    """Intents that a word rules out: what may be hit is predicted, what was hit is measured."""
    found = set()
    if "targets" in entities.endpoints:
        found |= {"selectivity"} if _POSSIBLE.search(entities.masked) else set()
        if _MEASURED.search(entities.masked) and not found:
            found.add("prediction")
    if entities.max_value_nm is not None:  # selectivity takes no limit, activities do
        found.add("selectivity")
    is_charge = set(entities.properties) <= {"formal_charge"}
    if "charge" in wanted and not is_charge:
        return found
    return found | ({"properties"} if "charge" in wanted else set())


def is_series(entities: Entities) -> bool:
    """Whether a set of molecules is to be analysed as one."""
    count, by = len({m.text for m in entities.molecules}), analysis(entities.masked)
    is_pair = by in _CERTAIN_SERIES or bool(_OWN_PAIR.search(entities.masked))
    return bool(by) and (count > 2 or (count == 2 and is_pair))


def analysis(text: str) -> str:
    """How a set of molecules is to be analysed, as the tool names it; empty where nothing says."""
    return next((by for by, pattern in _SERIES.items() if pattern.search(text)), "")


def _listed(text: str) -> set[str]:
    """The records that a question names side by side: "indications, warnings, mechanism"."""
    found = {name for name, words in _RECORDS.items() if words.search(text)}
    return found if len(found) > 1 else set()


def kinds(text: str) -> set[str]:
    """The kinds of record that the nouns of a stretch of text ask for."""
    read = read_masked(text, ())
    by_table = {
        "properties": read.properties,
        "rules": read.rules,
        "prediction": read.endpoints,
        "activities": read.activity_types,
        "literature": _PAPERS.match(text),
    }
    found = {name for name, words in _RECORDS.items() if words.search(text)}
    return found | {name for name, has in by_table.items() if has}


def asks_besides(text: str) -> bool:
    """Whether a target is named only to be left out: "besides EGFR, what does it hit"."""
    return bool(_BESIDES.search(text))


def wants_papers_too(text: str) -> bool:
    """Whether papers are asked for beside something else: "its IC50 and papers on its safety"."""
    return bool(_PAPERS_TOO.search(text))


def is_about_drugs(text: str) -> bool:
    """Whether a question that names a disease asks for what treats it."""
    return bool(_TREATMENT.search(text))
