"""Which record is read next: the best that is undecided, or now and then one drawn by chance.

Owns how often chance draws. Knows no store and no record's text.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from retort.agent.triage.order import Ranking
from retort.agent.triage.records import Chosen

EXPLORED = 20
"""one record in so many is drawn by chance from those unread, so that what the ranking overlooks
can be seen; what that costs is in ``benchmarks/triage.py``"""


def choose(ranking: Ranking, decided: Collection[int], seed: int) -> tuple[int, Chosen] | None:
    """The record to read next: the same for the same labels and seed, whenever it is asked.

    Args:
        ranking: of all records.
        decided: rows that need not be read.
        seed: of the screening.

    Returns:
        Its row, and how it was chosen; None where all are decided.
    """
    is_left = np.ones(len(ranking.order), bool)
    is_left[[*decided]] = False
    left = ranking.order[is_left[ranking.order]]
    if not len(left):
        return None
    readable = left[ranking.places[left] <= ranking.readable]
    if not len(readable):
        return int(left[0]), "unreadable"
    chance = np.random.default_rng([seed, len(decided)])
    if ranking.stamp.startswith("labels") and chance.integers(EXPLORED) == 0:
        return int(chance.choice(readable)), "explore"
    return int(left[0]), "certain"
