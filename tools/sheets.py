"""Molecules side by side on one sheet: aligned to what they share, each with its caption.

Owns the layout and the captions; what a molecule looks like is ``depict``'s. What has no structure,
cannot be read or is too large gets a frame that says so. As SVG, or as PNG for a slide.
"""

from __future__ import annotations

import io
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from rdkit import Chem
from rdkit.Chem import rdFMCS
from rdkit.Chem.Draw import rdMolDraw2D

from retort.tools import depict, structures
from retort.tools.depict import Style, readable

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

FONT = 13
"""pixels of a caption's letters"""
LINE = 17
"""pixels from one line of a caption to the next"""
LETTER = 0.56
"""mean width of a letter of a sans-serif font, as a share of its size"""
MOST_LINES = 4
"""lines of a caption; the rest is cut, with an ellipsis"""
SMALLEST_CORE = 5
"""atoms that molecules must share to be drawn the same way round"""
GOOD_CORE = 9
"""atoms that all must share; one ring would do for all and lie differently in each"""
SHARED_BY = 0.5
"""part of the molecules that must contain what they are aligned by"""
CORE_SECONDS = 2
"""time limit of the search for what molecules share"""
MARGIN = 8
"""pixels around a drawing"""

_PLAIN = {
    "\u00b5": "u", "\u03bc": "u", "\u03b1": "alpha", "\u03b2": "beta", "\u03b3": "gamma",
    "\u03b4": "delta", "\u2264": "<=", "\u2265": ">=", "\u2013": "-", "\u2014": "-",
    "\u2212": "-", "\u2026": "...", "\u00d7": "x", "\u2248": "~",
}  # fmt: skip
"""What the letters that are in no bundled font are written as in a PNG."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One molecule of a sheet."""

    smiles: str
    """empty where there is no structure"""
    name: str = ""
    lines: tuple[str, ...] = ()
    """under the name: a value with its relation and unit, what the marked atoms are"""
    highlight: tuple[int, ...] = ()
    """0-based atoms to mark"""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A cell ready to be drawn."""

    molecule: Any
    """RDKit molecule with coordinates; None where there is nothing to draw"""
    reason: str
    """why there is nothing"""
    caption: tuple[str, ...]
    cell: Cell


def svg(
    cells: Sequence[Cell],
    columns: int = 3,
    width: int = 260,
    height: int = 190,
    style: Style = Style(),  # noqa: B008 (frozen)
    title: str = "",
) -> str:
    """Molecules side by side as one SVG element that refers to nothing outside.

    Args:
        cells: the molecules, in the order of reading.
        columns: at most so many in a row.
        width: pixels of one drawing.
        height: pixels of one drawing without its caption.
        style: how it looks.
        title: what a screen reader says of the whole.
    """
    panels, columns, caption = _panels(cells, columns, width)
    total = (width * columns, (height + caption) * -(-len(panels) // columns))
    ink, page = depict.hexadecimal(style.ink), depict.hexadecimal(style.page)
    parts = [f'<rect width="{total[0]}" height="{total[1]}" fill="{page}"/>' * style.opaque]
    for at, panel in enumerate(panels):
        left, top = width * (at % columns), (height + caption) * (at // columns)
        drawn = _framed(panel, width, height, ink)
        if panel.molecule is not None:
            drawer = rdMolDraw2D.MolDraw2DSVG(width - 2 * MARGIN, height - MARGIN)
            depict.paint(drawer, panel.molecule, _clear(style), panel.cell.highlight)
            name = panel.cell.name or panel.cell.smiles
            drawn = depict.element(drawer.GetDrawingText(), name, panel.cell.smiles)
            drawn = drawn.replace("<svg", f'<svg x="{MARGIN}" y="{MARGIN}"', 1)
        lines = "".join(
            _line(text, width / 2, height + LINE * (number + 0.8), ink, number == 0)
            for number, text in enumerate(panel.caption)
        )
        parts.append(f'<g transform="translate({left} {top})">{drawn}{lines}</g>')
    said = title or f"{len(panels)} molecules"
    names = "; ".join(" ".join((panel.cell.name, *panel.cell.lines)) for panel in panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total[0]}px" height="{total[1]}px" '
        f'viewBox="0 0 {total[0]} {total[1]}">'
    )
    return depict.element(f"{head}{''.join(parts)}</svg>", said, names)


def png(
    cells: Sequence[Cell],
    columns: int = 3,
    width: int = 260,
    height: int = 190,
    style: Style = Style(),  # noqa: B008 (frozen)
) -> bytes:
    """The same as PNG, opaque, two dots per pixel."""
    from PIL import Image, ImageDraw

    panels, columns, caption = _panels(cells, columns, width)
    total = (width * columns, (height + caption) * -(-len(panels) // columns))
    sheet = Image.new("RGB", (2 * total[0], 2 * total[1]), depict.hexadecimal(style.page))
    writer = ImageDraw.Draw(sheet)
    ink = depict.hexadecimal(style.ink)
    for at, panel in enumerate(panels):
        left, top = 2 * width * (at % columns), 2 * (height + caption) * (at // columns)
        if panel.molecule is not None:
            drawer = rdMolDraw2D.MolDraw2DCairo(2 * (width - 2 * MARGIN), 2 * (height - MARGIN))
            depict.paint(drawer, panel.molecule, _clear(style), panel.cell.highlight)
            drawing = Image.open(io.BytesIO(drawer.GetDrawingText()))
            sheet.paste(drawing, (left + 2 * MARGIN, top + 2 * MARGIN), drawing)
        else:
            box = (left + 16, top + 16, left + 2 * width - 16, top + 2 * height - 16)
            writer.rectangle(box, outline=ink)
            _write(writer, panel.reason, left + width, top + height, ink)
        for number, text in enumerate(panel.caption):
            _write(writer, text, left + width, top + 2 * (height + LINE * number), ink)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def common_core(molecules: Sequence[Any]) -> Any:
    """What molecules share, laid out; None where it is too little to align by.

    Whole rings only, by RDKit's maximum common substructure within ``CORE_SECONDS``: of all that
    have rings, else of ``SHARED_BY`` of them, so that one of another kind spoils nothing.
    """
    with_rings = [each for each in molecules if each.GetRingInfo().NumRings()]
    if len(with_rings) < 2:
        return None
    for part, least in ((1.0, GOOD_CORE), (SHARED_BY, SMALLEST_CORE)):
        with structures.silenced():
            found = rdFMCS.FindMCS(
                with_rings,
                timeout=CORE_SECONDS,
                threshold=part,
                ringMatchesRingOnly=True,
                completeRingsOnly=True,
            )
        if found.numAtoms >= least:
            return _placed(Chem.MolFromSmarts(found.smartsString), with_rings)
    return None


def _placed(core: Any, molecules: Sequence[Any]) -> Any:
    """A query with the coordinates that it has in the first molecule that contains it."""
    first = next(each for each in molecules if each.HasSubstructMatch(core))
    atoms = first.GetSubstructMatch(core)  # before it is drawn without aromatic bonds
    drawn = depict.laid_out(first).GetConformer()
    place = Chem.Conformer(core.GetNumAtoms())
    for query, atom in enumerate(atoms):
        place.SetAtomPosition(query, drawn.GetAtomPosition(atom))
    core.AddConformer(place)
    return core


def _panels(cells: Sequence[Cell], columns: int, width: int) -> tuple[list[_Panel], int, int]:
    """The cells ready to be drawn, the columns that they fill, and the height of a caption."""
    read: list[tuple[Any, str]] = [_read(cell) for cell in cells]
    core = common_core([molecule for molecule, _ in read if molecule is not None])
    letters = int((width - 2 * MARGIN) / (FONT * LETTER))
    panels = [
        _Panel(
            None if molecule is None else depict.laid_out(molecule, core),
            reason,
            _caption(cell, letters),
            cell,
        )
        for cell, (molecule, reason) in zip(cells, read, strict=True)
    ]
    lines = max((len(panel.caption) for panel in panels), default=0)
    return panels, max(1, min(columns, len(panels))), LINE * lines + MARGIN


def _read(cell: Cell) -> tuple[Any, str]:
    if not cell.smiles:
        return None, "no structure"
    molecule, reason = structures.read_smiles(cell.smiles)
    if molecule is None or reason:
        return None, "structure cannot be read"
    if molecule.GetNumHeavyAtoms() > depict.MOST_ATOMS:
        return None, f"{molecule.GetNumHeavyAtoms()} heavy atoms: too large to draw"
    return molecule, ""


def _caption(cell: Cell, letters: int) -> tuple[str, ...]:
    lines = [
        part
        for line in (cell.name, *cell.lines)
        for part in textwrap.wrap(readable(line), letters, break_on_hyphens=False)
    ]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1][: letters - 2]} \u2026"]
    return tuple(lines)


def _framed(panel: _Panel, width: int, height: int, ink: str) -> str:
    """A dashed frame with the reason why there is no drawing."""
    frame = (
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{width - 2 * MARGIN}" '
        f'height="{height - 2 * MARGIN}" fill="none" stroke="{ink}" stroke-dasharray="5 4"/>'
    )
    return frame + _line(panel.reason, width / 2, height / 2, ink, False)


def _line(text: str, x: float, y: float, ink: str, is_first: bool) -> str:
    weight = ' font-weight="600"' if is_first else ""
    return (
        f'<text x="{x:g}" y="{y:.1f}" fill="{ink}" font-family="system-ui, sans-serif" '
        f'font-size="{FONT}" text-anchor="middle"{weight}>{escape(text)}</text>'
    )


def _write(writer: ImageDraw, text: str, x: float, y: float, ink: str) -> None:
    from PIL import ImageFont

    plain = "".join(_PLAIN.get(letter, letter) for letter in text)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    writer.text((x, y), plain, fill=ink, font=ImageFont.load_default(2 * FONT), anchor="ma")


def _clear(style: Style) -> Style:
    return Style(style.dark, style.stereo)
