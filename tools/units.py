"""Quantities of potency and concentration: reading them, and turning one unit into another.

Owns relations, units and their arithmetic: molar and mass concentrations, negative decadic
logarithms (pIC50, pKi, pKd, pChEMBL) and free energies of binding. A relation turns round where the
new scale runs the other way: IC50 > 10 uM is pIC50 < 5. Knows no molecule but its weight.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from retort.retrieval.errors import RetortError

Kind = Literal["molar", "mass", "logarithm", "energy"]

GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018"""
CALORIE = 4.184
"""J, the thermochemical calorie"""
ROOM_TEMPERATURE = 298.15
"""K; usual for free energies of binding"""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its kind, and how many of the kind's base it is."""

    name: str
    kind: Kind
    factor: float
    """molar: mol/L; mass: g/L; energy: J/mol; logarithms: 1"""


UNITS = {
    unit.name: unit
    for unit in (
        Unit("M", "molar", 1.0),
        Unit("mM", "molar", 1e-3),
        Unit("uM", "molar", 1e-6),
        Unit("nM", "molar", 1e-9),
        Unit("pM", "molar", 1e-12),
        Unit("fM", "molar", 1e-15),
        Unit("g/L", "mass", 1.0),
        Unit("mg/mL", "mass", 1.0),
        Unit("ug/mL", "mass", 1e-3),
        Unit("ng/mL", "mass", 1e-6),
        Unit("pIC50", "logarithm", 1.0),
        Unit("pEC50", "logarithm", 1.0),
        Unit("pKi", "logarithm", 1.0),
        Unit("pKd", "logarithm", 1.0),
        Unit("pChEMBL", "logarithm", 1.0),
        Unit("kcal/mol", "energy", 1000 * CALORIE),
        Unit("kJ/mol", "energy", 1000.0),
    )
}

_ALIASES = {
    "mol/l": "M",
    "molar": "M",
    "mmol/l": "mM",
    "millimolar": "mM",
    "umol/l": "uM",
    "micromolar": "uM",
    "nmol/l": "nM",
    "nanomolar": "nM",
    "pmol/l": "pM",
    "picomolar": "pM",
    "mcg/ml": "ug/mL",
    "mg/l": "ug/mL",
    "ug/l": "ng/mL",
    "ug.ml-1": "ug/mL",
    "mg.ml-1": "mg/mL",
    "pac50": "pChEMBL",
    "dg": "kcal/mol",
}

