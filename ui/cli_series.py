"""The commands for sets of molecules: ``retort series`` and ``retort conformers``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.retrieval.errors import RetortError, UsageError
from retort.ui import terminal
from retort.ui.options import JSON
from retort.ui.progress import Advance, bar

if TYPE_CHECKING:
    from retort.tools.series.members import Entry
    from retort.tools.structure_files import StructureFile

SHOWN = 12
"""rows of a result that are printed"""

_NAMES = ("name", "id", "molecule_chembl_id", "chembl_id", "title")
"""columns taken for the names of molecules, in this order"""


def series(
    input: Annotated[Path, typer.Argument(help="A CSV, TSV, SMILES or SD file.")],
    by: Annotated[
        str,
        typer.Option(
            help="scaffold, r_groups, matched_pairs, clusters, common_core or diverse.",
        ),
    ],
    output: Annotated[Path, typer.Option(help="CSV of every row, or of every pair.")],
    value: Annotated[str | None, typer.Option(help="Column of numbers to follow.")] = None,
    core: Annotated[str, typer.Option(help="r_groups: SMILES or SMARTS; found if left out.")] = "",
    threshold: Annotated[
        float, typer.Option(min=0.05, max=1.0, help="clusters: Tanimoto similarity.")
    ] = 0.6,
    picks: Annotated[int, typer.Option(min=1, help="diverse: how many to pick.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="diverse: decides the first pick.")] = 0,
    seconds: Annotated[int, typer.Option(min=1, help="Time limit of a search for a core.")] = 10,
    smiles_column: Annotated[str | None, typer.Option(help="Column of the structures.")] = None,
    json: JSON = False,
) -> None:
    """Analyse a file of molecules as a set.

    The whole result goes to --output, what weighs most to stdout. Salts are read as their parents.
    """
    from retort.tools.series.analyses import Wish, analyse, known
    from retort.tools.series.findings import whole_table
    from retort.tools.series.members import gather
    from retort.tools.structure_files import open_structures

    known(by)
    _refuse(input, output)
    file = open_structures(input, smiles_column)
    at = _column(file, value) if value else None
    with bar("Reading") as advance:
        given = gather(_entries(file, at, advance), f"{value} (as given)" if value else "")
    if not given.members:
        why = given.problems[0] if given.problems else "It has no rows."
        raise RetortError(f"{input} has no structure that can be read.", why, "Check the file.")
    terminal.say(f"{len(given.members):,} structures; analysing by {by} ...")
    found = analyse(given, by, Wish(core, threshold, picks, seed, seconds))
    table = found.own or whole_table(given, found, found.summary)
    _write(output, table.csv())
    summary: dict[str, Any] = {
        "summary": found.summary,
        "note": " ".join(filter(None, (found.note, given.remarks()))),
        "rows": len(given.entries),
        "structures": len(given.members),
        "failed": given.failed,
        "results": len(found.evidence),
        "output": str(output),
    }
    shown = found.evidence[:SHOWN]
    if json:
        terminal.emit(summary | {"evidence": [item.as_dict() for item in shown]})
    else:
        terminal.tell("\n".join([found.summary, *(item.quote for item in shown)]))
        if len(found.evidence) > SHOWN:
            print(f"{SHOWN} of {len(found.evidence):,} shown; all in {output}")
    terminal.say(f"{summary['note']} Written: {output}".strip())
    raise typer.Exit(3 if given.failed else 0)


def conformers(
    molecule: Annotated[str, typer.Argument(help="A name, a ChEMBL id or a SMILES.")],
    output: Annotated[Path, typer.Option(help="SD file of the conformers.")],
    count: Annotated[int, typer.Option(min=1, max=300, help="Conformers to embed.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same conformers.")] = 0,
    seconds: Annotated[int, typer.Option(min=1, help="Time limit.")] = 60,
    json: JSON = False,
) -> None:
    """Generate conformers in three dimensions, with relative energies.

    Of a salt, those of its parent.
    """
    from retort.agent.bench import BenchMaker
    from retort.agent.settings import Settings
    from retort.tools import structures
    from retort.tools.series import conformers as embedding
    from retort.tools.series.tool import conformer_remarks

    found = BenchMaker(Settings.from_environment()).make().molecules.resolve(molecule)
    found.structure()
    parent = structures.molecule_from_smiles(found.parent)
    made = embedding.conformers(parent, count, seed, seconds)
    _write(output, embedding.sd_file(made, found.label))
    energies = [one.energy for one in made.conformers]
    if json:
        names = ("smiles", "force_field", "asked", "embedded", "is_timed_out", "seed")
        told = {name: getattr(made, name) for name in names}
        terminal.emit(told | {"energies_kcal_mol": energies, "output": str(output)})
    else:
        rows = [(number, f"{energy:.2f}") for number, energy in enumerate(energies, 1)]
        print(terminal.table(rows, ("conformer", "kcal/mol above the lowest")))
    terminal.say(f"{conformer_remarks(made)} {found.remarks}".strip())
    terminal.say(f"{len(energies)} distinct of {made.embedded} embedded. Written: {output}")
    raise typer.Exit(3 if made.is_timed_out else 0)


def _entries(file: StructureFile, value_at: int | None, advance: Advance) -> Iterator[Entry]:
    """The rows of a file, named by a column of names or by their number."""
    from retort.tools.series.members import Entry, number

    lowered = [column.lower() for column in file.columns]
    named = next((lowered.index(name) for name in _NAMES if name in lowered), None)
    total = file.count()
    for done, row in enumerate(file.rows(), 1):
        problem = f"{row.problem.what} {row.problem.why}" if row.problem else ""
        name = (row.cells[named].strip() if named is not None else "") or f"row {done}"
        value = None if value_at is None else number(row.cells[value_at])
        yield Entry(name, row.smiles, value, problem)
        advance(done, total, "")


def _column(file: StructureFile, name: str) -> int:
    if name not in file.columns:
        raise UsageError(
            f'{file.path} has no column named "{name}".',
            f"Its columns are: {', '.join(file.columns)}.",
            "Name one of them: --value COLUMN",
        )
    return file.columns.index(name)


def _refuse(source: Path, output: Path) -> None:
    if output.is_dir() or (output.exists() and source.exists() and output.samefile(source)):
        raise UsageError(
            f"{output} cannot be the output.",
            "It is a folder, or the input itself.",
            "Give another --output file.",
        )


def _write(output: Path, text: str) -> None:
    """Write a file whole or not at all."""
    half = output.with_name(f"{output.name}.{os.getpid()}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(text, encoding="utf-8", newline="")
        half.replace(output)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise RetortError(
            f"Cannot write {output}.", f"{error.strerror}.", "Give another --output file."
        ) from error
