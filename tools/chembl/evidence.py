"""Rows of ChEMBL become evidence: one plain sentence with every number, the record, the link.

Owns the wording. Knows no source and no tool.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from retort.tools.chembl.compounds import Compound
from retort.tools.chembl.reading import CHEMBL_ID
from retort.tools.chembl.records import ActivityRow, IndicationRow, MechanismRow, TargetRow
from retort.tools.records import Evidence
from retort.tools.shapes import AbsenceShape, TargetShape

CARDS = "https://www.ebi.ac.uk/chembl/explore"


def card(kind: str, chembl_id: str) -> str:
    """Address of a report card (``compound``, ``target`` ...); empty for an id of our own."""
    return f"{CARDS}/{kind}/{chembl_id}" if CHEMBL_ID.fullmatch(chembl_id) else ""


def figure(value: float) -> str:
    """A number without exponent and without needless zeros: 33, 0.17, 1000000."""
    written = f"{value:.10f}".rstrip("0").rstrip(".")
    return written if written not in ("", "0", "-0") or value == 0 else f"{value:g}"


def phase_words(phase: float | None) -> str:
    """The highest clinical phase in words."""
    if phase is None or phase == 0:
        return "no clinical phase known"
    if phase < 0:
        return "clinical phase unknown"
    if phase == 0.5:
        return "highest phase early 1"
    return f"highest phase {figure(phase)}" + (" (approved)" if phase == 4 else "")


def target_words(gene: str, name: str) -> str:
    """Short name of a target: the gene symbol of a single protein, else the name."""
    return gene if gene and ", " not in gene else name


def of_target(row: TargetRow) -> Evidence:
    """A target as evidence."""
    parts = [
        f"{target_words(row.gene, row.name)}: {row.name} ({row.chembl_id})",
        f"{row.target_type or 'target'} of {row.organism or 'unknown organism'}",
    ]
    if row.gene:
        parts.append(f"gene {row.gene}")
    if row.accession:
        parts.append(f"UniProt {row.accession}")
    shape = TargetShape(
        record="target",
        target_chembl_id=row.chembl_id,
        name=row.name,
        gene=row.gene,
        accession=row.accession,
        organism=row.organism,
        target_type=row.target_type,
        matched_by=row.matched_by,
        release=row.release,
        retrieved_at=row.retrieved_at,
    )
    return Evidence(
        kind="chembl",
        source_id=row.chembl_id,
        title=f"{row.name} ({row.release})",
        quote=f"{', '.join(parts)}; matched by {row.matched_by}.",
        url=card("target", row.chembl_id),
        record=shape,
    )


def of_compound(compound: Compound) -> Evidence:
    """A compound's best activity as evidence, with the spread of its measurements."""
    row, spread = compound.row, compound.spread
    measured = f"{row.type} {_value(row)}"
    if spread is not None:
        best = f"best of {spread.n}" if row.relation == "=" and row.pchembl is not None else ""
        unit = f" {spread.units}" if spread.units else ""
        measured += (
            f" ({best or f'{spread.n} exact measurements'}; median {figure(spread.median)}{unit}, "
            f"range {figure(spread.low)}-{figure(spread.high)}{unit})"
        )
    return Evidence(
        kind="chembl",
        source_id=row.molecule_chembl_id,
        title=f"{row.molecule_name}, {row.type} on {_target(row)} ({row.release})",
        quote=f"{row.molecule_name}: {measured} on {_target(row)} ({_target_details(row)}), "
        f"{_source(row)}.",
        url=card("compound", row.molecule_chembl_id),
        record={
            "record": "activity",
            **asdict(row),
            "measurements": asdict(spread) if spread is not None else None,
        },
    )


def _value(row: ActivityRow) -> str:
    if row.value is None:
        return "without a value"
    return f"{row.relation or 'about'} {figure(row.value)} {row.units}".strip()


def _target(row: ActivityRow) -> str:
    name = target_words(row.gene, row.target_name)
    return f"{name} {row.variant}" if row.variant else name


def _target_details(row: ActivityRow) -> str:
    short = target_words(row.gene, row.target_name)
    names = [row.target_name] if row.target_name != short else []
    variant = f"mutant {row.variant}" if row.variant else ""
    return ", ".join(item for item in (*names, variant, row.organism, row.target_chembl_id) if item)


def _source(row: ActivityRow) -> str:
    parts = [f"assay {row.assay_chembl_id}"]
    if row.document_chembl_id:
        parts.append(f"document {row.document_chembl_id}" + (f" ({row.year})" if row.year else ""))
    if row.pchembl is not None:
        parts.append(f"pChEMBL {figure(row.pchembl)}")
    return ", ".join(parts)


def of_mechanism(row: MechanismRow) -> Evidence:
    """A mechanism of action as evidence."""
    target = target_words(row.gene, row.target_name)
    parts = [row.mechanism or "mechanism not named"]
    if row.action_type:
        parts.append(f"action {row.action_type}")
    parts.append(f"target {target} ({row.target_chembl_id})" if target else "no target named")
    parts.append(phase_words(row.max_phase))
    return Evidence(
        kind="chembl",
        source_id=row.molecule_chembl_id,
        title=f"{row.molecule_name}, mechanism of action ({row.release})",
        quote=f"{row.molecule_name} ({row.molecule_chembl_id}): {'; '.join(parts)}.",
        url=card("compound", row.molecule_chembl_id),
        record={"record": "mechanism", **asdict(row)},
    )


def of_indication(row: IndicationRow) -> Evidence:
    """An indication as evidence."""
    mesh = f" (MeSH {row.mesh_id})" if row.mesh_id else ""
    return Evidence(
        kind="chembl",
        source_id=row.molecule_chembl_id,
        title=f"{row.molecule_name}, indication ({row.release})",
        quote=f"{row.molecule_name} ({row.molecule_chembl_id}): {row.indication}{mesh}, "
        f"{phase_words(row.max_phase)}.",
        url=card("compound", row.molecule_chembl_id),
        record={"record": "indication", **asdict(row)},
    )


def of_absence(searched: str, release: str, source_id: str = "", more: str = "") -> Evidence:
    """Nothing found, as evidence.

    Args:
        searched: what was sought, so that "holds no ..." reads on: "IC50 of aspirin on EGFR".
        release: where it was sought.
        source_id: ChEMBL id of the molecule or target sought, where it is known.
        more: a further sentence: what there is instead.
    """
    shape: dict[str, Any] = {
        **AbsenceShape(record="absence", searched=searched, found=0, release=release)
    }
    return Evidence(
        kind="chembl",
        source_id=source_id or release,
        title=f"Nothing found ({release})",
        quote=f"{release} holds no {searched}.{f' {more}' if more else ''}",
        record=shape,
    )
