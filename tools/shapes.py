"""The shapes of the records behind evidence, one per ``record`` name.

They travel on the wire as ``citation.record`` and are what answers are written from. Every value
that a record does not know is ``None`` or ``""``, never left out. Those of what is calculated stand
in ``calculation_shapes``. Knows nothing of how records are made.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class MoleculeShape(TypedDict):
    """What a name, id or structure was resolved to (``find_molecule``)."""

    record: Literal["molecule"]
    handle: str
    name: str
    smiles: str
    inchikey: str
    formula: str
    chembl_id: str
    max_phase: float | None
    first_approval: int | None
    synonyms: list[str]
    asked_as: str
    """the text that was asked for"""
    matched_by: str
    """``name``, ``synonym``, ``ChEMBL id``, ``SMILES``, ``InChIKey`` or ``handle``"""
    release: str
    """release of the database that knows it; empty for a bare structure"""


class SimilarityShape(TypedDict):
    """Similarity of two molecules (``compare_molecules``)."""

    record: Literal["similarity"]
    handle: str
    name: str
    other_handle: str
    other_name: str
    fingerprint: str
    tanimoto: float
    """by ``fingerprint``"""
    maccs_tanimoto: float
    atom_pair_tanimoto: float
    same_scaffold: bool
    relation: str
    """scaffolds and identity in words"""
    rdkit_version: str


class SubstructureShape(TypedDict):
    """Whether a pattern is in a molecule (``match_substructure``)."""

    record: Literal["substructure"]
    handle: str
    name: str
    smiles: str
    smarts: str
    count: int
    matches: list[list[int]]
    rdkit_version: str


class TargetShape(TypedDict):
    """A target of ChEMBL (``find_target``)."""

    record: Literal["target"]
    target_chembl_id: str
    name: str
    gene: str
    accession: str
    organism: str
    target_type: str
    matched_by: str
    """what the text asked for was: ``gene symbol``, ``UniProt accession``, ``name`` ..."""
    release: str
    retrieved_at: str
    """when a web service gave it, ISO 8601; empty for a local file"""


class SpreadShape(TypedDict):
    """The exact measurements of one compound on one target, of one type and unit."""

    n: int
    median: float
    low: float
    high: float
    units: str


class ActivityShape(TypedDict):
    """One measured activity of ChEMBL (``find_activities``)."""

    record: Literal["activity"]
    activity_id: str
    molecule_chembl_id: str
    parent_chembl_id: str
    """the parent of a salt; the molecule itself where it is none"""
    molecule_name: str
    smiles: str
    target_chembl_id: str
    target_name: str
    gene: str
    organism: str
    variant: str
    """the mutant that was measured; empty for the wild type"""
    type: str
    """IC50, Ki, Kd, EC50 ..."""
    relation: str
    """=, <, >, <=, >=, ~"""
    value: float | None
    units: str
    pchembl: float | None
    assay_chembl_id: str
    assay_type: str
    assay_description: str
    confidence_score: int | None
    document_chembl_id: str
    year: int | None
    doi: str
    pubmed_id: str
    validity: str
    """ChEMBL's objection to the value; empty where it has none"""
    release: str
    duplicate: bool
    """it may repeat a value of another publication"""
    comment: str
    """ChEMBL's activity comment: "Not Active" and the like"""
    retrieved_at: str
    """when a web service gave it, ISO 8601; empty for a local file"""
    measurements: SpreadShape | None
    """where there are several: the row shown is the best of them"""


class ReferenceShape(TypedDict):
    """Where a curated fact was taken from."""

    type: str
    """ "PubMed", "FDA", "DailyMed" ..."""
    id: str
    url: str


class MechanismShape(TypedDict):
    """A curated mechanism of action (``find_mechanism``)."""

    record: Literal["mechanism"]
    molecule_chembl_id: str
    molecule_name: str
    mechanism: str
    action_type: str
    target_chembl_id: str
    target_name: str
    gene: str
    max_phase: float | None
    release: str
    comment: str
    references: list[ReferenceShape]
    retrieved_at: str
    """when a web service gave it, ISO 8601; empty for a local file"""


