"""The shapes of the records behind what is calculated: properties, rules, alerts, charge, units.

As in ``shapes``: they travel on the wire as ``citation.record``, and a value that a record does not
know is ``None`` or ``""``, never left out.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class ValueShape(TypedDict):
    """One calculated value."""

    property: str
    """machine name: ``molecular_weight``, ``tpsa`` ..."""
    label: str
    value: float | int | str | None
    """None where the molecule has no such value: no basic group, no pKa of one"""
    text: str
    """the value as it is written, with all its decimals ("493.2590")"""
    unit: str
    method: str
    """where the formula comes from: "Ertl 2000", "Wildman-Crippen" ..."""


class CalculationShape(TypedDict):
    """Calculated properties of one molecule (``calculate_properties``)."""

    record: Literal["calculation"]
    handle: str
    name: str
    smiles: str
    values: list[ValueShape]
    rdkit_version: str


class CriterionShape(TypedDict):
    """One criterion of a rule: "molecular weight <= 500 Da", 493.6, True."""

    criterion: str
    value: float | int
    passes: bool


class RuleShape(TypedDict):
    """A drug-likeness rule applied to one molecule (``check_rules``), one piece of evidence per
    rule.
    """

    record: Literal["rule"]
    handle: str
    name: str
    smiles: str
    rule: str
    """ "Lipinski's rule of five", "Veber" ..."""
    passes: bool
    violations: int
    allowed_violations: int
    criteria: list[CriterionShape]
    source: str
    rdkit_version: str


class DesirabilityShape(TypedDict):
    """One desirability of a score."""

    property: str
    label: str
    value: float | int | None
    text: str
    unit: str
    desirability: float
    """0 to 1"""
    function: str
    """ "1 up to 3, 0 from 5" """
    method: str


class ScoreShape(TypedDict):
    """The CNS MPO score of one molecule (``check_rules``)."""

    record: Literal["score"]
    handle: str
    name: str
    smiles: str
    rule: str
    passes: bool
    score: float
    best: float
    desirable: float
    """from this score on it is called desirable"""
    components: list[DesirabilityShape]
    source: str
    rdkit_version: str


class SiteShape(TypedDict):
    """One ionisable group."""

    group: str
    kind: str
    """acid or base"""
    atom: int
    pka: float
    charged_percent: float
    """of the molecules, in which the group is charged at the pH"""
    model_compound: str


class IonisationShape(TypedDict):
    """Charge of one molecule at a pH by rules (``estimate_charge``)."""

    record: Literal["ionisation"]
    handle: str
    name: str
    smiles: str
    ph: float
    net_charge: float
    """mean over all forms"""
    dominant_smiles: str
    dominant_charge: int
    sites: list[SiteShape]
    source: str
    rdkit_version: str


class QuantityShape(TypedDict):
    """A value with relation and unit."""

    relation: str
    value: float
    text: str
    """the value as it is written"""
    unit: str


class ConversionShape(TypedDict):
    """One value in another unit (``convert_units``)."""

    record: Literal["conversion"]
    given: QuantityShape
    converted: QuantityShape
    molecule: str
    """whose molecular weight was used; empty where none was"""
    molecular_weight: float | None
    temperature_k: float | None
    """of a free energy; None where there is none"""


class EfficiencyShape(TypedDict):
    """Ligand efficiencies of one molecule from one measured value (``ligand_efficiency``)."""

    record: Literal["efficiency"]
    handle: str
    name: str
    smiles: str
    given: QuantityShape
    p_activity: QuantityShape
    indices: list[IndexShape]
    rdkit_version: str


class IndexShape(TypedDict):
    """One efficiency."""

    index: str
    """LE, BEI, SEI, LLE, LELP or FQ"""
    label: str
    relation: str
    value: float
    text: str
    unit: str
    source: str


class AlertShape(TypedDict):
    """One structural alert that matched (``check_alerts``)."""

    catalogue: str
    family: str
    """the part of the catalogue: PAINS_A, ChEMBL23_Glaxo ..."""
    alert: str
    atoms: list[int]


class RingSystemShape(TypedDict):
    """A ring system that few known molecules have."""

    smiles: str
    """without substituents and stereo"""
    known_molecules: int
    atoms: list[int]


class AlertsShape(TypedDict):
    """Structural alerts of one molecule."""

    record: Literal["alerts"]
    handle: str
    name: str
    smiles: str
    catalogues: list[str]
    matches: list[AlertShape]
    unusual_ring_systems: list[RingSystemShape]
    ring_system_reference: int
    """how many molecules the ring systems were counted in; 0 where they were not looked for"""
    rdkit_version: str