Relation = Literal["=", "<", ">", "<=", ">=", "~"]
TURNED: dict[Relation, Relation] = {
    "=": "=",
    "~": "~",
    "<": ">",
    ">": "<",
    "<=": ">=",
    ">=": "<=",
}
"""What a relation becomes where the scale runs the other way."""
_RELATIONS: dict[str, Relation] = {
    "": "=",
    "=": "=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "~": "~",
    "<<": "<",
    ">>": ">",
    "≤": "<=",
    "≥": ">=",
    "⩽": "<=",
    "⩾": ">=",
    "≈": "~",
    "=<": "<=",
    "=>": ">=",
}
_NUMBER = r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+−]?\d+)?"
_SIGN = r"<=|>=|=<|=>|<<|>>|[<>=~≤≥⩽⩾≈]"
_MEASURE = r"p?(?:IC50|EC50|AC50|XC50|K[id]|ChEMBL)|ΔG|dG|deltaG"
_TEXT = re.compile(
    rf"(?:(?P<measure>{_MEASURE})(?:\s+(?:of|is))?)?\s*(?P<relation>{_SIGN})?\s*"
    rf"(?P<value>{_NUMBER})\s*(?P<unit>\S.*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its relation and unit, and what was measured where that is said."""

    value: float
    unit: Unit
    relation: Relation = "="
    measure: str = ""
    """``IC50``, ``Ki``, ``Kd`` ...; empty where it is not said"""

    def text(self) -> str:
        """As it is written: "IC50 > 10 uM", "pIC50 = 7.92"."""
        number = self.number()
        if self.unit.kind == "logarithm":
            return f"{self.unit.name} {self.relation} {number}"
        relation = f"{self.relation} " if self.measure or self.relation != "=" else ""
        return f"{self.measure} {relation}{number} {self.unit.name}".strip()

    def number(self) -> str:
        """The value as it is written: 4 significant digits; logarithms and energies 2 decimals."""
        return shown(self.value, self.unit)


def shown(value: float, unit: Unit) -> str:
    """A value of a unit as it is written."""
    if unit.kind in ("logarithm", "energy"):
        return f"{value:.2f}"
    rounded = float(f"{value:.4g}")
    if 1e-4 <= abs(rounded) < 1e9:
        return f"{rounded:.8f}".rstrip("0").rstrip(".")
    return f"{value:.4g}"


def unit_named(text: str) -> Unit:
    """The unit of a name: "nM", "µM", "nmol/L", "ug/mL", "pIC50", "kcal/mol".

    Raises:
        RetortError: no such unit; lists those that there are.
    """
    plain = re.sub(r"\s+", "", text).replace("µ", "u").replace("μ", "u").rstrip(".")
    if plain in UNITS:
        return UNITS[plain]
    folded = plain.lower().replace("·", ".").replace("perml", "/ml").replace("perl", "/l")
    name = _ALIASES.get(folded)
    matches = [unit for key, unit in UNITS.items() if key.lower() == folded]
    if name is None and len(matches) == 1 and plain != "m":
        return matches[0]
    if name is None:
        raise RetortError(
            f'"{text[:40]}" is not a unit that is known here.',
            f"Known: {', '.join(UNITS)}.",
            "Give one of these; mind the case of M (molar) and m (milli).",
        )
    return UNITS[name]


def parse(text: str) -> Quantity:
    """A quantity from text: "12 nM", "IC50 > 10 uM", "pKi 8.2", "-11.3 kcal/mol".

    Raises:
        RetortError: the text is no value with a unit, or a concentration is not above zero.
    """
    found = _TEXT.fullmatch(text.strip())
    if not found:
        raise _unread(text, "A quantity is one value with a unit.")
    measure, rest = found["measure"] or "", (found["unit"] or "").strip()
    if measure.lower().startswith("p"):
        if rest:
            raise _unread(text, f"{measure} is a logarithm and has no unit.")
        unit, measure = unit_named(measure), ""
    elif not rest:
        raise _unread(text, "It has no unit.")
    else:
        unit = unit_named(rest)
    value = float(found["value"].replace("−", "-"))
    is_energy = measure.lower() in ("dg", "δg", "deltag")
    if is_energy and unit.kind != "energy":
        raise _unread(text, "A free energy is in kcal/mol or kJ/mol.")
    if not math.isfinite(value) or (unit.kind in ("molar", "mass") and value <= 0):
        raise _unread(text, "A concentration is a number above zero.")
    named = "dG" if is_energy else _measure(measure)
    return Quantity(value, unit, _RELATIONS[found["relation"] or ""], named)


def _measure(text: str) -> str:
    return text.upper() if text.upper().endswith("50") else text.capitalize()


def _unread(text: str, why: str) -> RetortError:
    return RetortError(
        f'Cannot read "{text[:60]}" as a value.',
        why,
        'Write it as "12 nM", "IC50 > 10 uM", "pKi = 8.2" or "-11.3 kcal/mol".',
    )


def convert(
    quantity: Quantity,
    unit: Unit,
    weight: float | None = None,
    temperature: float = ROOM_TEMPERATURE,
) -> Quantity:
    """A quantity in another unit.

    Negative logarithms are of mol/L. A free energy is dG = RT ln(K / 1 mol/L), K a dissociation
    constant; of an IC50 it is only an upper estimate of the affinity's.

    Args:
        quantity: what is converted.
        unit: of the result.
        weight: molecular weight in g/mol; needed between molar and mass concentrations.
        temperature: in kelvin, of free energies.

    Raises:
        RetortError: the weight is missing, the unit is of another measure (a Ki is no pIC50), or
            the result is no number a computer can hold.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise RetortError(
            f"{temperature:g} K is not a temperature.", "It is in kelvin, above zero.", "298.15"
        )
    _refuse_another_measure(quantity, unit)
    was, relation = quantity.unit, quantity.relation
    if was.kind == unit.kind:
        value = quantity.value * was.factor / unit.factor
        return Quantity(value, unit, relation, quantity.measure)
    if "mass" in (was.kind, unit.kind) and weight is None:
        raise RetortError(
            f"Cannot convert {quantity.text()} into {unit.name} without a molecular weight.",
            "One of the two is a mass concentration, the other is not.",
            "Name the molecule.",
        )
    if (was.kind == "logarithm") != (unit.kind == "logarithm"):
        relation = TURNED[relation]
    try:
        value = _from_molar(_molar(quantity, weight, temperature), unit, weight, temperature)
    except (OverflowError, ValueError) as error:
        raise RetortError(
            f"Cannot convert {quantity.text()} into {unit.name}.",
            "The result is beyond any concentration.",
            "Check value and unit.",
        ) from error
    of = "" if "logarithm" in (was.kind, unit.kind) or unit.kind == "energy" else quantity.measure
    return Quantity(value, unit, relation, of)


def _refuse_another_measure(quantity: Quantity, unit: Unit) -> None:
    """A Ki is not an IC50 in another unit; pChEMBL is the logarithm of either."""
    measures = [
        item.name.removeprefix("p")
        for item in (quantity.unit, unit)
        if item.kind == "logarithm" and item.name != "pChEMBL"
    ]
    measures += [quantity.measure] if unit.kind == "logarithm" else []
    said = {measure for measure in measures if measure not in ("", "dG")}
    if unit.name != "pChEMBL" and len(said) > 1:
        raise RetortError(
            f"Cannot convert {quantity.text()} into {unit.name}.",
            f"{' and '.join(sorted(said))} are different measurements, not units of one.",
            "Convert it into pChEMBL or a concentration, or look the other value up.",
        )


def _molar(quantity: Quantity, weight: float | None, temperature: float) -> float:
    """A quantity in mol/L."""
    value = quantity.value * quantity.unit.factor
    if quantity.unit.kind == "logarithm":
        return math.pow(10.0, -value)
    if quantity.unit.kind == "energy":
        return math.exp(value / (GAS_CONSTANT * temperature))
    return value / weight if quantity.unit.kind == "mass" and weight else value


def _from_molar(molar: float, unit: Unit, weight: float | None, temperature: float) -> float:
    if unit.kind == "logarithm":
        return -math.log10(molar)
    if unit.kind == "energy":
        return GAS_CONSTANT * temperature * math.log(molar) / unit.factor
    return molar * (weight if unit.kind == "mass" and weight else 1.0) / unit.factor
