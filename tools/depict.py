"""Drawings of molecules, made on this machine by RDKit. Nothing is sent anywhere.

Owns how one molecule lies on its sheet and its colours. Knows structures; no names, no pages. What
stands side by side is ``sheets``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdCIPLabeler, rdCoordGen, rdDepictor, rdMolDescriptors
from rdkit.Chem.Draw import rdMolDraw2D

from retort.retrieval.errors import RetortError
from retort.tools import structures

Colour = tuple[float, float, float]
"""RGB from 0 to 1"""

LIGHT_MARK: Colour = (1.0, 0.80, 0.35)
DARK_MARK: Colour = (0.42, 0.30, 0.0)
"""Colours of highlighted atoms on a light and on a dark page."""

LIGHT_PAGE: Colour = (1.0, 1.0, 1.0)
DARK_PAGE: Colour = (0.07, 0.09, 0.11)
"""What a drawing is made to be read on; filled only where it is asked to be opaque."""

RAISES: Colour = (0.84, 0.37, 0.0)
LOWERS: Colour = (0.0, 0.45, 0.70)
"""Vermilion and blue that colour-blind readers tell apart (Okabe and Ito 2008); a sign beside the
atom says the same."""
FAINTEST = 0.15
"""share of the largest weight below which an atom is left unmarked"""

LIGHT_ATOMS: Mapping[int, Colour] = {
    -1: (0.0, 0.0, 0.0), 0: (0.25, 0.25, 0.25), 1: (0.33, 0.33, 0.33), 6: (0.0, 0.0, 0.0),
    5: (0.60, 0.20, 0.25), 7: (0.0, 0.0, 0.85), 8: (0.78, 0.0, 0.0), 9: (0.0, 0.40, 0.35),
    14: (0.40, 0.30, 0.10), 15: (0.60, 0.28, 0.0), 16: (0.45, 0.36, 0.0), 17: (0.0, 0.42, 0.0),
    34: (0.50, 0.30, 0.0), 35: (0.50, 0.18, 0.08), 53: (0.43, 0.0, 0.55),
}  # fmt: skip
DARK_ATOMS: Mapping[int, Colour] = {
    -1: (0.92, 0.92, 0.92), 0: (0.75, 0.75, 0.75), 1: (0.75, 0.75, 0.75), 6: (0.92, 0.92, 0.92),
    5: (1.0, 0.70, 0.72), 7: (0.62, 0.74, 1.0), 8: (1.0, 0.62, 0.58), 9: (0.45, 0.92, 0.82),
    14: (0.93, 0.82, 0.60), 15: (1.0, 0.72, 0.38), 16: (0.95, 0.85, 0.35), 17: (0.50, 0.93, 0.50),
    34: (1.0, 0.75, 0.40), 35: (0.95, 0.70, 0.55), 53: (0.87, 0.68, 1.0),
}  # fmt: skip
"""Colours of the elements, by atomic number, -1 for all others. RDKit's own yellow of sulphur and
green of chlorine have a contrast of about 2 to white; text needs 4.5 (WCAG 2.2, 1.4.3)."""

MOST_ATOMS = 300
"""Heavy atoms up to which a molecule is drawn; beyond, nobody could read the drawing."""

LARGEST_RING = 40
"""CoordGen is not asked beyond: on a ring of 149 atoms it did not come back within a minute, and it
cannot be interrupted."""
MACROCYCLE = 9
"""ring size from which CoordGen lays a molecule out better than RDKit does"""
LARGE = 60
"""heavy atoms from which it does as well: the side chains of a peptide stay apart"""


@dataclass(frozen=True, slots=True)
class Style:
    """How drawings look."""

    dark: bool = False
    """colours for a dark page"""
    stereo: bool = False
    """R, S, E and Z are written beside their atoms and bonds"""
    opaque: bool = False
    """on the page's colour, for a file; transparent otherwise"""

    @property
    def page(self) -> Colour:
        """What it is to be read on."""
        return DARK_PAGE if self.dark else LIGHT_PAGE

    @property
    def ink(self) -> Colour:
        """The colour of carbon and of text."""
        return (DARK_ATOMS if self.dark else LIGHT_ATOMS)[6]


def draw(
    smiles: str,
    width: int = 300,
    height: int = 220,
    style: Style = Style(),
    highlight: Sequence[int] = (),
    title: str = "",
    core: Any = None,
) -> str:
    """A molecule as an SVG element.

    Args:
        smiles: the structure; atom numbers in ``highlight`` are positions in this text.
        width: pixels, 40 to 2000.
        height: pixels, 40 to 2000.
        style: how it looks.
        highlight: 0-based atoms to mark, with the bonds between them; what the mark means is to
            be said in words beside the drawing and in ``title``.
        title: what a screen reader says; escaped here. The SMILES if empty.
        core: what it shares with others, laid out (``sheets.common_core``); it lies the same way.

    Returns:
        text that begins with ``<svg`` and ends with ``</svg>``.

    Raises:
        RetortError: the structure cannot be read, or has more than ``MOST_ATOMS``.
    """
    molecule = laid_out(structures.molecule_from_smiles(smiles), core)
    drawer = rdMolDraw2D.MolDraw2DSVG(*_sides(width, height))
    paint(drawer, molecule, style, highlight)
    return element(drawer.GetDrawingText(), title or smiles, smiles)


