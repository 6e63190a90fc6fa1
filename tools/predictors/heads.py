"""A trained endpoint: trees, calibration and domain together, from features to estimates.

The one path from a molecule's features to a value with its interval; training's own evaluation and
the shipped predictors both go through it. Knows no file and no wording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats, Probabilities, Widths
from retort.tools.predictors.domain import EDGES, Domain, similarity_bin
from retort.tools.predictors.featurise import FORM, Features, FloatArray, stack
from retort.tools.predictors.trees import Forest


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a head says about one molecule."""

    value: float
    """in the endpoint's unit, or the probability of the positive class"""
    low: float
    high: float
    nearest: float
    """Tanimoto to the nearest training molecule"""
    complaints: tuple[str, ...]
    """why it is outside the domain; empty inside"""
    percentile: float
    """share of approved drugs with a lower value, in percent"""
    classes: tuple[bool, bool]
    """whether positive and negative cannot be excluded; both true for regression"""


def category(nearest: float, components: int, sees_form: bool) -> int:
    """Which interval width a molecule gets: its similarity bin, or one of its own for salts."""
    if sees_form and components > 1:
        return len(EDGES) + 1
    return similarity_bin(nearest)


CATEGORIES = len(EDGES) + 2
"""similarity bins, and one for salts and mixtures where the model sees them"""


def matrix_of(features: Sequence[Features], sees_form: bool) -> FloatArray:
    """Feature matrix (n, w) float32; without ``sees_form`` the form columns are zero."""
    matrix = stack(features)
    if not sees_form:
        matrix[:, -len(FORM) :] = 0.0
    return matrix


@dataclass(frozen=True, slots=True)
class Head:
    """One endpoint's trained model."""

    forest: Forest
    domain: Domain
    calibration: Widths | Probabilities
    sees_form: bool
    drug_quantiles: Floats
    """(101,) values at the 0th to 100th percentile of approved drugs; empty before it is known"""

    def estimate(self, features: Sequence[Features]) -> list[Estimate]:
        """Estimates for molecules, in their order."""
        if not features:
            return []
        members = self.forest.evaluate(matrix_of(features, self.sees_form))
        nearest = [self.domain.nearest(item) for item in features]
        if isinstance(self.calibration, Widths):
            values = members.mean(axis=1)
            categories = [
                category(near, item.components, self.sees_form)
                for near, item in zip(nearest, features, strict=True)
            ]
            intervals = self.calibration.interval(values, np.array(categories))
            classes = [(True, True)] * len(values)
        else:
            values = self.calibration.value(members)
            intervals = self.calibration.interval(members)
            classes = [self.calibration.classes(value) for value in values.tolist()]
        return [
            Estimate(
                value=float(value),
                low=float(low),
                high=float(high),
                nearest=near,
                complaints=tuple(self.domain.complaints(item, near)),
                percentile=self.percentile(float(value)),
                classes=possible,
            )
            for value, (low, high), near, item, possible in zip(
                values, intervals, nearest, features, classes, strict=True
            )
        ]

    def percentile(self, value: float) -> float:
        """Share of approved drugs with a lower value, in percent; NaN where it is not known."""
        if not len(self.drug_quantiles):
            return float("nan")
        return float(np.interp(value, self.drug_quantiles, np.arange(len(self.drug_quantiles))))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The head as named arrays."""
        arrays = {**self.forest.arrays(), **self.domain.arrays()}
        arrays["drug_quantiles"] = self.drug_quantiles
        arrays["sees_form"] = np.array([self.sees_form], dtype=np.uint8)
        if isinstance(self.calibration, Widths):
            arrays["widths.half_widths"] = self.calibration.half_widths
        else:
            edges = (self.calibration.positive_from, self.calibration.negative_to)
            arrays["odds.line"] = self.calibration.line
            arrays["odds.refits"] = self.calibration.refits
            arrays["odds.class_edges"] = np.array(edges, dtype=np.float64)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Head:
        """The head that ``arrays`` wrote."""
        calibration: Widths | Probabilities
        if "widths.half_widths" in arrays:
            calibration = Widths(arrays["widths.half_widths"])
        else:
            positive_from, negative_to = arrays["odds.class_edges"].tolist()
            calibration = Probabilities(
                arrays["odds.line"], arrays["odds.refits"], positive_from, negative_to
            )
        return cls(
            forest=Forest.from_arrays(arrays),
            domain=Domain.from_arrays(arrays),
            calibration=calibration,
            sees_form=bool(arrays["sees_form"][0]),
            drug_quantiles=arrays["drug_quantiles"],
        )
