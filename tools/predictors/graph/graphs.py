"""Molecules as graphs: categorical codes of atoms and bonds, and many molecules in one batch.

Owns which properties of an atom and a bond a network sees, and the sparse sums along which messages
travel. Knows RDKit and NumPy, no network. Nothing here depends on the order in which a molecule's
atoms were written, stereochemistry included: centres and double bonds carry their CIP labels.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.structures import molecule_from_smiles

Codes = NDArray[np.uint8]
Index = NDArray[np.int32]

_ELEMENTS = (1, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 20, 30, 33, 34, 35, 50, 53, 80)
_MAX_DEGREE = 6
_MAX_CHARGE = 3
_MAX_HYDROGENS = 4
_MAX_RING = 8
_RING_CODES = _MAX_RING - 1
"""no ring, smallest ring of 3 to 7 atoms, of 8 or more"""

ATOM_FEATURES = {
    "element": len(_ELEMENTS) + 1,
    "degree": _MAX_DEGREE + 1,
    "formal charge": 2 * _MAX_CHARGE + 1,
    "hydrogens": _MAX_HYDROGENS + 1,
    "hybridisation": 6,
    "aromatic": 2,
    "smallest ring": _RING_CODES,
    "CIP label": 3,
}
"""columns of ``Graph.atoms`` and how many codes each has; the last element is "any other\" """

BOND_FEATURES = {"order": 5, "conjugated": 2, "smallest ring": _RING_CODES, "stereo": 3}
"""columns of ``Graph.bonds`` and how many codes each has"""

ATOM_CODES = sum(ATOM_FEATURES.values())
BOND_CODES = sum(BOND_FEATURES.values())


def _first_codes(features: dict[str, int]) -> tuple[int, ...]:
    return tuple(np.cumsum([0, *features.values()])[:-1].tolist())


