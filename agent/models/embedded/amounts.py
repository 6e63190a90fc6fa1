"""Values with their units as a conversion reads them: "IC50 of 33 nM", "pKi 8.2", "5 ug/mL".

Owns the reading of amounts, of the unit that a question wants one in, of a pH and of a similarity.
What a unit is belongs to the tools; limits on a search ("below 10 nM") belong to quantities.py.
"""

from __future__ import annotations

import re

_NUMBER = r"-?\d+(?:[.,]\d+)?(?:[eE]-?\d+)?"
_WORDS = r"(?:pico|nano|micro|milli)?molar|(?:[pnuµμm]?mol|[mnuµμ]g|mcg|mg|g)/m?l|k(?:cal|j)/mol"
_UNIT = rf"[pnuµμmf]?M(?![\w/])|[pnuµμ]m(?![\w/])|(?i:{_WORDS})(?![\w/])"
_LOG = r"(?i:p(?:IC|EC|AC|XC) ?50|pK[id]|pChEMBL)"
_MEASURE = r"(?i:(?:IC|EC|AC|XC) ?50|K ?[id])"
_SIGN = r"<=|>=|[<>=~≤≥≈]"
_SAID = r"(?:\s+(?:values?|is|was|of|at|being))*\s*"
_VALUE = re.compile(
    rf"(?:(?<![\w-])(?P<measure>{_MEASURE}){_SAID})?(?P<sign>{_SIGN})?\s*"
    rf"(?P<value>(?<![\w.-]){_NUMBER})\s*(?P<unit>{_UNIT})(?:\s+(?P<after>{_MEASURE})(?!\w))?"
)
_LOGARITHM = re.compile(
    rf"(?<![\w-])(?P<unit>{_LOG}){_SAID}(?P<sign>{_SIGN})?\s*(?P<value>\d+(?:[.,]\d+)?)(?![\w])"
)
_BARE_UNIT = re.compile(
    rf"(?<![\w.])(?:(?P<unit>{_UNIT}|{_LOG}(?!\w))|(?P<energy>(?i:free energy|binding energy|"
    r"kcals?|delta ?-?G)\b|[dΔ]G\b)|(?P<joule>(?i:kj)\b))"
)
_PH = re.compile(r"\bpH\s*(?:=|of|is|value of|around|about|near)?\s*(\d{1,2}(?:\.\d+)?)", re.I)
_SIMILARITY = re.compile(
    r"(?:tanimoto|similarit\w*|threshold|cut-?off|at least|similar)\D{0,25}?"
    r"(?:(0?\.\d+|1\.0)|(\d{2,3}) ?%)|(\d{2,3}) ?% (?:or more )?(?:similar|alike)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b(\d{1,3}) (?:[\w-]+ )?(?:conformers|conformations|geometries)\b"
    r"|\bconform(?:er|ation)s?\b.*?\b(\d{1,3}) (?:of (?:them|these)|in all|in total)\b",
    re.IGNORECASE,
)
_NAMES = {
    "picomolar": "pM",
    "nanomolar": "nM",
    "micromolar": "uM",
    "millimolar": "mM",
    "molar": "M",
    "g/ml": "g/mL",
    "mcg/ml": "ug/mL",
    "kcal/mol": "kcal/mol",
    "kj/mol": "kJ/mol",
}


def amounts(text: str) -> tuple[tuple[str, int, int], ...]:
    """Each amount as a tool reads it ("IC50 > 10 uM", "pKi 8.2"), with its first and last place."""
    found: list[tuple[str, int, int]] = []
    for match in (*_LOGARITHM.finditer(text), *_VALUE.finditer(text)):
        if all(match.end() <= start or match.start() >= end for _, start, end in found):
            found.append((_written(match), match.start(), match.end()))
    return tuple(sorted(found, key=lambda amount: amount[1]))


def wanted_unit(text: str) -> str:
    """The unit that amounts of a question are wanted in; empty where none stands by itself."""
    sheet = list(text)
    for _, start, end in amounts(text):
        sheet[start:end] = " " * (end - start)
    units = []
    for match in _BARE_UNIT.finditer("".join(sheet)):
        if match["energy"] or match["joule"]:
            units.append("kJ/mol" if match["joule"] else "kcal/mol")
        else:
            units.append(_unit(match["unit"]))
    energies = [unit for unit in units if unit == "kJ/mol"]  # "dG ... in kJ/mol"
    return (energies or units or [""])[0]


def ph(text: str) -> float | None:
    """The pH that is named, 0 to 14; None without one."""
    found = _PH.search(text)
    value = float(found.group(1)) if found else None
    return value if value is not None and value <= 14 else None


def similarity(text: str) -> float | None:
    """The lowest Tanimoto similarity that is asked for, 0 to 1; None without one."""
    found = _SIMILARITY.search(text)
    if not found:
        return None
    value = float(found[1]) if found[1] else int(found[2] or found[3]) / 100
    return value if 0 < value <= 1 else None


def conformers(text: str) -> int | None:
    """How many conformers are asked for; None without a number."""
    found = _COUNT.search(text)
    return int(found.group(1) or found.group(2)) if found else None


def _written(match: re.Match[str]) -> str:
    groups = match.groupdict()
    measure = groups.get("measure") or groups.get("after") or ""
    value, unit = match["value"].replace(",", "."), _unit(match["unit"])
    if unit.endswith("/mol"):  # "what Kd is -9.5 kcal/mol": the measure is of the answer
        measure = ""
    is_log = re.fullmatch(_LOG, match["unit"]) is not None
    sign = "" if match["sign"] in (None, "=") else match["sign"]
    parts = (unit, sign, value) if is_log else (_measure(measure), sign, value, unit)
    return " ".join(part for part in parts if part)


def _measure(text: str) -> str:
    plain = text.replace(" ", "")
    return plain.upper() if plain.endswith("50") else plain.capitalize()


def _unit(text: str) -> str:
    """A unit in the spelling of the tools."""
    plain = re.sub(r"\s+", "", text).replace("µ", "u").replace("μ", "u")
    low = plain.lower()
    if low in _NAMES:
        return _NAMES[low]
    if re.fullmatch(_LOG, plain):
        ends = {"pki": "pKi", "pkd": "pKd", "pchembl": "pChEMBL"}
        return ends.get(low, f"p{plain[1:].upper()}")
    if low.endswith("g/ml"):
        return low.replace("ml", "mL")
    return plain[:-1] + "M" if re.fullmatch(r"[pnu]m", plain) else plain
