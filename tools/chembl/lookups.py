"""The questions behind the ChEMBL tools: a target, activities, a mechanism, indications.

Owns how names become ids, what is shown of much, and what is said when there is nothing. Knows no
backend, and no LangChain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.bench import Bench
from retort.tools.chembl import evidence, reading
from retort.tools.chembl.compounds import Compounds, by_compound
from retort.tools.chembl.records import ActivityQuery, TargetRow
from retort.tools.chembl.source import ChemblSource
from retort.tools.records import ToolResult

TARGETS = 5
"""targets shown of those that a text matches"""
ROWS = 30
"""mechanisms or indications shown"""
MOST = 50
"""compounds shown at most in one call"""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a question is about: a molecule, a target, or both."""

    molecule_id: str = ""
    molecule_name: str = ""
    target: TargetRow | None = None
    also: str = ""
    """what else the target's name may mean"""
    molecules: tuple[Mapping[str, str], ...] = ()

    @property
    def words(self) -> str:
        """Names and ids: "Gefitinib (CHEMBL939) on EGFR (CHEMBL203)"."""
        parts = []
        if self.molecule_name:
            known = f" ({self.molecule_id})" if self.molecule_id != self.molecule_name else ""
            parts.append(self.molecule_name + (known if self.molecule_id else ""))
        if self.target is not None:
            name = evidence.target_words(self.target.gene, self.target.name)
            parts.append(f"{name} ({self.target.chembl_id})")
        return " on ".join(parts)

    @property
    def target_id(self) -> str:
        """ChEMBL id of the target; empty where none was named."""
        return self.target.chembl_id if self.target is not None else ""

    @property
    def is_unknown(self) -> bool:
        """Whether a molecule was named that has a structure but no ChEMBL id."""
        return bool(self.molecule_name) and not self.molecule_id


def subject(bench: Bench, molecule: str, target: str) -> Subject:
    """Resolve the names of a question.

    Raises:
        UsageError: neither was given.
        RetortError: the molecule or the target is not known.
    """
    if not molecule.strip() and not target.strip():
        raise UsageError(
            "Of what?",
            "Neither a molecule nor a target was given.",
            "Name a molecule (gefitinib), a target (EGFR) or both.",
        )
    found = Subject()
    if target.strip():
        rows = bench.chembl.targets(target)
        if not rows:
            raise RetortError(
                f'No target named "{target.strip()}" in {bench.chembl.release()}.',
                "Searched ChEMBL ids, UniProt accessions, gene symbols, names and synonyms.",
                "Give a gene symbol (EGFR) or a UniProt accession (P00533).",
            )
        found = replace(found, target=rows[0], also=_also(target, rows))
    if molecule.strip():
        resolved = bench.molecules.resolve(molecule)
        found = replace(
            found,
            molecule_id=resolved.chembl_id,
            molecule_name=resolved.name or resolved.chembl_id or resolved.handle,
            molecules=(
                {
                    "handle": resolved.handle,
                    "name": resolved.name,
                    "smiles": resolved.smiles,
                    "inchikey": resolved.inchikey,
                },
            ),
        )
    return found


