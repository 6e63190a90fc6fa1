r"""LaTeX in reference lists turned into the characters it stands for.

Accents (``{\"u}``, ``\'{\i}``, ``\v c``), letters (``\ss``), Greek (``$\beta$``), escaped signs,
and the markup of a title. What is not known stays as it is written: no text is lost.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip
"""accent command -> combining character (Unicode block Combining Diacritical Marks)"""
_SYMBOLS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
    "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "pm": "±", "mp": "∓", "times": "×", "cdot": "·", "leq": "≤",
    "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "sim": "∼", "to": "→",
    "rightarrow": "→", "leftarrow": "←", "leftrightarrow": "↔", "infty": "∞", "circ": "°",
    "degree": "°", "textdegree": "°", "textmu": "µ", "mu": "μ", "prime": "′", "ldots": "…",
    "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteright": "’",
    "textquoteleft": "‘", "textquotedblleft": "“", "textquotedblright": "”", "textquotesingle": "'",
    "textless": "<", "textgreater": ">", "textbar": "|", "textbackslash": "\\", "textregistered":
    "®", "texttrademark": "™", "textcopyright": "©", "copyright": "©", "S": "§", "P": "¶",
    "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textperiodcentered": "·",
    "textexclamdown": "¡", "textquestiondown": "¿", "pounds": "£", "textsterling": "£", "euro": "€",
    "texteuro": "€", "textdollar": "$", "varepsilon": "ε", "varphi": "φ", "vartheta": "ϑ",
    "ast": "*",
    "slash": "/", "quad": " ", "qquad": " ", "ensuremath": "", "protect": "", "noopsort": "",
}  # fmt: skip
_MARKUP = frozenset(
    "textit textbf textsc texttt textrm textsf textsl textup textnormal text emph uline underline"
    " textsubscript mathrm mathit mathbf mathsf mathcal mathbb it bf em rm sc tt sf sl mbox url"
    " bibinfo bibnamefont natexlab".split()
)
_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda nu xi omicron pi rho sigma tau"
    " upsilon phi chi psi omega".split()
)
_SIGNS = {",": " ", ";": " ", ":": " ", "-": "", "/": "", "!": "", "\n": " "}
"""spaces and break points; any other escaped sign is itself"""
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_TOKEN = re.compile(
    r"\\(?P<accent>[`'^~=.\"]|[uvHcdbkr](?![A-Za-z]))\s*"
    r"(?:\{\s*\\?(?P<braced>[A-Za-z])\s*\}|\\(?P<dotless>[ij])(?![A-Za-z])|(?P<bare>[A-Za-z]))"
    r"|\\(?P<word>[A-Za-z]+)(?:\s*\{\s*\}|(?P<argument>\s*(?=\{))|\s+|)"
    r"|\\(?P<sign>[^A-Za-z])"
    r"|(?P<brace>[{}])"
    r"|(?P<tie>~)"
)
_MATHS = re.compile(r"(?<!\\)\$([^$\n]{1,200}?)(?<!\\)\$")
_IS_MATHS = re.compile(r"[\\_^]|^[A-Za-z]$|^[<>=]")


def to_unicode(text: str) -> str:
    """The text as it is meant, white space evened.

    Subscripts lose their sign (``IC$_{50}$`` is IC50), superscripts keep it (``10^{-3}`` is 10^-3).
    """
    if any(sign in text for sign in "\\{}$~"):
        text = _MATHS.sub(_formula, text)
        text = _TOKEN.sub(_character, _FRACTION.sub(r"{\1}/{\2}", text))
    return " ".join(text.split())


def _formula(found: re.Match[str]) -> str:
    inner = found[1]
    if not _IS_MATHS.search(inner):
        return found[0]
    inner = re.sub(r"(?<!\\)_\s*(?=\{|\w|\\)", "", inner).replace("^{\\circ}", "°")
    return _TOKEN.sub(_character, _FRACTION.sub(r"{\1}/{\2}", inner))


def _character(found: re.Match[str]) -> str:
    if accent := found["accent"]:
        letter = found["braced"] or found["dotless"] or found["bare"]
        return unicodedata.normalize("NFC", letter + _ACCENTS[accent])
    if word := found["word"]:
        return _word(word, found[0], has_argument=found["argument"] is not None)
    if sign := found["sign"]:
        return _SIGNS.get(sign, sign)
    return " " if found["tie"] else ""


def _word(word: str, whole: str, has_argument: bool) -> str:
    """What a command stands for; of an unknown one its argument stays, or else its own name."""
    if word in _SYMBOLS:
        return _SYMBOLS[word]
    if word.lower() in _GREEK:
        size = "SMALL" if word.islower() else "CAPITAL"
        name = "LAMDA" if word.lower() == "lambda" else word.upper()
        return unicodedata.lookup(f"GREEK {size} LETTER {name}")
    if word == "textsuperscript":
        return "^"
    return "" if word in _MARKUP or has_argument else whole
