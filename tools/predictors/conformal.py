"""Intervals that hold: conformal half-widths for regression, calibrated probabilities for classes.

Works on out-of-fold predictions only. Knows no molecule, no model and no file.

Regression follows cross-conformal prediction (Vovk 2015, Ann. Math. Artif. Intell. 74, 9), Mondrian
by category: the interval of a category is as wide as the errors seen in it. Classification follows
Platt scaling (Platt 1999); the interval of a probability is the 5th to 95th percentile over
bootstrap refits of the scaling and over the members of the ensemble; the set of classes that cannot
be excluded is Mondrian conformal by class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 60
"""residuals a category needs for a quantile of its own; below, it takes the quantile of all"""
REFITS = 200


def conformal_quantile(scores: ArrayLike, confidence: float) -> float:
    """The score that a new, exchangeable one stays at or below with probability ``confidence``.

    Returns:
        The ``ceil((n + 1) * confidence)``-th smallest score; infinity where n is too small for it.
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    rank = int(np.ceil((len(ordered) + 1) * confidence))
    return float(ordered[rank - 1]) if rank <= len(ordered) else float("inf")


@dataclass(frozen=True, slots=True)
class Widths:
    """Half-widths of regression intervals, one per category."""

    half_widths: Floats
    """(categories,) in the endpoint's unit"""

    @classmethod
    def fit(
        cls, residuals: Floats, categories: Ints, count: int, confidence: float = 0.9
    ) -> Widths:
        """Fit to out-of-fold residuals.

        Args:
            residuals: (n,) measured minus predicted.
            categories: (n,) category of each row, 0 to ``count`` - 1.
            count: number of categories.
            confidence: share of intervals that shall hold the measured value.

        Raises:
            ValueError: fewer residuals than the confidence needs.
        """
        errors = np.abs(residuals)
        overall = conformal_quantile(errors, confidence)
        if not np.isfinite(overall):
            raise ValueError(f"{len(errors)} residuals are too few for {confidence:.0%} intervals")
        return cls(
            np.array(
                [
                    conformal_quantile(errors[categories == category], confidence)
                    if np.count_nonzero(categories == category) >= FEWEST
                    else overall
                    for category in range(count)
                ]
            )
        )

    def interval(self, values: Floats, categories: Ints) -> Floats:
        """Intervals around values: (n, 2), lower and upper."""
        half = self.half_widths[categories]
        return np.stack([values - half, values + half], axis=1)


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Log-odds of an ensemble into probabilities with intervals and conformal class sets."""

    line: Floats
    """(2,) slope and intercept of Platt's line"""
    refits: Floats
    """(b, 2) the same, refitted on bootstrap samples of whole groups"""
    positive_from: float
    """probability from which the positive class cannot be excluded at the confidence"""
    negative_to: float
    """probability up to which the negative class cannot be excluded"""

    @classmethod
    def fit(
        cls,
        log_odds: Floats,
        is_positive: NDArray[np.bool_],
        groups: NDArray[Any],
        seed: int = 0,
        confidence: float = 0.9,
    ) -> Probabilities:
        """Fit to out-of-fold log-odds.

        Args:
            log_odds: (n,) out-of-fold output of the ensemble.
            is_positive: (n,) measured class.
            groups: (n,) groups that are drawn as a whole (scaffolds).
            seed: of the bootstrap.
            confidence: of the class sets.
        """
        line = _platt(log_odds, is_positive)
        rng = np.random.default_rng(seed)
        members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
        refits: list[Floats] = []
        while len(refits) < REFITS:
            drawn = np.concatenate(
                [members[index] for index in rng.integers(0, len(members), len(members))]
            )
            if 0 < np.count_nonzero(is_positive[drawn]) < len(drawn):
                refits.append(_platt(log_odds[drawn], is_positive[drawn]))
        odds = _sigmoid(line[0] * log_odds + line[1])
        return cls(
            line=line,
            refits=np.array(refits),
            positive_from=1.0 - min(1.0, conformal_quantile(1.0 - odds[is_positive], confidence)),
            negative_to=min(1.0, conformal_quantile(odds[~is_positive], confidence)),
        )

    def value(self, members: Floats) -> Floats:
        """Probability of the positive class: (n,) from (n, members) log-odds."""
        return _sigmoid(self.line[0] * members.mean(axis=1) + self.line[1])

    def interval(self, members: Floats, confidence: float = 0.9) -> Floats:
        """Interval of that probability: (n, 2), widened to hold ``value`` where it would not."""
        tail = 50 * (1 - confidence)
        spread = _sigmoid(
            self.refits[:, 0] * members[:, :, None] + self.refits[:, 1]  # (n, members, b)
        ).reshape(len(members), -1)
        low, high = np.percentile(spread, [tail, 100 - tail], axis=1)
        value = self.value(members)
        return np.stack([np.minimum(low, value), np.maximum(high, value)], axis=1)

    def classes(self, probability: float) -> tuple[bool, bool]:
        """Which classes cannot be excluded at the confidence: (positive, negative)."""
        return probability >= self.positive_from, probability <= self.negative_to


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))


def _platt(log_odds: Floats, is_positive: NDArray[np.bool_]) -> Floats:
    """Slope (not negative) and intercept by Newton's method, with Platt's smoothed targets."""
    positives = int(np.count_nonzero(is_positive))
    negatives = len(is_positive) - positives
    target = np.where(is_positive, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([log_odds, np.ones_like(log_odds)], axis=1)
    line = np.zeros(2)
    for _ in range(30):
        fitted = _sigmoid(design @ line)
        gradient = design.T @ (fitted - target) + np.array([1e-3 * line[0], 0.0])
        weights = fitted * (1 - fitted)
        hessian = (design * weights[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        line = line - np.clip(step, -5.0, 5.0)
        if float(np.abs(step).max()) < 1e-9:
            break
    if line[0] < 0:
        rate = float(target.mean())
        return np.array([0.0, np.log(rate / (1 - rate))])
    return line
