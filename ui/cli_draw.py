"""The command ``retort draw``: molecules as a picture, made on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError, UsageError
from retort.ui import terminal
from retort.ui.files import write_whole

if TYPE_CHECKING:
    from retort.tools.sheets import Cell

FORMATS = (".svg", ".png")


def draw(
    molecules: Annotated[list[str], typer.Argument(help="Names, ids, SMILES or InChIKeys.")],
    output: Annotated[Path, typer.Option(help="File to write: .svg or .png.")],
    smarts: Annotated[str | None, typer.Option(help="Mark what matches this pattern.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="For a dark page.")] = False,
    stereo: Annotated[bool, typer.Option("--stereo", help="Write R, S, E and Z.")] = False,
    grid: Annotated[
        bool, typer.Option("--grid", help="All on one sheet, aligned; else a file each.")
    ] = False,
) -> None:
    """Draw molecules, each with its name.

    Several without --grid become FILE-1.svg, FILE-2.svg and so on. What cannot be found gets a
    frame that says so, and exit code 3.
    """
    from retort.agent.bench import BenchMaker
    from retort.tools import sheets, structures
    from retort.tools.depict import Style

    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(
            f"No drawing can be written to {output}.",
            "The end of the name says the format: .svg or .png.",
            "retort draw imatinib --output FILE.svg",
        )
    pattern = structures.pattern_from_smarts(smarts) if smarts else None
    book = BenchMaker(Settings.from_environment()).make().molecules
    cells, failed = [], 0
    for text in molecules:
        try:
            found = book.resolve(text)
            cells.append(_cell(found.label, found.smiles, pattern, smarts or ""))
        except RetortError as error:
            terminal.show_error(error)
            cells.append(sheets.Cell("", text, ("not found",)))
            failed += 1
    if failed == len(cells):
        raise typer.Exit(1)
    style = Style(dark=dark, stereo=stereo, opaque=True)
    together = [cells] if grid or len(cells) == 1 else [[cell] for cell in cells]
    for number, each in enumerate(together, 1):
        path = output if len(together) == 1 else output.with_stem(f"{output.stem}-{number}")
        width, height = (260, 190) if len(each) > 1 else (480, 360)
        if suffix == ".svg":
            content = sheets.svg(each, width=width, height=height, style=style).encode()
        else:
            content = sheets.png(each, width=width, height=height, style=style)
        write_whole(path, content)
        terminal.say(f"Drawing: {path}")
    raise typer.Exit(3 if failed else 0)


def _cell(name: str, smiles: str, pattern: object, smarts: str) -> Cell:
    """A molecule with what matches the pattern marked, and in words how often it does."""
    from retort.tools import sheets, structures

    if pattern is None or not smiles:
        return sheets.Cell(smiles, name)
    matches = structures.molecule_from_smiles(smiles).GetSubstructMatches(pattern)
    atoms = tuple(sorted({atom for match in matches for atom in match}))
    count = len(matches)
    said = f"marked: {smarts} ({count} match{'es' * (count != 1)})" if count else f"no {smarts}"
    return sheets.Cell(smiles, name, (said,), atoms)
