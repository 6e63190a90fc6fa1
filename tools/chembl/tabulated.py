"""ChEMBL's rows as whole tables for the user, in the columns a chemist would file them under.

Every measurement keeps its relation, value, unit, assay, document and release. Knows no source.
"""

from __future__ import annotations

from collections.abc import Sequence

from retort.tools.chembl.aggregates import CompoundProfile, TargetProfile
from retort.tools.chembl.records import ActivityPage, IndicationRow, StructurePage
from retort.tools.tables import Column, Table, Value

ACTIVITY = (
    Column("molecule_name", "name"),
    Column("type", "type"),
    Column("relation", "relation"),
    Column("value", "value"),
    Column("units", "units"),
    Column("pchembl", "pChEMBL"),
    Column("gene", "gene"),
    Column("variant", "variant"),
    Column("organism", "organism"),
    Column("molecule_chembl_id", "molecule"),
    Column("smiles", "structure"),
    Column("target_chembl_id", "target"),
    Column("target_name", "target name"),
    Column("assay_chembl_id", "assay"),
    Column("assay_type", "assay type"),
    Column("confidence_score", "confidence"),
    Column("document_chembl_id", "document"),
    Column("year", "year"),
    Column("doi", "DOI"),
    Column("pubmed_id", "PubMed"),
    Column("comment", "comment"),
    Column("activity_id", "activity"),
    Column("release", "release"),
)
"""What was found first, then of what, then where it comes from: a page shows the first columns."""


def of_activities(page: ActivityPage, words: str) -> Table | None:
    """Every row of a page, one per measurement; none where there are few."""
    if len(page.rows) < 2:
        return None
    first = f", the first {len(page.rows)} of {page.total}" if len(page.rows) < page.total else ""
    return Table(
        title=f"Measured activities: {words}{first} ({page.release})",
        columns=ACTIVITY,
        rows=tuple(tuple(getattr(row, column.name) for column in ACTIVITY) for row in page.rows),
        smiles="smiles",
    )


def of_indications(rows: Sequence[IndicationRow], words: str) -> Table:
    """Every indication."""
    columns = (
        Column("molecule_chembl_id", "molecule"),
        Column("molecule_name", "name"),
        Column("indication", "indication"),
        Column("mesh_id", "MeSH"),
        Column("max_phase", "highest phase"),
        Column("references", "references"),
        Column("release", "release"),
    )
    return Table(
        title=f"{words[:1].upper()}{words[1:]} ({rows[0].release})",
        columns=columns,
        rows=tuple(
            (
                row.molecule_chembl_id,
                row.molecule_name,
                row.indication,
                row.mesh_id,
                row.max_phase,
                "; ".join(f"{item.type} {item.id}" for item in row.references),
                row.release,
            )
            for row in rows
        ),
    )


def of_targets(profiles: Sequence[TargetProfile], words: str, release: str) -> Table:
    """A molecule's targets, one per row."""
    columns = (
        Column("gene", "gene"),
        Column("variant", "variant"),
        Column("median", "median pChEMBL"),
        Column("n", "exact values"),
        Column("low", "lowest pChEMBL"),
        Column("high", "highest pChEMBL"),
        Column("conflict", "conflict"),
        Column("weaker_than_nm", "weaker than", "nM"),
        Column("bounds", "rows without an exact value"),
        Column("types", "types"),
        Column("organism", "organism"),
        Column("target_chembl_id", "target"),
        Column("target_name", "target name"),
        Column("documents", "documents"),
    )
    rows: list[tuple[Value, ...]] = [
        (
            item.gene,
            item.variant,
            item.median,
            item.n,
            item.low,
            item.high,
            item.is_conflict,
            item.weaker_than_nm,
            item.bounds,
            ", ".join(item.types),
            item.organism,
            item.target_chembl_id,
            item.target_name,
            ", ".join(item.documents),
        )
        for item in profiles
    ]
    return Table(f"Targets of {words} ({release})", columns, tuple(rows))


def of_series(profiles: Sequence[CompoundProfile], words: str, release: str) -> Table:
    """A series on a target, one compound, type and unit per row."""
    columns = (
        Column("parent_chembl_id", "molecule"),
        Column("name", "name"),
        Column("smiles", "structure"),
        Column("variant", "variant"),
        Column("type", "type"),
        Column("n", "exact values"),
        Column("median", "median"),
        Column("low", "lowest"),
        Column("high", "highest"),
        Column("units", "units"),
        Column("pchembl", "median pChEMBL"),
        Column("conflict", "conflict"),
        Column("bounds", "other rows"),
        Column("assays", "assays"),
        Column("documents", "documents"),
    )
    rows: list[tuple[Value, ...]] = [
        (
            item.parent_chembl_id,
            item.name,
            item.smiles,
            item.variant,
            item.type,
            item.n,
            item.median,
            item.low,
            item.high,
            item.units,
            item.pchembl,
            item.is_conflict,
            "; ".join(item.bounds),
            ", ".join(item.assays),
            ", ".join(item.documents),
        )
        for item in profiles
    ]
    return Table(f"{words} ({release})", columns, tuple(rows), smiles="smiles")


def of_structures(page: StructurePage, words: str) -> Table:
    """Molecules that a search by structure found."""
    columns = (
        Column("chembl_id", "molecule"),
        Column("name", "name"),
        Column("smiles", "structure"),
        Column("similarity", "Tanimoto similarity"),
        Column("max_phase", "highest phase"),
    )
    first = f", the first {len(page.hits)} of {page.total}" if len(page.hits) < page.total else ""
    return Table(
        title=f"{words}{first} ({page.release})",
        columns=columns,
        rows=tuple(
            (
                hit.molecule.chembl_id,
                hit.molecule.name,
                hit.molecule.smiles,
                hit.similarity,
                hit.molecule.max_phase,
            )
            for hit in page.hits
        ),
        smiles="smiles",
    )
