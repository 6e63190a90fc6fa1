"""How far a screening is: counts, the recall curve, and what may be left.

Owns which points of the curve are told. Never says that a screening is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retort.agent.triage.estimate import estimate
from retort.agent.triage.records import Estimate

CURVE_POINTS = 200


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
    ranking: str
    """the stamp of the newest ranking"""
    is_learning: bool
    """whether labels have come that the newest ranking has not learnt from yet"""
    vectors: tuple[int, int]
    """records an encoder has read, of all; (0, 0) where there is no encoder"""


def flow(at: Progress, identified: int) -> dict[str, int]:
    """Counts of the PRISMA flow (Page et al. 2021, doi:10.1136/bmj.n71); `undecided` are those set
    aside and those whose imported labels contradict each other.

    Args:
        at: how far the screening is.
        identified: records before duplicates were merged.
    """
    undecided = at.maybe + at.conflicts
    return {
        "identified": identified,
        "duplicates_removed": identified - at.total,
        "screened": at.screened,
        "excluded": at.excluded,
        "included": at.included,
        "undecided": undecided,
        "not_screened": at.total - at.screened - undecided,
    }


class Curve:
    """What was read so far and what it says of the rest, computed once.

    Args:
        total: records of the screening.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._labels: list[bool] = []
        self._estimate: Estimate | None = None

    def read(self, is_relevant: Sequence[bool]) -> None:
        """Take the labels of the records read, in the order of reading."""
        labels = [*is_relevant]
        if labels != self._labels:
            self._estimate = None
        self._labels = labels

    @property
    def estimate(self) -> Estimate:
        """What the records read say of the rest."""
        if self._estimate is None:
            self._estimate = estimate(self._labels, self._total)
        return self._estimate

    @property
    def points(self) -> tuple[tuple[int, int], ...]:
        """(records read, relevant found), at most some 200 points, the last one now."""
        found = np.concatenate([[0], np.cumsum(self._labels)]).astype(int)
        return tuple((at, int(found[at])) for at in _spread(len(self._labels), CURVE_POINTS))


def _spread(last: int, points: int) -> list[int]:
    """Multiples of a power of two up to ``last``, and it: as few as half of ``points`` suffice.

    The points stay while the curve grows, until every second one is dropped.
    """
    step = 1
    while last // step > points:
        step *= 2
    return sorted({*range(step, last + 1, step), last})
