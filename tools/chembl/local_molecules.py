"""The molecules of a local ChEMBL file: by name, id and structure key, and their families.

Owns the SQL over the molecule tables. Knows no target and no activity.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from retort.tools import spelling
from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.records import MoleculeRow

POOL = 300
"""names by shared trigrams among which the nearest are sought"""


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
        self._folded: dict[str, str] | None = None

    def find(self, text: str) -> list[MoleculeRow]:
        """Molecules by ChEMBL id, InChIKey, name or synonym; best first."""
        asked = text.strip()
        if reading.CHEMBL_ID.fullmatch(asked):
            found = self._molecules("m.chembl_id IN ({ids})", [asked.upper()])
            return [replace(row, matched_by="ChEMBL id") for row in found.values()]
        if reading.INCHIKEY.fullmatch(asked):
            found = self._molecules(
                "m.molregno IN (SELECT molregno FROM keyed WHERE inchikey IN ({ids}))",
                [asked.upper()],
            )
            rows = [replace(row, matched_by="InChIKey") for row in found.values()]
            return reading.rank_molecules(rows)
        named = self._db.rows(
            "SELECT DISTINCT molregno FROM named WHERE name = ? COLLATE NOCASE", [asked]
        )
        numbers = [row["molregno"] for row in named]
        rows = []
        for row in self._molecules("m.molregno IN ({ids})", numbers).values():
            by_name = row.name.casefold() == asked.casefold()
            rows.append(replace(row, matched_by="name" if by_name else "synonym"))
        return reading.rank_molecules(rows)

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """Names written nearly like ``text``, nearest first."""
        if self._db.side is None:
            names = self._all_names()
        else:
            base, _ = spelling.salt_apart(text)
            names = spelling.folded(self._spelt_like(text) + self._spelt_like(base))
        return [reading.display_name(name) for name in spelling.rank(text, names, limit)]

    def _spelt_like(self, text: str) -> list[str]:
        """Names that share most trigrams with a text, by the side file."""
        plain = text.strip().casefold().replace('"', "")
        trigrams = dict.fromkeys(plain[start : start + 3] for start in range(len(plain) - 2))
        if not trigrams:
            return []
        asked = " OR ".join(f'"{trigram}"' for trigram in trigrams)
        found = self._db.rows(
            "SELECT name FROM spelt WHERE spelt MATCH ? ORDER BY rank LIMIT ?", (asked, POOL)
        )
        return [row["name"] for row in found]

    def name_of(self, key: str) -> str:
        """See ``ChemblSource.name_of``."""
        if not reading.INCHIKEY_BLOCK.fullmatch(key):
            return ""
        rows = self._db.rows(
            "SELECT m.pref_name AS name FROM keyed k "
            "JOIN molecule_dictionary m ON m.molregno = k.molregno "
            "WHERE k.inchikey >= ? AND k.inchikey < ? "
            "AND m.pref_name IS NOT NULL ORDER BY length(m.pref_name), m.pref_name",
            [f"{key}-", f"{key}."],
        )
        return reading.display_name(rows[0]["name"]) if rows else ""

    def by_number(self, molregnos: Sequence[int]) -> dict[int, MoleculeRow]:
        """Molecules by molregno."""
        return self._molecules("m.molregno IN ({ids})", molregnos)

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
            down = "SELECT molregno FROM salts WHERE parent IN ({ids})"
            family |= parents | {row[0] for row in self._db.rows_of(down, sorted(parents | family))}
        return sorted(family)

    def _all_names(self) -> dict[str, str]:
        """Every name and synonym of a file without a side file, folded; read once."""
        with self._lock:
            if self._folded is None:
                rows = self._db.rows("SELECT DISTINCT name FROM named")
                self._folded = spelling.folded(row["name"] for row in rows)
            return self._folded

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
        found = self._db.rows_of(
            "SELECT molregno, name FROM named WHERE molregno IN ({ids}) AND NOT preferred", numbers
        )
        for row in found:
            names[row["molregno"]].append(row["name"])
        return names

    @property
    def _parent_join(self) -> str:
        return self._db.join("molecule_hierarchy", "h", "h.molregno = m.molregno") + (
            " LEFT JOIN molecule_dictionary r ON r.molregno = h.parent_molregno"
            if self._db.has("molecule_hierarchy")
            else ""
        )
