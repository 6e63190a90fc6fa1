"""Text -> the terms of the lexical index; a query and a passage go through the same function.

Words are stemmed. The names of the field (CYP2C9*3, rs9923231, 5-HT2A, IL-6, c-kit, TNF-α) are kept
whole beside their parts, in one spelling: "IL-6", "IL6" and "il‐6" are the same term, as are "TNFα"
and "TNF-alpha". So are systematic names of chemicals, whatever brackets their locants stand in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Protocol

RULE = "3"
"""Changes whenever the same text would give other terms; lexical caches remember it."""

_NAME = re.compile(r"\w+(?:[-*.:>'/]+\w+)*")
_PART = re.compile(r"\w\w+")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-") | {ord("’"): "'"}
_GREEK = {
    letter: name
    for letter, name in zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
        "upsilon phi chi psi omega".split(),
        strict=True,
    )
}
_GREEK_NAMES = frozenset(_GREEK.values())
_GREEK_LETTER = re.compile(f"[{''.join(_GREEK)}]")
_LOCANT = re.compile(r"\d[,'(\[-]")
_RADICAL = re.compile("[a-z]{4}")
_NOT_ALPHANUMERIC = re.compile("[^a-z0-9]")
_CHEMICAL_CHARACTERS = range(8, 200)
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then "
    "there these they this to was will with".split()
)
"""Lucene's English stop words."""


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


def terms(text: str) -> list[str]:
    """The terms of a text, in order, with repeats: stems of its words, and names kept whole.

    >>> terms("IL-6 lowers CYP2C9*3 dosing")
    ['il6', 'il', 'lower', 'cyp2c9*3', 'cyp2c9', 'dose']
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_DASHES)
    plain = _GREEK_LETTER.sub(_spelt_out, plain)
    found = [*filter(None, map(_chemical, plain.split()))] if _LOCANT.search(plain) else []
    for name in _NAME.findall(plain):
        found += _terms_of(name)
    return found


@lru_cache(2**16)
def _terms_of(name: str) -> tuple[str, ...]:
    """The terms of one word or name. Remembered: a few thousand words make up most of any text."""
    stem = _stemmer().stemWord
    if name.isalpha():
        return (stem(name),) if len(name) > 1 and name not in STOP_WORDS else ()
    whole = _whole(name)
    parts = (part for part in _PART.findall(name) if part != whole and part not in STOP_WORDS)
    return (*filter(None, [whole]), *(stem(part) if part.isalpha() else part for part in parts))


def _whole(name: str) -> str:
    """The one spelling of a compound name; nothing for a compound of plain words.

    "il-6" -> "il6", "c-kit" -> "ckit", "tnf-alpha" -> "tnfalpha", "cyp2c9*3" stays,
    "hla-b*57:01" -> "hlab*5701"; "placebo-controlled", "pi3k/akt" -> "".
    """
    if "/" in name or "'" in name:
        return ""
    joined = name.replace("-", "")
    if "*" in joined:  # alleles are written with and without the colons of the nomenclature
        joined = joined.replace(":", "")
    parts = name.split("-")
    is_name = any(c.isdigit() for c in joined) or any(
        len(part) <= 2 or part in _GREEK_NAMES for part in parts
    )
    return joined if is_name else ""


def _spelt_out(letter: re.Match[str]) -> str:
    """A Greek letter by its name, set off from what it touches: "tnfα" -> "tnf-alpha"."""
    text = letter.string
    before = text[letter.start() - 1 : letter.start()].isalnum()
    after = text[letter.end() : letter.end() + 1].isalnum()
    return "-" * before + _GREEK[letter[0]] + "-" * after


def _chemical(word: str) -> str:
    """A systematic name without its brackets and hyphens; nothing for any other word.

    "2-(4-isobutylphenyl)propanoic" -> "24isobutylphenylpropanoic".
    """
    if len(word) not in _CHEMICAL_CHARACTERS or not _LOCANT.search(word):
        return ""
    if not any(mark in word for mark in ",([") or not _RADICAL.search(word):
        return ""
    return _NOT_ALPHANUMERIC.sub("", word)


@cache
def _stemmer() -> _Stemmer:
    import Stemmer

    stemmer: _Stemmer = Stemmer.Stemmer("english")
    return stemmer
