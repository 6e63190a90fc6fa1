"""Intervals that hold: conformal half-widths for regression, calibrated probabilities for classes.

Works on out-of-fold predictions only. Knows no molecule, no model and no file.

Regression follows cross-conformal prediction (Vovk 2015, Ann. Math. Artif. Intell. 74, 9), Mondrian
by category: the interval of a category is as wide as the errors seen in it. Classification follows
Platt scaling (Platt 1999) with a slope that may fall with distance from the training set. The
interval of a probability is the 5th to 95th percentile over bootstrap refits of the scaling; the
heads widen it to hold what each member of a stack alone would say. The set of classes that cannot
be excluded is conformal, Mondrian by class and by category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONFIDENCES = (0.8, 0.9)
"""of the intervals that are given"""
FEWEST = 60
"""residuals a category needs for a quantile of its own; below, it takes the quantile of all"""
FEWEST_OF_CLASS = 20
"""the same for the molecules of one class in a category: with few of them a set errs on the side of
too many classes"""
REFITS = 200
RIDGE = 1.0
"""of the change of slope with similarity: what keeps small sets from believing in one"""
MIDDLE = 0.5
"""similarity at which the slope is the slope"""


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
    """Half-widths of regression intervals, one per confidence and category."""

    half_widths: Floats
    """(confidences, categories) in the scale of the residuals"""

    @classmethod
    def fit(cls, residuals: Floats, categories: Ints, count: int) -> Widths:
        """Fit to out-of-fold residuals.

        Args:
            residuals: (n,) measured minus predicted.
            categories: (n,) category of each row, 0 to ``count`` - 1.
            count: number of categories.

        Raises:
            ValueError: fewer residuals than the confidences need.
        """
        errors = np.abs(residuals)
        if not np.isfinite(conformal_quantile(errors, max(CONFIDENCES))):
            raise ValueError(f"{len(errors)} residuals are too few for {max(CONFIDENCES):.0%}")
        chosen = [errors[categories == category] for category in range(count)]
        return cls(
            np.array(
                [
                    [
                        conformal_quantile(own if len(own) >= FEWEST else errors, confidence)
                        for own in chosen
                    ]
                    for confidence in CONFIDENCES
                ]
            )
        )

    def interval(self, values: Floats, categories: Ints, confidence: float = 0.9) -> Floats:
        """Intervals around values: (n, 2), lower and upper, at one of ``CONFIDENCES``."""
        half = self.half_widths[CONFIDENCES.index(confidence)][categories]
        return np.stack([values - half, values + half], axis=1)


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Log-odds into probabilities with intervals and conformal class sets."""

    line: Floats
    """(3,) slope, its change per unit of similarity, intercept"""
    refits: Floats
    """(b, 3) the same, refitted on bootstrap samples of whole groups"""
    positive_from: Floats
    """(categories,) probability from which the positive class cannot be excluded at 90 %"""
    negative_to: Floats
    """(categories,) probability up to which the negative class cannot be excluded"""

    @classmethod
    def fit(
        cls,
        log_odds: Floats,
        similarities: Floats,
        is_positive: NDArray[np.bool_],
        groups: NDArray[Any],
        categories: Ints,
        count: int,
        seed: int = 0,
        confidence: float = 0.9,
    ) -> Probabilities:
        """Fit to out-of-fold log-odds.

        Args:
            log_odds: (n,) out-of-fold output of the stack.
            similarities: (n,) Tanimoto to the nearest molecule the output was trained on.
            is_positive: (n,) measured class.
            groups: (n,) groups that are drawn as a whole (scaffolds).
            categories: (n,) category of each row, 0 to ``count`` - 1.
            count: number of categories.
            seed: of the bootstrap.
            confidence: of the class sets.
        """
        design = _design(log_odds, similarities)
        line = _platt(design, is_positive)
        rng = np.random.default_rng(seed)
        order = np.argsort(groups, kind="stable")
        ordered = groups[order]
        members = np.split(order, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
        refits: list[Floats] = []
        while len(refits) < REFITS:
            drawn = np.concatenate(
                [members[index] for index in rng.integers(0, len(members), len(members))]
            )
            if 0 < np.count_nonzero(is_positive[drawn]) < len(drawn):
                refits.append(_platt(design[drawn], is_positive[drawn]))
        odds = _sigmoid(design @ line)

        def edges(strangeness: Floats, kinds: Ints) -> Floats:
            chosen = [strangeness[kinds == category] for category in range(count)]
            enough = [own if len(own) >= FEWEST_OF_CLASS else strangeness for own in chosen]
            return np.minimum([conformal_quantile(own, confidence) for own in enough], 1.0)

        return cls(
            line=line,
            refits=np.array(refits),
            positive_from=1.0 - edges(1.0 - odds[is_positive], categories[is_positive]),
            negative_to=edges(odds[~is_positive], categories[~is_positive]),
        )

    def value(self, log_odds: Floats, similarities: Floats) -> Floats:
        """Probability of the positive class, (n,)."""
        return _sigmoid(_design(log_odds, similarities) @ self.line)

    def intervals(
        self, log_odds: Floats, similarities: Floats, confidences: Sequence[float] = (0.9, 0.8)
    ) -> list[Floats]:
        """Intervals of that probability, (n, 2) at each confidence, widened to hold ``value``."""
        tails = [50 * (1 - confidence) for confidence in confidences]
        edges = [edge for tail in tails for edge in (tail, 100 - tail)]
        spread = _sigmoid(_design(log_odds, similarities) @ self.refits.T)
        value = self.value(log_odds, similarities)
        found = np.percentile(spread, edges, axis=1)
        pairs = zip(found[::2], found[1::2], strict=True)
        return [np.stack([np.minimum(a, value), np.maximum(b, value)], axis=1) for a, b in pairs]

    def classes(self, probabilities: Floats, categories: Ints) -> NDArray[np.bool_]:
        """Which classes cannot be excluded at 90 %: (n, 2), positive and negative."""
        positive = probabilities >= self.positive_from[categories]
        negative = probabilities <= self.negative_to[categories]
        return np.stack([positive, negative], axis=1)


def _design(log_odds: Floats, similarities: Floats) -> Floats:
    """Columns of the scaling: log-odds, log-odds x (similarity - 0.5), 1."""
    tilted = log_odds * (similarities - MIDDLE)
    return np.stack([log_odds, tilted, np.ones_like(log_odds)], axis=1)


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))