def find_target(bench: Bench, target: str) -> ToolResult:
    """The targets that a text may mean, best first."""
    rows = bench.chembl.targets(target)
    if not rows:
        searched = f'target named "{target.strip()}" (id, accession, gene symbol, name, synonym)'
        return _absence(bench.chembl, searched, Subject())
    shown = rows[:TARGETS]
    cut = f"{len(shown)} of {len(rows)} shown." if len(rows) > len(shown) else ""
    return ToolResult(
        summary=f'ChEMBL: {_count(len(rows), "target")} for "{target.strip()}"',
        evidence=tuple(evidence.of_target(row) for row in shown),
        note=_note(
            cut,
            "Where a target is named, the first is used.",
            _origin(rows[0].release, rows[0].retrieved_at),
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

    Raises:
        UsageError: neither target nor molecule was given.
        RetortError: one of them is not known.
    """
    asked = subject(bench, molecule, target)
    if asked.is_unknown:
        return _unknown(bench.chembl, asked)
    query = ActivityQuery(
        target_id=asked.target_id,
        molecule_ids=(asked.molecule_id,) if asked.molecule_id else (),
        types=reading.activity_types(activity_type),
        max_value_nm=max_value_nm,
        min_pchembl=min_pchembl,
        limit=max(1, min(limit, MOST)),
        offset=max(0, offset),
    )
    found = by_compound(bench.chembl, query)
    total, rows = found.page.total, [compound.row for compound in found.shown]
    types = "/".join(query.types)
    if not total:
        searched = f"{types or 'activity'} of {asked.words}{_filters(query)}"
        result = _absence(bench.chembl, searched, asked, _instead(bench.chembl, query))
        return replace(result, note=_note(_left_out(found), result.note))
    measured = f"{types} measurement".strip()
    origin = _origin(found.page.release, rows[0].retrieved_at if rows else "")
    return ToolResult(
        summary=f"ChEMBL: {_count(total, measured)} for {asked.words}{_filters(query)}",
        evidence=tuple(evidence.of_compound(compound) for compound in found.shown),
        note=_note(_shown(found, query), _left_out(found), asked.also, origin),
        count=total,
        molecules=asked.molecules,
    )


def find_mechanism(bench: Bench, molecule: str, target: str) -> ToolResult:
    """The mechanism of a drug, or the drugs that act on a target.

    Raises:
        UsageError: neither was given.
        RetortError: one of them is not known.
    """
    asked = subject(bench, molecule, target)
    if asked.is_unknown:
        return _unknown(bench.chembl, asked)
    rows = bench.chembl.mechanisms(molecule_id=asked.molecule_id, target_id=asked.target_id)
    if not rows:
        return _absence(bench.chembl, f"mechanism of action for {asked.words}", asked)
    cut = f"{ROWS} of {len(rows)} shown, highest phase first." if len(rows) > ROWS else ""
    return ToolResult(
        summary=f"ChEMBL: {_count(len(rows), 'mechanism')} for {asked.words}",
        evidence=tuple(evidence.of_mechanism(row) for row in rows[:ROWS]),
        note=_note(cut, asked.also, _origin(rows[0].release, rows[0].retrieved_at)),
        count=len(rows),
        molecules=asked.molecules,
    )


def find_indications(bench: Bench, molecule: str) -> ToolResult:
    """The diseases for which a drug was developed, highest phase first.

    Raises:
        RetortError: the molecule is not known.
    """
    asked = subject(bench, molecule, "")
    if asked.is_unknown:
        return _unknown(bench.chembl, asked)
    rows = bench.chembl.indications(asked.molecule_id)
    if not rows:
        return _absence(bench.chembl, f"indication of {asked.words}", asked)
    below = sum((row.max_phase or 0) < 4 for row in rows)
    warning = f"{_count(below, 'indication')} below phase 4: tried, not approved." if below else ""
    cut = f"{ROWS} of {len(rows)} shown, highest phase first." if len(rows) > ROWS else ""
    return ToolResult(
        summary=f"ChEMBL: {_count(len(rows), 'indication')} of {asked.words}",
        evidence=tuple(evidence.of_indication(row) for row in rows[:ROWS]),
        note=_note(cut, warning, _origin(rows[0].release, rows[0].retrieved_at)),
        count=len(rows),
        molecules=asked.molecules,
    )


def _unknown(source: ChemblSource, asked: Subject) -> ToolResult:
    alone = replace(asked, target=None, also="")
    return _absence(source, f"molecule with the structure of {asked.molecule_name}", alone)


def _absence(source: ChemblSource, searched: str, asked: Subject, more: str = "") -> ToolResult:
    release = source.release()
    about = asked.molecule_id or asked.target_id
    is_part = "" if release.startswith("ChEMBL") else "It is a selection of ChEMBL, not all of it."
    return ToolResult(
        summary=f"ChEMBL: nothing found for {searched}",
        evidence=(evidence.of_absence(searched, release, about, _note(more, is_part)),),
        note=_note(asked.also, _origin(release)),
        count=0,
        molecules=asked.molecules,
    )


def _instead(source: ChemblSource, query: ActivityQuery) -> str:
    """What there is of the same molecule and target when the filters leave nothing."""
    wide = ActivityQuery(target_id=query.target_id, molecule_ids=query.molecule_ids, limit=200)
    if wide == replace(query, limit=200, offset=0):
        return ""
    page = source.activities(wide)
    types = ", ".join(sorted({row.type for row in page.rows}))
    return f"Without these filters it holds {_count(page.total, 'row')} ({types})." if types else ""


def _filters(query: ActivityQuery) -> str:
    parts = []
    if query.max_value_nm is not None:
        parts.append(f"below {evidence.figure(query.max_value_nm)} nM")
    if query.min_pchembl is not None:
        parts.append(f"with pChEMBL {evidence.figure(query.min_pchembl)} or more")
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
        parts.append(f"{_count(found.page.flagged, 'row')} with a data validity comment")
    if found.page.duplicates:
        parts.append(_count(found.page.duplicates, "potential duplicate"))
    return f"Left out: {' and '.join(parts)}." if parts else ""


def _also(asked: str, rows: list[TargetRow]) -> str:
    """Which target was taken and what else the text may mean; empty where it means one only."""
    if len(rows) == 1 or rows[0].matched_by in ("ChEMBL id", "UniProt accession"):
        return ""
    others = ", ".join(f"{row.name} ({row.chembl_id})" for row in rows[1:4])
    more = f" and {len(rows) - 4} more" if len(rows) > 4 else ""
    name = f"{rows[0].name} ({rows[0].chembl_id})"
    return f'"{asked.strip()}" was read as {name}; it may also be {others}{more}.'


def _origin(release: str, retrieved_at: str = "") -> str:
    return f"Source: {release}{f', retrieved {retrieved_at}' if retrieved_at else ''}."


def _note(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
