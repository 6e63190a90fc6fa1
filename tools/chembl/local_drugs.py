"""What a local ChEMBL file knows of drugs: mechanisms, indications, warnings, with references.

Owns the SQL over the drug tables. It asks the other tables what a molecule's family and a target's
row are. Knows no activity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.local_targets import TargetTable
from retort.tools.chembl.records import (
    IndicationRow,
    MechanismRow,
    Reference,
    TargetRow,
    WarningRow,
)


class DrugTables:
    """Mechanisms, indications and warnings of one file.

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

    def mechanisms(self, molecule_id: str, target_id: str) -> list[MechanismRow]:
        """See ``ChemblSource.mechanisms``."""
        db = self._db
        db.need("drug_mechanism", "mechanisms of action")
        wanted: list[tuple[str, list[int]]] = []
        if molecule_id:
            wanted.append(("d.molregno", self._molecules.family([molecule_id])))
        if target_id:
            wanted.append(("d.tid", self._targets.holding(target_id)))
        marks = [f"{column} IN ({','.join(map(str, ids)) or 'NULL'})" for column, ids in wanted]
        if not marks:
            return []
        found = db.rows(
            "SELECT d.mechanism_of_action, d.action_type, d.tid, m.chembl_id, m.pref_name, "
            f"{db.column('d', 'drug_mechanism', 'mec_id')} AS id, "
            f"{db.column('d', 'drug_mechanism', 'mechanism_comment')} AS comment, "
            f"{db.column('m', 'molecule_dictionary', 'max_phase')} AS max_phase "
            "FROM drug_mechanism d JOIN molecule_dictionary m ON m.molregno = d.molregno "
            f"WHERE {' AND '.join(marks)}"
        )
        targets = self._targets.by_tid([row["tid"] for row in found if row["tid"] is not None])
        references = self._references("mechanism_refs", "mec_id", [row["id"] for row in found])
        nothing = TargetRow("", "")
        return reading.rank_mechanisms(
            MechanismRow(
                molecule_chembl_id=row["chembl_id"],
                molecule_name=reading.display_name(row["pref_name"], row["chembl_id"]),
                mechanism=reading.text(row["mechanism_of_action"]),
                action_type=reading.text(row["action_type"]),
                target_chembl_id=targets.get(row["tid"], nothing).chembl_id,
                target_name=targets.get(row["tid"], nothing).name,
                gene=targets.get(row["tid"], nothing).gene,
                max_phase=reading.number(row["max_phase"]),
                release=self._release,
                comment=reading.text(row["comment"]),
                references=reading.rank_references(references[row["id"]]),
            )
            for row in found
        )

    def indications(self, molecule_id: str, disease: str) -> list[IndicationRow]:
        """See ``ChemblSource.indications``."""
        db = self._db
        db.need("drug_indication", "indications")
        marks: list[str] = []
        parameters: list[object] = []
        efo = db.column("i", "drug_indication", "efo_term")
        if molecule_id:
            family = self._molecules.family([molecule_id])
            marks.append(f"i.molregno IN ({','.join(map(str, family)) or 'NULL'})")
        if disease.strip():
            marks.append(rf"(i.mesh_heading LIKE ? ESCAPE '\' OR {efo} LIKE ? ESCAPE '\')")
            parameters += [reading.like(disease.strip())] * 2
        if not marks:
            return []
        has_parents = db.has("molecule_hierarchy")
        # a disease is asked for to see drugs, and a drug and its salts are one drug
        of_parent = not molecule_id and has_parents
        join = "m.molregno = " + (
            "COALESCE(h.parent_molregno, i.molregno)" if of_parent else "i.molregno"
        )
        found = db.rows(
            f"SELECT i.mesh_heading, {efo} AS efo_term, "
            f"{db.column('i', 'drug_indication', 'mesh_id')} AS mesh_id, "
            f"{db.column('i', 'drug_indication', 'drugind_id')} AS id, "
            "i.max_phase_for_ind, m.chembl_id, m.pref_name FROM drug_indication i"
            + (db.join("molecule_hierarchy", "h", "h.molregno = i.molregno") if of_parent else "")
            + f" JOIN molecule_dictionary m ON {join} WHERE {' AND '.join(marks)}",
            parameters,
        )
        references = self._references("indication_refs", "drugind_id", [row["id"] for row in found])
        rows = [
            IndicationRow(
                molecule_chembl_id=row["chembl_id"],
                molecule_name=reading.display_name(row["pref_name"], row["chembl_id"]),
                indication=reading.text(row["mesh_heading"]) or reading.text(row["efo_term"]),
                mesh_id=reading.text(row["mesh_id"]),
                max_phase=reading.number(row["max_phase_for_ind"]),
                release=self._release,
                references=reading.rank_references(references[row["id"]]),
            )
            for row in found
        ]
        return reading.rank_indications(rows) if molecule_id else reading.rank_drugs(rows)

    def warnings(self, molecule_id: str) -> list[WarningRow]:
        """See ``ChemblSource.warnings``."""
        db = self._db
        db.need("drug_warning", "drug warnings")
        columns = {
            name: db.column("w", "drug_warning", name)
            for name in (
                "warning_id",
                "warning_type",
                "warning_class",
                "warning_description",
                "warning_country",
                "warning_year",
            )
        }
        found = db.rows_of(
            "SELECT m.chembl_id, m.pref_name, "
            + ", ".join(f"{column} AS {name}" for name, column in columns.items())
            + " FROM drug_warning w JOIN molecule_dictionary m ON m.molregno = w.molregno "
            "WHERE w.molregno IN ({ids})",
            self._molecules.family([molecule_id]),
        )
        ids = [row["warning_id"] for row in found]
        references = self._references("warning_refs", "warning_id", ids)
        return reading.rank_warnings(
            WarningRow(
                molecule_chembl_id=row["chembl_id"],
                molecule_name=reading.display_name(row["pref_name"], row["chembl_id"]),
                type=reading.text(row["warning_type"]),
                warning_class=reading.text(row["warning_class"]),
                description=reading.text(row["warning_description"]),
                country=reading.text(row["warning_country"]),
                year=reading.integer(row["warning_year"]),
                release=self._release,
                references=reading.rank_references(references[row["warning_id"]]),
            )
            for row in found
        )

    def _references(
        self, table: str, key: str, ids: Sequence[object]
    ) -> dict[object, list[Reference]]:
        """References by the row that they stand for; none where this release has no such table."""
        found: dict[object, list[Reference]] = defaultdict(list)
        if self._db.has(table, key, "ref_type", "ref_id"):
            url = self._db.column("r", table, "ref_url")
            for row in self._db.rows_of(
                f"SELECT r.{key} AS key, r.ref_type, r.ref_id, {url} AS url "
                f"FROM {table} r WHERE r.{key} IN ({{ids}})",
                [item for item in ids if item is not None],
            ):
                found[row["key"]].append(
                    Reference(
                        reading.text(row["ref_type"]),
                        reading.text(row["ref_id"]),
                        reading.text(row["url"]),
                    )
                )
        return found
