from __future__ import annotations

from xml.etree import ElementTree

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.depict import draw

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def test_a_drawing_is_one_well_formed_element_without_outside_references() -> None:
    svg = draw(ASPIRIN, width=320, height=240, title='<Aspirin> & "friends"')
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg") and svg.startswith("<svg") and svg.endswith("</svg>")
    assert root.attrib["width"] == "320px" and root.attrib["height"] == "240px"
    assert root.attrib["aria-label"] == '<Aspirin> & "friends"'
    assert "href" not in svg and "<script" not in svg and "<image" not in svg


def test_the_background_is_the_pages() -> None:
    assert "<rect" not in draw(ASPIRIN)


def test_dark_pages_get_light_lines() -> None:
    light, dark = draw("CCCC"), draw("CCCC", dark=True)
    assert "#000000" in light and "#000000" not in dark


def test_marked_atoms_change_the_drawing_and_unknown_ones_are_ignored() -> None:
    plain = draw(ASPIRIN)
    marked = draw(ASPIRIN, highlight=[0, 1, 2])
    assert "#FFCC59" in marked and "#FFCC59" not in plain
    assert draw(ASPIRIN, highlight=[99, -1]) == plain


@pytest.mark.parametrize(
    "smiles", ["[Na+].[Cl-]", "C", "C/C=C\\C#N", "C%12CCCCC%12", "C1" + "C" * 150 + "1"]
)
def test_all_kinds_of_structures_are_drawn(smiles: str) -> None:
    ElementTree.fromstring(draw(smiles))


def test_bad_structures_are_not_drawn() -> None:
    with pytest.raises(RetortError, match=r"C1CC\("):
        draw("C1CC(")
