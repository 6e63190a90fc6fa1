"""Numbers with units in a question: "below 10 nM", "pIC50 > 8", "top 5".

Owns numbers only. Concentrations come out in nanomolar.
"""

from __future__ import annotations

import re

_TO_NM = {"pm": 1e-3, "nm": 1.0, "um": 1e3, "mm": 1e6, "m": 1e9}
_UNIT_WORDS = {
    "picomolar": "pm",
    "nanomolar": "nm",
    "micromolar": "um",
    "millimolar": "mm",
    "molar": "m",
}
_NUMBER = r"(\d+(?:[.,]\d+)?(?:[eE]-?\d+)?)"
_CONCENTRATION = re.compile(
    rf"{_NUMBER} ?([pnuµμm]?M|[pnuµμm]m|picomolar|nanomolar|micromolar|millimolar|molar)\b"
)
_UNIT = r"([pnuµμm]?M|[pnuµμm]m|picomolar|nanomolar|micromolar|millimolar|molar)\b"
_BETWEEN = re.compile(
    rf"\b(?:between|from)\s+{_NUMBER} ?(?:{_UNIT})?\s*(?:and|to|-|–)\s*{_NUMBER} ?{_UNIT}"
)
_LESS = re.compile(
    r"(?:below|sub-?|under|less th[ae]n|lower than|smaller (?:than|of)"
    r"|inferior to|better than|at most|up to|within|not more than|no more than"
    r"|stronger than|beneath|<=?|≤|⩽|maximum(?: of)?|max)\s*(?:an? |of |than )*$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:above|over|greater than|more than|higher than|weaker than|at least|>=?|≥|⩾)\s*$", re.I
)
_AFTER_LESS = re.compile(
    r"^\s*(?:or (?:less|lower|better|below|stronger)|at most|max(?:imum)?)\b", re.I
)
_PCHEMBL = re.compile(
    rf"\bp(?:IC50|Ki|Kd|EC50|AC50|ChEMBL|activity)(?: values?)?"
    rf"(?: (?:of|is|that is|with))?\s*(?:above|over|greater than|more than|higher than|at least"
    rf"|>=?|≥|=|of at least"
    rf"|from|better than|exceeding)?\s*(?:or equal to )?{_NUMBER}",
    re.IGNORECASE,
)
_ORDERS = (
    (re.compile(r"\bsub-?nanomolar\b", re.IGNORECASE), 1.0),
    (re.compile(r"\bsingle[- ]digit (?:nM|nanomolar)\b", re.IGNORECASE), 10.0),
    (re.compile(r"\bdouble[- ]digit (?:nM|nanomolar)\b", re.IGNORECASE), 100.0),
    (re.compile(r"\bsub-?micromolar\b", re.IGNORECASE), 1000.0),
)
"""Limits without a number, in nM."""
_LIMIT = re.compile(
    r"\b(?:top|best|first|strongest|list|show|give me|most potent)\s+(?:the )?(?:top "
    r")?(\d{1,3})\b(?! ?[pnuµμm]?M\b)"
    r"|\b(\d{1,3}) (?:most potent|best|strongest|compounds|inhibitors|molecules|ligands|papers"
    r"|passages)\b",
    re.IGNORECASE,
)


def max_value_nm(text: str) -> float | None:
    """The upper limit that a question sets on a concentration, in nM; None without one.

    A bare concentration is an upper limit only when the words before or after say so
    ("below 10 nM", "10 nM or better"); "above 1 uM" is none.
    """
    if between := _BETWEEN.search(text):
        return _in_nm(between.group(3), between.group(4))
    for found in _CONCENTRATION.finditer(text):
        before = text[: found.start()]
        after = text[found.end() :]
        if _MORE.search(before) or not (_LESS.search(before) or _AFTER_LESS.search(after)):
            continue
        return _in_nm(found.group(1), found.group(2))
    return next((value for words, value in _ORDERS if words.search(text)), None)


def min_value_nm(text: str) -> float | None:
    """The lower limit that a question sets on a concentration, in nM; None without one."""
    if between := _BETWEEN.search(text):
        return _in_nm(between.group(1), between.group(2) or between.group(4))
    for found in _CONCENTRATION.finditer(text):
        if _MORE.search(text[: found.start()]):
            return _in_nm(found.group(1), found.group(2))
    return None


def _in_nm(value: str, unit: str) -> float:
    unit = _UNIT_WORDS.get(unit.lower(), unit.lower().replace("µ", "u").replace("μ", "u"))
    return round(_number(value) * _TO_NM[unit], 9)


def min_pchembl(text: str) -> float | None:
    """The lower limit on a negative decadic logarithm ("pIC50 > 8"), None without one."""
    found = _PCHEMBL.search(text)
    value = _number(found.group(1)) if found else None
    return value if value is not None and value <= 15 else None


def limit(text: str) -> int | None:
    """How many rows are asked for ("top 5"), 1 to 100; None without a number."""
    found = _LIMIT.search(text)
    value = int(found.group(1) or found.group(2)) if found else 0
    return min(value, 100) or None


def _number(text: str) -> float:
    return float(text.replace(",", "."))
