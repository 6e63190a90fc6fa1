"""The parts of a molecule that a chemist names: functional groups, ring systems, chains.

Owns the table of names and which atom belongs to which part; each atom belongs to one. Knows no
model. Patterns follow the Daylight SMARTS examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from retort.tools import structures

GROUPS: tuple[tuple[str, str], ...] = (
    ("carboxylic acid", "[CX3](=O)[OX2H1,OX1-]"),
    ("sulfonylurea", "[SX4](=O)(=O)[NX3]C(=O)[NX3]"),
    ("sulfonamide", "[SX4](=O)(=O)[NX3]"),
    ("sulfone", "[SX4;!R;$(S([#6])[#6])](=O)=O"),
    ("sulfoxide", "[SX3;!R;$(S([#6])[#6])]=O"),
    ("phosphate or phosphonate", "[PX4](=O)([OX2,OX1-])[OX2,OX1-]"),
    ("nitro group", "[NX3+](=O)[O-]"),
    ("azide", "N=[N+]=[N-]"),
    ("nitrile", "[CX2]#[NX1]"),
    ("hydroxamic acid", "C(=O)[NX3][OX2H1]"),
    ("urea", "[NX3;!R][CX3;!R](=O)[NX3;!R]"),
    ("carbamate", "[NX3;!R][CX3;!R](=O)[OX2;!R]"),
    ("amide", "[NX3][CX3;!R](=O)"),
    ("ester", "[CX3;!R](=O)[OX2;!R]"),
    ("guanidine", "[#7;!R]~[CX3;!R](~[#7;!R])~[#7;!R]"),
    ("amidine", "[#7;!R]~[CX3;!R]~[#7;!R]"),
    ("aldehyde", "[CX3H1]=O"),
    ("ketone", "[CX3;!R](=O)"),
    ("trifluoromethyl", "[CX4](F)(F)F"),
    ("thiol", "[SX2H1]"),
    ("phenol hydroxyl", "[OX2H1;$(Oc)]"),
    ("hydroxyl", "[OX2H1]"),
    ("methoxy", "[OX2;!R][CH3]"),
    ("ether", "[OX2;!R;$(O([#6])[#6])]"),
    ("thioether", "[SX2;!R;$(S([#6])[#6])]"),
    ("aniline nitrogen", "[NX3;!R;$(Nc)]"),
    ("primary amine", "[NX3;H2;!$(N~[!#6])]"),
    ("secondary amine", "[NX3;H1;!R]"),
    ("tertiary amine", "[NX3;H0;!R]"),
    ("ammonium", "[NX4+;!R]"),
    ("fluorine", "F"),
    ("chlorine", "Cl"),
    ("bromine", "Br"),
    ("iodine", "I"),
    ("tert-butyl", "[CX4;!R]([CH3])([CH3])[CH3]"),
    ("isopropyl", "[CX4H1;!R]([CH3])[CH3]"),
    ("alkyne", "[CX2]#[CX2]"),
    ("alkene", "[CX3;!R]=[CX3;!R]"),
)
"""Name and SMARTS, the larger group before the one that it contains. An atom of a ring belongs to
the ring, whatever matches it."""

RINGS: tuple[tuple[str, str], ...] = (
    ("quinazoline", "c1ccc2ncncc2c1"),
    ("quinoline", "c1ccc2ncccc2c1"),
    ("isoquinoline", "c1ccc2cnccc2c1"),
    ("naphthalene", "c1ccc2ccccc2c1"),
    ("indole", "c1ccc2[nH]ccc2c1"),
    ("benzimidazole", "c1ccc2[nH]cnc2c1"),
    ("benzofuran", "c1ccc2occc2c1"),
    ("benzothiophene", "c1ccc2sccc2c1"),
    ("phenothiazine", "c1ccc2c(c1)Nc1ccccc1S2"),
    ("purine", "c1ncc2[nH]cnc2n1"),
    ("benzene ring", "c1ccccc1"),
    ("pyridine", "c1ccncc1"),
    ("pyrimidine", "c1cncnc1"),
    ("pyrazine", "c1cnccn1"),
    ("pyridazine", "c1ccnnc1"),
    ("pyrrole", "c1cc[nH]c1"),
    ("imidazole", "c1c[nH]cn1"),
    ("pyrazole", "c1cn[nH]c1"),
    ("triazole", "c1nc[nH]n1"),
    ("triazole", "c1c[nH]nn1"),
    ("tetrazole", "c1nnn[nH]1"),
    ("furan", "c1ccoc1"),
    ("thiophene", "c1ccsc1"),
    ("thiazole", "c1cscn1"),
    ("oxazole", "c1cocn1"),
    ("isoxazole", "c1cnoc1"),
    ("piperidine", "C1CCNCC1"),
    ("piperazine", "C1CNCCN1"),
    ("morpholine", "C1COCCN1"),
    ("pyrrolidine", "C1CCNC1"),
    ("azetidine", "C1CNC1"),
    ("cyclohexane", "C1CCCCC1"),
    ("cyclopentane", "C1CCCC1"),
    ("cyclobutane", "C1CCC1"),
    ("cyclopropane", "C1CC1"),
    ("tetrahydrofuran", "C1CCOC1"),
    ("tetrahydropyran", "C1CCOCC1"),
)
"""Ring systems by name, as SMILES without substituents."""


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a molecule."""

    name: str
    """ "piperidine", "tertiary amine", "chain of 3 carbons" ..."""
    atoms: frozenset[int]
    """0-based"""


