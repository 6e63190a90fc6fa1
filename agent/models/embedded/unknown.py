"""Names of molecules that no list has, told by where they stand or how they end.

Owns the places of a sentence where a molecule's name would stand. Knows no list of molecules; what
is plain English or a word of the field is no name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retort.agent.models.embedded import shapes, slips
from retort.agent.models.embedded.common_names import IN_PLACE
from retort.agent.models.embedded.vocabulary import ASIDE, NOT_GENES, SUBSTRUCTURES

BLOT = "\0"
"""stands for each character of a name that was recognised before"""

_UNKNOWN_SLOTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:IC50|EC50|Ki|Kd|AC50|potency|affinity|activity|activities|selectivity) (?:values? "
        r")?(?:of|for) (NAME)"
        r"(?= (?:against|on|at|for|towards|to|in)\b|[?.!]|$)",
        r"\b(?:mechanism(?: of action)?|mode of action|moa|target|structure|smiles|formula|weight"
        r"|mass|logp|tpsa|psa|qed"
        r"|solubility|lipophilicity|logd|indications?|pains|brenk alerts|toxicophores|properties"
        r"|descriptors|synonyms|similarity|inchikey|risk|alerts|count"
        r"|profile|donors|acceptors|bonds|rings) (?:of|for|in|between) (NAME)(?=[?.,!]| and\b| "
        r"on\b| in\b|$)",
        r"\bhow (?:potent|active|soluble|similar|heavy|polar|drug-?like) is (NAME)\b",
        r"\b(?:does|is|will|would|can) (NAME) (?:pass|satisfy|obey|violate|meet|contain|have"
        r"|inhibit|bind|block|work|soluble"
        r"|a herg|used|indicated|approved|treat|drug-?like|target|act|lipophilic|dissolve"
        r"|metaboli[sz]ed|cleared|permeable|absorbed|teratogenic|withdrawn|a substrate|cross"
        r"|penetrate|reach|enter|get into|come out|mutagenic|hepatotoxic|toxic|orally|bioavailable"
        r"|genotoxic|ever|recalled|pulled|taken off|lead-?like|selective|promiscuous"
        r"|charged|ioni[sz]ed|protonated|a zwitterion|carry|bear)\b",
        r"\b(?:selectivity|charge|warnings?|withdrawal|conformers|analogues|analogs|neighbou?rs"
        r"|efficiency|MPO|MPO score|pka|protonation state|recall)"
        r" (?:of|for|on|around) (NAME)"
        r"(?=[?.,!;:]| and\b| in\b| at\b| on\b| against\b|$)",
        r"\b(NAME) (?:was|were|got|has been|had been) (?:ever )?"
        r"(?:withdrawn|recalled|pulled|taken)\b",
        r"\b(?:solubility in water of|(?:PAINS|alerts?|filters?|toxicophores?) (?:over|on)) (NAME)"
        r"(?=[?.,!;]|$)",
        r"\b(?:similar to|resembling|as similar as|compounds like|molecules like|drugs like"
        r"|withdraw|look like) (NAME)(?=[?.,!;]| and\b|$)",
        r"\b(?:half-life|bioavailability|clearance|protein binding|permeability|LD50|toxicity"
        r"|volume of distribution|penetration|stability|off-targets) (?:of|for) (NAME)"
        r"(?=[?.,!]| and\b| in\b|$)",
        r"\bhow does (NAME) (?:work|act)\b",
        r"\bwhat (?:is|about) (NAME) (?:used|indicated|approved|prescribed) for\b",
        r"\b(?:similar\w*|tanimoto|compar\w*|resembl\w*)\b[^?]*?\0 (?:and|to|with|versus|vs\.?) "
        r"(NAME)(?=[?.!]|$)",
        r"\b(?:what|how) about (NAME)[?.! ]*$",
        r"\b(?:look up|resolve|draw|depict|compare|molecule named|drug named|compound named|drug "
        r"called) (NAME)",
    )
)
_LIST = r"\s*(?:,|/|\bor\b|\band\b|\bversus\b|\bvs\b\.?)\s*(?:and |or )?"
_NEXT = re.compile(rf"{_LIST}([A-Za-z]{{6,}})(?![\w-])", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<![\w-])([A-Za-z]{{6,}}){_LIST}$", re.IGNORECASE)
_CHEMICAL = re.compile(
    r"(?<![\w-])[a-z]{4,}(?:[^k]ine|(?<!t)ide|one|ol|am|il|ole|ium)(?![\w-])", re.IGNORECASE
)
_NAME = r"(?:[A-Za-z0-9][\w'/+-]*[A-Za-z0-9+]|[A-Za-z]{3,})(?: acid| sodium| hydrochloride)?"


def in_place(sheet: str) -> list[tuple[int, int]]:
    """Words with a drug's stem, and words in the place of a name that are not plain.

    Args:
        sheet: the question with what was recognised blotted out.
    """
    spans = [span for span in shapes.stems_in(sheet) if sheet[slice(*span)].lower() not in ASIDE]
    for slot in _UNKNOWN_SLOTS:
        for found in re.finditer(slot.pattern.replace("NAME", _NAME), sheet, re.IGNORECASE):
            first = found.group(1).split()[0].lower().removesuffix("'s")
            is_plain = _is_no_name(first) and first not in IN_PLACE
            if len(first) >= 4 and not is_plain and not first.isdigit():
                spans.append(found.span(1))
    return spans


def chemicals(sheet: str) -> list[tuple[int, int]]:
    """Words that end like a chemical's name and are in no dictionary.

    "Is thalidomide carrying a boxed warning": any sentence may be built around a name.
    """
    return [
        match.span()
        for match in _CHEMICAL.finditer(sheet)
        if not _is_no_name(match.group().lower()) and match.group().lower() not in SUBSTRUCTURES
    ]


def listed(sheet: str, named: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Words that no dictionary of plain English has, in a list of molecules: "X, WORD and Y".

    Args:
        sheet: the question with what was recognised blotted out.
        named: where the molecules stand that were recognised.
    """
    found = [
        match
        for start, end in named
        for match in (
            _NEXT.match(sheet, end),
            _BEFORE.search(sheet, max(0, start - 40), start),
        )
    ]
    return [m.span(1) for m in found if m and not _is_no_name(m.group(1).lower())]


def _is_no_name(word: str) -> bool:
    """Whether a lower-case word is one of the field or plain English, and no molecule's name."""
    is_aside = word in ASIDE or word.rstrip("s") in ASIDE or word.upper() in NOT_GENES
    return is_aside or (slips.is_known(word) and not shapes.has_stem(word))
