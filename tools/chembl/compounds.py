"""Activities seen by compound: the best row of each, and how far its measurements spread.

A compound is often measured many times on one target. Showing its rows one after the other hides
the next compound; showing one alone hides that others differ. Knows a source by its interface.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from retort.tools.chembl.records import ActivityPage, ActivityQuery, ActivityRow
from retort.tools.chembl.source import ChemblSource

HISTORY = 1000
"""measurements looked at for the spreads of one page"""

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Spread:
    """The exact ("=") measurements of one compound on one target, of one type and unit."""

    n: int
    median: float
    low: float
    high: float
    units: str
    """of median, low and high"""


@dataclass(frozen=True, slots=True)
class Compound:
    """One compound on one target: its best row, and the spread where there are several."""

    row: ActivityRow
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class Compounds:
    """A page of activities told by compound."""

    page: ActivityPage
    """up to ``HISTORY`` rows from the offset on, of which ``shown`` takes the first"""
    shown: tuple[Compound, ...]
    next_offset: int
    """the row at which the next page begins; ``page.total`` or more after the last"""


def by_compound(source: ChemblSource, query: ActivityQuery) -> Compounds:
    """The best rows of up to ``query.limit`` compounds, from row ``query.offset`` on.

    A compound whose best row stood on an earlier page is not shown again: all measurements of the
    page's compounds are fetched, so that the first accepted row of each is known. Salts and
    parent are one compound.
    """
    page = source.activities(replace(query, limit=HISTORY))
    window = page.rows[: max(40, 4 * query.limit)]
    past = _history(source, query, window)
    first: dict[Key, str] = {}
    for row in (*past, *window):
        if query.accepts(row):
            first.setdefault(_key(row), row.activity_id)
    spreads = _spreads(past)
    shown: list[Compound] = []
    passed = 0
    for row in window:
        if first.get(_key(row)) == row.activity_id:
            if len(shown) == query.limit:
                break
            shown.append(Compound(row, spreads.get(_key(row))))
        passed += 1
    return Compounds(page, tuple(shown), query.offset + passed)


def _history(
    source: ChemblSource, query: ActivityQuery, rows: Sequence[ActivityRow]
) -> list[ActivityRow]:
    """Every measurement of these rows' compounds, whatever its value; none if too many."""
    if not rows:
        return []
    past = source.activities(
        ActivityQuery(
            target_id=query.target_id,
            molecule_ids=tuple(sorted({row.parent_chembl_id for row in rows})),
            types=tuple(sorted({row.type for row in rows})),
            assay_types=query.assay_types,
            variant=query.variant,
            limit=HISTORY,
        )
    )
    return list(past.rows) if past.total == len(past.rows) else []


def _key(row: ActivityRow) -> Key:
    return (row.parent_chembl_id, row.target_chembl_id, row.variant, row.type, row.units)


def _spreads(rows: Iterable[ActivityRow]) -> dict[Key, Spread]:
    values: dict[Key, list[float]] = defaultdict(list)
    for row in rows:
        if row.relation == "=" and row.value is not None:
            values[_key(row)].append(row.value)
    return {
        key: Spread(
            n=len(found),
            median=float(f"{statistics.median(found):.4g}"),
            low=min(found),
            high=max(found),
            units=key[-1],
        )
        for key, found in values.items()
        if len(found) > 1
    }