def parts(molecule: Any) -> tuple[Part, ...]:
    """The parts of an RDKit molecule: functional groups, then ring systems, then what is left.

    Every heavy atom is in exactly one part. Parts of one name are told apart by number where there
    are several ("benzene ring 2").
    """
    taken: set[int] = set()
    found: list[Part] = []
    for name, pattern in _patterns():
        for match in molecule.GetSubstructMatches(pattern, uniquify=True, maxMatches=200):
            atoms = {at for at in match if not molecule.GetAtomWithIdx(at).IsInRing()}
            if atoms and not atoms & taken:
                found.append(Part(name, frozenset(atoms)))
                taken |= atoms
    for system in _ring_systems(molecule):
        found.append(Part(_ring_name(molecule, system), frozenset(system)))
        taken |= system
    left = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetIdx() not in taken]
    found += [Part(_chain_name(molecule, atoms), atoms) for atoms in _connected(molecule, left)]
    return tuple(_numbered(sorted(found, key=lambda part: min(part.atoms))))


@cache
def _patterns() -> tuple[tuple[str, Any], ...]:
    from rdkit import Chem

    return tuple((name, Chem.MolFromSmarts(smarts)) for name, smarts in GROUPS)


@cache
def _ring_names() -> dict[str, str]:
    from rdkit import Chem

    return {Chem.CanonSmiles(smiles): name for name, smiles in RINGS}


def _ring_systems(molecule: Any) -> list[set[int]]:
    """Atoms of rings that share an atom, with the oxygen or sulfur double-bonded to them."""
    systems: list[set[int]] = []
    for ring in molecule.GetRingInfo().AtomRings():
        merged = set(ring)
        for system in [system for system in systems if system & merged]:
            merged |= system
            systems.remove(system)
        systems.append(merged)
    for system in systems:
        for at in sorted(system):
            for bond in molecule.GetAtomWithIdx(at).GetBonds():
                other = bond.GetOtherAtom(molecule.GetAtomWithIdx(at))
                is_double = bond.GetBondTypeAsDouble() == 2 and other.GetAtomicNum() in (8, 16)
                if is_double and not other.IsInRing():
                    system.add(other.GetIdx())
    return systems


def _ring_name(molecule: Any, atoms: set[int]) -> str:
    """The name of a bare ring system, else how many rings of which kind it has."""
    from rdkit import Chem

    cut = Chem.RWMol(molecule)
    for at in sorted(set(range(cut.GetNumAtoms())) - atoms, reverse=True):
        for neighbour in cut.GetAtomWithIdx(at).GetNeighbors():
            if neighbour.GetIsAromatic() and neighbour.GetAtomicNum() == 7:
                neighbour.SetNumExplicitHs(1)
        cut.RemoveAtom(at)
    for atom in cut.GetAtoms():
        if not atom.GetIsAromatic():
            atom.SetNumExplicitHs(0)
            atom.SetNoImplicit(False)
    with structures.silenced():
        is_whole = Chem.SanitizeMol(cut, catchErrors=True) == Chem.SANITIZE_NONE
        written = Chem.MolToSmiles(cut, isomericSmiles=False) if is_whole else ""
    if name := _ring_names().get(written):
        return name
    rings = [ring for ring in molecule.GetRingInfo().AtomRings() if set(ring) <= atoms]
    ring_atoms = {at for ring in rings for at in ring}
    is_aromatic = all(molecule.GetAtomWithIdx(at).GetIsAromatic() for at in ring_atoms)
    kind = "aromatic " if is_aromatic else ""
    oxo = " with its C=O" if len(atoms) > len(ring_atoms) else ""
    if len(rings) == 1:
        return f"{kind}{len(ring_atoms)}-membered ring{oxo}"
    return f"{kind}system of {len(rings)} rings{oxo}"


def _connected(molecule: Any, atoms: list[int]) -> list[frozenset[int]]:
    left, found = set(atoms), []
    while left:
        edge = [min(left)]
        seen = set(edge)
        while edge:
            for neighbour in molecule.GetAtomWithIdx(edge.pop()).GetNeighbors():
                at = neighbour.GetIdx()
                if at in left and at not in seen:
                    seen.add(at)
                    edge.append(at)
        found.append(frozenset(seen))
        left -= seen
    return found


def _chain_name(molecule: Any, atoms: frozenset[int]) -> str:
    symbols = [molecule.GetAtomWithIdx(at).GetSymbol() for at in sorted(atoms)]
    if set(symbols) != {"C"}:
        return f"{symbols[0]} atom" if len(symbols) == 1 else f"group of {len(atoms)} atoms"
    if len(atoms) > 1:
        return f"chain of {len(atoms)} carbons"
    degree = molecule.GetAtomWithIdx(min(atoms)).GetDegree()
    return {0: "methane", 1: "methyl", 2: "methylene"}.get(degree, "branching carbon")


def _numbered(found: list[Part]) -> list[Part]:
    names = [part.name for part in found]
    seen: dict[str, int] = {}
    told = []
    for part in found:
        seen[part.name] = seen.get(part.name, 0) + 1
        several = names.count(part.name) > 1
        told.append(Part(f"{part.name} {seen[part.name]}" if several else part.name, part.atoms))
    return told
