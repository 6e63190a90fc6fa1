"""How many relevant records are left, and whether a target recall is reached: by urns.

Records are read in an order that a ranking chose. Had they been drawn at random, the relevant ones
among those read since some point would follow a hypergeometric distribution (the stopping rule of
Callaghan and Mueller-Hansen 2020, doi:10.1186/s13643-020-01521-4). A ranking draws relevant ones
sooner, so that rule waits too long. Here a relevant record is drawn with higher odds than another
(Wallenius' noncentral distribution, Fog 2008, doi:10.1080/03610910701790236): those at which the
order has drawn relevant ones until some point, raised to the power of ``LASTING``, since the last
relevant ones are harder to tell than the first. Every point from which one may count is tried.

Knows no ranking: only which of the records read were relevant, in the order of reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.agent.triage.records import Estimate

TARGET = 0.95
"""recall to be reached"""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Lasting:
    """How much of the order's advantage is taken to last: 0 (a random order) to 1 (all of it)."""

    at_least: float
    """for the upper bound and the stopping rule"""
    likely: float
    """for the estimate"""
    at_most: float
    """for the lower bound"""


LASTING = Lasting(0.35, 0.5, 0.7)
"""The first is the largest of those tried at which seven labelled reviews, redrawn, stop below
``TARGET`` once in twenty at most; with the others the estimate is too low at first and near the
truth from a fifth read on, and the interval holds (``benchmarks/triage.py``, where each review is
also judged by what the others would have chosen for the rule)."""
POINTS = 25
"""from which counting may begin"""

Flags = NDArray[np.bool_]


def estimate(
    is_relevant: Sequence[bool] | Flags,
    total: int,
    target: float = TARGET,
    confidence: float = CONFIDENCE,
    lasting: Lasting = LASTING,
) -> Estimate:
    """What the records read so far say of the rest.

    Args:
        is_relevant: (m,) the records read, in order.
        total: records of the screening, m or more.
        target: recall for the stopping rule.
        confidence: of the bounds and of the rule.
        lasting: how much of the order's advantage is taken to last.

    Raises:
        ValueError: more records were read than there are.
    """
    labels = np.asarray(is_relevant, bool)
    found, read = int(labels.sum()), len(labels)
    error = 1 - confidence
    urns = _Urns(labels, total, lasting.at_least)
    high = found + urns.most_left(error)
    middle = found + _Urns(labels, total, lasting.likely).most_left(0.5)
    low = found + _Urns(labels, total, lasting.at_most).most_left(confidence)
    last = np.flatnonzero(labels)
    return Estimate(
        found=found,
        read=read,
        total=total,
        relevant=float(middle),
        low=low,
        high=high,
        confidence=confidence,
        recall=found / middle if middle else 1.0,
        recall_low=found / high if high else 1.0,
        is_target_met=urns.is_met(found, target, error),
        in_a_row=read - int(last[-1]) - 1 if found else read,
    )


def is_target_met(
    is_relevant: Sequence[bool] | Flags,
    total: int,
    target: float = TARGET,
    confidence: float = CONFIDENCE,
    lasting: float = LASTING.at_least,
) -> bool:
    """The stopping rule alone: ``estimate(...).is_target_met`` in a thirtieth of its time."""
    labels = np.asarray(is_relevant, bool)
    return _Urns(labels, total, lasting).is_met(int(labels.sum()), target, 1 - confidence)


class _Urns:
    """The urn at each point from which one may count: what was in it, and what was drawn since."""

    def __init__(self, labels: Flags, total: int, lasting: float) -> None:
        read = len(labels)
        if read > total:
            raise ValueError(f"{read} records were read of {total}")
        before = np.unique(np.linspace(0, max(read - 1, 0), POINTS).astype(int))
        counts = np.concatenate([[0], np.cumsum(labels)])
        self._before = before.astype(float)
        self._found_before = counts[before]
        self._seen = counts[-1] - counts[before]
        self._total, self._read, self._found = total, read, counts[-1]
        self._lasting = lasting

    def most_left(self, p: float) -> int:
        """The most relevant records that may be left, unless something less likely than ``p`` has
        happened since one of the points.
        """
        low, high = 0, self._total - self._read
        while low < high:
            middle = (low + high + 1) // 2
            if self._likelihood(middle) >= p:
                low = middle
            else:
                high = middle - 1
        return low

    def is_met(self, found: int, target: float, error: float) -> bool:
        """Whether more left than the target recall allows is less likely than ``error``."""
        left = self._total - self._read
        if not left:
            return True
        allowed = int(found / target + 1e-9) - found
        return found > 0 and (allowed >= left or self._likelihood(allowed + 1) < error)

    def _likelihood(self, left: int) -> float:
        """Probability of having seen as few relevant ones, were ``left`` still to come: the
        smallest over all points.
        """
        from scipy.stats import binom

        relevant = self._seen + left
        drawn = self._read - self._before
        odds = self._odds(left) ** self._lasting
        chance = _chance(relevant, self._total - self._before, drawn, odds)
        return float(binom.cdf(self._seen, relevant, chance).min())

    def _odds(self, left: int) -> NDArray[np.floating]:
        """At which relevant records were drawn before each point, were ``left`` still to come; 1
        where one cannot tell: `_chance` the other way round.
        """
        relevant = self._found + left
        others = max(self._total - relevant, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            relevant_left = np.log1p(-self._found_before / relevant)
            others_left = np.log1p(-(self._before - self._found_before) / others)
            odds = relevant_left / others_left
        return np.where(np.isfinite(odds), np.maximum(odds, 1), 1.0)


def _chance(
    relevant: NDArray[np.integer],
    inside: NDArray[np.floating],
    drawn: NDArray[np.floating],
    odds: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Probability of a relevant record to be among those drawn, in the mean of the distribution.

    All but the share x of the others and the share x**odds of the relevant ones are drawn, with the
    x at which the numbers add up (Manly 1974's approximation of the mean).
    """
    low, high = np.zeros_like(inside), np.ones_like(inside)
    for _ in range(50):
        x = (low + high) / 2
        too_many = relevant * (1 - x**odds) + (inside - relevant) * (1 - x) > drawn
        low, high = np.where(too_many, x, low), np.where(too_many, high, x)
    return 1 - ((low + high) / 2) ** odds