class IndicationShape(TypedDict):
    """An indication with the highest phase reached (``find_indications``)."""

    record: Literal["indication"]
    molecule_chembl_id: str
    molecule_name: str
    indication: str
    mesh_id: str
    max_phase: float | None
    release: str
    references: list[ReferenceShape]
    retrieved_at: str
    """when a web service gave it, ISO 8601; empty for a local file"""


class PredictionShape(TypedDict):
    """One prediction (``predict_property``); the fields of the wire format and how to read them."""

    record: Literal["prediction"]
    handle: str
    name: str
    smiles: str
    endpoint: str
    endpoint_label: str
    """ "aqueous solubility" ..."""
    family: str
    """ "absorption", "toxicity", "off-target" ..."""
    task: Literal["regression", "classification"]
    value: float | None
    """None where ``rank_only``"""
    unit: str
    label: str
    """name of the positive class; empty for regression"""
    interval: list[float]
    """[lo, hi] at ``confidence``; empty where ``rank_only``"""
    confidence: float
    interval_80: list[float]
    """[lo, hi] at 80 %, or empty"""
    classes: list[str]
    """classes that cannot be excluded at ``confidence``; empty for regression, and for none"""
    rank_only: bool
    """the percentile is all that is predicted"""
    in_domain: bool
    domain: Literal["inside", "borderline", "outside"]
    domain_note: str
    nearest_training_similarity: float
    percentile_of_drugs: float
    concern: Literal["high", "some", "little", "none"]
    """how much it speaks against an oral drug; orders a profile and says nothing else"""
    reading: str
    """the value in plain words with the threshold's source: "soluble: above -4 log mol/L (...)\"
    """
    model: str


class TrainingShape(TypedDict):
    """What was measured of a molecule that a model learnt from (``predict_property``)."""

    record: Literal["training"]
    key: str
    """first block of its InChIKey"""
    name: str
    smiles: str
    """empty for shipped models, which keep no structures"""
    near: str
    """the molecule that was predicted"""
    similarity: float
    """Tanimoto to it, Morgan bits of radius 2"""
    is_itself: bool
    """it is the molecule that was predicted, stereochemistry left out"""
    endpoint: str
    endpoint_label: str
    task: Literal["regression", "classification"]
    value: float
    unit: str
    label: str
    """the measured class in words; empty for regression"""
    said: str
    """the measured value in words"""
    source: str
    """the training set and its reference"""
    model: str
    """the model that learnt from it"""


class PartShape(TypedDict):
    """What one part of a molecule contributes to a prediction."""

    part: str
    atoms: list[int]
    effect: float
    """in the attribution's scale"""


class AttributionShape(TypedDict):
    """Which atoms and parts a prediction leans on (``explain_prediction``)."""

    record: Literal["attribution"]
    handle: str
    name: str
    smiles: str
    """canonical SMILES of the parent; atoms are counted in it"""
    endpoint: str
    endpoint_label: str
    label: str
    """name of the positive class; empty for regression"""
    value: float
    scale: str
    """the unit of ``value``, ``weights`` and effects"""
    weights: list[float]
    """one per heavy atom; positive: it raises the prediction"""
    parts: list[PartShape]
    method: str
    model: str


class PassageShape(TypedDict):
    """Where a quoted passage stands (``search_literature``)."""

    record: Literal["passage"]
    paper_id: str
    passage_id: str
    section: str
    page: int | None
    score: float
    authors: list[str]
    year: int | None
    journal: str
    is_note: bool
    """a note of this project, not a paper"""
    retracted: bool
    retraction: str
    """the notice, where the source gives one"""
    library: str
    highlights: NotRequired[list[list[int]]]
    """of a cited passage that the answer does not repeat: the sentences that speak most to it, best
    first, each as ``[start, end]`` in the stored text"""


class AbsenceShape(TypedDict):
    """A search that found nothing, which is a result too: what was searched, with which filter."""

    record: Literal["absence"]
    searched: str
    found: int
    release: str
