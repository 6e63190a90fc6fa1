"""The shapes of the records that the further ChEMBL tools write, one per ``record`` name.

Same rules as in ``retort.tools.shapes``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from retort.tools.shapes import ReferenceShape


class SelectivityShape(TypedDict):
    """What was measured of a molecule on one target, put together (``find_selectivity``)."""

    record: Literal["selectivity"]
    molecule_chembl_id: str
    molecule_name: str
    target_chembl_id: str
    target_name: str
    gene: str
    variant: str
    """the mutant; empty for the wild type or where unknown"""
    organism: str
    types: list[str]
    n: int
    """exact pChEMBL values"""
    median: float | None
    """pChEMBL; None where there are bounds only"""
    low: float | None
    high: float | None
    weaker_than_nm: float | None
    """the highest bound of rows that say "not active up to here" """
    bounds: int
    """rows without an exact value"""
    documents: list[str]
    conflict: bool
    """exact values differ by more than 1.5 log units, from each other or from a bound"""
    release: str


class SeriesShape(TypedDict):
    """A compound of a series on one target (``find_structure_activity``)."""

    record: Literal["series_activity"]
    target_chembl_id: str
    target_name: str
    parent_chembl_id: str
    name: str
    smiles: str
    variant: str
    type: str
    units: str
    n: int
    """exact values"""
    median: float | None
    low: float | None
    high: float | None
    pchembl: float | None
    """median of those that ChEMBL gives"""
    bounds: list[str]
    assays: list[str]
    documents: list[str]
    conflict: bool
    release: str


class StructureHitShape(TypedDict):
    """A molecule found by its structure (``find_similar``, ``find_with_substructure``)."""

    record: Literal["structure_hit"]
    chembl_id: str
    name: str
    smiles: str
    similarity: float | None
    """Tanimoto; None of a substructure search"""
    query: str
    """the structure or pattern sought"""
    method: str
    max_phase: float | None
    release: str
    retrieved_at: str


class SafetyShape(TypedDict):
    """Whether ChEMBL marks a drug as withdrawn or with a boxed warning (``find_warnings``)."""

    record: Literal["safety_flags"]
    molecule_chembl_id: str
    molecule_name: str
    withdrawn: bool | None
    black_box_warning: bool | None
    release: str
    retrieved_at: str


class WarningShape(TypedDict):
    """A withdrawal or boxed warning (``find_warnings``)."""

    record: Literal["drug_warning"]
    molecule_chembl_id: str
    molecule_name: str
    type: str
    warning_class: str
    description: str
    country: str
    year: int | None
    references: list[ReferenceShape]
    release: str
    retrieved_at: str


class DocumentShape(TypedDict):
    """A document of ChEMBL, and the paper of the library that it is (``find_document``)."""

    record: Literal["document"]
    chembl_id: str
    title: str
    authors: str
    journal: str
    year: int | None
    volume: str
    issue: str
    first_page: str
    last_page: str
    doi: str
    pubmed_id: str
    patent_id: str
    doc_type: str
    activities: int
    """measurements that ChEMBL took from it, flagged ones and duplicates too"""
    paper_id: str
    """of the same paper in the library; empty where it is not there"""
    release: str
    retrieved_at: str
