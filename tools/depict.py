"""Drawings of molecules as SVG, made on this machine by RDKit. Nothing is sent anywhere.

Knows structures and colours; no names, no pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rdkit.Chem.Draw import rdMolDraw2D

from retort.tools import structures

LIGHT_MARK = (1.0, 0.80, 0.35)
DARK_MARK = (0.55, 0.40, 0.05)
"""Colours of highlighted atoms, RGB from 0 to 1, on a light and on a dark page."""


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
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options = drawer.drawOptions()
    options.clearBackground = False
    options.setHighlightColour(DARK_MARK if dark else LIGHT_MARK)
    if dark:
        rdMolDraw2D.SetDarkMode(options)
    with structures.silenced():
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawer, molecule, highlightAtoms=atoms, highlightBonds=bonds
        )
    drawer.FinishDrawing()
    svg = str(drawer.GetDrawingText())
    svg = svg[svg.index("<svg") : svg.rindex("</svg>") + len("</svg>")]
    head, _, body = svg.partition(">")
    label = escape(title or smiles, quote=True)
    return f'{head} role="img" aria-label="{label}"><title>{label}</title>{body}'
