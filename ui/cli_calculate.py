"""Calculations by hand and of whole files: ``retort calculate``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.retrieval.errors import RetortError, UsageError
from retort.ui import terminal
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.tools.calculation_columns import Column
    from retort.tools.result_files import Outcome


def calculate(
    smiles: Annotated[list[str] | None, typer.Argument(help="Structures as SMILES.")] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option(help="Names with commas, or properties, rules, alerts, all."),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List what can be calculated.")] = False,
    input: Annotated[Path | None, typer.Option(help="A CSV, TSV, SMILES or SD file.")] = None,
    smiles_column: Annotated[str | None, typer.Option(help="Column of the structures.")] = None,
    output: Annotated[Path | None, typer.Option(help="CSV; a rerun goes on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes for a file; all cores if not given.")
    ] = None,
    json: JSON = False,
) -> None:
    """Calculate properties, rules and alerts from structures.

    Without --properties, the usual ones. With --input and --output, of a whole file: each row of it
    with the calculations beside it.
    """
    from retort.tools import calculation_columns

    wanted = [name for names in properties or () for name in names.split(",") if name.strip()]
    if show_list:
        _show_list(calculation_columns.named(wanted or ["all"]), json)
        return
    if input or output:
        if not input or not output or smiles:
            raise UsageError(
                "A file is calculated into a file.",
                "It needs --input and --output, and no structures beside them.",
                "retort calculate --input FILE.csv --output OUT.csv",
            )
        _calculate_file(input, smiles_column, output, wanted, workers, json)
        return
    if not smiles:
        raise UsageError(
            "No structure was given.", "There is nothing to calculate.", "retort calculate CCO"
        )
    rows = list(_rows(smiles, calculation_columns.named(wanted)))
    if json:
        terminal.emit(rows)
    else:
        terminal.tell("\n\n".join(map(_shown, rows)))
    failed = sum(row["error"] is not None for row in rows)
    raise typer.Exit(0 if not failed else 1 if failed == len(rows) else 3)


def _rows(smiles: list[str], columns: tuple[Column, ...]) -> Iterator[dict[str, Any]]:
    """One record for each structure, in order; a bad one carries its error."""
    from retort.tools import calculation_columns, structures

    for text in smiles:
        row: dict[str, Any] = {"smiles": text, "calculated_by": structures.RDKIT}
        try:
            texts = calculation_columns.texts(text, columns)
        except RetortError as error:
            yield row | {"values": [], "error": error.as_dict()}
            continue
        values = [
            {
                "name": column.name,
                "label": column.label,
                "value": _value(cell),
                "text": cell,
                "unit": column.unit,
                "method": column.method,
            }
            for column, cell in zip(columns, texts, strict=True)
        ]
        yield row | {"values": values, "error": None}


def _value(cell: str) -> bool | int | float | str | None:
    """A cell as JSON has it: a number as a number, an empty one as null."""
    if cell in ("true", "false"):
        return cell == "true"
    for read in (int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell or None


def _shown(row: dict[str, Any]) -> str:
    if row["error"]:
        return f"{row['smiles']}\n  error: {row['error']['what']} {row['error']['why']}"
    lines = [
        (value["label"], value["text"] or "-", value["unit"] if value["text"] else "")
        for value in row["values"]
    ]
    return f"{row['smiles']}\n{terminal.table(lines, ('calculated', 'value', 'unit'))}"


def _calculate_file(
    source: Path,
    smiles_column: str | None,
    output: Path,
    wanted: list[str],
    workers: int | None,
    json: bool,
) -> None:
    from retort.tools.calculation_table import calculate_file
    from retort.tools.structure_files import open_structures
    from retort.tools.workers import cores

    structures = open_structures(source, smiles_column)
    stop = stop_on_interrupt()
    with bar("Calculating") as advance:
        made = calculate_file(structures, output, wanted, advance, stop, workers or cores())
    raise typer.Exit(told(made, output, "calculated", json))


def told(made: Outcome, output: Path, done: str, json: bool) -> int:
    """Say what stands in a result when its run ends; gives the exit code."""
    left = made.total - made.done
    if json:
        terminal.emit(asdict(made) | {"left": left, "output": str(output)})
    terminal.say(
        f"{made.done:,} of {made.total:,} rows {done} ({made.failed:,} failed), "
        f"{made.resumed:,} were done before: {output}"
    )
    none_went_well = left > 0 or (made.failed == made.total > 0)
    return 1 if none_went_well else 3 if made.failed else 0


def _show_list(columns: tuple[Column, ...], json: bool) -> None:
    if json:
        fields = ("name", "label", "unit", "method")
        terminal.emit([{name: getattr(item, name) for name in fields} for item in columns])
        return
    rows = [(item.name, item.unit or "-", item.label) for item in columns]
    print(terminal.table(rows, ("name", "unit", "what")))
