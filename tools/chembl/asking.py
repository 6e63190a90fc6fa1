"""What the questions to ChEMBL share: whom they are about, and what is said of nothing.

Owns how names become ids. Knows no backend, and no LangChain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.bench import Bench
from retort.tools.chembl import evidence
from retort.tools.chembl.kept import is_fresh
from retort.tools.chembl.records import TargetRow
from retort.tools.chembl.source import ChemblSource
from retort.tools.records import ToolResult


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


def unknown(source: ChemblSource, asked: Subject) -> ToolResult:
    """The answer for a structure that ChEMBL does not know."""
    alone = replace(asked, target=None, also="")
    return absence(source, f"molecule with the structure of {asked.molecule_name}", alone)


def absence(source: ChemblSource, searched: str, asked: Subject, more: str = "") -> ToolResult:
    """The answer that there is none: what was searched, where, and what there is instead."""
    release = source.release()
    about = asked.molecule_id or asked.target_id
    is_part = "" if release.startswith("ChEMBL") else "It is a selection of ChEMBL, not all of it."
    return ToolResult(
        summary=f"ChEMBL: nothing found for {searched}",
        evidence=(evidence.of_absence(searched, release, about, note(more, is_part)),),
        note=note(asked.also, origin(release)),
        count=0,
        molecules=asked.molecules,
    )


def _also(asked: str, rows: list[TargetRow]) -> str:
    """Which target was taken and what else the text may mean; empty where it means one only."""
    if len(rows) == 1 or rows[0].matched_by in ("ChEMBL id", "UniProt accession"):
        return ""
    others = ", ".join(f"{row.name} ({row.chembl_id})" for row in rows[1:4])
    more = f" and {len(rows) - 4} more" if len(rows) > 4 else ""
    name = f"{rows[0].name} ({rows[0].chembl_id})"
    return f'"{asked.strip()}" was read as {name}; it may also be {others}{more}.'


def origin(release: str, retrieved_at: str = "") -> str:
    """The release, and the time of a web service's answer; plainly so if it is an older one."""
    if retrieved_at and not is_fresh(retrieved_at):
        day = retrieved_at.partition("T")[0]
        return f"ChEMBL did not answer; this is its answer of {day}. Source: {release}."
    return f"Source: {release}{f', retrieved {retrieved_at}' if retrieved_at else ''}."


def note(*parts: str) -> str:
    """The sentences that are not empty."""
    return " ".join(part for part in parts if part)


def counted(n: int, noun: str) -> str:
    """A number with its noun: "1 row", "2 rows"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def cut(total: int, most: int, offset: int, order: str = "") -> str:
    """What is shown of much: "12 of 340 shown; for more ask again with offset=12."."""
    last = min(total, offset + most)
    if offset >= total > 0:
        return f"Nothing further from {offset + 1} of {total} on."
    if not offset and last == total:
        return ""
    rows = f"{offset + 1}-{last} of {total}" if offset else f"{last} of {total}"
    ordered = f", {order}" if order else ""
    more = f"; for more ask again with offset={last}" if last < total else ""
    return f"{rows} shown{ordered}{more}."
