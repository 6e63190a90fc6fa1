"""The largest substructure that a set has in common, within a time limit.

The search is RDKit's FMCS (Dalke and Hastings, J. Cheminform. 2013, 5 (Suppl 1), O6). It is
exponential at worst: what is best when the time ends is a substructure of them all, but may not be
the largest, and is said to be so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdFMCS

from retort.tools import structures
from retort.tools.series.fingerprints import MORGAN, OF, to_all
from retort.tools.series.members import Member, need

SECONDS = 10
"""time limit of a search"""

SAMPLE = 200
"""molecules that stand for a set when its odd ones are looked for"""

FEWEST_ATOMS = 3
"""heavy atoms from which on a common substructure is worth a name"""


@dataclass(frozen=True, slots=True)
class CommonCore:
    """The common core of a set."""

    smarts: str
    """empty where there is none"""
    smiles: str
    """the core cut out of the first molecule that has it; empty where there is none"""
    atoms: int
    bonds: int
    members: tuple[int, ...]
    """places of the molecules that have it"""
    is_proved: bool
    """no larger one exists; False where the time ended first"""
    share: float
    """share of the molecules in which it was searched, those most like the others, 0 to 1"""
    seconds: int
    """the time limit"""

    @property
    def pattern(self) -> Any:
        """The core as an RDKit query."""
        return Chem.MolFromSmarts(self.smarts)


def typical(members: Sequence[Member], share: float) -> list[Member]:
    """The share of a set that is most like the others: by mean Tanimoto similarity to a sample.

    Args:
        members: two molecules or more, of which up to ``SAMPLE`` are compared with.
        share: above 0 to 1; two molecules are kept at least.
    """
    prints = [OF[MORGAN](member.structure) for member in members]
    sample = prints[:: -(-len(prints) // SAMPLE)]
    closeness = [sum(to_all(one, sample)) for one in prints]
    order = sorted(range(len(members)), key=lambda at: (-closeness[at], at))
    return [members[at] for at in sorted(order[: max(2, ceil(share * len(members)))])]


def common_core(
    members: Sequence[Member], share: float = 1.0, seconds: int = SECONDS
) -> CommonCore:
    """The largest connected substructure that a share of the molecules has in common.

    Elements and bond orders match exactly (aromatic to aromatic), rings only rings and only as a
    whole. Stereo, charges and isotopes are left out.

    Args:
        members: two molecules or more.
        share: above 0 to 1; below 1 it is searched in those most like the others, so that odd
            molecules do not spoil it. (FMCS has a threshold of its own, which with whole rings
            stops at the first odd molecule.)
        seconds: time limit of the search.

    Raises:
        RetortError: fewer than two molecules.
    """
    need(members, 2, "A common core")
    searched = members if share == 1.0 else typical(members, share)
    with structures.silenced():
        found = rdFMCS.FindMCS(
            [member.structure for member in searched],
            timeout=seconds,
            ringMatchesRingOnly=True,
            completeRingsOnly=True,
        )
    pattern = Chem.MolFromSmarts(found.smartsString) if found.smartsString else None
    if pattern is None or found.numAtoms < FEWEST_ATOMS:
        return CommonCore("", "", 0, 0, (), not found.canceled, share, seconds)
    having = tuple(
        at for at, member in enumerate(members) if member.structure.HasSubstructMatch(pattern)
    )
    first = members[having[0]].structure
    smiles = Chem.MolFragmentToSmiles(first, first.GetSubstructMatch(pattern), isomericSmiles=False)
    return CommonCore(
        found.smartsString,
        str(smiles),
        int(found.numAtoms),
        int(found.numBonds),
        having,
        not found.canceled,
        share,
        seconds,
    )
