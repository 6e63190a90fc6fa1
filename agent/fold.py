"""Folded text: lower case, without accents, invisible signs and look-alike letters.

Knows nothing of what the words mean.
"""

from __future__ import annotations

import unicodedata

_ALIKE = str.maketrans("аеорсухіјѕνοαιτ’‘–—‐‑−", "aeopcyxijsvoait''-----")
"""Cyrillic and Greek letters that look Latin, and the many forms of apostrophe and hyphen"""


def folded(text: str) -> str:
    """The text in lower case, without accents and invisible signs, with single spaces."""
    kept = (
        sign
        for sign in unicodedata.normalize("NFKD", text)
        if unicodedata.category(sign) not in ("Mn", "Cf")
    )
    return " ".join("".join(kept).casefold().translate(_ALIKE).split())
