"""How a question says which property it wants predicted, as data; and when it wants why.

Owns the words for endpoints and groups of endpoints. Which of them a tool can predict is the tool's
to say.
"""

from __future__ import annotations

import re
from re import Pattern

_PGP = r"(?:p-?gp|p-glycoprotein|mdr-?1|abcb1)"
_ABSORBED = (
    r"(?:(?:well|poorly|orally|completely) )?absorbed(?: (?:from|in|by|through|across)\b[^?.,;]*)?"
)
_BRAIN = (
    r"(?:cross(?:es)?|enters?|reach(?:es)?|gets?|penetrates?|pass(?:es)?)"
    r"(?: in)?(?: ?to)?(?: the)?"
)


def _table(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[Pattern[str], tuple[str, ...]], ...]:
    return tuple(
        (re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE), tuple(names.split()))
        for names, words in rows
    )


ENDPOINTS = _table(
    (
        ("solubility", r"(?:in|un|aqueous |water )?solub\w*|dissolv\w+|dissolution|logs"),
        ("lipophilicity", r"lipophil\w+|log ?d(?: ?7\.4)?|distribution coefficient"),
        (
            "herg",
            r"herg|cardiotox\w*|cardiac (?:risk|safety|liabilit\w+|toxicity)|qt|safe for the heart",
        ),
        ("caco2", r"caco-?\s?2\w*|(?:cell|membrane|intestinal|epithelial|gut) permea\w+|permea\w+"),
        (
            "hia",
            rf"(?:human )?(?:intestinal|gut|oral) absorption|hia|{_ABSORBED}",
        ),
        ("pgp_inhibition", rf"{_PGP}[- ]inhibit\w*|(?:inhibit\w*|block\w*)(?: of)? {_PGP}"),
        ("bioavailability", r"(?:oral(?:ly)? )?bio-?availab\w+"),
        (
            "bbb",
            r"blood[- ]?brain(?:[- ]barrier)?|bbb|(?:brain|cns)[- ](?:penetra\w+|permea\w+"
            rf"|exposure)|{_BRAIN} (?:brain|cns)",
        ),
        (
            "ppb",
            r"(?:plasma )?protein[- ]bind\w+|ppb|(?:bound|binds?)(?: to)? plasma proteins?"
            r"|(?:unbound|free) fraction|fraction unbound",
        ),
        ("vdss", r"volumes? of distribution|distribution volume|vd(?:ss)?"),
        (
            "half_life",
            r"half[- ]?li(?:fe|ves)|t ?1/2|how long\b[^?.;]*\b(?:stays?|lasts?|remains?)",
        ),
        (
            "clearance_hepatocyte",
            r"(?:human )?hepatocyt\w+ (?:clearance|stability)|(?:clearance|stability) in"
            r" (?:human )?hepatocytes|hepatocyte clint",
        ),
        (
            "clearance_microsome",
            r"(?:liver )?microsom\w+ (?:clearance|stability)|(?:clearance|stability) in (?:human )?"
            r"(?:liver )?microsomes|microsomal clint|hlm (?:clearance|stability)",
        ),
        (
            "clearance_hepatocyte clearance_microsome",
            r"clearance|metabolic(?:ally)? stab\w+|clint",
        ),
        ("ld50", r"ld ?50|acute(?: oral)? tox\w+|lethal dose"),
        ("ames", r"ames(?:[- ](?:test|positive|negative))?|mutagen\w*|genotox\w*"),
        (
            "dili",
            r"dili|hepato-?tox\w*|liver (?:injury|tox\w+|damage|safety|risk|liabilit\w+)"
            r"|(?:hurt|harm|damage|injure)s? the liver|bad for the liver|safe for the liver",
        ),
        (
            "clintox",
            r"clintox|clinical tox\w+|(?:fail\w*|failure) in (?:clinical )?trials? for tox\w+",
        ),
        ("admet", r"adme(?:t|tox|-tox)?"),
        (
            "absorption",
            r"(?<!intestinal )(?<!oral )(?<!gut )absorption"
            r" (?:of|for|profile|propert\w+|predictions?)",
        ),
        (
            "distribution",
            r"distribution (?:profile|propert\w+|predictions?|endpoints?)",
        ),
        (
            "metabolism",
            r"(?:metabolism|cyp) (?:profile|propert\w+|predictions?|endpoints?|liabilit\w+)",
        ),
        ("excretion", r"(?:excretion|elimination) (?:profile|propert\w+|predictions?|endpoints?)"),
        (
            "toxicity",
            r"tox(?:icity|icology)? (?:profile|propert\w+|predictions?|endpoints?|risks?|flags?"
            r"|liabilit\w+)|how toxic|toxic(?=\W*$)|predict\w* tox\w+",
        ),
        (
            "targets",
            r"off[- ]?\s?targets?|secondary pharmacology|target panel|polypharmacology"
            r"|(?:predicted|likely|possible) targets"
            r"|(?:what|which)(?: else| other targets?| proteins?)? (?:might|could|may|would)"
            r" [^?.;]{1,40} (?:hit|bind)(?: to)?",
        ),
    )
)
"""Words and the endpoints or groups that they mean."""

