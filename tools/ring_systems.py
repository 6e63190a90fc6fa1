"""Ring systems of a molecule, and how many known molecules have each.

Owns what a ring system is and the reading of the shipped table of counts. How the table is made,
and of what, stands in ``scripts/ring_systems.py`` and ``ring_systems.md``. A rare ring system is a
reason to look twice, no fault. Knows no names and no handles.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem
from safetensors import safe_open

TABLE = Path(__file__).parent / "ring_systems.safetensors"
"""``keys``: (n,) uint64 ascending, hashes of ring systems; ``counts``: (n,) uint16, in how many
molecules each is, 65,535 for more; ``molecules`` and ``rdkit`` in its metadata."""

RARE = 5
"""molecules of the table below which a ring system is called unusual"""


@dataclass(frozen=True, slots=True)
class Reference:
    """The table of counts."""

    keys: np.ndarray[Any, Any]
    counts: np.ndarray[Any, Any]
    molecules: int
    """how many were counted"""
    rdkit: str
    """the version that wrote the ring systems; another one may write some of them differently"""

    def count(self, ring_system: str) -> int:
        """How many molecules have this ring system."""
        wanted = key(ring_system)
        place = int(np.searchsorted(self.keys, np.uint64(wanted)))
        is_there = place < len(self.keys) and int(self.keys[place]) == wanted
        return int(self.counts[place]) if is_there else 0


@cache
def reference() -> Reference:
    """The table of counts."""
    with safe_open(TABLE, framework="numpy") as file:
        about = file.metadata()
        keys, counts = file.get_tensor("keys"), file.get_tensor("counts")
    return Reference(keys, counts, int(about["molecules"]), about["rdkit"])


def key(ring_system: str) -> int:
    """The hash under which a ring system stands in the table, 64 bits."""
    return int.from_bytes(hashlib.blake2b(ring_system.encode(), digest_size=8).digest(), "little")


def ring_systems(molecule: Any) -> list[tuple[str, tuple[int, ...]]]:
    """The ring systems of a molecule as SMILES, each with its ring atoms.

    A ring system is all rings that share atoms (fused, bridged or spiro) or are joined by a double
    bond, with the atoms that are double-bonded to it, as they decide what kind of ring it is; all
    else is replaced by hydrogen, and stereo is left out.

    Args:
        molecule: an RDKit molecule.

    Returns:
        canonical SMILES and atom numbers, in the order of the molecule's atoms.
    """
    groups = _grouped(molecule)
    if not groups:
        return []
    flat = Chem.Mol(molecule)
    Chem.RemoveStereochemistry(flat)
    in_rings = set().union(*groups)
    kept = [group | _doubly_bonded(flat, group) for group in groups]
    cut = [
        bond.GetIdx()
        for bond in flat.GetBonds()
        if not any({bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()} <= atoms for atoms in kept)
    ]
    pieces = Chem.FragmentOnBonds(flat, cut, dummyLabels=[(0, 0)] * len(cut)) if cut else flat
    held: list[tuple[int, ...]] = []
    parts = Chem.GetMolFrags(pieces, asMols=True, sanitizeFrags=False, fragsMolAtomMapping=held)
    found = []
    for part, atoms in zip(parts, held, strict=True):
        if ring := in_rings.intersection(atoms):
            found.append((_bare(part), tuple(sorted(ring))))
    return sorted(found, key=lambda item: item[1])


def _grouped(molecule: Any) -> list[set[int]]:
    """Ring atoms, those of rings that share an atom together."""
    groups: list[set[int]] = []
    for ring in map(set, molecule.GetRingInfo().AtomRings()):
        apart = []
        for group in groups:
            if ring & group:
                ring |= group
            else:
                apart.append(group)
        groups = [*apart, ring]
    return groups


def _doubly_bonded(molecule: Any, group: set[int]) -> set[int]:
    """The atoms outside a group that are double-bonded to one of it."""
    return {
        bond.GetOtherAtomIdx(index)
        for index in group
        for bond in molecule.GetAtomWithIdx(index).GetBonds()
        if bond.GetBondType() == Chem.BondType.DOUBLE and bond.GetOtherAtomIdx(index) not in group
    }


def _bare(piece: Any) -> str:
    """The SMILES of a piece, hydrogens in place of what was cut off."""
    bare = Chem.RWMol(piece)
    for atom in bare.GetAtoms():
        atom.SetIsotope(0)
        atom.SetAtomMapNum(0)
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(1)
    return str(Chem.MolToSmiles(Chem.RemoveHs(bare.GetMol(), sanitize=False)))


def unusual(molecule: Any) -> list[tuple[str, int, tuple[int, ...]]]:
    """The ring systems of a molecule that fewer than ``RARE`` molecules of the table have.

    Returns:
        SMILES, how many molecules have it, and its ring atoms.
    """
    table = reference()
    counted = ((smiles, table.count(smiles), atoms) for smiles, atoms in ring_systems(molecule))
    return [(smiles, count, atoms) for smiles, count, atoms in counted if count < RARE]
