"""The targets of the ChEMBL web service: by id, accession, gene and name, with their proteins.

Owns the filters over the target resource and the reading of its rows; a row is stamped with
release and time by ``web.py``. Knows no molecule, no activity and no connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import TargetRow
from retort.tools.chembl.web_molecules import parts

FIELDS = ("target_chembl_id", "pref_name", "organism", "target_type", "target_components")
SYNONYM = "target_components__target_component_synonyms__component_synonym__iexact"


class WebTargets:
    """Targets of the service.

    Args:
        client: the service.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, text: str) -> list[TargetRow]:
        """Targets by ChEMBL id, accession, gene symbol, name or synonym; best first."""
        names = reading.spellings(text)
        for name in names:
            rows = self._exact(name)
            if rows:
                matched = [
                    replace(row, matched_by=reading.target_match(row, [name])) for row in rows
                ]
                return reading.rank_targets(matched)
        if not names or len(names[0]) < 3:
            return []
        found = self._rows({"pref_name__icontains": names[0]})
        return reading.rank_targets(replace(row, matched_by="part of the name") for row in found)

    def by_id(self, ids: Iterable[str]) -> dict[str, TargetRow]:
        """Targets by their ChEMBL ids."""
        rows = [
            row
            for part in parts(ids)
            for row in self._rows({"target_chembl_id__in": ",".join(part)})
        ]
        return {row.chembl_id: row for row in rows}

    def holding(self, target_id: str) -> list[str]:
        """Ids of a target and of every complex or family that holds one of its proteins."""
        held: set[str] = set()
        for row in self._rows({"target_chembl_id": target_id.upper()}):
            held.add(row.chembl_id)
            for part in parts(row.accession.split(", ")):
                filters = {"target_components__accession__in": ",".join(part)}
                held |= {item.chembl_id for item in self._rows(filters)}
        return sorted(held)

    def _exact(self, name: str) -> list[TargetRow]:
        if reading.CHEMBL_ID.fullmatch(name):
            return self._rows({"target_chembl_id": name.upper()})
        found: dict[str, TargetRow] = {}
        ways = [{"pref_name__iexact": name}, {SYNONYM: name}]
        if reading.ACCESSION.fullmatch(name):
            ways.insert(0, {"target_components__accession": name.upper()})
        for filters in ways:
            for row in self._rows(filters):
                found.setdefault(row.chembl_id, row)
        return list(found.values())

    def _rows(self, filters: Mapping[str, Any]) -> list[TargetRow]:
        return [target(row) for row in self._client.rows("target", filters, FIELDS).rows]


def target(row: Mapping[str, Any]) -> TargetRow:
    """A row of the target resource."""
    components = row.get("target_components") or []
    names = [
        (item.get("syn_type"), item.get("component_synonym"))
        for component in components
        for item in component.get("target_component_synonyms") or []
        if item.get("component_synonym")
    ]
    genes = dict.fromkeys(name for kind, name in names if kind == "GENE_SYMBOL")
    accessions = dict.fromkeys(item["accession"] for item in components if item.get("accession"))
    return TargetRow(
        chembl_id=row["target_chembl_id"],
        name=reading.text(row.get("pref_name")),
        gene=", ".join(genes),
        accession=", ".join(accessions),
        organism=reading.text(row.get("organism")),
        target_type=reading.text(row.get("target_type")),
        synonyms=reading.distinct(name for kind, name in names if kind != "GENE_SYMBOL"),
    )
