"""What the ChEMBL web service says of drugs: mechanisms, indications, warnings, with references.

Owns the filters over these resources and the reading of their rows; a row is stamped with release
and time by ``web.py``. Knows no connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import (
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    Reference,
    TargetRow,
    WarningRow,
)
from retort.tools.chembl.web_molecules import WebMolecules
from retort.tools.chembl.web_targets import WebTargets


class WebDrugs:
    """Mechanisms, indications and warnings of the service.

    Args:
        client: the service.
        molecules: for the drugs' names and families.
        targets: for the targets' names and genes.
    """

    def __init__(self, client: Client, molecules: WebMolecules, targets: WebTargets) -> None:
        self._client = client
        self._molecules = molecules
        self._targets = targets

    def mechanisms(self, molecule_id: str, target_id: str) -> list[MechanismRow]:
        """See ``ChemblSource.mechanisms``."""
        filters: dict[str, str] = {}
        if molecule_id:
            parents = self._molecules.parents([molecule_id])
            filters["parent_molecule_chembl_id__in"] = ",".join(parents)
        if target_id:
            filters["target_chembl_id__in"] = ",".join(self._targets.holding(target_id))
        if not filters or not all(filters.values()):
            return []
        fields = (
            "molecule_chembl_id",
            "mechanism_of_action",
            "mechanism_comment",
            "mechanism_refs",
            "action_type",
            "target_chembl_id",
        )
        found = self._client.rows("mechanism", filters, fields).rows
        drugs = self._drugs(row["molecule_chembl_id"] for row in found)
        targets = self._targets.by_id(row.get("target_chembl_id") or "" for row in found)
        nothing = TargetRow("", "")
        rows = []
        for row in found:
            drug = drugs[row["molecule_chembl_id"]]
            target = targets.get(row.get("target_chembl_id") or "", nothing)
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
                    release="",
                    comment=reading.text(row.get("mechanism_comment")),
                    references=_references(row.get("mechanism_refs")),
                )
            )
        return reading.rank_mechanisms(rows)

    def indications(self, molecule_id: str, disease: str) -> list[IndicationRow]:
        """See ``ChemblSource.indications``."""
        filters: dict[str, str] = {}
        if molecule_id:
            parents = self._molecules.parents([molecule_id])
            filters["parent_molecule_chembl_id__in"] = ",".join(parents)
        fragment = disease.strip()
        if not all(filters.values()) or not (filters or fragment):
            return []
        # the service has no "or" between fields
        ways = ("mesh_heading__icontains", "efo_term__icontains") if fragment else ()
        asked = [filters | {way: fragment} for way in ways] or [filters]
        fields = (
            "molecule_chembl_id",
            "parent_molecule_chembl_id",
            "drugind_id",
            "mesh_heading",
            "mesh_id",
            "efo_term",
            "max_phase_for_ind",
            "indication_refs",
        )
        found = {
            row["drugind_id"]: row
            for wanted in asked
            for row in self._client.rows("drug_indication", wanted, fields).rows
        }
        # a disease is asked for to see drugs, and a drug and its salts are one drug
        form = "molecule_chembl_id" if molecule_id else "parent_molecule_chembl_id"
        ids = {
            number: row.get(form) or row["molecule_chembl_id"]
            for number, row in sorted(found.items())
        }
        drugs = self._drugs(ids.values())
        rows = [
            IndicationRow(
                molecule_chembl_id=chembl_id,
                molecule_name=drugs[chembl_id].name,
                indication=reading.text(found[number].get("mesh_heading"))
                or reading.text(found[number].get("efo_term")),
                mesh_id=reading.text(found[number].get("mesh_id")),
                max_phase=reading.number(found[number].get("max_phase_for_ind")),
                release="",
                references=_references(found[number].get("indication_refs")),
            )
            for number, chembl_id in ids.items()
        ]
        return reading.rank_indications(rows) if molecule_id else reading.rank_drugs(rows)

    def warnings(self, molecule_id: str) -> list[WarningRow]:
        """See ``ChemblSource.warnings``."""
        parents = self._molecules.parents([molecule_id])
        if not parents:
            return []
        fields = (
            "molecule_chembl_id",
            "warning_type",
            "warning_class",
            "warning_description",
            "warning_country",
            "warning_year",
            "warning_refs",
        )
        filters = {"parent_molecule_chembl_id__in": ",".join(parents)}
        found = self._client.rows("drug_warning", filters, fields).rows
        drugs = self._drugs(row["molecule_chembl_id"] for row in found)
        return reading.rank_warnings(
            WarningRow(
                molecule_chembl_id=row["molecule_chembl_id"],
                molecule_name=drugs[row["molecule_chembl_id"]].name,
                type=reading.text(row.get("warning_type")),
                warning_class=reading.text(row.get("warning_class")),
                description=reading.text(row.get("warning_description")),
                country=reading.text(row.get("warning_country")),
                year=reading.integer(row.get("warning_year")),
                release="",
                references=_references(row.get("warning_refs")),
            )
            for row in found
        )

    def _drugs(self, ids: Iterable[str]) -> dict[str, MoleculeRow]:
        """Molecules by id; one that the service does not tell is named by its id."""
        wanted = list(ids)
        return {item: MoleculeRow(item, item) for item in wanted} | self._molecules.by_id(wanted)


def _references(found: Sequence[Mapping[str, Any]] | None) -> tuple[Reference, ...]:
    return reading.rank_references(
        Reference(*(reading.text(item.get(name)) for name in ("ref_type", "ref_id", "ref_url")))
        for item in found or ()
    )
