"""The questions behind the ChEMBL tools: a target, activities, a mechanism, indications.

Owns what is shown of much. Knows no backend, and no LangChain.
"""

from __future__ import annotations

from dataclasses import replace

from retort.retrieval.errors import UsageError
from retort.tools.bench import Bench
from retort.tools.chembl import evidence, reading, tabulated
from retort.tools.chembl.asking import (
    Subject,
    absence,
    counted,
    cut,
    note,
    origin,
    subject,
    unknown,
)
from retort.tools.chembl.compounds import Compounds, by_compound
from retort.tools.chembl.records import ActivityQuery
from retort.tools.chembl.source import ChemblSource
from retort.tools.records import ToolResult

TARGETS = 5
"""targets shown of those that a text matches"""
ROWS = 30
"""mechanisms or indications shown"""
MOST = 50
"""compounds shown at most in one call"""


def find_target(bench: Bench, target: str) -> ToolResult:
    """The targets that a text may mean, best first."""
    rows = bench.chembl.targets(target)
    if not rows:
        searched = f'target named "{target.strip()}" (id, accession, gene symbol, name, synonym)'
        return absence(bench.chembl, searched, Subject())
    shown = rows[:TARGETS]
    part = f"{len(shown)} of {len(rows)} shown." if len(rows) > len(shown) else ""
    return ToolResult(
        summary=f'ChEMBL: {counted(len(rows), "target")} for "{target.strip()}"',
        evidence=tuple(evidence.of_target(row) for row in shown),
        note=note(
            part,
            "Where a target is named, the first is used.",
            origin(rows[0].release, rows[0].retrieved_at),
        ),
        count=len(rows),
    )


def find_activities(
    bench: Bench,
    target: str,
    molecule: str,
    activity_type: str = "",
    max_value_nm: float | None = None,
    min_pchembl: float | None = None,
    limit: int = 10,
    offset: int = 0,
    min_value_nm: float | None = None,
    variant: str = "",
    assay_type: str = "",
) -> ToolResult:
    """The activities of a target, of a molecule, or of both; the best row of each compound.

    Args:
        bench: where molecules and ChEMBL are.
        target: name or id of a target; may be empty.
        molecule: handle, name, id or structure; may be empty.
        activity_type: "IC50", "Ki, Kd"; empty for all.
        max_value_nm: only rows that prove a value below this, in nM.
        min_pchembl: only rows with at least this pChEMBL.
        limit: compounds shown, up to ``MOST``.
        offset: rows to skip.
        min_value_nm: only rows that prove a value above this, in nM.
        variant: a mutation ("T790M") or "wild type"; empty for all.
        assay_type: "binding", "functional", "ADMET" ... or its letter; empty for all.

    Raises:
        UsageError: neither target nor molecule was given, or the assay type is none.
        RetortError: one of them is not known.
    """
    asked = subject(bench, molecule, target)
    if asked.is_unknown:
        return unknown(bench.chembl, asked)
    query = ActivityQuery(
        target_id=asked.target_id,
        molecule_ids=(asked.molecule_id,) if asked.molecule_id else (),
        types=reading.activity_types(activity_type),
        max_value_nm=max_value_nm,
        min_value_nm=min_value_nm,
        min_pchembl=min_pchembl,
        variant=reading.variant(variant),
        assay_types=reading.assay_types(assay_type),
        limit=max(1, min(limit, MOST)),
        offset=max(0, offset),
    )
    found = by_compound(bench.chembl, query)
    total, rows = found.page.total, [compound.row for compound in found.shown]
    types = "/".join(query.types)
    if not total:
        searched = f"{types or 'activity'} of {asked.words}{_filters(query)}"
        result = absence(bench.chembl, searched, asked, _instead(bench.chembl, query))
        return replace(result, note=note(_left_out(found), result.note))
    measured = f"{types} measurement".strip()
    said = origin(found.page.release, rows[0].retrieved_at if rows else "")
    return ToolResult(
        summary=f"ChEMBL: {counted(total, measured)} for {asked.words}{_filters(query)}",
        evidence=tuple(evidence.of_compound(compound) for compound in found.shown),
        note=note(_shown(found, query), _left_out(found), asked.also, said),
        count=total,
        molecules=asked.molecules,
        table=tabulated.of_activities(found.page, asked.words) if not offset else None,
    )


