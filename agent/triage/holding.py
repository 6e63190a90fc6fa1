"""Which of a record's decisions holds: a user's before an imported one.

Knows no store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from retort.agent.triage.records import Decision

_OUTRANKS = {"user": 1, "import": 0}


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it is kept."""

    number: int
    """counts up; of two the later one is larger"""
    decision: Decision
    ranking: str = ""
    """stamp of the ranking that showed the record; empty for an import"""
    rank: int | None = None
    score: float | None = None


def holding_of(decisions: Iterable[Kept], conflicts: Collection[str]) -> dict[str, Kept]:
    """Record -> the decision that holds; of several by one kind of author, the last.

    Args:
        decisions: oldest first.
        conflicts: records whose imported labels contradict each other, so that none of them holds.
    """
    found: dict[str, Kept] = {}
    for kept in decisions:
        before = found.get(kept.decision.record_id)
        if not before or _OUTRANKS[kept.decision.by] >= _OUTRANKS[before.decision.by]:
            found[kept.decision.record_id] = kept
    torn = {*conflicts}
    return {
        record_id: kept
        for record_id, kept in found.items()
        if kept.decision.by != "import" or record_id not in torn
    }
