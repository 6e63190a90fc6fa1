"""Matched molecular pairs: molecules that differ in one substituent, and what it changes.

Hussain and Rea, J. Chem. Inf. Model. 2010, 50, 339: every acyclic single bond is cut in turn, and
two molecules that share one side are a pair. Cuts are RDKit's (rdMMPA); a hydrogen counts as a
substituent. Knows the values only as numbers: their differences are meant for logarithmic or
additive quantities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from statistics import mean, stdev
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdMMPA

from retort.tools import structures
from retort.tools.series.members import Member, need

LARGEST_CHANGE = 10
"""heavy atoms of a substituent that may change; the limit of the published implementation (RDKit
Contrib, mmpa)"""

MOST_PAIRS = 500_000
"""pairs that are kept, those with the largest common part first"""

HYDROGEN = "[H][*:1]"

_CUT = "[#6+0;!$(*=,#[!#6])]!@!=!#[*]"
"""RDKit's pattern of the bonds to cut, that of Hussain and Rea: acyclic single bonds at a carbon
that is not a carbonyl's"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two molecules that differ in one substituent."""

    one: int
    """place in the set of the molecule with the transformation's first substituent"""
    other: int
    constant: str
    """what they share, with its attachment point"""
    change: float | None
    """value of ``other`` minus value of ``one``; None where one of them has none"""


@dataclass(frozen=True, slots=True)
class Transformation:
    """One exchange of substituents and all pairs that show it."""

    before: str
    """substituent as SMILES with its attachment point ``[*:1]``; the smaller of the two"""
    after: str
    pairs: tuple[Pair, ...]

    @property
    def name(self) -> str:
        """The exchange in one text: "[H][*:1]>>F[*:1]"."""
        return f"{self.before}>>{self.after}"

    @property
    def changes(self) -> list[float]:
        """The changes that are known."""
        return [pair.change for pair in self.pairs if pair.change is not None]

    @property
    def mean_change(self) -> float | None:
        """Mean of the changes; None where none is known."""
        return mean(self.changes) if self.changes else None

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation of the changes; None for fewer than two."""
        return stdev(self.changes) if len(self.changes) > 1 else None


@dataclass(frozen=True, slots=True)
class Pairs:
    """The matched pairs of a set."""

    transformations: tuple[Transformation, ...]
    """those seen most often first"""
    count: int
    """pairs, each counted once"""
    is_cut: bool
    """there are more than ``MOST_PAIRS``"""


def matched_pairs(members: Sequence[Member]) -> Pairs:
    """The matched molecular pairs of a set by single cuts.

    The substituent has up to ``LARGEST_CHANGE`` heavy atoms and fewer than what is shared. A pair
    that several cuts show is told by the one that changes least. Stereochemistry counts:
    enantiomers are not the same substituent.

    Raises:
        RetortError: fewer than two molecules.
    """
    need(members, 2, "Matched pairs")
    sides = _sides(members)
    found: dict[tuple[int, int], tuple[str, str, str]] = {}
    # The largest shared part first, so that each pair keeps its smallest change.
    is_cut = False
    for constant in sorted(sides, key=lambda text: (-_heavy(text), text)):
        for (one, first), (other, second) in combinations(sides[constant], 2):
            key = (min(one, other), max(one, other))
            if one == other or first == second or key in found:
                continue
            if len(found) == MOST_PAIRS:
                is_cut = True
                break
            if one > other:
                first, second = second, first
            found[key] = (constant, first, second)
    return Pairs(tuple(_transformations(members, found)), len(found), is_cut)


def _sides(members: Sequence[Member]) -> dict[str, list[tuple[int, str]]]:
    """Shared part -> (molecule, substituent) of all who have it; of two or more."""
    sides: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
    for at, member in enumerate(members):
        for constant, variable in cuts(member.structure):
            sides[constant].add((at, variable))
    whole = {member.smiles: at for at, member in enumerate(members)}
    for constant in list(sides):
        bare = whole.get(_capped(constant))
        if bare is not None:
            sides[constant].add((bare, HYDROGEN))
    return {constant: sorted(held) for constant, held in sides.items() if len(held) > 1}


def cuts(structure: Any) -> Iterator[tuple[str, str]]:
    """Every way to split a molecule into a shared part and a substituent, by one cut."""
    with structures.silenced():
        made = rdMMPA.FragmentMol(structure, 1, 1, structure.GetNumBonds() + 1, _CUT, False)
    for _, both in made:
        one, other = both.split(".")
        for constant, variable in ((one, other), (other, one)):
            if _heavy(variable) <= LARGEST_CHANGE and _heavy(variable) < _heavy(constant):
                yield constant, variable


@lru_cache(maxsize=200_000)
def _heavy(fragment: str) -> int:
    """Heavy atoms of a fragment; RDKit does not count its attachment point."""
    return int(Chem.MolFromSmiles(fragment, sanitize=False).GetNumHeavyAtoms())


def _capped(constant: str) -> str:
    """The molecule whose substituent is a hydrogen, as canonical SMILES."""
    with structures.silenced():
        molecule = Chem.MolFromSmiles(constant.replace("[*:1]", "[H]"))
    return "" if molecule is None else structures.canonical(molecule)


def _transformations(
    members: Sequence[Member], found: dict[tuple[int, int], tuple[str, str, str]]
) -> list[Transformation]:
    groups: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for (one, other), (constant, first, second) in found.items():
        if (_heavy(first), first) > (_heavy(second), second):
            one, other, first, second = other, one, second, first
        before, after = members[one].value, members[other].value
        change = None if before is None or after is None else after - before
        groups[first, second].append(Pair(one, other, constant, change))
    made = [
        Transformation(*key, tuple(sorted(pairs, key=lambda pair: (pair.one, pair.other))))
        for key, pairs in groups.items()
    ]
    return sorted(made, key=lambda item: (-len(item.pairs), item.name))
