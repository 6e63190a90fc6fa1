"""ChEMBL from a local SQLite file: the starter file or a full dump.

Owns the choice of table for each question. Knows nothing of the web service; that both give the
same rows is tested.
"""

from __future__ import annotations

from pathlib import Path

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.local_activities import ActivityTable
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.local_targets import TargetTable
from retort.tools.chembl.records import (
    ActivityPage,
    ActivityQuery,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    TargetRow,
)


class LocalSource:
    """A ``ChemblSource`` over one SQLite file.

    Args:
        path: the file; see ``Database`` for what is refused.

    Raises:
        RetortError: the file is missing, damaged or not a ChEMBL database.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path)
        known = self._db.has("version", "name")
        versions = self._db.rows("SELECT name FROM version") if known else []
        self._release = reading.release_name(row["name"] for row in versions)
        self._molecules = MoleculeTable(self._db, self._release)
        self._targets = TargetTable(self._db, self._release)
        self._activities = ActivityTable(self._db, self._release, self._molecules, self._targets)

    def release(self) -> str:
        """The release named in the file's version table."""
        return self._release

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def molecules(self, text: str) -> list[MoleculeRow]:
        """See ``ChemblSource.molecules``."""
        return self._molecules.find(text)

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """See ``ChemblSource.suggest``."""
        return self._molecules.suggest(text, limit)

    def name_of(self, key: str) -> str:
        """See ``ChemblSource.name_of``."""
        return self._molecules.name_of(key)

    def targets(self, text: str) -> list[TargetRow]:
        """See ``ChemblSource.targets``."""
        return self._targets.find(text)

    def activities(self, query: ActivityQuery) -> ActivityPage:
        """See ``ChemblSource.activities``."""
        return self._activities.page(query)

    def mechanisms(self, molecule_id: str = "", target_id: str = "") -> list[MechanismRow]:
        """See ``ChemblSource.mechanisms``."""
        self._db.need("drug_mechanism", "mechanisms of action")
        wanted: list[tuple[str, list[int]]] = []
        if molecule_id:
            wanted.append(("d.molregno", self._molecules.family([molecule_id])))
        if target_id:
            wanted.append(("d.tid", self._targets.holding(target_id)))
        marks = [f"{column} IN ({','.join(map(str, ids)) or 'NULL'})" for column, ids in wanted]
        if not marks:
            return []
        found = self._db.rows(
            "SELECT d.mechanism_of_action, d.action_type, d.tid, m.chembl_id, m.pref_name, "
            f"{self._db.column('m', 'molecule_dictionary', 'max_phase')} AS max_phase "
            "FROM drug_mechanism d JOIN molecule_dictionary m ON m.molregno = d.molregno "
            f"WHERE {' AND '.join(marks)}"
        )
        targets = self._targets.by_tid([row["tid"] for row in found if row["tid"] is not None])
        nothing = TargetRow("", "")
        rows = [
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
            )
            for row in found
        ]
        return reading.rank_mechanisms(rows)

    def indications(self, molecule_id: str) -> list[IndicationRow]:
        """See ``ChemblSource.indications``."""
        self._db.need("drug_indication", "indications")
        efo = self._db.column("i", "drug_indication", "efo_term")
        mesh = self._db.column("i", "drug_indication", "mesh_id")
        found = self._db.rows_of(
            f"SELECT i.mesh_heading, {efo} AS efo_term, {mesh} AS mesh_id, i.max_phase_for_ind, "
            "m.chembl_id, m.pref_name FROM drug_indication i "
            "JOIN molecule_dictionary m ON m.molregno = i.molregno WHERE i.molregno IN ({ids})",
            self._molecules.family([molecule_id]),
        )
        return reading.rank_indications(
            IndicationRow(
                molecule_chembl_id=row["chembl_id"],
                molecule_name=reading.display_name(row["pref_name"], row["chembl_id"]),
                indication=reading.text(row["mesh_heading"]) or reading.text(row["efo_term"]),
                mesh_id=reading.text(row["mesh_id"]),
                max_phase=reading.number(row["max_phase_for_ind"]),
                release=self._release,
            )
            for row in found
        )
