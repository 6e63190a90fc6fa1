"""CNS MPO: six desirabilities of a molecule that is meant to reach the brain, and their sum.

Owns the six functions of Wager. Values are those of ``properties``; logD at pH 7.4 and the pKa of
the most basic group follow from its ionisation rules, where Wager used calculated values of
commercial programs, so a score may differ from a published one by some tenths.
"""

from __future__ import annotations

from dataclasses import dataclass

from retort.tools.calculation_shapes import DesirabilityShape
from retort.tools.properties import PROPERTIES, Values

NAME = "the CNS MPO score"
ALIASES = ("cns_mpo", "cns mpo", "cns", "cns multiparameter optimisation", "wager", "mpo")
SOURCE = "Wager et al., ACS Chem Neurosci 2010, 1, 435"
DESIRABLE = 4.0
"""of 6: three in four marketed drugs of the central nervous system reach it, says Wager"""


@dataclass(frozen=True, slots=True)
class Desirability:
    """How desirable a value is: 1 up to ``full``, 0 from ``none`` on, linear between."""

    property: str
    full: float
    none: float
    rising: tuple[float, float] | None = None
    """where small values are undesirable too: 0 up to the first, 1 from the second on"""

    def of(self, value: float) -> float:
        """The desirability of a value, 0 to 1."""
        falling = _clamped((self.none - value) / (self.none - self.full))
        if self.rising is None:
            return falling
        low, high = self.rising
        return min(falling, _clamped((value - low) / (high - low)))

    def text(self) -> str:
        """The function in words: "1 up to 3, 0 from 5"."""
        if self.rising is None:
            return f"1 up to {self.full:g}, 0 from {self.none:g}"
        low, high = self.rising
        return f"1 from {high:g} to {self.full:g}, 0 up to {low:g} and from {self.none:g}"


def _clamped(value: float) -> float:
    return min(1.0, max(0.0, value))


SIX = (
    Desirability("logp", 3, 5),
    Desirability("logd_by_rules", 2, 4),
    Desirability("molecular_weight", 360, 500),
    Desirability("tpsa", 90, 120, rising=(20, 40)),
    Desirability("lipinski_donors", 0.5, 3.5),
    Desirability("basic_pka", 8, 10),
)
"""The six of Wager: ClogP, ClogD, molecular weight, TPSA, donors, pKa of the most basic centre."""


def components(values: Values) -> list[DesirabilityShape]:
    """The six desirabilities of a molecule, rounded to two decimals; without a base the last is
    1.
    """
    found: list[DesirabilityShape] = []
    for item in SIX:
        value = values[item.property]
        assert not isinstance(value, str), "desirabilities stand on numbers"
        of = PROPERTIES[item.property]
        found.append(
            {
                "property": item.property,
                "label": of.label,
                "value": value,
                "text": "no basic group" if value is None else of.text(value),
                "unit": of.unit if value is not None else "",
                "desirability": 1.0 if value is None else round(item.of(value), 2),
                "function": item.text(),
                "method": of.method,
            }
        )
    return found


def score(found: list[DesirabilityShape]) -> float:
    """The sum of the six, 0 to 6, to one decimal: what a table and a sentence show."""
    return round(sum(item["desirability"] for item in found), 1)
