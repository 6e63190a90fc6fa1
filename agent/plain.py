"""Plain readings of a text: without the gaps, digits and spellings that hide a word.

Knows nothing of what the words mean.
"""

from __future__ import annotations

import re

from retort.agent.fold import folded
from retort.agent.wording import english

_DIGITS = str.maketrans("013457@$", "oieastas")
_MIXED = re.compile(r"(?<![\w@$])(?=[\w@$]*[a-z])(?=[\w@$]*[0-9@$])[\w@$]+")
_APART = re.compile(r"(?<![\w@$])[a-z0-9@$]([ .\-_*])(?:[a-z0-9@$]\1){2,}[a-z0-9@$](?![\w@$])")


def readings(text: str) -> tuple[str, ...]:
    """The folded text, and where they differ the ones with spaced words joined, digits as letters,
    and the words of requests in plain English.

    "h0w to m.a.k.e" reads "how to make" as well.
    """
    plain = folded(text)
    joined = _APART.sub(lambda match: match[0].replace(match[1], ""), plain)
    lettered = _MIXED.sub(lambda match: match[0].translate(_DIGITS), joined)
    return tuple(dict.fromkeys((plain, joined, lettered, english(lettered))))


def plainest(text: str, tells: re.Pattern[str]) -> str:
    """One reading: in plain English, with digits as letters only where that shows what tells."""
    plain, *others = readings(text)
    found = (other for other in others if tells.search(other))
    return english(plain) if tells.search(english(plain)) else next(found, english(plain))
