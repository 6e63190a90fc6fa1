"""What searches and aggregates found becomes evidence: one sentence, the record, the link.

Owns the wording, as ``evidence`` does for single rows. Knows no source and no tool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from retort.tools.chembl.aggregates import CONFLICT, CompoundProfile, TargetProfile
from retort.tools.chembl.evidence import card, figure, phase_words, target_words
from retort.tools.chembl.records import (
    DocumentRow,
    MoleculeRow,
    StructureHit,
    StructurePage,
    TargetRow,
    WarningRow,
)
from retort.tools.records import Evidence

_SHOWN = 5
"""documents named in a sentence; the record holds all"""


def of_target_profile(item: TargetProfile, chembl_id: str, name: str, release: str) -> Evidence:
    """A molecule on one target."""
    target = target_words(item.gene, item.target_name)
    words = f"{target} {item.variant}" if item.variant else target
    told = []
    if item.median is not None:
        values = f"median pChEMBL {figure(item.median)}"
        if item.n > 1 and item.low is not None and item.high is not None:
            values += f" of {item.n} values (range {figure(item.low)}-{figure(item.high)})"
        told.append(values)
    if item.weaker_than_nm is not None:
        told.append(f"also reported as above {figure(item.weaker_than_nm)} nM")
    other = item.bounds - (item.weaker_than_nm is not None)
    if other > 0:
        told.append(f"{other} further {'row' if other == 1 else 'rows'} without a pChEMBL value")
    if item.is_conflict:
        told.append(f"conflicting: they differ by more than {CONFLICT:g} log units")
    where = ", ".join(part for part in (item.organism, item.target_chembl_id) if part)
    return Evidence(
        kind="chembl",
        source_id=chembl_id,
        title=f"{name} on {words} ({release})",
        quote=f"{name} on {words} ({where}): {'; '.join(told)}; {'/'.join(item.types)}"
        f"{_documents(item.documents)}.",
        url=card("compound", chembl_id),
        record={
            "record": "selectivity",
            "molecule_chembl_id": chembl_id,
            "molecule_name": name,
            **asdict(item),
            "conflict": item.is_conflict,
            "release": release,
        },
    )


def of_compound_profile(item: CompoundProfile, target: TargetRow, release: str) -> Evidence:
    """A compound of a series on a target."""
    words = target_words(target.gene, target.name)
    words = f"{words} {item.variant}" if item.variant else words
    unit = f" {item.units}" if item.units else ""
    told = []
    if item.median is not None:
        value = f"{item.type} {figure(item.median)}{unit}"
        if item.n > 1 and item.low is not None and item.high is not None:
            value = (
                f"median {value} of {item.n} values "
                f"(range {figure(item.low)}-{figure(item.high)}{unit})"
            )
        told.append(value)
    else:
        told.append(f"{item.type} without an exact value")
    if item.bounds:
        told.append(f"also reported {', '.join(item.bounds[:_SHOWN])}{unit}")
    if item.pchembl is not None:
        told.append(f"pChEMBL {figure(item.pchembl)}")
    if item.is_conflict:
        told.append(f"conflicting: they differ by more than {CONFLICT:g} log units")
    structure = f", {item.smiles}" if item.smiles else ""
    return Evidence(
        kind="chembl",
        source_id=item.parent_chembl_id,
        title=f"{item.name}, {item.type} on {words} ({release})",
        quote=f"{item.name} ({item.parent_chembl_id}{structure}) on {words}: {'; '.join(told)}"
        f"{_documents(item.documents)}.",
        url=card("compound", item.parent_chembl_id),
        record={
            "record": "series_activity",
            "target_chembl_id": target.chembl_id,
            "target_name": target.name,
            **asdict(item),
            "conflict": item.is_conflict,
            "release": release,
        },
    )


def of_hit(hit: StructureHit, page: StructurePage, query: str, words: str) -> Evidence:
    """A molecule found by its structure."""
    row = hit.molecule
    told = f"contains {words}" if hit.similarity is None else f"similarity {hit.similarity:.2f}"
    told += "" if hit.similarity is None else f" to {words} ({page.method})"
    release = page.release or row.release
    return Evidence(
        kind="chembl",
        source_id=row.chembl_id,
        title=f"{row.name} ({release})",
        quote=f"{row.name} ({row.chembl_id}, {row.smiles}): {told}, {phase_words(row.max_phase)}.",
        url=card("compound", row.chembl_id),
        record={
            "record": "structure_hit",
            "chembl_id": row.chembl_id,
            "name": row.name,
            "smiles": row.smiles,
            "similarity": hit.similarity,
            "query": query,
            "method": page.method,
            "max_phase": row.max_phase,
            "release": release,
            "retrieved_at": row.retrieved_at,
        },
    )


def of_flags(row: MoleculeRow) -> Evidence:
    """Whether a drug is marked as withdrawn or with a boxed warning."""
    withdrawn = _flag(row.withdrawn, "marked as withdrawn", "not marked as withdrawn", "withdrawal")
    boxed = _flag(
        row.black_box_warning, "with a boxed warning", "without a boxed warning", "boxed warning"
    )
    return Evidence(
        kind="chembl",
        source_id=row.chembl_id,
        title=f"{row.name}, withdrawal and boxed warning ({row.release})",
        quote=f"{row.name} ({row.chembl_id}) is {withdrawn} and {boxed} in {row.release}.",
        url=card("compound", row.chembl_id),
        record={
            "record": "safety_flags",
            "molecule_chembl_id": row.chembl_id,
            "molecule_name": row.name,
            "withdrawn": row.withdrawn,
            "black_box_warning": row.black_box_warning,
            "release": row.release,
            "retrieved_at": row.retrieved_at,
        },
    )


def of_warning(row: WarningRow) -> Evidence:
    """A withdrawal or a boxed warning."""
    told = [row.type or "warning"]
    if row.warning_class:
        told.append(f"for {row.warning_class}")
    if row.country:
        told.append(f"in {row.country}")
    if row.year is not None:
        told.append(f"in {row.year}" if not row.country else f"({row.year})")
    said = " ".join(told) + (f": {row.description}" if row.description else "")
    cited = ", ".join(f"{item.type} {item.id}" for item in row.references[:_SHOWN])
    return Evidence(
        kind="chembl",
        source_id=row.molecule_chembl_id,
        title=f"{row.molecule_name}, {row.type or 'warning'} ({row.release})",
        quote=f"{row.molecule_name} ({row.molecule_chembl_id}): {said.rstrip('.')}"
        f"{f'; references {cited}' if cited else ''}.",
        url=row.references[0].url if row.references else card("compound", row.molecule_chembl_id),
        record={"record": "drug_warning", **asdict(row)},
    )


def of_document(row: DocumentRow, activities: int, paper_id: str) -> Evidence:
    """A document, with how much ChEMBL took from it and where the library holds it."""
    year = str(row.year) if row.year is not None else ""
    printed = " ".join(part for part in (row.journal, year, row.volume) if part)
    known = [
        part
        for part in (
            printed,
            f"DOI {row.doi}" if row.doi else "",
            f"PMID {row.pubmed_id}" if row.pubmed_id else "",
            f"patent {row.patent_id}" if row.patent_id else "",
            f"{activities} activities in ChEMBL",
            f"in your library as {paper_id}" if paper_id else "not in your library",
        )
        if part
    ]
    return Evidence(
        kind="chembl",
        source_id=row.chembl_id,
        title=f"{row.title or row.chembl_id} ({row.release})",
        quote=f"{row.chembl_id}: {row.title.rstrip('.') or 'without a title'}; {', '.join(known)}.",
        url=card("document", row.chembl_id),
        record={
            "record": "document",
            **asdict(row),
            "activities": activities,
            "paper_id": paper_id,
        },
    )


def _flag(value: bool | None, yes: str, no: str, subject: str) -> str:
    if value is None:
        return f"not judged for {subject}"
    return yes if value else no


def _documents(ids: Sequence[str]) -> str:
    if not ids:
        return ""
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"; documents {', '.join(ids[:_SHOWN])}{more}"
