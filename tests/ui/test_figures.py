"""Drawings on the page: what is marked is said in words, and all text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retort.tools.tables import Column, Table
from retort.ui import figures

ALERTS = {
    "record": "alerts",
    "smiles": "C/C(=C\\c1ccccc1)/C=C1/SC(=S)N(CC(=O)O)C1=O",
    "matches": [
        {"catalogue": "Brenk", "alert": "nitro_<b>", "atoms": [3, 4]},
        {"catalogue": "Brenk", "alert": "nitro_<b>", "atoms": [7]},
        {"catalogue": "PAINS", "alert": "ene_rhod_A(235)", "atoms": [0, 1]},
    ],
}
TABLE = Table(
    "t",
    (Column("name", "compound"), Column("smiles", "SMILES"), Column("type", "type"),
     Column("relation", "relation"), Column("value", "value"), Column("units", "unit")),
    (("<erlotinib>", "CCO", "IC50", "<", 2.0, "nM"), ("antibody", None, "Kd", "=", 1.0, "nM"),
     *(("x", "CC", "IC50", "=", 3.0, "nM"),) * 30),
    "smiles",
)  # fmt: skip


class Draw:
    """Notes what it is asked to draw."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.among: list[Sequence[str]] = []

    def __call__(
        self, smiles: str, highlight: Sequence[int] = (), among: Sequence[str] = (), **_: Any
    ) -> str:
        self.asked.append((smiles, list(highlight)))
        self.among.append(among)
        return "<svg>\n</svg>"


def test_each_alert_is_drawn_with_all_its_atoms_and_named() -> None:
    draw = Draw()
    made = figures.matches_html(ALERTS, draw)
    assert draw.asked == [(ALERTS["smiles"], [3, 4, 7]), (ALERTS["smiles"], [0, 1])]
    assert "<strong>Brenk: nitro &lt;b&gt;</strong> (2 matches): marked, atoms 4, 5, 8" in made
    assert "PAINS: ene rhod A(235)</strong> (1 match): marked, atoms 1, 2 of" in made
    assert "\n" not in made


def test_a_pattern_is_drawn_where_it_matches_and_not_where_it_does_not() -> None:
    record = {"record": "substructure", "smiles": "CCO", "smarts": "[OX2]", "count": 1}
    draw = Draw()
    assert "[OX2]</strong> (1 match)" in figures.matches_html({**record, "matches": [[2]]}, draw)
    assert draw.asked == [("CCO", [2])]
    assert figures.matches_html({**record, "matches": [], "count": 0}, draw) == ""
    assert figures.matches_html({"record": "activity"}, draw) == ""


def test_a_series_is_a_grid_with_name_relation_value_and_unit() -> None:
    draw = Draw()
    made = figures.series_html(TABLE, draw)
    assert made.count('class="molecule"') == figures.MOST_CARDS
    assert "<strong>&lt;erlotinib&gt;</strong> IC50 &lt; 2 nM" in made
    assert set(draw.among[0]) == {"CCO", "CC"}, "all that stand beside it, to be aligned"
    bare = Table("t", (Column("a", "a"),), ((1,),))
    assert figures.series_html(bare, draw) == ""


def test_the_first_number_of_a_row_is_said_with_its_unit() -> None:
    columns = (Column("name", "n"), Column("n", "n"), Column("median", "median", "nM"))
    table = Table("t", columns[::2], (("a", 2.5), ("b", None)))
    assert figures.value_of(table, table.rows[0]) == "median = 2.5 nM"
    assert figures.value_of(table, table.rows[1]) == ""
