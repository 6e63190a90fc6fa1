"""The measured activities of the ChEMBL web service: filtered, counted, in order.

Owns the filters and the order of a page of activities. The service sorts missing values as its
database does, which may put them first; so rows with a pChEMBL and rows without one are asked for
apart, and joined here. Knows no connection: see ``client.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import (
    ABOVE,
    BELOW,
    WILD_TYPE,
    ActivityPage,
    ActivityQuery,
    ActivityRow,
)
from retort.tools.chembl.web_molecules import WebMolecules, parts
from retort.tools.chembl.web_targets import WebTargets

FIELDS = (
    "activity_id",
    "molecule_chembl_id",
    "parent_molecule_chembl_id",
    "molecule_pref_name",
    "canonical_smiles",
    "target_chembl_id",
    "target_pref_name",
    "target_organism",
    "standard_type",
    "standard_relation",
    "standard_value",
    "standard_units",
    "pchembl_value",
    "assay_chembl_id",
    "assay_type",
    "assay_description",
    "document_chembl_id",
    "document_year",
    "assay_variant_mutation",
    "activity_comment",
    "data_validity_comment",
    "potential_duplicate",
)
Filters = dict[str, Any]


class WebActivities:
    """Activities of the service.

    Args:
        client: the service.
        molecules: for the families of molecules.
        targets: for the genes of targets.
    """

    def __init__(self, client: Client, molecules: WebMolecules, targets: WebTargets) -> None:
        self._client = client
        self._molecules = molecules
        self._targets = targets

    def page(self, query: ActivityQuery) -> ActivityPage:
        """One page of activities, not yet stamped with a release.

        Raises:
            RetortError: a filter that the service does not have would leave too many rows to read.
        """
        parents = self._molecules.parents(query.molecule_ids)
        wanted = _filters(query, parents)
        if wanted is None or (query.molecule_ids and not parents):
            return ActivityPage(0, ())
        if query.min_confidence is not None or ("" in query.relations and query.relations != ("",)):
            return self._read_and_filtered(wanted, query)
        without_remark = {"data_validity_comment__isnull": True}
        kept = wanted | ({} if query.flagged else without_remark)
        kept |= {} if query.duplicates else {"potential_duplicate": 0}
        rows, total = self._slice(kept, query)
        count = self._client.count
        return ActivityPage(
            total=total,
            rows=tuple(self._read(rows)),
            flagged=count("activity", wanted | {"data_validity_comment__isnull": False}),
            duplicates=count("activity", wanted | without_remark | {"potential_duplicate": 1}),
        )

    def _read_and_filtered(self, wanted: Filters, query: ActivityQuery) -> ActivityPage:
        """A page by filters that the service lacks: all that the others leave is read here."""
        found = self._client.rows("activity", wanted, FIELDS, order_by=("activity_id",))
        if found.total > len(found.rows):
            raise RetortError(
                "ChEMBL's web service cannot filter by the confidence of an assay's target.",
                f"{found.total:,} rows match without this filter, and {len(found.rows):,} are read "
                "at most.",
                "Narrow the question (a molecule, a type, a publication), or use a local ChEMBL: "
                "set RETORT_CHEMBL to the path of a SQLite file.",
            )
        all_sorts = replace(query, flagged=True, duplicates=True)
        matching = [row for row in self._read(found.rows) if all_sorts.accepts(row)]
        kept = sorted((row for row in matching if query.accepts(row)), key=_place)
        return ActivityPage(
            total=len(kept),
            rows=tuple(kept[query.offset : query.offset + query.limit]),
            flagged=sum(bool(row.validity) for row in matching),
            duplicates=sum(row.duplicate and not row.validity for row in matching),
        )

    def _read(self, rows: Sequence[Mapping[str, Any]]) -> list[ActivityRow]:
        """Activities with what other resources know of their assays, documents and targets."""
        details = self._details(rows)
        targets = self._targets.by_id(row.get("target_chembl_id") or "" for row in rows)
        genes = {chembl_id: target.gene for chembl_id, target in targets.items()}
        return [_row(row, details, genes) for row in rows]

    def _slice(self, sound: Filters, query: ActivityQuery) -> tuple[list[dict[str, Any]], int]:
        """Rows ``offset`` to ``offset + limit`` of those with a pChEMBL, then those without."""
        order = ("-pchembl_value", "standard_value", "activity_id")
        ranked = self._client.rows(
            "activity",
            sound | {"pchembl_value__isnull": False},
            FIELDS,
            order_by=order,
            offset=query.offset,
            most=query.limit,
        )
        if query.min_pchembl is not None:
            return list(ranked.rows), ranked.total
        others = self._client.rows(
            "activity",
            sound | {"pchembl_value__isnull": True},
            FIELDS,
            order_by=order[1:],
            offset=max(0, query.offset - ranked.total),
            most=query.limit,
        )
        return [*ranked.rows, *others.rows][: query.limit], ranked.total + others.total

    def _details(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Assays and documents of the rows by id; the activities themselves do not tell them."""
        wanted = (
            ("assay", "assay_chembl_id", ("assay_chembl_id", "confidence_score")),
            ("document", "document_chembl_id", ("document_chembl_id", "doi", "pubmed_id")),
        )
        found: dict[str, dict[str, Any]] = {}
        for resource, field, only in wanted:
            for part in parts(row.get(field) or "" for row in rows):
                answer = self._client.rows(resource, {f"{field}__in": ",".join(part)}, only)
                found |= {item[field]: item for item in answer.rows}
        return found


