"""The questions answered from many measurements: selectivity, and a series on a target.

Owns which rows are put together and what is shown of them. Knows no backend, and no LangChain.
"""

from __future__ import annotations

from typing import Any

from retort.retrieval.errors import UsageError
from retort.tools import structures
from retort.tools.bench import Bench
from retort.tools.chembl import aggregates, found, reading, tabulated
from retort.tools.chembl.aggregates import CompoundProfile
from retort.tools.chembl.asking import absence, counted, cut, note, origin, subject, unknown
from retort.tools.chembl.records import ActivityQuery, ActivityRow
from retort.tools.records import ToolResult

SHOWN = 12
"""targets or compounds shown in one call"""


def find_selectivity(bench: Bench, molecule: str, offset: int = 0) -> ToolResult:
    """A molecule across its targets: n, median pChEMBL, range and conflicts of each.

    Raises:
        UsageError: no molecule was named.
        RetortError: the molecule is not known.
    """
    asked = subject(bench, molecule, "")
    if asked.is_unknown:
        return unknown(bench.chembl, asked)
    query = ActivityQuery(molecule_ids=(asked.molecule_id,), types=aggregates.COMPARABLE)
    rows, total = aggregates.every(bench.chembl, query)
    profiles = aggregates.by_target(rows)
    if not profiles:
        return absence(bench.chembl, f"activity of {asked.words} on a protein", asked)
    first = rows[0]
    return ToolResult(
        summary=f"ChEMBL: {asked.words} was measured on {counted(len(profiles), 'target')}",
        evidence=tuple(
            found.of_target_profile(item, asked.molecule_id, asked.molecule_name, first.release)
            for item in profiles[offset : offset + SHOWN]
        ),
        note=note(
            cut(len(profiles), SHOWN, offset, "most potent first"),
            "Mutants stand apart from the wild type; species are told apart by the target.",
            _unread(len(rows), total),
            "Values of different assays and types compare within half a log unit at best.",
            origin(first.release, first.retrieved_at),
        ),
        count=len(profiles),
        molecules=asked.molecules,
        table=tabulated.of_targets(profiles, asked.words, first.release),
    )


def find_structure_activity(
    bench: Bench,
    target: str,
    molecule: str = "",
    smarts: str = "",
    activity_type: str = "",
    offset: int = 0,
) -> ToolResult:
    """The compounds of a series on a target, one row each.

    Args:
        bench: where molecules and ChEMBL are.
        target: name or id of the target.
        molecule: the series is what shares this molecule's Murcko scaffold.
        smarts: the series is what holds this pattern; all compounds where neither is given.
        activity_type: "IC50", "Ki, Kd"; empty for all of which potencies compare.
        offset: compounds to skip.

    Raises:
        UsageError: no target was named, or both a molecule and a pattern.
        RetortError: one of them is not known or cannot be read.
    """
    if molecule.strip() and smarts.strip():
        raise UsageError(
            "A series is given by a molecule or by a pattern.",
            "Both were given.",
            "Leave one of them out.",
        )
    asked = subject(bench, "", target)
    assert asked.target is not None  # `subject` raises without one
    core, words = _core(bench, molecule, smarts)
    types = reading.activity_types(activity_type) or aggregates.COMPARABLE
    query = ActivityQuery(target_id=asked.target_id, types=types)
    rows, total = aggregates.every(bench.chembl, query)
    known: dict[str, bool] = {}
    series = [row for row in rows if core is None or _holds(row, core, known)]
    profiles = aggregates.by_compound(series)
    if not profiles:
        return absence(bench.chembl, f"compound {words} measured on {asked.words}", asked)
    first = rows[0]
    return ToolResult(
        summary=f"ChEMBL: {' '.join(filter(None, (_compounds(profiles), words)))} on {asked.words}",
        evidence=tuple(
            found.of_compound_profile(item, asked.target, first.release)
            for item in profiles[offset : offset + SHOWN]
        ),
        note=note(
            cut(len(profiles), SHOWN, offset, "most potent first"),
            _unread(len(rows), total),
            asked.also,
            origin(first.release, first.retrieved_at),
        ),
        count=len(profiles),
        table=tabulated.of_series(
            profiles, f"Structure and activity on {asked.words}", first.release
        ),
    )


def _core(bench: Bench, molecule: str, smarts: str) -> tuple[Any, str]:
    """What the compounds of a series hold, and in words; None where every compound belongs."""
    if smarts.strip():
        return structures.pattern_from_smarts(smarts), f"with {smarts.strip()}"
    if not molecule.strip():
        return None, ""
    from rdkit.Chem.Scaffolds import MurckoScaffold

    resolved = bench.molecules.resolve(molecule)
    parent = structures.standardise(structures.molecule_from_smiles(resolved.smiles))
    scaffold = MurckoScaffold.GetScaffoldForMol(parent)
    if not scaffold.GetNumAtoms():
        raise UsageError(
            f"{resolved.name or resolved.handle} has no ring, so no scaffold.",
            "The series of a molecule is what shares its Murcko scaffold.",
            "Give a SMARTS pattern instead.",
        )
    written = structures.canonical(scaffold)
    return scaffold, f"with the scaffold of {resolved.name or resolved.handle} ({written})"


def _holds(row: ActivityRow, core: Any, known: dict[str, bool]) -> bool:
    """Whether a row's structure holds a core; each structure is looked at once."""
    if row.smiles not in known:
        molecule, _ = structures.read_smiles(row.smiles) if row.smiles else (None, "")
        known[row.smiles] = molecule is not None and molecule.HasSubstructMatch(core)
    return known[row.smiles]


def _compounds(profiles: list[CompoundProfile]) -> str:
    return counted(len({item.parent_chembl_id for item in profiles}), "compound")


def _unread(read: int, total: int) -> str:
    return f"The first {read} of {total} rows were put together." if read < total else ""
