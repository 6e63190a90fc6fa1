from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools import depict
from retort.tools.depict import Colour, Style, draw

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
DARK = Style(dark=True)


def luminance(colour: Colour) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio (WCAG 2.2), 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_drawing_is_one_well_formed_element_without_outside_references() -> None:
    svg = draw(ASPIRIN, width=320, height=240, title='<Aspirin> & "friends"\x07')
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg") and svg.startswith("<svg") and svg.endswith("</svg>")
    assert root.attrib["width"] == "320px" and root.attrib["height"] == "240px"
    assert root.attrib["aria-label"] == '<Aspirin> & "friends"' and root.attrib["role"] == "img"
    title, description = list(root)[:2]
    assert title.text == '<Aspirin> & "friends"' and description.text == ASPIRIN
    assert "href" not in svg and "<script" not in svg and "<image" not in svg


def test_the_background_is_the_pages_unless_it_is_for_a_file() -> None:
    assert "<rect" not in draw(ASPIRIN) and "<rect" in draw(ASPIRIN, style=Style(opaque=True))


def test_dark_pages_get_light_lines() -> None:
    light, dark = draw("CCCC"), draw("CCCC", style=DARK)
    assert "#000000" in light and "#000000" not in dark


@pytest.mark.parametrize("dark", [False, True])
def test_every_element_can_be_read_on_its_page(dark: bool) -> None:
    style = Style(dark=dark)
    for element, colour in (depict.DARK_ATOMS if dark else depict.LIGHT_ATOMS).items():
        assert contrast(colour, style.page) >= 4.5, element
    mark = depict.DARK_MARK if dark else depict.LIGHT_MARK
    assert contrast(style.ink, mark) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_elements_are_drawn_in_their_colours(dark: bool) -> None:
    palette = depict.DARK_ATOMS if dark else depict.LIGHT_ATOMS
    svg = draw("CSc1cc(Cl)ncc1Br", style=Style(dark=dark))
    found = {
        tuple(int(text[at : at + 2], 16) for at in (0, 2, 4))
        for text in re.findall(r"#([0-9A-F]{6})", svg)
    }
    for element in (7, 16, 17, 35):
        wanted = [255 * part for part in palette[element]]
        assert any(
            all(abs(part - want) <= 1 for part, want in zip(colour, wanted, strict=True))
            for colour in found
        ), element


def test_marked_atoms_change_the_drawing_and_unknown_ones_are_ignored() -> None:
    plain = draw(ASPIRIN)
    marked = draw(ASPIRIN, highlight=[0, 1, 2])
    assert "#FFCC59" in marked and "#FFCC59" not in plain
    assert draw(ASPIRIN, highlight=[99, -1]) == plain


def test_stereo_labels_are_written_when_asked_for() -> None:
    lactic = "C[C@H](O)C(=O)O"
    assert len(draw(lactic, style=Style(stereo=True))) > len(draw(lactic))
    assert draw("CCO", style=Style(stereo=True)) == draw("CCO")


@pytest.mark.parametrize(
    "smiles",
    ["[Na+].[Cl-]", "C", "C/C=C\\C#N", "C%12CCCCC%12", "C1" + "C" * 150 + "1", "C1C2CC3CC1CC(C2)C3",
     "C1CCCCCCCCCCC1", "[2H]C([2H])[2H]", "[NH3+][Pt-2](Cl)(Cl)[NH3+]",
     Chem.MolToSmiles(Chem.MolFromSequence("GIVEQCCTSICSLYQLENYCN"))],
)  # fmt: skip
def test_all_kinds_of_structures_are_drawn(smiles: str) -> None:
    ElementTree.fromstring(draw(smiles))


def test_bad_and_huge_structures_are_not_drawn() -> None:
    with pytest.raises(RetortError, match=r"C1CC\("):
        draw("C1CC(")
    with pytest.raises(RetortError, match="350 heavy atoms is too large"):
        draw("C" * 350)