def _filters(query: ActivityQuery, parents: Sequence[str]) -> Filters | None:
    """The query as filters of the service; ``None`` where nothing can match."""
    relations = _relations(query)
    units = set(query.units)
    if query.max_value_nm is not None or query.min_value_nm is not None:
        units = {"nM"} & (units or {"nM"})
        if not units:
            return None
    if relations is not None and not relations:
        return None
    wanted: Filters = {
        "target_chembl_id": query.target_id.upper(),
        "document_chembl_id": query.document_id.upper(),
        "parent_molecule_chembl_id__in": ",".join(parents),
        "standard_type__in": ",".join(query.types),
        "standard_units__in": ",".join(sorted(units)),
        "assay_type__in": ",".join(query.assay_types),
        "target_organism__iexact": query.organism,
        "standard_value__lt": query.max_value_nm,
        "standard_value__gt": query.min_value_nm,
        "pchembl_value__gte": query.min_pchembl,
    }
    if relations == {""}:
        wanted["standard_relation__isnull"] = True
    elif relations and "" not in relations:
        wanted["standard_relation__in"] = ",".join(sorted(relations))
    if query.variant == WILD_TYPE:
        wanted["assay_variant_mutation__isnull"] = True
    else:
        wanted["assay_variant_mutation__iexact"] = query.variant
    return {name: value for name, value in wanted.items() if value not in (None, "")}


def _relations(query: ActivityQuery) -> set[str] | None:
    """The relations that a row may have; ``None`` for any."""
    sets = [set(query.relations)] if query.relations else []
    sets += [set(BELOW)] if query.max_value_nm is not None else []
    sets += [set(ABOVE)] if query.min_value_nm is not None else []
    return set.intersection(*sets) if sets else None


def _place(row: ActivityRow) -> tuple[float, float]:
    """By falling pChEMBL, rising value; what is missing comes last; by id they come."""
    pchembl = math.inf if row.pchembl is None else -row.pchembl
    return pchembl, math.inf if row.value is None else row.value


def _row(
    row: Mapping[str, Any],
    details: Mapping[str, Mapping[str, Any]],
    genes: Mapping[str, str],
) -> ActivityRow:
    molecule = row["molecule_chembl_id"]
    assay = details.get(row["assay_chembl_id"], {})
    document = details.get(row.get("document_chembl_id") or "", {})
    return ActivityRow(
        activity_id=reading.text(row["activity_id"]),
        molecule_chembl_id=molecule,
        parent_chembl_id=row.get("parent_molecule_chembl_id") or molecule,
        molecule_name=reading.display_name(row.get("molecule_pref_name"), molecule),
        smiles=reading.text(row.get("canonical_smiles")),
        target_chembl_id=reading.text(row.get("target_chembl_id")),
        target_name=reading.text(row.get("target_pref_name")),
        gene=genes.get(row.get("target_chembl_id") or "", ""),
        variant=reading.text(row.get("assay_variant_mutation")),
        organism=reading.text(row.get("target_organism")),
        type=reading.text(row.get("standard_type")),
        relation=reading.text(row.get("standard_relation")),
        value=reading.number(row.get("standard_value")),
        units=reading.text(row.get("standard_units")),
        pchembl=reading.number(row.get("pchembl_value")),
        assay_chembl_id=row["assay_chembl_id"],
        assay_type=reading.text(row.get("assay_type")),
        assay_description=reading.text(row.get("assay_description")),
        confidence_score=reading.integer(assay.get("confidence_score")),
        document_chembl_id=reading.text(row.get("document_chembl_id")),
        year=reading.integer(row.get("document_year")),
        doi=reading.text(document.get("doi")),
        pubmed_id=reading.text(document.get("pubmed_id")),
        validity=reading.text(row.get("data_validity_comment")),
        release="",
        duplicate=bool(reading.flag(row.get("potential_duplicate"))),
        comment=reading.text(row.get("activity_comment")),
    )
