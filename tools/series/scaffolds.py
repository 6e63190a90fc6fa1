"""Ring scaffolds of molecules and of sets.

Bemis and Murcko, J. Med. Chem. 1996, 39, 2887: all rings and the chains that link them. The generic
scaffold is their graph framework: every atom a carbon, every bond single.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from retort.tools import structures
from retort.tools.series.members import Member


@dataclass(frozen=True, slots=True)
class Scaffold:
    """One scaffold of a set and who has it."""

    smiles: str
    """canonical, without stereo; empty for molecules without rings"""
    generic: str
    members: tuple[int, ...]
    """places in the set"""


def murcko(structure: Any) -> str:
    """Bemis-Murcko scaffold as canonical SMILES without stereo; ``""`` without rings.

    Atoms that are double-bonded to it (a lactam's oxygen) belong to it, as in RDKit.
    """
    if not structure.GetRingInfo().NumRings():
        return ""
    return str(MurckoScaffold.MurckoScaffoldSmiles(mol=structure, includeChirality=False))


def generic(scaffold: str) -> str:
    """The graph framework of a Murcko scaffold; ``""`` of none.

    Side atoms that the scaffold kept for a double bond are cut off again, so that a lactam and a
    cyclic amine share one framework.
    """
    if not scaffold:
        return ""
    molecule = Chem.MolFromSmiles(scaffold)
    if molecule is None:
        return ""
    with structures.silenced():
        try:
            flat = MurckoScaffold.MakeScaffoldGeneric(molecule)
            return str(Chem.MolToSmiles(MurckoScaffold.GetScaffoldForMol(flat)))
        except (Chem.MolSanitizeException, ValueError):
            # A hypervalent ring atom (six-bonded sulfur) has no counterpart in carbon.
            return ""


def scaffolds(members: Sequence[Member]) -> list[Scaffold]:
    """The scaffolds of a set, the most frequent first; molecules without rings come as one."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, member in enumerate(members):
        found[murcko(member.structure)].append(at)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Scaffold(smiles, generic(smiles), tuple(places)) for smiles, places in ordered]
