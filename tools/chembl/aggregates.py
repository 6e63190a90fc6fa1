"""Measurements put together: a molecule across targets, the compounds of a series on one target.

What is counted is kept apart from what is only bounded: medians and ranges are over exact ("=")
values, and a row such as "> 10000 nM" is told beside them. Values that differ by more than
``CONFLICT`` are said to conflict. Knows a source by its interface, so all backends aggregate alike.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from retort.tools.chembl.records import ABOVE, ActivityQuery, ActivityRow
from retort.tools.chembl.source import ChemblSource

CONFLICT = 1.5
"""log10 units: two standard deviations of the difference of two measurements of one Ki, whose own
standard deviation is 0.54 between laboratories (Kramer et al. 2012,
https://doi.org/10.1021/jm300131x): 2 * sqrt(2) * 0.54 = 1.53"""
PROTEIN = 4
"""confidence scores below name no protein: cell lines, organisms, unchecked targets (ChEMBL
documentation, https://chembl.gitbook.io/chembl-interface-documentation/frequently-asked-questions)
"""
COMPARABLE = ("IC50", "Ki", "Kd", "EC50", "AC50", "Potency", "XC50", "ED50")
"""types for which ChEMBL gives a pChEMBL value"""
PAGE = 1000
MOST = 10_000
"""rows that are put together; what lies beyond is said to be left out"""


@dataclass(frozen=True, slots=True)
class TargetProfile:
    """What was measured of one molecule on one target, wild type or one mutant."""

    target_chembl_id: str
    target_name: str
    gene: str
    variant: str
    organism: str
    types: tuple[str, ...]
    n: int
    """exact pChEMBL values"""
    median: float | None
    """pChEMBL; None where there are bounds only"""
    low: float | None
    high: float | None
    weaker_than_nm: float | None
    """the highest bound of ">" rows: not active up to there"""
    bounds: int
    """rows without an exact pChEMBL value"""
    documents: tuple[str, ...]
    """ChEMBL ids"""

    @property
    def is_conflict(self) -> bool:
        """Whether exact values differ by more than ``CONFLICT``, or from a bound."""
        if self.low is None or self.high is None:
            return False
        bound = self.weaker_than_nm
        least = self.low if bound is None else min(self.low, 9 - math.log10(bound))
        return self.high - least > CONFLICT


@dataclass(frozen=True, slots=True)
class CompoundProfile:
    """What was measured of one compound on one target, of one type and unit."""

    parent_chembl_id: str
    """salts and parent are one compound"""
    name: str
    smiles: str
    """of the form that was measured first in the order of activities"""
    variant: str
    type: str
    units: str
    n: int
    """exact values"""
    median: float | None
    """in ``units``; None where there are bounds only"""
    low: float | None
    high: float | None
    pchembl: float | None
    """median of those that ChEMBL gives"""
    bounds: tuple[str, ...]
    """values that are not exact, each once, such as "> 10000" """
    assays: tuple[str, ...]
    documents: tuple[str, ...]

    @property
    def is_conflict(self) -> bool:
        """Whether its exact values differ by more than ``CONFLICT`` orders of magnitude."""
        if not self.low or not self.high or self.low <= 0:
            return False
        return math.log10(self.high) - math.log10(self.low) > CONFLICT


def every(source: ChemblSource, query: ActivityQuery) -> tuple[list[ActivityRow], int]:
    """The rows of a query, up to ``MOST`` of them, and how many there are."""
    rows: list[ActivityRow] = []
    while True:
        page = source.activities(replace(query, limit=PAGE, offset=len(rows)))
        rows += page.rows
        if not page.rows or len(rows) >= min(page.total, MOST):
            return rows, page.total


def by_target(rows: Iterable[ActivityRow]) -> list[TargetProfile]:
    """One profile per target and variant, most potent first; those only bounded come last.

    Rows of comparable types count, on targets that are proteins as far as their confidence is
    known.
    """
    groups: dict[tuple[str, str], list[ActivityRow]] = defaultdict(list)
    for row in rows:
        is_protein = row.confidence_score is None or row.confidence_score >= PROTEIN
        if row.type in COMPARABLE and is_protein and row.value is not None:
            groups[row.target_chembl_id, row.variant].append(row)
    profiles = [_target_profile(found) for found in groups.values()]
    return sorted(profiles, key=lambda item: (-(item.median or 0), -item.n, item.target_chembl_id))


def by_compound(rows: Iterable[ActivityRow]) -> list[CompoundProfile]:
    """One profile per compound, variant, type and unit: by falling pChEMBL, then rising value."""
    groups: dict[tuple[str, str, str, str], list[ActivityRow]] = defaultdict(list)
    for row in rows:
        if row.value is not None:
            groups[row.parent_chembl_id, row.variant, row.type, row.units].append(row)
    profiles = [_compound_profile(found) for found in groups.values()]
    return sorted(
        profiles,
        key=lambda item: (
            -(item.pchembl or 0),
            item.median is None,
            item.median or 0,
            item.parent_chembl_id,
        ),
    )


def _target_profile(rows: Sequence[ActivityRow]) -> TargetProfile:
    first = rows[0]
    exact = [row.pchembl for row in rows if row.pchembl is not None]
    weaker = [
        row.value
        for row in rows
        if row.relation in ABOVE[1:] and row.units == "nM" and row.value is not None
    ]
    return TargetProfile(
        target_chembl_id=first.target_chembl_id,
        target_name=first.target_name,
        gene=first.gene,
        variant=first.variant,
        organism=first.organism,
        types=tuple(sorted({row.type for row in rows})),
        n=len(exact),
        median=_median(exact),
        low=min(exact, default=None),
        high=max(exact, default=None),
        weaker_than_nm=max(weaker, default=None),
        bounds=len(rows) - len(exact),
        documents=_ids(row.document_chembl_id for row in rows),
    )


def _compound_profile(rows: Sequence[ActivityRow]) -> CompoundProfile:
    first = rows[0]
    exact = [row.value for row in rows if row.relation == "=" and row.value is not None]
    others = [f"{row.relation or '?'} {row.value:g}" for row in rows if row.relation != "="]
    named = next((row for row in rows if row.molecule_chembl_id == row.parent_chembl_id), first)
    return CompoundProfile(
        parent_chembl_id=first.parent_chembl_id,
        name=named.molecule_name,
        smiles=named.smiles,
        variant=first.variant,
        type=first.type,
        units=first.units,
        n=len(exact),
        median=_median(exact),
        low=min(exact, default=None),
        high=max(exact, default=None),
        pchembl=_median([row.pchembl for row in rows if row.pchembl is not None]),
        bounds=tuple(dict.fromkeys(others)),
        assays=_ids(row.assay_chembl_id for row in rows),
        documents=_ids(row.document_chembl_id for row in rows),
    )


def _median(values: Sequence[float]) -> float | None:
    return float(f"{statistics.median(values):.4g}") if values else None


def _ids(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({item for item in found if item}))
