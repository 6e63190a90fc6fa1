"""Structures under control: which written structures are a chemical weapon, an explosive or a drug.

Owns the treaty's families as patterns and the keys of single substances. Decides nothing: what a
question may ask about them is the agent's.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools import structures

_FAMILIES: tuple[tuple[str, str], ...] = (
    ("[CX4]OP(=O)(F)[CX4]", "nerve agent"),
    ("[CX4]OP(=O)(C#N)N([CX4])[CX4]", "nerve agent"),
    ("[O]P(=O)([CX4])S[CX4][CX4][NX3]", "nerve agent"),
    ("[CX4]P(=O)(F)N=[#6]", "nerve agent"),
    ("[CX4]OP(=O)(F)N=[#6]", "nerve agent"),
    ("Cl[CH2][CH2]S[CH2]", "sulfur mustard"),
    ("Cl[As]C=CCl", "lewisite"),
    ("O=C([#6,#8])N(c)C1CCN(CC*)CC1", "fentanyl"),
)
"""Schedule 1 A of the Chemical Weapons Convention, items 1 to 5, 13 and 14 (Annex on Chemicals, as
amended 2020) by family, and the 4-anilidopiperidines. The nitrogen mustards of item 6 are left out:
mechlorethamine is a medicine."""

_KEYS: dict[str, str] = {
    "ZTLXICJMNFREPA": "triacetone triperoxide",
    "HMWPNDNFTFSCEB": "HMTD",
    "XTFIVUDBNACUBN": "RDX",
    "TZRXHJWUDPFEEY": "PETN",
    "SPSSULHKWOKEEL": "TNT",
    "MYWUZJCMWCOHBA": "methamphetamine",
    "KWTSXDURSIMDCE": "amphetamine",
    "SHXWCVYOXRDMCX": "MDMA",
    "GVGLGOZIDCSQPN": "heroin",
    "ZPUCINDJVBIVPJ": "cocaine",
    "VAYOSLLFUXYJDT": "LSD",
    "PJMPHNIQZUBGLI": "fentanyl",
    "JTJMJGYZQZDUJJ": "phencyclidine",
    "YELGFTGWJGBAQU": "mephedrone",
    "YQEZLKZALYSWHR": "ketamine",
    "DYAHQFWOVKZOOW": "sarin",
    "GRXKLBBBQUKJJZ": "soman",
    "PJVJTCIRVMBVIA": "tabun",
    "JJIUCEJQJXNMHV": "VX",
}
"""First block of the InChIKey, so that stereo, isotopes and charge change nothing."""

_KEY = re.compile(r"([A-Z]{14})(?:-[A-Z]{10}-[A-Z])?")
_WORD = re.compile(r"\S{5,}")
_SMILES = re.compile(r"(?=.*[()=#\[\]\d])(?=.*[CcNOPS])[A-Za-z0-9()\[\]=#@+\-/\\.%:]+")
_MOST = 50
"""words of one text that are read as structures"""


def named_structures(text: str) -> str:
    """The text with a name in place of every structure under control; other words as they were.

    Args:
        text: any text. SMILES, InChI and InChIKey count that stand as a word of their own; the
            first 50 that may be one are read.
    """
    left = _MOST

    def named(match: re.Match[str]) -> str:
        nonlocal left
        word = match[0].strip(".,;:!?\"'`<>")
        if left and (_KEY.fullmatch(word) or word.startswith("InChI=") or _SMILES.fullmatch(word)):
            left -= 1
            return match[0].replace(word, _name(word) or word)
        return match[0]

    return _WORD.sub(named, text)


@cache
def _patterns() -> tuple[tuple[Any, str], ...]:
    return tuple((structures.pattern_from_smarts(smarts), name) for smarts, name in _FAMILIES)


def _name(word: str) -> str:
    """What a structure is called, or ``""`` for no structure and for any that nobody controls."""
    if key := _KEY.fullmatch(word):
        return _KEYS.get(key[1], "")
    try:
        is_inchi = word.startswith("InChI=")
        read = structures.molecule_from_inchi if is_inchi else structures.molecule_from_smiles
        molecule = read(word)
    except RetortError:
        return ""
    for pattern, name in _patterns():
        if molecule.HasSubstructMatch(pattern):
            return name
    parent = structures.standardise(molecule)
    return _KEYS.get(structures.first_block(structures.inchikey(parent)), "")
