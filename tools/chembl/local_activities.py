"""The measured activities of a local ChEMBL file: filtered, counted, in order.

Owns the SQL over activities, assays and documents. It asks the other tables what a molecule's
family and a target's row are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.local_targets import TargetTable
from retort.tools.chembl.records import (
    ABOVE,
    BELOW,
    WILD_TYPE,
    ActivityPage,
    ActivityQuery,
    ActivityRow,
    TargetRow,
)


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
        marks = [] if query.flagged else ["NOT flagged"]
        marks += [] if query.duplicates else ["NOT duplicate"]
        kept = " AND ".join(marks) or "1"
        counts = self._db.rows(
            f"SELECT COALESCE(SUM({kept}), 0) AS total, COALESCE(SUM(flagged), 0) AS flagged, "
            "COALESCE(SUM(duplicate AND NOT flagged), 0) AS duplicates "
            f"FROM measured WHERE {where}",
            parameters,
        )[0]
        found = self._db.rows(
            f"SELECT activity_id FROM measured WHERE {where} AND {kept} "
            "ORDER BY pchembl DESC NULLS LAST, value ASC NULLS LAST, activity_id LIMIT ? OFFSET ?",
            [*parameters, query.limit, query.offset],
        )
        return ActivityPage(
            total=counts["total"],
            rows=tuple(self._rows([row["activity_id"] for row in found])),
            flagged=counts["flagged"],
            duplicates=counts["duplicates"],
            release=self._release,
        )

    def _rows(self, ids: Sequence[object]) -> list[ActivityRow]:
        """The activities with these row numbers, in their order."""
        found = {
            row["activity_id"]: row
            for row in self._db.rows_of(f"{self._select} WHERE a.activity_id IN ({{ids}})", ids)
        }
        targets = self._targets.by_tid([row["tid"] for row in found.values()])
        return [self._row(found[number], targets[found[number]["tid"]]) for number in ids]

    def _filter(self, query: ActivityQuery) -> tuple[str, list[object]]:
        """The conditions of a query over the relation ``measured``, with parameters."""
        marks: list[str] = []
        parameters: list[object] = []

        def mark(condition: str, *values: object) -> None:
            marks.append(condition)
            parameters.extend(values)

        def one_of(column: str, values: Sequence[str]) -> None:
            if values:
                mark(f"{column} IN ({','.join('?' * len(values))})", *values)

        if query.target_id:
            target = "(SELECT tid FROM target_dictionary WHERE chembl_id = ?)"
            mark(f"tid = {target}", query.target_id.upper())
        if query.molecule_ids:
            family = self._molecules.family(query.molecule_ids)
            mark(f"molregno IN ({','.join(map(str, family)) or 'NULL'})")
        if query.document_id:
            self._db.need("docs", "documents")
            document = "(SELECT doc_id FROM docs WHERE chembl_id = ?)"
            mark(f"doc_id = {document}", query.document_id.upper())
        if query.organism:
            organism = self._db.column("o", "target_dictionary", "organism")
            named = f"SELECT o.tid FROM target_dictionary o WHERE {organism} = ? COLLATE NOCASE"
            mark(f"tid IN ({named})", query.organism)
        for column, values in (
            ("type", query.types),
            ("relation", query.relations),
            ("units", query.units),
            ("assay_type", query.assay_types),
        ):
            one_of(column, values)
        if query.min_pchembl is not None:
            mark("pchembl >= ?", query.min_pchembl)
        if query.min_confidence is not None:
            mark("confidence >= ?", query.min_confidence)
        if query.variant == WILD_TYPE:
            mark("COALESCE(variant, '') = ''")
        elif query.variant:
            mark("variant = ? COLLATE NOCASE", query.variant)
        if query.max_value_nm is not None:
            mark("units = 'nM' AND value < ?", query.max_value_nm)
            one_of("relation", BELOW)
        if query.min_value_nm is not None:
            mark("units = 'nM' AND value > ?", query.min_value_nm)
            one_of("relation", ABOVE)
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
            "validity": db.column("a", "activities", "data_validity_comment"),
            "duplicate": db.column("a", "activities", "potential_duplicate"),
            "comment": db.column("a", "activities", "activity_comment"),
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
            validity=reading.text(row["validity"]),
            release=self._release,
            duplicate=bool(reading.flag(row["duplicate"])),
            comment=reading.text(row["comment"]),
        )
