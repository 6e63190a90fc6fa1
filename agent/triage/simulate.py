"""A labelled set replayed: how soon would this ranking have found what the reviewers included?

Owns the replay and the measures: WSS@95 (work saved over sampling at 95 % recall, Cohen et al.
2006, doi:10.1197/jamia.M1929), recall at a share read, and what the stopping rule would have cost.
Knows no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.agent.triage.estimate import LASTING, TARGET, is_target_met
from retort.agent.triage.ranking import Flags, Floats, Ints

Order = Callable[[Ints, Flags], Floats]
"""``order(rows, is_relevant)`` gives the scores of all records from the labels so far"""

ONE_BY_ONE = 50
"""labels after each of which the ranking learns anew"""
BATCH = 0.02
"""share of the records read between two rankings after that"""
SHARES = (5, 10, 20, 50)
"""per cent read at which recall is told"""
CHECKED = 0.01
"""share of the records read between two questions to the stopping rule"""


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay of a labelled set."""

    order: tuple[int, ...]
    """rows in the order in which they would have been read"""
    relevant: int
    wss95: float
    """share of the records that need not be read at 95 % recall, less 0.05"""
    recall_at: dict[int, float]
    """by per cent read"""
    stop_share: float
    """share read when the stopping rule first said that the target was reached"""
    stop_recall: float
    """recall reached by then"""
    recall: tuple[float, ...]
    """after each record read"""

    def as_dict(self, ids: Sequence[str]) -> dict[str, Any]:
        """On the wire; ``ids`` by row."""
        return {
            "records": len(self.order),
            "relevant": self.relevant,
            "wss95": self.wss95,
            "recall_at": {str(share): value for share, value in self.recall_at.items()},
            "stop": {"target": TARGET, "share_read": self.stop_share, "recall": self.stop_recall},
            "order": [ids[row] for row in self.order],
        }


def replay(
    is_relevant: Flags,
    score: Order,
    first: Sequence[int] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Read the records as the ranking would have them read, told each label when it is read.

    Args:
        is_relevant: (n,) what the reviewers decided.
        score: the ranking.
        first: rows whose labels are known at the start; they count as read.
        progress: called with the records read and all.

    Raises:
        ValueError: no record is relevant.
    """
    if not is_relevant.any():
        raise ValueError("no record is relevant")
    total = len(is_relevant)
    read = [*first]
    unread = np.ones(total, bool)
    unread[read] = False
    while unread.any():
        batch = 1 if len(read) < ONE_BY_ONE else max(1, int(BATCH * total))
        scores = score(np.array(read, np.int64), is_relevant[read])
        rows = np.flatnonzero(unread)
        best = rows[np.argsort(-scores[rows], kind="stable")[:batch]]
        read += [int(row) for row in best]
        unread[best] = False
        if progress:
            progress(len(read), total)
    return measured(read, is_relevant)


def drawn(is_relevant: Flags, seed: int) -> tuple[int, int]:
    """One relevant and one irrelevant row, drawn with a seed: the start without criteria."""
    chance = np.random.default_rng(seed)
    relevant, irrelevant = np.flatnonzero(is_relevant), np.flatnonzero(~is_relevant)
    return int(chance.choice(relevant)), int(chance.choice(irrelevant))


def measured(order: Sequence[int], is_relevant: Flags) -> Replay:
    """The measures of an order of reading."""
    labels = is_relevant[list(order)]
    found, relevant, total = np.cumsum(labels), int(labels.sum()), len(labels)
    enough = int(np.searchsorted(found, np.ceil(0.95 * relevant - 1e-9))) + 1
    stop = stops_at(labels)
    return Replay(
        order=tuple(order),
        relevant=relevant,
        wss95=(total - enough) / total - 0.05,
        recall_at={
            share: float(found[max(round(share / 100 * total), 1) - 1] / relevant)
            for share in SHARES
        },
        stop_share=stop / total,
        stop_recall=float(found[stop - 1] / relevant),
        recall=tuple(float(value) for value in found / relevant),
    )


def stops_at(labels: NDArray[np.bool_], lasting: float = LASTING.at_least) -> int:
    """Records read when the stopping rule first says that the target is reached."""
    total = len(labels)
    step = max(1, int(CHECKED * total))
    for read in range(step, total, step):
        if is_target_met(labels[:read], total, lasting=lasting):
            return read
    return total
