"""Sheets: every molecule gets its place and its words, aligned where they share something."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from PIL import Image
from rdkit import Chem

from retort.tools import depict, sheets
from retort.tools.depict import Style
from retort.tools.sheets import Cell

ERLOTINIB = "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1"
GEFITINIB = "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1"
CELLS = (
    Cell(ERLOTINIB, "erlotinib", ("IC50 = 2 nM",)),
    Cell(GEFITINIB, '<b>gefitinib</b> & "co"\x00', ("IC50 \u2264 5.4 \u00b5M",), (0, 1)),
    Cell("", "trastuzumab", ("antibody",)),
    Cell("[Na+].[Cl-]", "salt"),
    Cell("C" * 350, "wax"),
    Cell("C1CC(", "broken"),
)


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("dark", [False, True])
def test_a_sheet_is_well_formed_says_everything_and_refers_to_nothing(dark: bool) -> None:
    svg = sheets.svg(CELLS, style=Style(dark=dark), title="Inhibitors")
    root = ElementTree.fromstring(svg)
    said = texts(svg)
    assert '<b>gefitinib</b> & "co"' in said and "IC50 \u2264 5.4 \u00b5M" in said
    assert "no structure" in said and "350 heavy atoms: too large to draw" in said
    assert "structure cannot be read" in said
    assert root.attrib["aria-label"] == "Inhibitors" and "erlotinib IC50 = 2 nM" in root[1].text
    assert "href" not in svg and "<script" not in svg and "<image" not in svg and "url(" not in svg


def test_long_captions_are_cut_and_said_to_be() -> None:
    svg = sheets.svg([Cell("CCO", "word " * 100)])
    assert len(texts(svg)) == sheets.MOST_LINES and texts(svg)[-1].endswith("\u2026")


def test_columns_are_no_more_than_molecules() -> None:
    one = ElementTree.fromstring(sheets.svg([Cell("CCO")], columns=3, width=200))
    four = ElementTree.fromstring(sheets.svg([Cell("CCO")] * 4, columns=3, width=200))
    assert one.attrib["width"] == "200px" and four.attrib["width"] == "600px"


def test_molecules_lie_the_same_way_round_by_what_they_share() -> None:
    molecules = [Chem.MolFromSmiles(s) for s in (ERLOTINIB, GEFITINIB, "CCO", "[Na+].[Cl-]")]
    core = sheets.common_core(molecules)
    assert core.GetNumAtoms() >= 17  # anilinoquinazoline
    for molecule in molecules[:2]:
        drawn = depict.laid_out(molecule, core).GetConformer()
        atoms = molecule.GetSubstructMatch(core)
        apart = [
            (drawn.GetAtomPosition(atom) - core.GetConformer().GetAtomPosition(at)).Length()
            for at, atom in enumerate(atoms)
        ]
        assert max(apart) < 0.01
    assert sheets.common_core(molecules[2:]) is None and sheets.common_core([]) is None


def test_a_png_is_twice_as_fine_and_opaque() -> None:
    picture = Image.open(io.BytesIO(sheets.png(CELLS, columns=2, width=200, height=150)))
    assert picture.width == 800 and picture.mode == "RGB"
    dark = Image.open(io.BytesIO(sheets.png(CELLS[:1], style=Style(dark=True))))
    assert dark.getpixel((0, 0)) == tuple(round(255 * part) for part in depict.DARK_PAGE)