def draw_weights(
    smiles: str,
    weights: Sequence[float],
    width: int = 480,
    height: int = 360,
    style: Style = Style(),
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
        style: how it looks.
        legend: a line of text under the drawing.
        title: what a screen reader says; the SMILES if empty.

    Raises:
        RetortError: the structure cannot be read, or has more than ``MOST_ATOMS``.
        ValueError: as many weights as atoms are needed.
    """
    molecule = structures.molecule_from_smiles(smiles)
    if len(weights) != molecule.GetNumAtoms():
        raise ValueError(f"{len(weights)} weights for {molecule.GetNumAtoms()} atoms")
    molecule = laid_out(molecule)
    largest = max(map(abs, weights), default=0.0)
    colours: dict[int, Colour] = {}
    for atom, weight in enumerate(weights):
        share = abs(weight) / largest if largest else 0.0
        if share < FAINTEST:
            continue
        colours[atom] = _mixed(RAISES if weight > 0 else LOWERS, 0.25 + 0.55 * share, style)
        molecule.GetAtomWithIdx(atom).SetProp("atomNote", "+" if weight > 0 else "-")
    drawer = rdMolDraw2D.MolDraw2DSVG(*_sides(width, height))
    options = _options(drawer, style)
    options.fillHighlights = True
    options.highlightRadius = 0.35
    options.annotationFontScale = 0.9
    with structures.silenced():
        drawer.DrawMolecule(
            molecule,
            legend=legend,
            highlightAtoms=list(colours),
            highlightBonds=[],
            highlightAtomColors=colours,
        )
    drawer.FinishDrawing()
    return element(drawer.GetDrawingText(), title or smiles, smiles)


def laid_out(molecule: Any, core: Any = None) -> Any:
    """A copy with coordinates in two dimensions and wedged bonds, its atoms in the same order.

    Args:
        molecule: an RDKit molecule.
        core: a laid-out molecule or query; where the molecule contains it, it lies the same way.

    Raises:
        RetortError: the molecule has more than ``MOST_ATOMS`` heavy atoms.
    """
    heavy = molecule.GetNumHeavyAtoms()
    if heavy > MOST_ATOMS:
        raise RetortError(
            f"A molecule of {heavy} heavy atoms is too large to draw.",
            f"Beyond {MOST_ATOMS} nobody could read the drawing.",
            "Draw a part of it, or export its structure as SDF.",
        )
    made = Chem.Mol(molecule)
    with structures.silenced():
        if core is not None and made.HasSubstructMatch(core):
            rdDepictor.GenerateDepictionMatching2DStructure(made, core)
        else:
            _arrange(made)
        made = rdMolDraw2D.PrepareMolForDrawing(made, addChiralHs=False, forceCoords=False)
    return made


def paint(drawer: Any, molecule: Any, style: Style, highlight: Sequence[int] = ()) -> None:
    """Draw a laid-out molecule with its marked atoms, and finish."""
    options = _options(drawer, style)
    options.setHighlightColour(DARK_MARK if style.dark else LIGHT_MARK)
    atoms = sorted({atom for atom in highlight if 0 <= atom < molecule.GetNumAtoms()})
    bonds = [
        bond.GetIdx()
        for bond in molecule.GetBonds()
        if bond.GetBeginAtomIdx() in atoms and bond.GetEndAtomIdx() in atoms
    ]
    with structures.silenced():
        if style.stereo:
            rdCIPLabeler.AssignCIPLabels(molecule)
            options.addStereoAnnotation = True
        drawer.DrawMolecule(molecule, highlightAtoms=atoms, highlightBonds=bonds)
    drawer.FinishDrawing()


def element(svg: str, title: str, description: str) -> str:
    """RDKit's drawing as one element that says what it shows: a title, and the structure."""
    svg = svg[svg.index("<svg") : svg.rindex("</svg>") + len("</svg>")]
    head, _, body = svg.partition(">")
    label = escape(readable(title), quote=True)
    more = f"<desc>{escape(readable(description))}</desc>" if description != title else ""
    return f'{head} role="img" aria-label="{label}"><title>{label}</title>{more}{body}'


def readable(text: str) -> str:
    """Text on one line, without the control characters that XML forbids."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def hexadecimal(colour: Colour) -> str:
    """A colour as SVG and CSS write it."""
    return "#" + "".join(f"{round(255 * part):02X}" for part in colour)


def _arrange(molecule: Any) -> None:
    """By CoordGen where it is better: macrocycles and peptides; else by RDKit, cages by its
    templates.
    """
    ring = max(map(len, molecule.GetRingInfo().AtomRings()), default=0)
    is_large = ring >= MACROCYCLE or molecule.GetNumHeavyAtoms() >= LARGE
    if is_large and ring <= LARGEST_RING:
        parameters = rdCoordGen.CoordGenParams()
        parameters.minimizerPrecision = parameters.sketcherCoarsePrecision
        rdCoordGen.AddCoords(molecule, parameters)
    else:
        is_caged = rdMolDescriptors.CalcNumBridgeheadAtoms(molecule) > 0
        rdDepictor.Compute2DCoords(molecule, useRingTemplates=is_caged)
        rdDepictor.StraightenDepiction(molecule)


def _options(drawer: Any, style: Style) -> Any:
    options = drawer.drawOptions()
    options.prepareMolsBeforeDrawing = False
    options.clearBackground = style.opaque
    options.setBackgroundColour(style.page)
    options.setAtomPalette(dict(DARK_ATOMS if style.dark else LIGHT_ATOMS))
    for set_colour in (
        options.setSymbolColour,
        options.setLegendColour,
        options.setAnnotationColour,
        options.setAtomNoteColour,
        options.setBondNoteColour,
    ):
        set_colour(style.ink)
    return options


def _sides(width: int, height: int) -> tuple[int, int]:
    wide, high = (min(2000, max(40, side)) for side in (width, height))
    return wide, high


def _mixed(colour: Colour, share: float, style: Style) -> Colour:
    """A colour mixed with the page's own."""
    pairs = zip(colour, style.page, strict=True)
    red, green, blue = (share * part + (1 - share) * page for part, page in pairs)
    return red, green, blue
