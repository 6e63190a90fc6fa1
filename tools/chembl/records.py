"""The records of ChEMBL: molecules, targets, activities, documents, drugs and their warnings.

Both backends fill the same records, so nothing above this folder knows where a row came from. Every
row carries the release it was read from. Knows no database, no network and no language model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from retort.retrieval.errors import UsageError

BELOW = ("=", "<", "<=")
"""relations under which a row can prove "below": a ">" row never can, and "~" only claims to"""
ABOVE = ("=", ">", ">=")
"""relations under which a row can prove that it is above"""
WILD_TYPE = "wild type"
"""the ``ActivityQuery.variant`` that wants rows without a mutation only"""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a curated fact was taken from."""

    type: str
    """"PubMed", "DOI", "FDA", "DailyMed", "ClinicalTrials" ... as ChEMBL writes it"""
    id: str
    url: str = ""


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
    duplicate: bool = False
    """a potential duplicate of another publication's value, as ChEMBL marks it"""
    comment: str = ""
    """the activity comment: "Not Active", "inconclusive" ...; often all that a row holds"""
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Which activities are wanted. A target, a molecule or a document is needed."""

    target_id: str = ""
    molecule_ids: tuple[str, ...] = ()
    """ChEMBL ids; each stands for its whole family of parent and salts"""
    types: tuple[str, ...] = ()
    """standard types as ChEMBL writes them; empty for all"""
    max_value_nm: float | None = None
    """only rows that prove a value below this, in nM"""
    min_value_nm: float | None = None
    """only rows that prove a value above this, in nM"""
    min_pchembl: float | None = None
    document_id: str = ""
    """ChEMBL id of the publication"""
    relations: tuple[str, ...] = ()
    """``=``, ``<``, ``>``, ``<=``, ``>=``, ``~`` or empty for rows that have none; all if none"""
    units: tuple[str, ...] = ()
    """standard units as ChEMBL writes them"""
    assay_types: tuple[str, ...] = ()
    """``B`` binding, ``F`` functional, ``A`` ADMET, ``T`` toxicity, ``P`` physicochemical, ``U``"""
    min_confidence: int | None = None
    """lowest confidence score of the assay's target, 0 to 9"""
    organism: str = ""
    """of the target, in full and in any case, such as "Homo sapiens", never "human" """
    variant: str = ""
    """a mutation as ChEMBL writes it ("T790M", "L858R,T790M"), in any case, or ``WILD_TYPE``"""
    flagged: bool = False
    """let rows in that carry a data validity comment"""
    duplicates: bool = False
    """let potential duplicates in"""
    limit: int = 20
    """rows wanted, 1 to 1000"""
    offset: int = 0
    """rows to skip, in the order of ``ActivityPage``"""

    def __post_init__(self) -> None:
        if not (self.target_id or self.molecule_ids or self.document_id):
            raise UsageError(
                "Activities of what?",
                "Neither a target nor a molecule was given.",
                "Name a target (EGFR), a molecule (gefitinib) or both.",
            )

    def accepts(self, row: ActivityRow) -> bool:
        """Whether a row meets the filters on what was measured and how (not whose row it is)."""
        lists = (
            (self.types, row.type),
            (self.relations, row.relation),
            (self.units, row.units),
            (self.assay_types, row.assay_type),
        )
        return (
            all(not wanted or found in wanted for wanted, found in lists)
            and _reaches(row.pchembl, self.min_pchembl)
            and _reaches(row.confidence_score, self.min_confidence)
            and self.organism.casefold() in ("", row.organism.casefold())
            and self._accepts_variant(row.variant)
            and self._accepts_value(row)
            and (self.flagged or not row.validity)
            and (self.duplicates or not row.duplicate)
        )

    def _accepts_variant(self, variant: str) -> bool:
        if self.variant == WILD_TYPE:
            return not variant
        return self.variant.casefold() in ("", variant.casefold())

    def _accepts_value(self, row: ActivityRow) -> bool:
        if self.max_value_nm is None and self.min_value_nm is None:
            return True
        if row.value is None or row.units != "nM":
            return False
        low, high = self.min_value_nm, self.max_value_nm
        below = high is None or (row.value < high and row.relation in BELOW)
        above = low is None or (row.value > low and row.relation in ABOVE)
        return below and above


def _reaches(value: float | None, least: float | None) -> bool:
    return least is None or (value is not None and value >= least)


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A stretch of the matching activities: by falling pChEMBL, rising value, rising id."""

    total: int
    """how many rows match, shown or not"""
    rows: tuple[ActivityRow, ...]
    flagged: int = 0
    """matching rows that ChEMBL comments on the validity of: left out, unless asked for"""
    duplicates: int = 0
    """other matching rows that may double another publication's: left out, unless asked for"""
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
    comment: str = ""
    """the curator's remark on the mechanism"""
    references: tuple[Reference, ...] = ()
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
    references: tuple[Reference, ...] = ()
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class WarningRow:
    """A withdrawal or a boxed warning of a drug, in one country or several."""

    molecule_chembl_id: str
    molecule_name: str
    type: str
    """``Withdrawn`` or ``Black Box Warning``"""
    warning_class: str
    """kind of harm ("cardiotoxicity"); empty where not known"""
    description: str
    country: str
    """as ChEMBL writes it, several joined by "; " """
    year: int | None
    """of the (first) withdrawal or warning"""
    release: str
    references: tuple[Reference, ...] = ()
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A publication, patent or deposited data set of ChEMBL. Unknown values are ``""``."""

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
    """as ChEMBL writes it, without "https://doi.org/" """
    pubmed_id: str
    patent_id: str
    doc_type: str
    """``PUBLICATION``, ``PATENT``, ``DATASET`` ..."""
    release: str
    retrieved_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class StructureHit:
    """A molecule that a search by structure found."""

    molecule: MoleculeRow
    similarity: float | None = None
    """Tanimoto, 0 to 1, of a similarity search; None for a substructure"""


@dataclass(frozen=True, slots=True)
class StructurePage:
    """A stretch of the molecules that a search by structure found, each parent once.

    By falling similarity, then rising ChEMBL number; of a substructure by rising ChEMBL number.
    """

    total: int
    """how many were found, shown or not"""
    hits: tuple[StructureHit, ...]
    searched: int
    """structures that were compared"""
    of: int
    """structures there are; ``searched`` is less where the time ran out"""
    method: str
    """"Tanimoto on Morgan fingerprints, radius 2, 2048 bits" and the like"""
    release: str = ""