_TOX21 = re.compile(r"(?<![\w-])tox-?\s?21(?![\w-])", re.IGNORECASE)
TOX21 = _table(
    (
        ("tox21_nr_ahr", r"ahr|aryl hydrocarbon receptor"),
        ("tox21_nr_aromatase", r"aromatase"),
        ("tox21_nr_ppar_gamma", r"ppar\w*(?:[- ]?gamma)?"),
        ("tox21_nr_er_lbd", r"er[- ]lbd"),
        ("tox21_nr_ar_lbd", r"ar[- ]lbd"),
        ("tox21_nr_er", r"er(?![- ]lbd)|(?:o?estrogen) receptor(?! (?:lbd|ligand))"),
        ("tox21_nr_ar", r"ar(?![- ]lbd)|androgen receptor(?! (?:lbd|ligand))"),
        ("tox21_nr_er_lbd", r"(?:o?estrogen) receptor (?:lbd|ligand)"),
        ("tox21_nr_ar_lbd", r"androgen receptor (?:lbd|ligand)"),
        ("tox21_sr_are", r"are(?= (?:assay|result|pathway|activ))|oxidative stress|antioxidant\w*"),
        ("tox21_sr_atad5", r"atad5|genotoxic stress"),
        ("tox21_sr_hse", r"hse|heat[- ]shock"),
        ("tox21_sr_mmp", r"mmp|mitochondri\w+"),
        ("tox21_sr_p53", r"p53"),
    )
)
"""The assays of Tox21, which are looked for only where the set is named: "ER" is much else."""

_ISOFORM = re.compile(
    r"(?:cyp|p450)[- ]?(2c9|2d6|3a4)(?![\w*])|(?<![\w*])(2c9|2d6|3a4)(?![\w*])", re.I
)
_ISOFORMS = ("2c9", "2d6", "3a4")
_CYP = re.compile(r"\b(?:cyps?|p450s?|cytochrome)\b", re.IGNORECASE)
_ROLES = (
    ("inhibition", re.compile(r"\b(?:inhib\w*|block\w*)\b", re.IGNORECASE)),
    ("substrate", re.compile(r"\b(?:substrates?|metaboli[sz]ed|cleared by|turned over)\b", re.I)),
)

_CACO = re.compile(r"caco", re.IGNORECASE)
"""Permeability of the blood-brain barrier is not Caco-2's, unless that is named."""

_WHY = re.compile(
    r"\bwhy\b[^?.]*\b(?:predict\w*|model|think|thinks|thought|flag\w*|comes? out|score[sd]?)\b"
    r"|\b(?:which|what) (?:atoms?|groups?|parts?|fragments?|features?|substructures?)\b"
    r"|\bexplain\b[^?.]*\bpredict\w*|\bwhat (?:makes|drives)\b|\bwhere does\b[^?.]*\bpredict\w*",
    re.IGNORECASE,
)
"""A question for what a prediction leans on."""


def endpoints_in(text: str) -> tuple[str, ...]:
    """Endpoints and groups that a text names, in the order in which they stand there, each once."""
    found = [(match.start(), names) for rows, names in ENDPOINTS if (match := rows.search(text))]
    particular = {names[0] for _, names in found if len(names) == 1}
    found = [(at, names) for at, names in found if len(names) == 1 or not particular & set(names)]
    found += [(at, (name,)) for at, name in _cyps(text)]
    found += [(at, (name,)) for at, name in _tox21(text)]
    names = tuple(dict.fromkeys(name for _, group in sorted(found) for name in group))
    is_brain = "bbb" in names and not _CACO.search(text)
    return tuple(name for name in names if not (name == "caco2" and is_brain))


def asks_why(text: str) -> bool:
    """Whether a text asks what a prediction leans on."""
    return bool(_WHY.search(text))


def _cyps(text: str) -> list[tuple[int, str]]:
    """Inhibition and substrate endpoints of the isoforms named; of all three for "CYP inhibitor".

    A star allele ("CYP2D6*4") names a variant, not the enzyme.
    """
    isoforms = [(m.start(), (m.group(1) or m.group(2)).lower()) for m in _ISOFORM.finditer(text)]
    if not isoforms and _CYP.search(text) and not re.search(r"\bcyp\d", text, re.IGNORECASE):
        isoforms = [(m.start(), each) for m in [_CYP.search(text)] if m for each in _ISOFORMS]
    roles = [role for role, words in _ROLES if words.search(text)]
    return [(at, f"cyp{isoform}_{role}") for at, isoform in isoforms for role in roles]


def _tox21(text: str) -> list[tuple[int, str]]:
    """The Tox21 assays named, all of them where the set is named alone."""
    if not (named := _TOX21.search(text)):
        return []
    found = [(m.start(), names[0]) for rows, names in TOX21 if (m := rows.search(text))]
    every = dict.fromkeys(names[0] for _, names in TOX21)
    return found or [(named.start(), name) for name in every]
