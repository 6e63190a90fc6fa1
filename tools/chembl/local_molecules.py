"""The molecules of a local ChEMBL file: by name, id and structure key, and their families.

Owns the SQL over the molecule tables. Knows no target and no activity.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.records import MoleculeRow

MANY_NAMES = 20_000
"""from here on near names are sought only among those with the same first two letters"""


class MoleculeTable:
    """Molecules of one file.

    Args:
        db: the file.
        release: its release, stamped on every row.
    """

    def __init__(self, db: Database, release: str) -> None:
        self._db = db
        self._release = release
        self._lock = threading.Lock()
        self._names: dict[str, tuple[str, list[int]]] | None = None

    def find(self, text: str) -> list[MoleculeRow]:
        """Molecules by ChEMBL id, InChIKey, name or synonym; best first."""
        asked = text.strip()
        if reading.CHEMBL_ID.fullmatch(asked):
            found = self._molecules("m.chembl_id IN ({ids})", [asked.upper()])
            return [replace(row, matched_by="ChEMBL id") for row in found.values()]
        if reading.INCHIKEY.fullmatch(asked):
            if not self._db.has("compound_structures", "standard_inchi_key"):
                return []
            found = self._molecules("c.standard_inchi_key IN ({ids})", [asked.upper()])
            rows = [replace(row, matched_by="InChIKey") for row in found.values()]
            return reading.rank_molecules(rows)
        _, numbers = self._all_names().get(asked.casefold(), ("", []))
        rows = []
        for row in self._molecules("m.molregno IN ({ids})", numbers).values():
            by_name = row.name.casefold() == asked.casefold()
            rows.append(replace(row, matched_by="name" if by_name else "synonym"))
        return reading.rank_molecules(rows)

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """Names written nearly like ``text``, nearest first."""
        names = self._all_names()
        pool: Iterable[str] = (name for name, _ in names.values())
        if len(names) > MANY_NAMES:
            start = text.strip().casefold()[:2]
            pool = [name for key, (name, _) in names.items() if key.startswith(start)]
        return reading.closest(text, pool, limit)

    def name_of(self, key: str) -> str:
        """See ``ChemblSource.name_of``."""
        if not (reading.INCHIKEY_BLOCK.fullmatch(key) and self._db.has("compound_structures")):
            return ""
        rows = self._db.rows(
            "SELECT m.pref_name AS name FROM compound_structures c "
            "JOIN molecule_dictionary m ON m.molregno = c.molregno "
            "WHERE c.standard_inchi_key >= ? AND c.standard_inchi_key < ? "
            "AND m.pref_name IS NOT NULL ORDER BY length(m.pref_name), m.pref_name",
            [f"{key}-", f"{key}."],
        )
        return reading.display_name(rows[0]["name"]) if rows else ""

    def family(self, chembl_ids: Sequence[str]) -> list[int]:
        """Molregnos of molecules, their parents and all salts of those."""
        found = self._db.rows_of(
            "SELECT molregno FROM molecule_dictionary WHERE chembl_id IN ({ids})",
            [chembl_id.upper() for chembl_id in chembl_ids],
        )
        family = {row["molregno"] for row in found}
        if self._db.has("molecule_hierarchy"):
            up = "SELECT parent_molregno FROM molecule_hierarchy WHERE molregno IN ({ids})"
            parents = {row[0] for row in self._db.rows_of(up, sorted(family)) if row[0] is not None}
            down = "SELECT molregno FROM molecule_hierarchy WHERE parent_molregno IN ({ids})"
            family |= parents | {row[0] for row in self._db.rows_of(down, sorted(parents | family))}
        return sorted(family)

    def _all_names(self) -> dict[str, tuple[str, list[int]]]:
        """Every name and synonym, case-folded -> (as written, molregnos); read once."""
        with self._lock:
            if self._names is None:
                rows = self._db.rows(
                    "SELECT molregno, pref_name AS name FROM molecule_dictionary "
                    "WHERE pref_name IS NOT NULL"
                )
                if self._db.has("molecule_synonyms", "synonyms"):
                    rows += self._db.rows(
                        "SELECT molregno, synonyms AS name FROM molecule_synonyms "
                        "WHERE synonyms IS NOT NULL"
                    )
                names: dict[str, tuple[str, list[int]]] = {}
                for row in rows:
                    written = reading.text(row["name"])
                    numbers = names.setdefault(written.casefold(), (written, []))[1]
                    if row["molregno"] not in numbers:
                        numbers.append(row["molregno"])
                self._names = names
            return self._names

    def _molecules(self, where: str, ids: Sequence[object]) -> dict[int, MoleculeRow]:
        """Molecules by molregno; ``matched_by`` is left to the caller."""
        db = self._db
        extra = {
            "max_phase": db.column("m", "molecule_dictionary", "max_phase"),
            "molecule_type": db.column("m", "molecule_dictionary", "molecule_type"),
            "first_approval": db.column("m", "molecule_dictionary", "first_approval"),
            "withdrawn": db.column("m", "molecule_dictionary", "withdrawn_flag"),
            "warning": db.column("m", "molecule_dictionary", "black_box_warning"),
            "smiles": db.column("c", "compound_structures", "canonical_smiles"),
            "inchikey": db.column("c", "compound_structures", "standard_inchi_key"),
            "formula": db.column("p", "compound_properties", "full_molformula"),
            "parent": "r.chembl_id" if db.has("molecule_hierarchy") else "NULL",
        }
        found = db.rows_of(
            "SELECT m.molregno, m.chembl_id, m.pref_name, "
            + ", ".join(f"{column} AS {name}" for name, column in extra.items())
            + " FROM molecule_dictionary m"
            + db.join("compound_structures", "c", "c.molregno = m.molregno")
            + db.join("compound_properties", "p", "p.molregno = m.molregno")
            + self._parent_join
            + f" WHERE {where}",
            ids,
        )
        synonyms = self._synonyms([row["molregno"] for row in found])
        return {row["molregno"]: self._molecule(row, synonyms[row["molregno"]]) for row in found}

    def _molecule(self, row: sqlite3.Row, synonyms: list[str]) -> MoleculeRow:
        return MoleculeRow(
            chembl_id=row["chembl_id"],
            name=reading.display_name(row["pref_name"], row["chembl_id"]),
            smiles=reading.text(row["smiles"]),
            inchikey=reading.text(row["inchikey"]),
            formula=reading.text(row["formula"]),
            max_phase=reading.number(row["max_phase"]),
            first_approval=reading.integer(row["first_approval"]),
            molecule_type=reading.text(row["molecule_type"]),
            synonyms=reading.distinct(synonyms),
            parent_chembl_id=row["parent"] or row["chembl_id"],
            withdrawn=reading.flag(row["withdrawn"]),
            black_box_warning=reading.flag(row["warning"]),
            release=self._release,
        )

    def _synonyms(self, numbers: Sequence[int]) -> dict[int, list[str]]:
        names: dict[int, list[str]] = defaultdict(list)
        if self._db.has("molecule_synonyms", "synonyms"):
            for row in self._db.rows_of(
                "SELECT molregno, synonyms FROM molecule_synonyms WHERE molregno IN ({ids})",
                numbers,
            ):
                names[row["molregno"]].append(row["synonyms"])
        return names

    @property
    def _parent_join(self) -> str:
        return self._db.join("molecule_hierarchy", "h", "h.molregno = m.molregno") + (
            " LEFT JOIN molecule_dictionary r ON r.molregno = h.parent_molregno"
            if self._db.has("molecule_hierarchy")
            else ""
        )
