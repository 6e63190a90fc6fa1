"""The shapes of the records that analyses of sets write, one per ``record`` name.

Same rules as in ``retort.tools.shapes``.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class ValuesShape(TypedDict):
    """The values of a group's molecules."""

    label: str
    """what they are: "pIC50 (as given)", "calculated logP (Crippen)" """
    n: int
    median: float
    low: float
    high: float


class ScaffoldShape(TypedDict):
    """A Murcko scaffold of a set (``analyse_series``, by scaffold)."""

    record: Literal["scaffold"]
    scaffold: str
    """SMILES; empty for the molecules without rings"""
    generic_scaffold: str
    count: int
    of: int
    """structures in the set"""
    members: list[str]
    """names of the first ones"""
    values: ValuesShape | None
    rdkit_version: str


class CommonCoreShape(TypedDict):
    """The largest common substructure of a set (by common_core)."""

    record: Literal["common_core"]
    smarts: str
    smiles: str
    atoms: int
    bonds: int
    count: int
    """molecules that have it"""
    of: int
    is_proved: bool
    """no larger one exists among the molecules that it was searched in"""
    seconds: int
    """time limit of the search"""
    rdkit_version: str


class RGroupsShape(TypedDict):
    """What one molecule carries at the positions of a core (by r_groups)."""

    record: Literal["r_groups"]
    name: str
    smiles: str
    core: str
    groups: dict[str, str]
    """R1, R2 ... to substituents as SMILES"""
    value: float | None
    value_label: str
    rdkit_version: str


class PairShape(TypedDict):
    """One matched pair of a transformation."""

    one: str
    other: str
    constant: str
    change: float | None


class MatchedPairsShape(TypedDict):
    """A transformation and its matched pairs (by matched_pairs)."""

    record: Literal["matched_pairs"]
    before: str
    after: str
    n: int
    """pairs"""
    n_values: int
    """pairs with both values"""
    mean_change: float | None
    standard_deviation: float | None
    value_label: str
    pairs: list[PairShape]
    """the first ones"""
    rdkit_version: str


class ClusterShape(TypedDict):
    """A cluster of similar molecules (by clusters)."""

    record: Literal["cluster"]
    cluster: int
    """1 is the largest"""
    count: int
    of: int
    representative: str
    smiles: str
    """of the representative"""
    members: list[str]
    """names of the first ones"""
    method: str
    fingerprint: str
    threshold: float
    values: ValuesShape | None
    rdkit_version: str


class PickShape(TypedDict):
    """One molecule of a diverse selection (by diverse)."""

    record: Literal["diverse_pick"]
    pick: int
    of: int
    """structures that it was picked from"""
    name: str
    smiles: str
    similarity: float | None
    """Tanimoto to the nearest earlier pick; None for the first"""
    fingerprint: str
    seed: int
    rdkit_version: str


class ConformersShape(TypedDict):
    """Conformers of one molecule (``generate_conformers``); the table has their coordinates."""

    record: Literal["conformers"]
    handle: str
    name: str
    smiles: str
    """the stereoisomer that was embedded"""
    energies: list[float]
    """kcal/mol above the lowest, ascending"""
    embedded: int
    asked: int
    rmsd_threshold: float
    """angstrom, heavy atoms"""
    method: str
    force_field: str
    seed: int
    is_timed_out: bool
    rdkit_version: str
