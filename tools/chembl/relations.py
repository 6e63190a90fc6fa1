"""What is looked up in a ChEMBL file by something that a dump has no index for.

Each relation is a SELECT over ChEMBL's own tables, written for the columns that this release has. A
small file answers from it as a view; of a dump, the side file holds the result, indexed. So each
question is written once, over the relation. Knows neither where the side file lies nor who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Columns(Protocol):
    """What a release has."""

    def has(self, table: str, *columns: str) -> bool:
        """Whether this release has the table, with all the columns."""
        ...

    def column(self, alias: str, table: str, column: str) -> str:
        """``alias.column``, or ``NULL`` where this release does not have it."""
        ...


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows that are looked up by one of their columns."""

    name: str
    """unlike any table of ChEMBL's"""
    columns: str
    """as in CREATE TABLE; a number's type must be declared, or SQLite converts the column at each
    comparison with one of ChEMBL's and cannot use its index"""
    key: str
    """columns by which the side file stores the rows: a lookup by them reads one stretch of it"""
    indexes: tuple[str, ...]
    """further columns that are looked up"""
    select: str
    """over the tables of the release"""


def relations(db: Columns) -> tuple[Relation, ...]:
    """Every relation, for the tables and columns of one release."""
    return (
        Relation(
            "measured",
            "tid INTEGER, activity_id, molregno INTEGER, doc_id INTEGER, type TEXT, relation TEXT, "
            "value REAL, units TEXT, pchembl REAL, assay_type TEXT, confidence INTEGER, "
            "variant TEXT, flagged INTEGER, duplicate INTEGER",
            "tid, activity_id",
            ("molregno", "doc_id"),
            _measured(db),
        ),
        Relation(
            "named",
            "name TEXT COLLATE NOCASE, molregno INTEGER, preferred INTEGER",
            "name, molregno, preferred",
            ("molregno",),
            _named(db),
        ),
        Relation("keyed", "inchikey TEXT, molregno INTEGER", "inchikey, molregno", (), _keyed(db)),
        Relation("salts", "parent INTEGER, molregno INTEGER", "parent, molregno", (), _salts(db)),
        Relation("aimed", "name TEXT COLLATE NOCASE, tid INTEGER", "name, tid", (), _aimed(db)),
        Relation(
            "cited",
            "reference TEXT COLLATE NOCASE, doc_id INTEGER",
            "reference, doc_id",
            (),
            _cited(db),
        ),
    )


def _measured(db: Columns) -> str:
    """Every activity with what it is filtered, counted and ordered by."""
    variants = db.has("assays", "variant_id") and db.has("variant_sequences", "mutation")
    return (
        "SELECT s.tid, a.activity_id, a.molregno, "
        f"{db.column('a', 'activities', 'doc_id')} AS doc_id, "
        "a.standard_type AS type, COALESCE(a.standard_relation, '') AS relation, "
        "a.standard_value AS value, a.standard_units AS units, "
        f"{db.column('a', 'activities', 'pchembl_value')} AS pchembl, "
        f"{db.column('s', 'assays', 'assay_type')} AS assay_type, "
        f"{db.column('s', 'assays', 'confidence_score')} AS confidence, "
        f"{'v.mutation' if variants else 'NULL'} AS variant, "
        f"{db.column('a', 'activities', 'data_validity_comment')} IS NOT NULL AS flagged, "
        f"COALESCE({db.column('a', 'activities', 'potential_duplicate')}, 0) <> 0 AS duplicate "
        "FROM activities a JOIN assays s ON s.assay_id = a.assay_id"
        + (" LEFT JOIN variant_sequences v ON v.variant_id = s.variant_id" if variants else "")
        + " WHERE s.tid IS NOT NULL"
    )


def _named(db: Columns) -> str:
    """Every name and synonym of a molecule."""
    preferred = (
        "SELECT pref_name AS name, molregno, 1 AS preferred FROM molecule_dictionary "
        "WHERE pref_name IS NOT NULL"
    )
    if not db.has("molecule_synonyms", "synonyms"):
        return preferred
    return (
        f"{preferred} UNION ALL SELECT synonyms AS name, molregno, 0 AS preferred "
        "FROM molecule_synonyms WHERE synonyms IS NOT NULL"
    )


def _keyed(db: Columns) -> str:
    if not db.has("compound_structures", "standard_inchi_key"):
        return "SELECT NULL AS inchikey, NULL AS molregno WHERE 0"
    return (
        "SELECT standard_inchi_key AS inchikey, molregno FROM compound_structures "
        "WHERE standard_inchi_key IS NOT NULL"
    )


def _salts(db: Columns) -> str:
    """The forms of a parent, itself among them."""
    if not db.has("molecule_hierarchy", "parent_molregno"):
        return "SELECT NULL AS parent, NULL AS molregno WHERE 0"
    return (
        "SELECT parent_molregno AS parent, molregno FROM molecule_hierarchy "
        "WHERE parent_molregno IS NOT NULL"
    )


def _aimed(db: Columns) -> str:
    """Every exact name of a target: its id, name, accessions, genes and synonyms."""
    parts = [
        "SELECT chembl_id AS name, tid FROM target_dictionary",
        "SELECT pref_name AS name, tid FROM target_dictionary WHERE pref_name IS NOT NULL",
    ]
    if db.has("target_components") and db.has("component_sequences", "accession"):
        parts.append(
            "SELECT q.accession AS name, t.tid FROM target_components t JOIN component_sequences q "
            "ON q.component_id = t.component_id WHERE q.accession IS NOT NULL"
        )
    if db.has("target_components") and db.has("component_synonyms"):
        parts.append(
            "SELECT y.component_synonym AS name, t.tid FROM target_components t "
            "JOIN component_synonyms y ON y.component_id = t.component_id "
            "WHERE y.component_synonym IS NOT NULL"
        )
    return " UNION ALL ".join(parts)


def _cited(db: Columns) -> str:
    """Every reference that a document is known by: ChEMBL id, DOI, PubMed id."""
    known = [name for name in ("chembl_id", "doi", "pubmed_id") if db.has("docs", "doc_id", name)]
    parts = [
        f"SELECT CAST({name} AS TEXT) AS reference, doc_id FROM docs WHERE {name} IS NOT NULL"
        for name in known
    ]
    return " UNION ALL ".join(parts) or "SELECT NULL AS reference, NULL AS doc_id WHERE 0"
