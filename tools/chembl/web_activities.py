"""The measured activities of the ChEMBL web service: filtered, counted, in order.

Owns the filters and the order of a page of activities. The service sorts missing values as its
database does, which may put them first; so rows with a pChEMBL and rows without one are asked for
apart, and joined here. Knows no connection: see ``client.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retort.tools.chembl import reading
from retort.tools.chembl.client import PAGE, Client
from retort.tools.chembl.records import BELOW, ActivityPage, ActivityQuery, ActivityRow

ACTIVITY = (
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
)
Filters = dict[str, Any]


def activity_page(
    client: Client, query: ActivityQuery, parents: Sequence[str], release: str
) -> ActivityPage:
    """One page of activities, without gene symbols.

    Args:
        client: the service.
        query: what is wanted.
        parents: ChEMBL ids of the parents of ``query.molecule_ids``; none where these are unknown.
        release: stamped on every row.
    """
    if query.molecule_ids and not parents:
        return ActivityPage(0, (), release=release)
    wanted = _filters(query, parents)
    sound = wanted | {"data_validity_comment__isnull": True, "potential_duplicate": 0}
    rows, total, retrieved_at = _slice(client, sound, query)
    details = _details(client, rows)
    return ActivityPage(
        total=total,
        rows=tuple(_row(row, details, release, retrieved_at) for row in rows),
        flagged=_count(client, wanted | {"data_validity_comment__isnull": False}),
        duplicates=_count(client, sound | {"potential_duplicate": 1}),
        release=release,
    )


def _filters(query: ActivityQuery, parents: Sequence[str]) -> Filters:
    wanted: Filters = {}
    if query.target_id:
        wanted["target_chembl_id"] = query.target_id.upper()
    if parents:
        wanted["parent_molecule_chembl_id__in"] = ",".join(parents)
    if query.types:
        wanted["standard_type__in"] = ",".join(query.types)
    if query.min_pchembl is not None:
        wanted["pchembl_value__gte"] = query.min_pchembl
    if query.max_value_nm is not None:
        wanted["standard_units"] = "nM"
        wanted["standard_value__lt"] = query.max_value_nm
        wanted["standard_relation__in"] = ",".join(BELOW)
    return wanted


def _slice(
    client: Client, sound: Filters, query: ActivityQuery
) -> tuple[list[dict[str, Any]], int, str]:
    """Rows ``offset`` to ``offset + limit`` of those with a pChEMBL followed by those without."""
    order = ("-pchembl_value", "standard_value", "activity_id")
    limit = min(query.limit, PAGE)
    ranked = client.page(
        "activity",
        sound | {"pchembl_value__isnull": False},
        ACTIVITY,
        order_by=order,
        limit=limit,
        offset=query.offset,
    )
    if query.min_pchembl is not None:
        return list(ranked.rows), ranked.total, ranked.retrieved_at
    others = client.page(
        "activity",
        sound | {"pchembl_value__isnull": True},
        ACTIVITY,
        order_by=order[1:],
        limit=limit,
        offset=max(0, query.offset - ranked.total),
    )
    rows = [*ranked.rows, *others.rows][:limit]
    return rows, ranked.total + others.total, ranked.retrieved_at


def _count(client: Client, filters: Filters) -> int:
    return client.page("activity", filters, ("activity_id",), limit=1).total


def _details(client: Client, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Assays and documents of the rows by ChEMBL id; the activities themselves do not tell them."""
    wanted = (
        ("assay", "assay_chembl_id", ("assay_chembl_id", "confidence_score")),
        ("document", "document_chembl_id", ("document_chembl_id", "doi", "pubmed_id")),
    )
    found: dict[str, dict[str, Any]] = {}
    for resource, field, only in wanted:
        ids = sorted({row[field] for row in rows if row.get(field)})
        for start in range(0, len(ids), PAGE):
            part = ",".join(ids[start : start + PAGE])
            for item in client.page(resource, {f"{field}__in": part}, only).rows:
                found[item[field]] = item
    return found


def _row(
    row: Mapping[str, Any],
    details: Mapping[str, Mapping[str, Any]],
    release: str,
    retrieved_at: str,
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
        gene="",
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
        validity="",
        release=release,
        retrieved_at=retrieved_at,
    )
