"""Drawings of molecules as SVG, made on this machine by RDKit. Nothing is sent anywhere.

Knows structures and colours; no names, no pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from rdkit.Chem.Draw import rdMolDraw2D

from retort.tools import structures

LIGHT_MARK = (1.0, 0.80, 0.35)
DARK_MARK = (0.55, 0.40, 0.05)
"""Colours of highlighted atoms, RGB from 0 to 1, on a light and on a dark page."""

RAISES = (0.84, 0.37, 0.0)
LOWERS = (0.0, 0.45, 0.70)
"""Vermilion and blue that colour-blind readers tell apart (Okabe and Ito 2008); a sign beside the
atom says the same."""
FAINTEST = 0.15
"""share of the largest weight below which an atom is left unmarked"""


def draw(
    smiles: str,
    width: int = 300,
    height: int = 220,
    dark: bool = False,
    highlight: Sequence[int] = (),
    title: str = "",
) -> str:
    """A molecule as an SVG element with a transparent background.

    Args:
        smiles: the structure; atom numbers in ``highlight`` are positions in this text.
        width: pixels, 40 to 2000.
        height: pixels, 40 to 2000.
        dark: colours for a dark page.
        highlight: 0-based atoms to mark, with the bonds between them.
        title: what a screen reader says; escaped here. The SMILES if empty.

    Returns:
        text that begins with ``<svg`` and ends with ``</svg>``.

    Raises:
        RetortError: the structure cannot be read.
    """
    molecule = structures.molecule_from_smiles(smiles)
    width, height = (min(2000, max(40, side)) for side in (width, height))
    atoms = sorted({atom for atom in highlight if 0 <= atom < molecule.GetNumAtoms()})
    bonds = [
        bond.GetIdx()
        for bond in molecule.GetBonds()
        if bond.GetBeginAtomIdx() in atoms and bond.GetEndAtomIdx() in atoms
    ]
    drawer, options = _sheet(width, height, dark)
    options.setHighlightColour(DARK_MARK if dark else LIGHT_MARK)
    with structures.silenced():
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawer, molecule, highlightAtoms=atoms, highlightBonds=bonds
        )
    return _element(drawer, title or smiles)


def draw_weights(
    smiles: str,
    weights: Sequence[float],
    width: int = 480,
    height: int = 360,
    dark: bool = False,
    legend: str = "",
    title: str = "",
) -> str:
    """A molecule whose atoms are coloured by weight, as an SVG element.

    Vermilion and "+" for what raises a value, blue and "-" for what lowers it, stronger for larger
    weights; atoms below ``FAINTEST`` of the largest are left plain.

    Args:
        smiles: the structure.
        weights: one number per heavy atom, in the order of the SMILES.
        width: pixels, 40 to 2000.
        height: pixels, 40 to 2000.
        dark: colours for a dark page.
        legend: a line of text under the drawing.
        title: what a screen reader says; the SMILES if empty.

    Raises:
        RetortError: the structure cannot be read.
        ValueError: as many weights as atoms are needed.
    """
    molecule = structures.molecule_from_smiles(smiles)
    if len(weights) != molecule.GetNumAtoms():
        raise ValueError(f"{len(weights)} weights for {molecule.GetNumAtoms()} atoms")
    width, height = (min(2000, max(40, side)) for side in (width, height))
    largest = max(map(abs, weights), default=0.0)
    colours: dict[int, tuple[float, float, float]] = {}
    for atom, weight in enumerate(weights):
        share = abs(weight) / largest if largest else 0.0
        if share < FAINTEST:
            continue
        colours[atom] = _mixed(RAISES if weight > 0 else LOWERS, 0.25 + 0.55 * share, dark)
        molecule.GetAtomWithIdx(atom).SetProp("atomNote", "+" if weight > 0 else "-")
    drawer, options = _sheet(width, height, dark)
    options.fillHighlights = True
    options.highlightRadius = 0.35
    options.annotationFontScale = 0.9
    with structures.silenced():
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawer,
            molecule,
            legend=legend,
            highlightAtoms=list(colours),
            highlightBonds=[],
            highlightAtomColors=colours,
        )
    return _element(drawer, title or smiles)


def _mixed(
    colour: tuple[float, float, float], share: float, dark: bool
) -> tuple[float, float, float]:
    """A colour mixed with the page's own."""
    page = 0.1 if dark else 1.0
    red, green, blue = (share * part + (1 - share) * page for part in colour)
    return red, green, blue


def _sheet(width: int, height: int, dark: bool) -> tuple[Any, Any]:
    """A drawer with a transparent background, and its options."""
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options = drawer.drawOptions()
    options.clearBackground = False
    if dark:
        rdMolDraw2D.SetDarkMode(options)
    return drawer, options


def _element(drawer: Any, title: str) -> str:
    """The finished drawing as one element that says what it shows."""
    drawer.FinishDrawing()
    svg = str(drawer.GetDrawingText())
    svg = svg[svg.index("<svg") : svg.rindex("</svg>") + len("</svg>")]
    head, _, body = svg.partition(">")
    label = escape(title, quote=True)
    return f'{head} role="img" aria-label="{label}"><title>{label}</title>{body}'
