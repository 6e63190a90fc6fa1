"""The molecules of the ChEMBL web service: by name, id and structure key, and their families.

Owns the filters over the molecule resource and the reading of its rows; a row is stamped with
release and time by ``web.py``. Knows no target, no activity and no connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import MoleculeRow

FIELDS = (
    "molecule_chembl_id",
    "pref_name",
    "max_phase",
    "first_approval",
    "molecule_type",
    "molecule_hierarchy",
    "molecule_structures",
    "molecule_synonyms",
    "molecule_properties",
    "withdrawn_flag",
    "black_box_warning",
)
IDS = 500
"""ids in one request"""


class WebMolecules:
    """Molecules of the service.

    Args:
        client: the service.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, text: str) -> list[MoleculeRow]:
        """Molecules by ChEMBL id, InChIKey, name or synonym; best first."""
        asked = text.strip()
        if not asked:
            return []
        if reading.CHEMBL_ID.fullmatch(asked):
            ways = {"ChEMBL id": {"molecule_chembl_id": asked.upper()}}
        elif reading.INCHIKEY.fullmatch(asked):
            ways = {"InChIKey": {"molecule_structures__standard_inchi_key": asked.upper()}}
        else:
            ways = {
                "name": {"pref_name__iexact": asked},
                "synonym": {"molecule_synonyms__molecule_synonym__iexact": asked},
            }
        found: dict[str, MoleculeRow] = {}
        for way, filters in ways.items():
            for row in self._rows(filters):
                found.setdefault(row.chembl_id, replace(row, matched_by=way))
        return reading.rank_molecules(found.values())

    def suggest(self, text: str, limit: int) -> list[str]:
        """Names written nearly like ``text``, of those that share its first three letters."""
        start = text.strip()[:3]
        if len(start) < 3:
            return []
        answer = self._client.rows("molecule", {"pref_name__istartswith": start}, ("pref_name",))
        return reading.closest(text, [row.get("pref_name") or "" for row in answer.rows], limit)

    def by_id(self, ids: Iterable[str]) -> dict[str, MoleculeRow]:
        """Molecules by their ChEMBL ids."""
        rows = [
            row
            for part in parts(ids)
            for row in self._rows({"molecule_chembl_id__in": ",".join(part)})
        ]
        return {row.chembl_id: row for row in rows}

    def parents(self, ids: Iterable[str]) -> list[str]:
        """ChEMBL ids of the parents of molecules, each once."""
        rows = self.by_id(item.upper() for item in ids)
        return sorted({row.parent_chembl_id for row in rows.values()})

    def _rows(self, filters: Mapping[str, Any]) -> list[MoleculeRow]:
        return [molecule(row) for row in self._client.rows("molecule", filters, FIELDS).rows]


def parts(ids: Iterable[str]) -> list[list[str]]:
    """Distinct ids, sorted, in lists that fit into one request."""
    known = sorted({item for item in ids if item})
    return [known[start : start + IDS] for start in range(0, len(known), IDS)]


def molecule(row: Mapping[str, Any]) -> MoleculeRow:
    """A row of the molecule resource, or of one that searches structures."""
    chembl_id = row["molecule_chembl_id"]
    structures = row.get("molecule_structures") or {}
    synonyms = [
        item.get("molecule_synonym") or item.get("synonyms")
        for item in row.get("molecule_synonyms") or []
    ]
    return MoleculeRow(
        chembl_id=chembl_id,
        name=reading.display_name(row.get("pref_name"), chembl_id),
        smiles=reading.text(structures.get("canonical_smiles")),
        inchikey=reading.text(structures.get("standard_inchi_key")),
        formula=reading.text((row.get("molecule_properties") or {}).get("full_molformula")),
        max_phase=reading.number(row.get("max_phase")),
        first_approval=reading.integer(row.get("first_approval")),
        molecule_type=reading.text(row.get("molecule_type")),
        synonyms=reading.distinct(synonyms),
        parent_chembl_id=(row.get("molecule_hierarchy") or {}).get("parent_chembl_id") or chembl_id,
        withdrawn=reading.flag(row.get("withdrawn_flag")),
        black_box_warning=reading.flag(row.get("black_box_warning")),
    )