def find_mechanism(bench: Bench, molecule: str, target: str) -> ToolResult:
    """The mechanism of a drug, or the drugs that act on a target.

    Raises:
        UsageError: neither was given.
        RetortError: one of them is not known.
    """
    asked = subject(bench, molecule, target)
    if asked.is_unknown:
        return unknown(bench.chembl, asked)
    rows = bench.chembl.mechanisms(molecule_id=asked.molecule_id, target_id=asked.target_id)
    if not rows:
        return absence(bench.chembl, f"mechanism of action for {asked.words}", asked)
    part = cut(len(rows), ROWS, 0, "highest phase first") if len(rows) > ROWS else ""
    return ToolResult(
        summary=f"ChEMBL: {counted(len(rows), 'mechanism')} for {asked.words}",
        evidence=tuple(evidence.of_mechanism(row) for row in rows[:ROWS]),
        note=note(part, asked.also, origin(rows[0].release, rows[0].retrieved_at)),
        count=len(rows),
        molecules=asked.molecules,
    )


def find_indications(bench: Bench, molecule: str, disease: str, offset: int = 0) -> ToolResult:
    """The diseases of a drug, or the drugs for a disease, highest phase first.

    Raises:
        UsageError: neither was given.
        RetortError: the molecule is not known.
    """
    if molecule.strip():
        asked = subject(bench, molecule, "")
        if asked.is_unknown:
            return unknown(bench.chembl, asked)
    elif disease.strip():
        asked = Subject()
    else:
        raise UsageError(
            "Indications of what?",
            "Neither a molecule nor a disease was given.",
            "Name a drug (imatinib) or a disease (asthma).",
        )
    rows = bench.chembl.indications(molecule_id=asked.molecule_id, disease=disease.strip())
    sought = f'drug for "{disease.strip()}"' if disease.strip() else "indication"
    words = f"{sought} of {asked.words}" if asked.words else sought
    if not rows:
        return absence(bench.chembl, words, asked)
    below = sum((row.max_phase or 0) < 4 for row in rows)
    warning = f"{counted(below, 'indication')} below phase 4: tried, not approved." if below else ""
    whose = f"of {asked.words}" if asked.words else f'that match "{disease.strip()}"'
    return ToolResult(
        summary=f"ChEMBL: {counted(len(rows), 'indication')} {whose}",
        evidence=tuple(evidence.of_indication(row) for row in rows[offset : offset + ROWS]),
        note=note(
            cut(len(rows), ROWS, offset, "highest phase first"),
            warning,
            origin(rows[0].release, rows[0].retrieved_at),
        ),
        count=len(rows),
        molecules=asked.molecules,
        table=tabulated.of_indications(rows, words) if len(rows) > ROWS else None,
    )


def _instead(source: ChemblSource, query: ActivityQuery) -> str:
    """What there is of the same molecule and target when the filters leave nothing."""
    wide = ActivityQuery(target_id=query.target_id, molecule_ids=query.molecule_ids, limit=200)
    if wide == replace(query, limit=200, offset=0):
        return ""
    page = source.activities(wide)
    types = ", ".join(sorted({row.type for row in page.rows}))
    return (
        f"Without these filters it holds {counted(page.total, 'row')} ({types})." if types else ""
    )


def _filters(query: ActivityQuery) -> str:
    parts = []
    if query.max_value_nm is not None:
        parts.append(f"below {evidence.figure(query.max_value_nm)} nM")
    if query.min_pchembl is not None:
        parts.append(f"with pChEMBL {evidence.figure(query.min_pchembl)} or more")
    if query.min_value_nm is not None:
        parts.append(f"above {evidence.figure(query.min_value_nm)} nM")
    if query.variant:
        parts.append(f"on {query.variant}")
    if query.assay_types:
        parts.append(f"in assays of type {'/'.join(query.assay_types)}")
    return f" {' and '.join(parts)}" if parts else ""


def _shown(found: Compounds, query: ActivityQuery) -> str:
    total, last = found.page.total, found.next_offset
    if not found.shown:
        return f"Nothing further from row {query.offset + 1} of {total} on."
    rows = f"rows {query.offset + 1}-{last} of {total}"
    said = f"{len(found.shown)} shown, one per compound and target ({rows})."
    return f"{said} For more ask again with offset={last}." if last < total else said


def _left_out(found: Compounds) -> str:
    parts = []
    if found.page.flagged:
        parts.append(f"{counted(found.page.flagged, 'row')} with a data validity comment")
    if found.page.duplicates:
        parts.append(counted(found.page.duplicates, "potential duplicate"))
    return f"Left out: {' and '.join(parts)}." if parts else ""
