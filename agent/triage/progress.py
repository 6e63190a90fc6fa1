"""How far a screening is: counts, the recall curve, and the band of what may be left.

Owns which points of the curve are told. Never says that a screening is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retort.agent.triage.estimate import estimate
from retort.agent.triage.records import Estimate

CURVE_POINTS, BAND_POINTS = 200, 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a screening is."""

    estimate: Estimate
    screened: int
    """records with a decision to include or exclude"""
    included: int
    excluded: int
    maybe: int
    total: int
    conflicts: int
    """records that came with labels that contradict each other, and count as undecided"""
    curve: tuple[tuple[int, int], ...]
    """(records read, relevant found), at most some 200 points, the last one now"""
    band: tuple[tuple[int, float, float], ...]
    """(records read, lower and upper bound of recall then), some 20 points along the curve"""
    ranking: str
    """the stamp of the newest ranking"""
    is_learning: bool
    """whether labels have come that the newest ranking has not learnt from yet"""
    vectors: tuple[int, int]
    """records an encoder has read, of all; (0, 0) where there is no encoder"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve as it is drawn."""

    estimate: Estimate
    curve: tuple[tuple[int, int], ...]
    band: tuple[tuple[int, float, float], ...]


class Curve:
    """What was read so far, and the estimates along the way, each computed once.

    Args:
        total: records of the screening.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._labels: list[bool] = []
        self._known: dict[int, Estimate] = {}

    def read(self, is_relevant: Sequence[bool]) -> None:
        """Take the labels of the records read, in the order of reading."""
        labels = [*is_relevant]
        if labels[: len(self._labels)] != self._labels:
            self._known.clear()  # a decision was changed
        self._labels = labels

    def drawn(self) -> Drawn:
        """The curve and its band as they are now."""
        read = len(self._labels)
        found = np.concatenate([[0], np.cumsum(self._labels)]).astype(int)
        curve = tuple((at, int(found[at])) for at in _spread(read, CURVE_POINTS))
        band = []
        for at in _spread(read, BAND_POINTS):
            known = self._estimate(at)
            most = known.found / known.low if known.low else 1.0
            band.append((at, known.recall_low, min(most, 1.0)))
        return Drawn(self._estimate(read), curve, tuple(band))

    def _estimate(self, at: int) -> Estimate:
        if at not in self._known:
            self._known[at] = estimate(self._labels[:at], self._total)
        return self._known[at]


def _spread(last: int, points: int) -> list[int]:
    """Multiples of a power of two up to ``last``, and it: as few as half of ``points`` suffice.

    The points stay while the curve grows, until every second one is dropped.
    """
    step = 1
    while last // step > points:
        step *= 2
    return sorted({*range(step, last + 1, step), last})
