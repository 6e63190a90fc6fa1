"""A diverse selection of a set: MaxMin picking.

Ashton et al., Quant. Struct.-Act. Relat. 2002, 21, 598: each pick is the molecule whose nearest
earlier pick is farthest away. The first one is drawn by the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdkit.SimDivFilters import rdSimDivPickers

from retort.tools.series.fingerprints import MORGAN, OF, to_all
from retort.tools.series.members import Member, need

PICKS = 10
"""molecules picked unless told otherwise"""


@dataclass(frozen=True, slots=True)
class Pick:
    """One molecule of a selection."""

    place: int
    """in the set"""
    nearest: float | None
    """Tanimoto similarity to the nearest earlier pick, 0 to 1; None for the first"""


def diverse(members: Sequence[Member], count: int = PICKS, seed: int = 0) -> list[Pick]:
    """Pick molecules that are unlike each other, in the order of picking.

    Args:
        members: the set.
        count: picks; all of the set where that has fewer.
        seed: decides the first one; the same seed, the same picks.

    Raises:
        RetortError: an empty set.
    """
    need(members, 1, "A diverse selection")
    prints = [OF[MORGAN](member.structure) for member in members]
    picker = rdSimDivPickers.MaxMinPicker()
    places = list(picker.LazyBitVectorPick(prints, len(prints), min(count, len(prints)), seed=seed))
    return [
        Pick(place, max(to_all(prints[place], [prints[p] for p in places[:n]])) if n else None)
        for n, place in enumerate(places)
    ]
