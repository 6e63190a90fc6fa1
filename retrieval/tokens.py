"""Text -> the terms of the lexical index; a query and a passage go through the same function.

Words are stemmed. The names of the field (CYP2C9*3, rs9923231, 5-HT2A, IL-6, c-kit) are kept whole
beside their parts, in one spelling: "IL-6", "IL6" and "il‐6" are the same term.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Protocol

RULE = "2"
"""Changes whenever the same text would give other terms; lexical caches remember it."""

_NAME = re.compile(r"\w+(?:[-*.:>'/]+\w+)*")
_PART = re.compile(r"\w\w+")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-") | {ord("’"): "'"}
_GREEK = {
    ord(letter): f"{name}"
    for letter, name in zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
        "upsilon phi chi psi omega".split(),
        strict=True,
    )
}
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
    stem = _stemmer().stemWord
    found: list[str] = []
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_DASHES).translate(_GREEK)
    for match in _NAME.finditer(plain):
        name = match[0]
        if name.isalpha():
            if len(name) > 1 and name not in STOP_WORDS:
                found.append(stem(name))
            continue
        if whole := _whole(name):
            found.append(whole)
        found.extend(
            stem(part) if part.isalpha() else part
            for part in _PART.findall(name)
            if part != whole and part not in STOP_WORDS
        )
    return found


def _whole(name: str) -> str:
    """The one spelling of a compound name; nothing for a compound of plain words.

    "il-6" -> "il6", "c-kit" -> "ckit", "cyp2c9*3" stays; "placebo-controlled", "pi3k/akt" -> "".
    """
    if "/" in name or "'" in name:
        return ""
    joined = name.replace("-", "")
    is_name = any(c.isdigit() for c in joined) or any(len(p) <= 2 for p in name.split("-"))
    return joined if is_name else ""


@cache
def _stemmer() -> _Stemmer:
    import Stemmer

    stemmer: _Stemmer = Stemmer.Stemmer("english")
    return stemmer
