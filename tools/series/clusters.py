"""Clusters of a set by Tanimoto similarity.

Two methods, both of a fixed radius: Butina's (J. Chem. Inf. Comput. Sci. 1999, 39, 747), whose
centres are the molecules with most neighbours and which needs all similarities at once; and sphere
exclusion, whose centres are molecules in the order of the set, for sets too large for that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit.ML.Cluster import Butina
from rdkit.SimDivFilters import rdSimDivPickers

from retort.tools.series.fingerprints import MORGAN, OF, to_all
from retort.tools.series.members import Member, need

THRESHOLD = 0.6
"""Tanimoto similarity to its centre from which on a molecule belongs to a cluster; a convention,
to be chosen by the question"""

BUTINA_UP_TO = 5_000
"""molecules up to which all similarities are held at once (100 MB)"""


@dataclass(frozen=True, slots=True)
class Clusters:
    """A set in clusters."""

    groups: tuple[tuple[int, ...], ...]
    """places in the set, each group's representative (its centre) first; largest group first"""
    similarities: tuple[float, ...]
    """for each place its similarity to its group's representative"""
    threshold: float
    method: str


def clusters(members: Sequence[Member], threshold: float = THRESHOLD) -> Clusters:
    """Group molecules that are similar to a representative.

    Args:
        members: the set; above ``BUTINA_UP_TO`` by sphere exclusion.
        threshold: Tanimoto similarity, above 0 to 1, by Morgan bits of radius 2.

    Raises:
        RetortError: an empty set.
    """
    need(members, 1, "Clusters")
    prints = [OF[MORGAN](member.structure) for member in members]
    if len(members) <= BUTINA_UP_TO:
        method, groups = "Butina", _butina(prints, threshold)
    else:
        method, groups = "sphere exclusion", _spheres(prints, threshold)
    groups.sort(key=lambda group: (-len(group), group[0]))
    similarities = [1.0] * len(members)
    for first, *others in groups:
        for at, value in zip(
            others, to_all(prints[first], [prints[o] for o in others]), strict=True
        ):
            similarities[at] = value
    return Clusters(tuple(map(tuple, groups)), tuple(similarities), threshold, method)


def _butina(prints: Sequence[Any], threshold: float) -> list[list[int]]:
    count = len(prints)
    distances = np.empty((count, count), dtype=np.float32)
    for at, one in enumerate(prints):
        distances[at] = 1.0 - np.asarray(to_all(one, prints), dtype=np.float32)
    # Single precision may put a pair that lies on the threshold on its wrong side.
    limit = 1.0 - threshold + 1e-6
    found = Butina.ClusterData(distances, count, limit, isDistData=True, reordering=True)
    return [list(group) for group in found]


def _spheres(prints: Sequence[Any], threshold: float) -> list[list[int]]:
    """Leaders no closer than the threshold, and each other molecule with its nearest leader."""
    picker = rdSimDivPickers.LeaderPicker()
    leaders = list(picker.LazyBitVectorPick(list(prints), len(prints), 1.0 - threshold))
    of_leaders = [prints[at] for at in leaders]
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at in leaders:
        groups[at].append(at)
    for at in sorted(set(range(len(prints))) - set(leaders)):
        nearest = int(np.argmax(to_all(prints[at], of_leaders)))
        groups[leaders[nearest]].append(at)
    return list(groups.values())
