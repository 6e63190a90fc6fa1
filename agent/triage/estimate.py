"""How many relevant records are left, and whether a target recall is reached: by urns.

Records are read in an order that a ranking chose. Had they been drawn at random, the relevant ones
among those read since some point would follow a hypergeometric distribution (the stopping rule of
Callaghan and Mueller-Hansen 2020, doi:10.1186/s13643-020-01521-4). A ranking draws relevant ones
sooner, so that rule waits too long. Here a relevant record is drawn ``ODDS`` times as readily as
another (Wallenius' noncentral distribution, Fog 2008, doi:10.1080/03610910701790236), which is
still less than rankings achieve. Every point from which one may count is tried.

Knows no ranking: only which of the records read were relevant, in the order of reading.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retort.agent.triage.records import Estimate

TARGET = 0.95
"""recall to be reached"""
CONFIDENCE = 0.95
ODDS = 1.75
"""The largest of those tried at which no replay of seven labelled reviews stopped below ``TARGET``
(``benchmarks/triage.py``). It is no guarantee: six of the reviews alone would have allowed 3, at
which the seventh stops at a recall of 0.94 once."""
POINTS = 25
"""from which counting may begin"""

Flags = NDArray[np.bool_]


def estimate(
    is_relevant: Sequence[bool] | Flags,
    total: int,
    target: float = TARGET,
    confidence: float = CONFIDENCE,
    odds: float = ODDS,
) -> Estimate:
    """What the records read so far say of the rest.

    Args:
        is_relevant: (m,) the records read, in order.
        total: records of the screening, m or more.
        target: recall for the stopping rule.
        confidence: of the bounds and of the rule.
        odds: how much more readily a relevant record is drawn; 1 for a random order.

    Raises:
        ValueError: more records were read than there are.
    """
    labels = np.asarray(is_relevant, bool)
    found, read = int(labels.sum()), len(labels)
    urns = _Urns(labels, total, odds)
    error = 1 - confidence
    high, middle, low = (found + urns.most_left(p) for p in (error, 0.5, confidence))
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
    odds: float = ODDS,
) -> bool:
    """The stopping rule alone: ``estimate(...).is_target_met`` in a thirtieth of its time."""
    labels = np.asarray(is_relevant, bool)
    return _Urns(labels, total, odds).is_met(int(labels.sum()), target, 1 - confidence)


class _Urns:
    """The urn at each point from which one may count: what was in it, and what was drawn since."""

    def __init__(self, labels: Flags, total: int, odds: float) -> None:
        read = len(labels)
        if read > total:
            raise ValueError(f"{read} records were read of {total}")
        before = np.unique(np.linspace(0, max(read - 1, 0), POINTS).astype(int))
        counts = np.concatenate([[0], np.cumsum(labels)])
        self._in = (total - before).astype(float)
        self._drawn = (read - before).astype(float)
        self._seen = counts[-1] - counts[before]
        self._odds = odds
        self._left = total - read

    def most_left(self, p: float) -> int:
        """The most relevant records that may be left, unless something less likely than ``p`` has
        happened since one of the points.
        """
        low, high = 0, self._left
        while low < high:
            middle = (low + high + 1) // 2
            if self._likelihood(middle) >= p:
                low = middle
            else:
                high = middle - 1
        return low

    def is_met(self, found: int, target: float, error: float) -> bool:
        """Whether more left than the target recall allows is less likely than ``error``."""
        if not self._left:
            return True
        allowed = int(found / target + 1e-9) - found
        return found > 0 and (allowed >= self._left or self._likelihood(allowed + 1) < error)

    def _likelihood(self, left: int) -> float:
        """Probability of having seen as few relevant ones, were ``left`` still to come: the
        smallest over all points.
        """
        from scipy.stats import binom

        relevant = self._seen + left
        chance = _chance(relevant, self._in, self._drawn, self._odds)
        return float(binom.cdf(self._seen, relevant, chance).min())


def _chance(
    relevant: NDArray[np.integer],
    inside: NDArray[np.floating],
    drawn: NDArray[np.floating],
    odds: float,
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
