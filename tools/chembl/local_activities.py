"""The measured activities of a local ChEMBL file: filtered, counted, in order.

Owns the SQL over activities, assays and documents. It asks the other tables what a molecule's
family and a target's row are.
"""

from __future__ import annotations

import sqlite3

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.local_targets import TargetTable
from retort.tools.chembl.records import BELOW, ActivityPage, ActivityQuery, ActivityRow, TargetRow


class ActivityTable:
    """Activities of one file.

    Args:
        db: the file.
        release: its release, stamped on every row.
        molecules: for the families of molecules.
        targets: for the targets' names and genes.
    """

    def __init__(
        self, db: Database, release: str, molecules: MoleculeTable, targets: TargetTable
    ) -> None:
        self._db = db
        self._release = release
        self._molecules = molecules
        self._targets = targets

    def page(self, query: ActivityQuery) -> ActivityPage:
        """The rows that a query asks for, and the counts of all and of what is left out."""
        where, parameters = self._filter(query)
        db = self._db
        comment = db.column("a", "activities", "data_validity_comment")
        copy = f"COALESCE({db.column('a', 'activities', 'potential_duplicate')}, 0)"
        counts = db.rows(
            f"SELECT COALESCE(SUM({comment} IS NULL AND {copy} = 0), 0) AS kept, "
            f"COALESCE(SUM({comment} IS NOT NULL), 0) AS flagged, "
            f"COALESCE(SUM({comment} IS NULL AND {copy} <> 0), 0) AS copies "
            f"FROM activities a JOIN assays s ON s.assay_id = a.assay_id WHERE {where}",
            parameters,
        )[0]
        found = db.rows(
            f"{self._select} WHERE {where} AND {comment} IS NULL AND {copy} = 0 "
            "ORDER BY pchembl DESC NULLS LAST, a.standard_value ASC NULLS LAST, a.activity_id "
            "LIMIT ? OFFSET ?",
            [*parameters, query.limit, query.offset],
        )
        targets = self._targets.by_tid([row["tid"] for row in found])
        return ActivityPage(
            total=counts["kept"],
            rows=tuple(self._row(row, targets[row["tid"]]) for row in found),
            flagged=counts["flagged"],
            duplicates=counts["copies"],
            release=self._release,
        )

    def _filter(self, query: ActivityQuery) -> tuple[str, list[object]]:
        """The conditions of a query over ``activities a`` and ``assays s``, with parameters."""
        marks: list[str] = []
        parameters: list[object] = []
        if query.target_id:
            marks.append("s.tid = (SELECT tid FROM target_dictionary WHERE chembl_id = ?)")
            parameters.append(query.target_id.upper())
        if query.molecule_ids:
            family = self._molecules.family(query.molecule_ids)
            marks.append(f"a.molregno IN ({','.join(map(str, family)) or 'NULL'})")
        if query.types:
            marks.append(f"a.standard_type IN ({','.join('?' * len(query.types))})")
            parameters += query.types
        if query.min_pchembl is not None:
            marks.append(f"{self._db.column('a', 'activities', 'pchembl_value')} >= ?")
            parameters.append(query.min_pchembl)
        if query.max_value_nm is not None:
            marks.append("a.standard_units = 'nM' AND a.standard_value < ?")
            parameters.append(query.max_value_nm)
            marks.append(f"a.standard_relation IN ({','.join('?' * len(BELOW))})")
            parameters += BELOW
        return " AND ".join(marks), parameters

    @property
    def _select(self) -> str:
        db = self._db
        family = db.has("molecule_hierarchy")
        variants = db.has("assays", "variant_id") and db.has("variant_sequences", "mutation")
        extra = {
            "variant": "v.mutation" if variants else "NULL",
            "parent": "r.chembl_id" if family else "NULL",
            "smiles": db.column("c", "compound_structures", "canonical_smiles"),
            "pchembl": db.column("a", "activities", "pchembl_value"),
            "assay_type": db.column("s", "assays", "assay_type"),
            "description": db.column("s", "assays", "description"),
            "confidence": db.column("s", "assays", "confidence_score"),
            "document": db.column("d", "docs", "chembl_id"),
            "year": db.column("d", "docs", "year"),
            "doi": db.column("d", "docs", "doi"),
            "pubmed_id": db.column("d", "docs", "pubmed_id"),
        }
        return (
            "SELECT a.activity_id, a.standard_type, a.standard_relation, a.standard_value, "
            "a.standard_units, s.tid, s.chembl_id AS assay, m.chembl_id AS molecule, m.pref_name, "
            + ", ".join(f"{column} AS {name}" for name, column in extra.items())
            + " FROM activities a JOIN assays s ON s.assay_id = a.assay_id "
            "JOIN molecule_dictionary m ON m.molregno = a.molregno"
            + db.join("compound_structures", "c", "c.molregno = a.molregno")
            + db.join("molecule_hierarchy", "h", "h.molregno = a.molregno")
            + (
                " LEFT JOIN molecule_dictionary r ON r.molregno = h.parent_molregno"
                if family
                else ""
            )
            + (db.join("variant_sequences", "v", "v.variant_id = s.variant_id") if variants else "")
            + (
                db.join("docs", "d", "d.doc_id = a.doc_id")
                if db.has("activities", "doc_id")
                else ""
            )
        )

    def _row(self, row: sqlite3.Row, target: TargetRow) -> ActivityRow:
        return ActivityRow(
            activity_id=str(row["activity_id"]),
            molecule_chembl_id=row["molecule"],
            parent_chembl_id=row["parent"] or row["molecule"],
            molecule_name=reading.display_name(row["pref_name"], row["molecule"]),
            smiles=reading.text(row["smiles"]),
            target_chembl_id=target.chembl_id,
            target_name=target.name,
            gene=target.gene,
            variant=reading.text(row["variant"]),
            organism=target.organism,
            type=reading.text(row["standard_type"]),
            relation=reading.text(row["standard_relation"]),
            value=reading.number(row["standard_value"]),
            units=reading.text(row["standard_units"]),
            pchembl=reading.number(row["pchembl"]),
            assay_chembl_id=row["assay"],
            assay_type=reading.text(row["assay_type"]),
            assay_description=reading.text(row["description"]),
            confidence_score=reading.integer(row["confidence"]),
            document_chembl_id=reading.text(row["document"]),
            year=reading.integer(row["year"]),
            doi=reading.text(row["doi"]),
            pubmed_id=reading.text(row["pubmed_id"]),
            validity="",
            release=self._release,
        )