_ATOM_FIRST = np.array(_first_codes(ATOM_FEATURES), dtype=np.uint8)
_BOND_FIRST = np.array(_first_codes(BOND_FEATURES), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Graph:
    """One molecule, hydrogens implicit."""

    atoms: Codes
    """(a, 8) uint8: a code per atom and feature, below ``ATOM_CODES``; no two columns share one"""
    bonds: Codes
    """(b, 4) uint8: the same for bonds, below ``BOND_CODES``"""
    ends: Index
    """(b, 2) int32: the two atoms of each bond"""


STEP = 256
"""Atoms and edges of a batch are filled up to a multiple of it with ones that touch nothing: few
shapes, whose compiled kernels are kept (a new shape costs a bfloat16 product fourfold)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A sparse matrix of ones, and its transpose, by which rows of another matrix are summed.

    Row i of the result is the sum of the rows ``columns[starts[i] : starts[i + 1]]``; the last row
    runs to the end.
    """

    columns: Index
    starts: Index
    transposed_columns: Index
    transposed_starts: Index


@dataclass(frozen=True, slots=True)
class Batch:
    """Many molecules as one graph without bonds between them; a bond is two directed edges.

    Edges are sorted by the atom they point at.
    """

    atoms: Codes
    """(a, 8) uint8: codes as in ``Graph.atoms``; a is a multiple of ``STEP``"""
    edges: Codes
    """(e, 12) uint8, e a multiple of ``STEP``: codes of the atom an edge leaves, then of its bond
    (plus ``ATOM_CODES``)"""
    previous: Sums
    """(e, e): the edges that end where an edge begins, its own reverse left out"""
    incoming: Sums
    """(a, e): the edges that end at an atom"""
    molecules: Sums
    """(n, a): the atoms of a molecule"""
    sizes: NDArray[np.float32]
    """(n, 1) float32: atoms of each molecule"""


_CIP = {"R": 1, "S": 2}


@cache
def _tables() -> tuple[dict[int, int], dict[Any, int], dict[Any, int], dict[Any, int]]:
    """Codes of elements, hybridisations, bond orders and bond stereo."""
    from rdkit.Chem import BondStereo, BondType, HybridizationType

    kinds = HybridizationType
    orders = (BondType.SINGLE, BondType.DOUBLE, BondType.TRIPLE, BondType.AROMATIC)
    return (
        {number: code for code, number in enumerate(_ELEMENTS)},
        {kind: code for code, kind in enumerate((kinds.S, kinds.SP, kinds.SP2, kinds.SP3), 1)}
        | {kinds.SP3D: 5, kinds.SP3D2: 5},
        {order: code for code, order in enumerate(orders, 1)},
        {BondStereo.STEREOE: 1, BondStereo.STEREOZ: 2},
    )


def graph_from_smiles(smiles: str) -> Graph:
    """The graph of a SMILES.

    Raises:
        RetortError: the string is no molecule.
    """
    return graph(molecule_from_smiles(smiles))


def graph(molecule: Any) -> Graph:
    """The graph of an RDKit molecule that was sanitised."""
    from rdkit import Chem

    elements, hybridisations, orders, stereos = _tables()
    if not molecule.HasProp("_StereochemDone"):
        Chem.AssignStereochemistry(molecule)
        Chem.GetSymmSSSR(molecule)  # it may leave rings that depend on the order of the atoms
    rings = molecule.GetRingInfo()
    atoms: list[int] = []
    for index in range(molecule.GetNumAtoms()):
        atom = molecule.GetAtomWithIdx(index)
        atoms += (
            elements.get(atom.GetAtomicNum(), len(_ELEMENTS)),
            min(atom.GetDegree(), _MAX_DEGREE),
            min(max(atom.GetFormalCharge(), -_MAX_CHARGE), _MAX_CHARGE) + _MAX_CHARGE,
            min(atom.GetTotalNumHs(), _MAX_HYDROGENS),
            hybridisations.get(atom.GetHybridization(), 0),
            atom.GetIsAromatic(),
            _ring(rings.MinAtomRingSize(index)),
            _CIP[atom.GetProp("_CIPCode")] if atom.HasProp("_CIPCode") else 0,
        )
    bonds: list[int] = []
    ends: list[int] = []
    for index in range(molecule.GetNumBonds()):
        bond = molecule.GetBondWithIdx(index)
        bonds += (
            orders.get(bond.GetBondType(), 0),
            bond.GetIsConjugated(),
            _ring(rings.MinBondRingSize(index)),
            stereos.get(bond.GetStereo(), 0),
        )
        ends += (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    return Graph(
        atoms=np.array(atoms, dtype=np.uint8).reshape(-1, len(ATOM_FEATURES)) + _ATOM_FIRST,
        bonds=np.array(bonds, dtype=np.uint8).reshape(-1, len(BOND_FEATURES)) + _BOND_FIRST,
        ends=np.array(ends, dtype=np.int32).reshape(-1, 2),
    )


def without(whole: Graph, atoms: Collection[int]) -> Graph:
    """The graph that is left when atoms go with their bonds; the others keep their codes.

    Args:
        whole: a molecule.
        atoms: places of those that go. Where none would stay, ``whole`` comes back.
    """
    stays = np.ones(len(whole.atoms), dtype=bool)
    stays[list(atoms)] = False
    if not stays.any():
        return whole
    bonds = stays[whole.ends].all(axis=1)
    place = (np.cumsum(stays) - 1).astype(np.int32)
    return Graph(whole.atoms[stays], whole.bonds[bonds], place[whole.ends[bonds]])


def _ring(size: int) -> int:
    """Code of the smallest ring, 0 where there is none."""
    return min(size, _MAX_RING) - 2 if size else 0


def batch(graphs: Sequence[Graph]) -> Batch:
    """Put molecules, at least one, side by side."""
    atom_counts = np.array([len(one.atoms) for one in graphs])
    bond_counts = np.array([len(one.bonds) for one in graphs])
    first = _starts(atom_counts)
    atoms = np.concatenate([one.atoms for one in graphs])
    ends = np.concatenate([one.ends for one in graphs]) + np.repeat(first, bond_counts)[:, None]
    bonds = np.concatenate([one.bonds for one in graphs])

    count = len(bonds)
    order = np.argsort(ends.T.ravel(), kind="stable")  # edge k and edge k + count are one bond
    place = np.empty_like(order)
    place[order] = np.arange(2 * count)
    reverse = place[(order + count) % (2 * count)] if count else order
    target = ends.T.ravel()[order]
    source = target[reverse]
    degrees = np.bincount(target, minlength=len(atoms))
    entering = _starts(degrees)
    own = np.arange(2 * count)
    edges = np.hstack([atoms[source], bonds[order % max(count, 1)] + np.uint8(ATOM_CODES)])
    width, height = _filled(len(atoms)), _filled(len(edges))
    whole = np.arange(len(atoms))
    homes = np.repeat(np.arange(len(graphs)), atom_counts)
    return Batch(
        atoms=_with_rows(atoms, width),
        edges=_with_rows(edges, height),
        previous=_sums((height, height), *_line_graph(source, target, reverse, degrees, entering)),
        incoming=_sums((width, height), own, entering, target, own),
        molecules=_sums((len(graphs), width), whole, first, homes, whole),
        sizes=atom_counts[:, None].astype(np.float32),
    )


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of the runs begins that have these lengths and follow one another."""
    return np.cumsum(counts) - counts


def _line_graph(
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    reverse: NDArray[np.int64],
    degrees: NDArray[np.int64],
    entering: NDArray[np.int64],
) -> tuple[NDArray[np.int64], ...]:
    """Which edges pass their messages on to which: into its source, but not back along itself."""

    def around(atom: NDArray[np.int64], left_out: NDArray[np.int64]) -> tuple[Any, Any]:
        """For every edge the edges that enter ``atom``, one of them left out."""
        counts = degrees[atom]
        edge = np.repeat(np.arange(len(atom)), counts)
        found = np.arange(len(edge)) + np.repeat(entering[atom] - _starts(counts), counts)
        return found[found != left_out[edge]], _starts(counts - 1)

    columns, starts = around(source, reverse)
    facing, transposed_starts = around(target, np.arange(len(target)))
    return columns, starts, reverse[facing], transposed_starts


def _filled(count: int) -> int:
    return -(-count // STEP) * STEP


def _with_rows(codes: Codes, rows: int) -> Codes:
    return np.pad(codes, ((0, rows - len(codes)), (0, 0)))


def _sums(shape: tuple[int, int], *arrays: NDArray[np.int64]) -> Sums:
    """Sums of this shape: rows that the starts do not reach are empty."""
    columns, starts, transposed_columns, transposed_starts = arrays
    return Sums(
        columns.astype(np.int32),
        _reaching(starts, shape[0], len(columns)),
        transposed_columns.astype(np.int32),
        _reaching(transposed_starts, shape[1], len(transposed_columns)),
    )


def _reaching(starts: NDArray[np.int64], rows: int, end: int) -> Index:
    return np.pad(starts, (0, rows - len(starts)), constant_values=end).astype(np.int32)
