"""Whether a molecule resembles what a model was trained on: similarity, elements, ranges.

Knows no model and no training molecule; how similar the nearest one is comes from ``neighbours``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retort.tools.predictors.featurise import (
    MORGAN_SIZE,
    Features,
    FloatArray,
    descriptor_names,
)
from retort.tools.predictors.records import Level

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

    def judge(self, features: Features, nearest: float) -> tuple[Level, tuple[str, ...]]:
        """The level of a molecule, and why it is not inside.

        Args:
            features: the molecule.
            nearest: Tanimoto to the nearest training molecule.
        """
        outside, borderline = [], []
        if nearest < OUTSIDE:
            outside.append(f"less than {OUTSIDE:.2f} to any training molecule")
        elif nearest < INSIDE:
            borderline.append(f"less than {INSIDE:.2f} to any training molecule")
        foreign = sorted(features.elements - self.elements)
        if foreign:
            names = ", ".join(map(symbol, foreign))
            outside.append(f"elements rare or absent in training: {names}")
        values = features.vector[ranged_columns()]
        for name, value, edges in zip(RANGED, values.tolist(), self.ranges.tolist(), strict=True):
            least, low, high, most = edges
            slack = MARGIN * (most - least)
            if not low <= value <= high:
                far = not least - slack <= value <= most + slack
                note = f"{name} {value:.4g} outside {low:.4g} to {high:.4g} of training"
                (outside if far else borderline).append(note)
        level: Level = "outside" if outside else "borderline" if borderline else "inside"
        return level, (*outside, *borderline)

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


def symbol(atomic_number: int) -> str:
    """The element's symbol; "*" for a wildcard atom."""
    from rdkit import Chem

    return str(Chem.GetPeriodicTable().GetElementSymbol(atomic_number))
