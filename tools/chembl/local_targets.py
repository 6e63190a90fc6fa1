"""The targets of a local ChEMBL file: by id, accession, gene and name, with their proteins.

Owns the SQL over the target tables. Knows no molecule and no activity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.records import TargetRow


class TargetTable:
    """Targets of one file.

    Args:
        db: the file.
        release: its release, stamped on every row.
    """

    def __init__(self, db: Database, release: str) -> None:
        self._db = db
        self._release = release

    def find(self, text: str) -> list[TargetRow]:
        """Targets by ChEMBL id, accession, gene symbol, name or synonym; best first."""
        for name in reading.spellings(text):
            rows = self.by_tid(self._exact(name)).values()
            if rows:
                matched = [
                    replace(row, matched_by=reading.target_match(row, [name])) for row in rows
                ]
                return reading.rank_targets(matched)
        names = reading.spellings(text)
        if not names or len(names[0]) < 3:
            return []
        pattern = reading.like(names[0])
        found = self._db.rows(
            "SELECT tid FROM target_dictionary WHERE pref_name LIKE ? ESCAPE '\\'", (pattern,)
        )
        rows = self.by_tid([row["tid"] for row in found]).values()
        return reading.rank_targets(replace(row, matched_by="part of the name") for row in rows)

    def by_tid(self, tids: Sequence[int]) -> dict[int, TargetRow]:
        """Targets by their row number."""
        tids = sorted(set(tids))
        kind = self._db.column("t", "target_dictionary", "target_type")
        organism = self._db.column("t", "target_dictionary", "organism")
        found = self._db.rows_of(
            "SELECT t.tid, t.chembl_id, t.pref_name, "
            f"{kind} AS target_type, {organism} AS organism "
            "FROM target_dictionary t WHERE t.tid IN ({ids})",
            tids,
        )
        accessions, genes, synonyms = self._components(tids)
        return {
            row["tid"]: TargetRow(
                chembl_id=row["chembl_id"],
                name=reading.text(row["pref_name"]),
                gene=", ".join(dict.fromkeys(genes[row["tid"]])),
                accession=", ".join(dict.fromkeys(accessions[row["tid"]])),
                organism=reading.text(row["organism"]),
                target_type=reading.text(row["target_type"]),
                synonyms=reading.distinct(synonyms[row["tid"]]),
                release=self._release,
            )
            for row in found
        }

    def holding(self, target_id: str) -> list[int]:
        """Tids of a target and of every complex or family that holds one of its proteins."""
        found = self._db.rows(
            "SELECT tid FROM target_dictionary WHERE chembl_id = ?", (target_id.upper(),)
        )
        tids = [row["tid"] for row in found]
        if self._db.has("target_components"):
            tids += [
                row["tid"]
                for row in self._db.rows_of(
                    "SELECT tid FROM target_components WHERE component_id IN "
                    "(SELECT component_id FROM target_components WHERE tid IN ({ids}))",
                    tids,
                )
            ]
        return sorted(set(tids))

    def _exact(self, name: str) -> list[int]:
        found = self._db.rows("SELECT tid FROM aimed WHERE name = ? COLLATE NOCASE", (name,))
        return sorted({row["tid"] for row in found})

    def _components(
        self, tids: Sequence[int]
    ) -> tuple[dict[int, list[str]], dict[int, list[str]], dict[int, list[str]]]:
        """By tid: accessions, gene symbols and other names, in the order of the components."""
        accessions: dict[int, list[str]] = defaultdict(list)
        genes: dict[int, list[str]] = defaultdict(list)
        others: dict[int, list[str]] = defaultdict(list)
        if not self._db.has("target_components"):
            return accessions, genes, others
        if self._db.has("component_sequences", "accession"):
            for row in self._db.rows_of(
                "SELECT tid, accession FROM target_components JOIN component_sequences "
                "USING (component_id) WHERE tid IN ({ids}) AND accession IS NOT NULL "
                "ORDER BY component_id",
                tids,
            ):
                accessions[row["tid"]].append(row["accession"])
        if self._db.has("component_synonyms"):
            for row in self._db.rows_of(
                "SELECT tid, component_synonym AS name, syn_type FROM target_components "
                "JOIN component_synonyms USING (component_id) WHERE tid IN ({ids}) "
                "AND component_synonym IS NOT NULL ORDER BY component_id, component_synonym",
                tids,
            ):
                names = genes if row["syn_type"] == "GENE_SYMBOL" else others
                names[row["tid"]].append(row["name"])
        return accessions, genes, others
