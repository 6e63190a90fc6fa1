"""Plain readings of a text: without the accents, look-alike letters and gaps that hide a word.

Knows nothing of what the words mean.
"""

from __future__ import annotations

import re
import unicodedata

_ALIKE = str.maketrans("аеорсухіјѕνοαιτ’‘–—‐‑−", "aeopcyxijsvoait''-----")
"""Cyrillic and Greek letters that look Latin, and the many forms of apostrophe and hyphen"""

_DIGITS = str.maketrans("013457@$", "oieastas")
_MIXED = re.compile(r"(?<![\w@$])(?=[\w@$]*[a-z])(?=[\w@$]*[0-9@$])[\w@$]+")
_APART = re.compile(r"(?<![\w@$])[a-z0-9@$]([ .\-_*])(?:[a-z0-9@$]\1){2,}[a-z0-9@$](?![\w@$])")


def folded(text: str) -> str:
    """The text in lower case, without accents and invisible signs, with single spaces."""
    kept = (
        sign
        for sign in unicodedata.normalize("NFKD", text)
        if unicodedata.category(sign) not in ("Mn", "Cf")
    )
    return " ".join("".join(kept).casefold().translate(_ALIKE).split())


def readings(text: str) -> tuple[str, ...]:
    """The folded text, and where it differs the one with spaced words joined and digits as letters.

    "h0w to m.a.k.e" reads "how to make" as well.
    """
    plain = folded(text)
    joined = _APART.sub(lambda match: match[0].replace(match[1], ""), plain)
    lettered = _MIXED.sub(lambda match: match[0].translate(_DIGITS), joined)
    return tuple(dict.fromkeys((plain, joined, lettered)))
