"""Whether a molecule resembles what a model was trained on: similarity, elements, ranges.

Knows no model and no training molecule; how similar the nearest one is comes from ``neighbours``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.featurise import (
    ELEMENTS,
    MORGAN_SIZE,
    FloatArray,
    Stacked,
    descriptor_names,
)
from retort.tools.predictors.records import Level

LEVELS: tuple[Level, ...] = ("inside", "borderline", "outside")
"""from near to far"""
RANGED = ("MolWt", "MolLogP", "TPSA", "NumRotatableBonds", "RingCount")
"""Descriptors whose range in the training set is kept."""
FEWEST_WITH_ELEMENT = 5
"""training molecules that must hold an element before the model is trusted with it"""
EDGES = (0.3, 0.4, 0.5, 0.7)
"""similarity bins of the intervals: below 0.3, 0.3 to 0.4 ... 0.7 and above"""
OUTSIDE, INSIDE = 0.3, 0.4
"""Tanimoto to the nearest training molecule below which a molecule is outside, and from which it is
inside; the model cards have the error that was seen in each level"""
MARGIN = 0.1
"""share of a descriptor's span in training beyond which a molecule is outside"""


def similarity_bins(similarities: ArrayLike) -> NDArray[np.int64]:
    """Index of the similarity bin, 0 to ``len(EDGES)``, of each similarity."""
    return np.searchsorted(np.array(EDGES), np.asarray(similarities) + 1e-6, side="right")


def ranged_columns() -> list[int]:
    """Columns of ``Features.vector`` that hold the descriptors of ``RANGED``."""
    return [MORGAN_SIZE + descriptor_names().index(name) for name in RANGED]


@dataclass(frozen=True, slots=True)
class Domain:
    """The applicability domain of one model."""

    elements: frozenset[int]
    """atomic numbers the model has seen often enough"""
    ranges: FloatArray
    """(5, 4) float32: minimum, 0.5th and 99.5th percentile, maximum of ``RANGED`` in training"""

    @classmethod
    def fit(cls, elements: Sequence[frozenset[int]], ranged: FloatArray) -> Domain:
        """The domain of a model.

        Args:
            elements: (n) atomic numbers of each training molecule.
            ranged: (n, 5) the descriptors of ``RANGED``.
        """
        counts: dict[int, int] = {}
        for own in elements:
            for element in own:
                counts[element] = counts.get(element, 0) + 1
        return cls(
            elements=frozenset(e for e, n in counts.items() if n >= FEWEST_WITH_ELEMENT),
            ranges=np.percentile(ranged, [0, 0.5, 99.5, 100], axis=0).T.astype(np.float32),
        )

    def judge(self, molecules: Stacked, nearest: Floats) -> Judgement:
        """What the domain says of molecules.

        Args:
            molecules: n of them.
            nearest: (n,) Tanimoto to the nearest training molecule.
        """
        values = molecules.vectors[:, ranged_columns()].astype(np.float64)
        least, low, high, most = self.ranges.astype(np.float64).T
        slack = MARGIN * (most - least)
        is_beyond = (values < low) | (values > high)
        is_far = (values < least - slack) | (values > most + slack)
        known = np.zeros(ELEMENTS, dtype=np.bool_)
        known[list(self.elements)] = True
        strangeness = (nearest < INSIDE).astype(np.int8) + (nearest < OUTSIDE)
        foreign = molecules.elements & ~known
        excess = is_beyond.astype(np.int8) + (is_beyond & is_far)
        reasons = [strangeness, 2 * foreign.any(axis=1), excess.max(axis=1)]
        return Judgement(
            levels=np.maximum.reduce(reasons),
            strangeness=strangeness,
            foreign=foreign,
            excess=excess,
            values=values,
            ranges=self.ranges,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, as they are stored."""
        return {
            "domain.elements": np.array(sorted(self.elements), dtype=np.uint8),
            "domain.ranges": self.ranges,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Domain:
        """The domain that ``arrays`` wrote."""
        return cls(
            elements=frozenset(int(number) for number in arrays["domain.elements"]),
            ranges=arrays["domain.ranges"],
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a domain says of n molecules; a level is its place in ``LEVELS``."""

    levels: NDArray[np.int64]
    """(n,) the worst for any reason"""
    strangeness: NDArray[np.int8]
    """(n,) by similarity alone"""
    foreign: NDArray[np.bool_]
    """(n, ``ELEMENTS``) elements present that are rare or absent in training"""
    excess: NDArray[np.int8]
    """(n, 5) level by each descriptor of ``RANGED`` alone"""
    values: Floats
    """(n, 5) these descriptors"""
    ranges: FloatArray
    """(5, 4) of the domain"""

    def level(self, at: int) -> Level:
        """The level of a molecule."""
        return LEVELS[int(self.levels[at])]

    def complaints(self, at: int) -> tuple[str, ...]:
        """Why a molecule is not inside: what makes it an outsider first; empty inside."""
        found: list[tuple[int, str]] = []
        if strange := int(self.strangeness[at]):
            edge = (INSIDE, OUTSIDE)[strange - 1]
            found.append((strange, f"less than {edge:.2f} to any training molecule"))
        if foreign := np.flatnonzero(self.foreign[at]).tolist():
            names = ", ".join(map(symbol, foreign))
            found.append((2, f"elements rare or absent in training: {names}"))
        for place in np.flatnonzero(self.excess[at]).tolist():
            value, (_, low, high, _) = self.values[at, place], self.ranges[place].tolist()
            note = f"{RANGED[place]} {value:.4g} outside {low:.4g} to {high:.4g} of training"
            found.append((int(self.excess[at, place]), note))
        return tuple(note for _, note in sorted(found, key=lambda one: -one[0]))


def symbol(atomic_number: int) -> str:
    """The element's symbol; "*" for a wildcard atom."""
    from rdkit import Chem

    return str(Chem.GetPeriodicTable().GetElementSymbol(atomic_number))
