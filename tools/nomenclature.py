"""The conventions of drug names: words for salts, pairs of national names, other people's ids.

Owns what turns one accepted name into another (British and American order of a salt, INN and USAN)
and which identifiers belong to databases that are not read here. Knows no list of molecules:
whether a name exists is asked elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from retort.tools.spelling import fold, salt_apart

_PAIRS = (
    "acetaminophen paracetamol|acetylsalicylic_acid aspirin|acyclovir aciclovir"
    "|albuterol salbutamol|amphetamine amfetamine|benzhexol trihexyphenidyl"
    "|benztropine benzatropine|chlorpheniramine chlorphenamine|cromolyn cromoglicic_acid"
    "|cyclosporine ciclosporin|deferoxamine desferrioxamine|dicyclomine dicycloverine"
    "|dipyrone metamizole|dothiepin dosulepin|dextrose glucose|epinephrine adrenaline"
    "|furosemide frusemide|glyburide glibenclamide|hydroxyurea hydroxycarbamide"
    "|isoproterenol isoprenaline|lidocaine lignocaine|meperidine pethidine"
    "|metaproterenol orciprenaline|methimazole thiamazole|methotrimeprazine levomepromazine"
    "|niacin nicotinic_acid|nitroglycerin glyceryl_trinitrate|norepinephrine noradrenaline"
    "|phenobarbital phenobarbitone|pentobarbital pentobarbitone|phytonadione phytomenadione"
    "|propoxyphene dextropropoxyphene|rifampin rifampicin|scopolamine hyoscine"
    "|sirolimus rapamycin|succinylcholine suxamethonium|tetracaine amethocaine"
    "|torsemide torasemide|trimeprazine alimemazine|vitamin_C ascorbic_acid"
    "|alcohol ethanol|glycerin glycerol|serotonin 5-hydroxytryptamine"
)
"""Two nonproprietary names of one substance (USAN first, then INN or BAN), as the FDA's and the
MHRA's lists of changed names give them; spellings that ``fold`` makes equal are not repeated."""

NAMESAKES: dict[str, str] = {}
"""folded name -> the other name of the same substance"""
for _pair in _PAIRS.split("|"):
    _us, _inn = (name.replace("_", " ") for name in _pair.split())
    NAMESAKES |= {fold(_us): _inn, fold(_inn): _us}

_ESTER_TOO = frozenset(
    map(fold, "acetate phosphate succinate propionate valerate palmitate stearate benzoate".split())
)
_LONG_FORMS = {"hcl": "hydrochloride", "dihcl": "dihydrochloride", "hbr": "hydrobromide"}

_FOREIGN = (
    ("DrugBank", re.compile(r"(?:drugbank[:\s]*)?DB\d{5}", re.IGNORECASE)),
    ("PubChem", re.compile(r"(?:pubchem[:\s]*)?[CS]ID[:\s]*\d{1,10}", re.IGNORECASE)),
    ("CAS", re.compile(r"(?:CAS(?:RN)?[:\s]*)?\d{2,7}-\d{2}-\d", re.IGNORECASE)),
    ("ChEBI", re.compile(r"CHEBI[:\s]*\d{1,7}", re.IGNORECASE)),
    ("KEGG", re.compile(r"KEGG[:\s]*[CD]\d{5}", re.IGNORECASE)),
    ("UNII", re.compile(r"UNII[:\s]*[0-9A-Z]{10}", re.IGNORECASE)),
    ("ZINC", re.compile(r"ZINC\d{6,16}", re.IGNORECASE)),
    ("PDB ligand", re.compile(r"PDB ligand[:\s]*[0-9A-Z]{3,5}", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Another way to write a name, and what a reader is told when it was the one that fits."""

    text: str
    note: str = ""
    """one sentence; empty where the two differ in punctuation only"""


def foreign(text: str) -> str:
    """The database whose identifier a text is by its form ("DrugBank"), or ``""``."""
    return next((name for name, form in _FOREIGN if form.fullmatch(text)), "")


def punctuated(text: str) -> list[str]:
    """A name of one or two words with its hyphens and spaces otherwise: "STI 571" for "STI-571"."""
    if len(text.split()) > 2:
        return []
    bare = re.sub(r"[\s-]", "", text)
    jointed = re.sub(r"(?<=[A-Za-z])(?=\d)", "-", bare, count=1)
    written = [text.replace(" ", "-"), text.replace("-", " "), bare, jointed]
    return [other for other in dict.fromkeys(written) if other != text]


def readings(text: str) -> list[Reading]:
    """Other accepted names of the same compound, in the order in which they should be tried.

    The text itself is not among them, nor is the name without its salt: that is another compound.
    """
    base, salt = salt_apart(text)
    salt = " ".join(_LONG_FORMS.get(word.casefold(), word) for word in salt.split())
    found = [Reading(f"{base} {salt}"), Reading(f"{salt} {base}")] if salt else []
    if other := NAMESAKES.get(fold(base)):
        note = f'"{base}" is another nonproprietary name of {other}.'
        found.append(Reading(f"{other} {salt}".strip(), note))
    return [reading for reading in found if reading.text.casefold() != text.casefold()]


def of_the_acid(text: str) -> str:
    """The acid whose anion or ester a name ends as: "valproate" -> "valproic acid"; or ``""``."""
    return f"{text[:-3]}ic acid" if re.fullmatch(r"[A-Za-z]{4,}ate", text) else ""


def salt_note(base: str, salt: str, release: str) -> str:
    """What a reader is told when only the name without its salt is known."""
    kind = "salt or ester" if {fold(word) for word in salt.split()} & _ESTER_TOO else "salt or form"
    return (
        f'{release} has no "{base} {salt}": {base} itself stands here, without the {kind} that '
        f'"{salt}" names; masses and formulas are its own.'
    )
