"""Whether a question wants a value predicted, or one that somebody measured or reported.

Owns that one decision, made from words: an endpoint is named of a molecule, and nothing says that
a measurement, a paper or an influence is meant. Knows no tool.
"""

from __future__ import annotations

import re

from retort.agent.models.embedded.endpoint_words import asks_why
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.followup import Focus

_REPORTED = re.compile(
    r"\b(?:measured?|measurements?|reported|observed|published|literature|papers?|stud(?:y|ies)"
    r"|evidence|known|cases?|experiment\w*|trials?|causes?|caused|side effects?|adverse"
    r"|genotypes?|polymorphisms?|variants?|alleles?|mutations?|withdrawn|levels?|dos(?:e|es|ing))\b"
    r"|\bin (?:humans?|patients?|man|people|children|adults|vivo|rats?|mice)\b",
    re.IGNORECASE,
)
_PREDICTED = re.compile(r"\b(?:predict\w*|estimate\w*|expect\w*|models?|likely)\b", re.IGNORECASE)
_INFLUENCE = re.compile(
    r"\b(?:affect\w*|influenc\w*|effects? of|impact|depends?|matters?|chang(?:e|es|ed)|rais(?:e|es)"
    r"|lower(?:s|ed)?|increas\w+|reduc\w+|interact\w*|role of)\b",
    re.IGNORECASE,
)
_CYP_OF_DRUG = re.compile(
    r"\b(?:drug|it|this|that|compound|molecule|structure)\b[^?.;]*"
    r"\b(?:inhibit\w*|block\w*|substrates?|metaboli[sz]ed|cleared by|turned over)\b"
    r"|\b(?:inhibition|inhibitor|substrate|block\w*)\b[^?.;]* (?:of|by|for|with) (?:drug|it)\b",
    re.IGNORECASE,
)
"""The molecule is what inhibits or is metabolised; "do CYP2D6 inhibitors raise drug" is not it."""
_OWN_TARGETS = frozenset(
    "KCNH2 CYP2C9 CYP2D6 CYP3A4 ABCB1 ESR1 AR AHR CYP19A1 PPARG ATAD5 TP53".split()
)
"""Targets that are endpoints themselves."""


def wants_prediction(entities: Entities, focus: Focus) -> bool:
    """Whether the question is one for the predictors."""
    endpoints = entities.endpoints
    if asks_why(entities.masked) and focus.endpoints and not entities.mentions:
        return True
    if not endpoints or not (entities.molecules or (entities.refers_back and focus.molecules)):
        return False
    text, is_model = entities.masked, bool(_PREDICTED.search(entities.masked))
    is_measured = entities.activity_types or entities.max_value_nm or entities.min_pchembl
    foreign = {m.text.upper() for m in entities.targets} - _OWN_TARGETS
    if is_measured or entities.variants or (foreign and not is_model):
        return False
    if all(name.startswith("cyp") for name in endpoints) and not _CYP_OF_DRUG.search(text):
        return False
    return is_model or not (_REPORTED.search(text) or _INFLUENCE.search(text))


def is_reported(entities: Entities) -> bool:
    """Whether a question says that it wants what somebody measured or reported."""
    return bool(_REPORTED.search(entities.masked)) and not _PREDICTED.search(entities.masked)
