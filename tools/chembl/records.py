"""The records of ChEMBL: molecules, targets, activities, mechanisms, indications.

Both backends fill the same records, so nothing above this folder knows where a row came from. Every
row carries the release it was read from. Knows no database, no network and no language model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from retort.retrieval.errors import UsageError

BELOW = ("=", "<", "<=")
"""relations under which a row can prove "below": a ">" row never can, and "~" only claims to"""


@dataclass(frozen=True, slots=True)
class MoleculeRow:
    """One molecule of ChEMBL. Unknown values are ``""`` or ``None``."""

    chembl_id: str
    name: str
    """readable name ("Osimertinib mesylate"); the ChEMBL id where there is no name"""
    smiles: str = ""
    """canonical SMILES as ChEMBL stores it; empty for antibodies and the like"""
    inchikey: str = ""
    formula: str = ""
    max_phase: float | None = None
    """4 approved, 3, 2, 1, 0.5 early phase 1, -1 unknown clinical phase, None or 0 not clinical"""
    first_approval: int | None = None
    """year"""
    molecule_type: str = ""
    synonyms: tuple[str, ...] = ()
    parent_chembl_id: str = ""
    """the molecule without its salt or hydrate; its own id where it is the parent"""
    withdrawn: bool | None = None
    black_box_warning: bool | None = None
    matched_by: str = ""
    """``name``, ``synonym``, ``ChEMBL id`` or ``InChIKey``"""
    release: str = ""
    retrieved_at: str = field(default="", compare=False)
    """UTC time at which a web service said it; empty for a local file"""


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target of ChEMBL: a protein, a complex, a family, a cell line ..."""

    chembl_id: str
    name: str
    gene: str = ""
    """gene symbols of its proteins, joined by ", " """
    accession: str = ""
    """UniProt accessions of its proteins, joined by ", " """
    organism: str = ""
    target_type: str = ""
    """``SINGLE PROTEIN``, ``PROTEIN COMPLEX``, ``PROTEIN FAMILY`` ..."""
    synonyms: tuple[str, ...] = ()
    matched_by: str = ""
    """``ChEMBL id``, ``UniProt accession``, ``gene symbol``, ``name``, ``synonym`` or
    ``part of the name``"""
    release: str = ""
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One measured activity, with everything needed to judge and cite it."""

    activity_id: str
    molecule_chembl_id: str
    """the form that was measured, which may be a salt"""
    parent_chembl_id: str
    molecule_name: str
    smiles: str
    target_chembl_id: str
    target_name: str
    gene: str
    variant: str
    """mutation of the target in this assay ("L858R"); empty for the wild type or where unknown"""
    organism: str
    type: str
    """IC50, Ki, Kd, EC50 ..."""
    relation: str
    """=, <, >, <=, >=, ~ or empty where ChEMBL has none"""
    value: float | None
    """in ``units``"""
    units: str
    pchembl: float | None
    """-log10 of the molar value; ChEMBL gives it for "=" rows of comparable types only"""
    assay_chembl_id: str
    assay_type: str
    """B binding, F functional, A ADMET, T toxicity, P physicochemical, U unclassified"""
    assay_description: str
    confidence_score: int | None
    """0 to 9: how surely the assay's target is this target (9: a single protein, directly)"""
    document_chembl_id: str
    year: int | None
    doi: str
    pubmed_id: str
    validity: str
    """ChEMBL's data validity comment; empty for a row without objection"""
    release: str
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Which activities are wanted. At least a target or a molecule is needed."""

    target_id: str = ""
    molecule_ids: tuple[str, ...] = ()
    """ChEMBL ids; each stands for its whole family of parent and salts"""
    types: tuple[str, ...] = ()
    """standard types as ChEMBL writes them; empty for all"""
    max_value_nm: float | None = None
    """only rows that prove a value below this, in nM"""
    min_pchembl: float | None = None
    limit: int = 20
    """rows wanted, 1 to 1000"""
    offset: int = 0
    """rows to skip, in the order of ``ActivityPage``"""

    def __post_init__(self) -> None:
        if not self.target_id and not self.molecule_ids:
            raise UsageError(
                "Activities of what?",
                "Neither a target nor a molecule was given.",
                "Name a target (EGFR), a molecule (gefitinib) or both.",
            )

    def accepts(self, row: ActivityRow) -> bool:
        """Whether a row meets the type and value filters (not whose row it is)."""
        if self.types and row.type not in self.types:
            return False
        if self.min_pchembl is not None and (row.pchembl is None or row.pchembl < self.min_pchembl):
            return False
        if self.max_value_nm is None:
            return True
        below = row.value is not None and row.value < self.max_value_nm
        return below and row.units == "nM" and row.relation in BELOW


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A stretch of the matching activities: by falling pChEMBL, rising value, rising id."""

    total: int
    """how many rows match, shown or not"""
    rows: tuple[ActivityRow, ...]
    flagged: int = 0
    """matching rows left out because ChEMBL comments on their validity"""
    duplicates: int = 0
    """matching rows left out as potential duplicates of another publication's"""
    release: str = ""


@dataclass(frozen=True, slots=True)
class MechanismRow:
    """A curated mechanism of action of one drug."""

    molecule_chembl_id: str
    molecule_name: str
    mechanism: str
    action_type: str
    target_chembl_id: str
    target_name: str
    gene: str
    max_phase: float | None
    release: str
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class IndicationRow:
    """A disease for which a drug was developed, with the highest phase reached."""

    molecule_chembl_id: str
    molecule_name: str
    indication: str
    """MeSH heading, else the EFO term"""
    mesh_id: str
    max_phase: float | None
    release: str
    retrieved_at: str = field(default="", compare=False)
