"""ChEMBL from its web service, in the same rows as a local file gives.

Owns the translation of questions into the service's filters and of its JSON into records. Knows no
connection, retry or cache: those are in ``client.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import (
    ActivityPage,
    ActivityQuery,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    TargetRow,
)
from retort.tools.chembl.web_activities import activity_page

MOLECULE = (
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
TARGET = ("target_chembl_id", "pref_name", "organism", "target_type", "target_components")
SYNONYM = "target_components__target_component_synonyms__component_synonym__iexact"
IDS = 500
"""ids in one request"""


class WebSource:
    """A ``ChemblSource`` over the public web service, or a mirror of it.

    Args:
        url: base of the service, e.g. ``https://www.ebi.ac.uk/chembl/api/data``.
        cache: folder for its answers, each with the time it was given.
        offline: raise ``OfflineError`` at every question, before any connection.
        deadline_s: seconds for one request, retries included.
        retries: further attempts after a failure that may pass.
        backoff_s: pause before the first retry; doubled for each further one.
    """

    def __init__(
        self,
        url: str,
        *,
        cache: Path,
        offline: bool = False,
        deadline_s: float = 30.0,
        retries: int = 2,
        backoff_s: float = 0.5,
    ) -> None:
        self._client = Client(
            url,
            cache=cache,
            offline=offline,
            deadline_s=deadline_s,
            retries=retries,
            backoff_s=backoff_s,
        )

    def release(self) -> str:
        """The release that the service says it serves."""
        return reading.release_name(row["release"] for row in self._client.status().rows)

    def close(self) -> None:
        """Nothing is held open."""

    def molecules(self, text: str) -> list[MoleculeRow]:
        """See ``ChemblSource.molecules``."""
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
            for row in self._molecules(filters):
                found.setdefault(row.chembl_id, replace(row, matched_by=way))
        return reading.rank_molecules(found.values())

    def name_of(self, key: str) -> str:
        """See ``ChemblSource.name_of``: nothing, since each name would cost a request."""
        return ""

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """See ``ChemblSource.suggest``; names that share the first three letters are compared."""
        start = text.strip()[:3]
        if len(start) < 3:
            return []
        answer = self._client.page("molecule", {"pref_name__istartswith": start}, ("pref_name",))
        return reading.closest(text, [row.get("pref_name") or "" for row in answer.rows], limit)

    def targets(self, text: str) -> list[TargetRow]:
        """See ``ChemblSource.targets``."""
        names = reading.spellings(text)
        for name in names:
            rows = self._exact_targets(name)
            if rows:
                matched = [
                    replace(row, matched_by=reading.target_match(row, [name])) for row in rows
                ]
                return reading.rank_targets(matched)
        if not names or len(names[0]) < 3:
            return []
        found = self._targets({"pref_name__icontains": names[0]})
        return reading.rank_targets(replace(row, matched_by="part of the name") for row in found)

    def activities(self, query: ActivityQuery) -> ActivityPage:
        """See ``ChemblSource.activities``."""
        parents = self._parents(query.molecule_ids)
        page = activity_page(self._client, query, parents, self.release())
        targets = self._targets_by_id(row.target_chembl_id for row in page.rows)
        nothing = TargetRow("", "")
        rows = [
            replace(row, gene=targets.get(row.target_chembl_id, nothing).gene) for row in page.rows
        ]
        return replace(page, rows=tuple(rows))

    def mechanisms(self, molecule_id: str = "", target_id: str = "") -> list[MechanismRow]:
        """See ``ChemblSource.mechanisms``."""
        filters: dict[str, str] = {}
        if molecule_id:
            filters["parent_molecule_chembl_id__in"] = ",".join(self._parents([molecule_id]))
        if target_id:
            filters["target_chembl_id__in"] = ",".join(self._targets_holding(target_id))
        if not filters or not all(filters.values()):
            return []
        answer = self._client.every(
            "mechanism",
            filters,
            ("molecule_chembl_id", "mechanism_of_action", "action_type", "target_chembl_id"),
        )
        drugs = self._molecules_by_id(row["molecule_chembl_id"] for row in answer.rows)
        targets = self._targets_by_id(row.get("target_chembl_id") or "" for row in answer.rows)
        rows = []
        for row in answer.rows:
            drug = drugs[row["molecule_chembl_id"]]
            target = targets.get(row.get("target_chembl_id") or "", TargetRow("", ""))
            rows.append(
                MechanismRow(
                    molecule_chembl_id=drug.chembl_id,
                    molecule_name=drug.name,
                    mechanism=reading.text(row.get("mechanism_of_action")),
                    action_type=reading.text(row.get("action_type")),
                    target_chembl_id=target.chembl_id,
                    target_name=target.name,
                    gene=target.gene,
                    max_phase=drug.max_phase,
                    release=self.release(),
                    retrieved_at=answer.retrieved_at,
                )
            )
        return reading.rank_mechanisms(rows)

    def indications(self, molecule_id: str) -> list[IndicationRow]:
        """See ``ChemblSource.indications``."""
        parents = self._parents([molecule_id])
        if not parents:
            return []
        answer = self._client.every(
            "drug_indication",
            {"parent_molecule_chembl_id__in": ",".join(parents)},
            ("molecule_chembl_id", "mesh_heading", "mesh_id", "efo_term", "max_phase_for_ind"),
        )
        drugs = self._molecules_by_id(row["molecule_chembl_id"] for row in answer.rows)
        return reading.rank_indications(
            IndicationRow(
                molecule_chembl_id=row["molecule_chembl_id"],
                molecule_name=drugs[row["molecule_chembl_id"]].name,
                indication=reading.text(row.get("mesh_heading"))
                or reading.text(row.get("efo_term")),
                mesh_id=reading.text(row.get("mesh_id")),
                max_phase=reading.number(row.get("max_phase_for_ind")),
                release=self.release(),
                retrieved_at=answer.retrieved_at,
            )
            for row in answer.rows
        )

    def _molecules(self, filters: dict[str, Any]) -> list[MoleculeRow]:
        answer = self._client.every("molecule", filters, MOLECULE)
        release = self.release() if answer.rows else ""
        return [_molecule(row, release, answer.retrieved_at) for row in answer.rows]

    def _molecules_by_id(self, ids: Iterable[str]) -> dict[str, MoleculeRow]:
        rows = [
            row
            for part in _parts(ids)
            for row in self._molecules({"molecule_chembl_id__in": ",".join(part)})
        ]
        return {row.chembl_id: row for row in rows}

    def _parents(self, ids: Sequence[str]) -> list[str]:
        rows = self._molecules_by_id(item.upper() for item in ids)
        return sorted({row.parent_chembl_id for row in rows.values()})

    def _exact_targets(self, name: str) -> list[TargetRow]:
        if reading.CHEMBL_ID.fullmatch(name):
            return self._targets({"target_chembl_id": name.upper()})
        found: dict[str, TargetRow] = {}
        ways = [{"pref_name__iexact": name}, {SYNONYM: name}]
        if reading.ACCESSION.fullmatch(name):
            ways.insert(0, {"target_components__accession": name.upper()})
        for filters in ways:
            for row in self._targets(filters):
                found.setdefault(row.chembl_id, row)
        return list(found.values())

    def _targets(self, filters: dict[str, Any]) -> list[TargetRow]:
        answer = self._client.every("target", filters, TARGET)
        release = self.release() if answer.rows else ""
        return [_target(row, release, answer.retrieved_at) for row in answer.rows]

    def _targets_by_id(self, ids: Iterable[str]) -> dict[str, TargetRow]:
        rows = [
            row
            for part in _parts(ids)
            for row in self._targets({"target_chembl_id__in": ",".join(part)})
        ]
        return {row.chembl_id: row for row in rows}

    def _targets_holding(self, target_id: str) -> list[str]:
        """Ids of a target and of every complex or family that holds one of its proteins."""
        held: set[str] = set()
        for row in self._targets({"target_chembl_id": target_id.upper()}):
            held.add(row.chembl_id)
            for part in _parts(row.accession.split(", ")):
                filters = {"target_components__accession__in": ",".join(part)}
                held |= {item.chembl_id for item in self._targets(filters)}
        return sorted(held)


def _parts(ids: Iterable[str]) -> list[list[str]]:
    """Distinct ids, sorted, in lists that fit into one request."""
    known = sorted({item for item in ids if item})
    return [known[start : start + IDS] for start in range(0, len(known), IDS)]


def _molecule(row: dict[str, Any], release: str, retrieved_at: str) -> MoleculeRow:
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
        release=release,
        retrieved_at=retrieved_at,
    )


def _target(row: dict[str, Any], release: str, retrieved_at: str) -> TargetRow:
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
        release=release,
        retrieved_at=retrieved_at,
    )