def _platt(design: Floats, is_positive: NDArray[np.bool_]) -> Floats:
    """Slope, change of slope and intercept by Newton's method, with Platt's smoothed targets.

    The slope is never negative: where it would be at similarity 0 it is made to end there at zero,
    where it would be at similarity 1 it does not change, and where it still would, every
    probability is the base rate.
    """
    positives = int(np.count_nonzero(is_positive))
    negatives = len(is_positive) - positives
    target = np.where(is_positive, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    line = _newton(design, target)
    if line[0] - MIDDLE * line[1] < 0:
        slope, intercept = _newton(design[:, [0, 2]] + design[:, [1, 1]] / [MIDDLE, np.inf], target)
        line = np.array([slope, slope / MIDDLE, intercept])
    elif line[0] + (1 - MIDDLE) * line[1] < 0:
        slope, intercept = _newton(design[:, [0, 2]], target)
        line = np.array([slope, 0.0, intercept])
    if line[0] < 0:
        rate = float(target.mean())
        return np.array([0.0, 0.0, np.log(rate / (1 - rate))])
    return line


def _newton(design: Floats, target: Floats) -> Floats:
    ridge = np.full(design.shape[1], 1e-3)
    ridge[1:-1] = RIDGE
    line = np.zeros(design.shape[1])
    for _ in range(30):
        fitted = _sigmoid(design @ line)
        gradient = design.T @ (fitted - target) + ridge * line
        hessian = (design * (fitted * (1 - fitted))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        line = line - np.clip(step, -5.0, 5.0)
        if float(np.abs(step).max()) < 1e-9:
            break
    return line
