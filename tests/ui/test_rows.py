"""The first rows of a table say that there are more, and where."""

from __future__ import annotations

import pytest

from retort.tools.tables import Column, Table
from retort.ui import downloads, rows

TABLE = Table(
    "IC50 <on> EGFR",
    (Column("smiles", "SMILES"), Column("name", "compound"), Column("median", "median", "nM"),
     Column("empty", "empty"), Column("note", "note")),
    tuple(("C" * 80, f"<b>{row}", row / 3, None, "word " * 9) for row in range(340)),
    "smiles",
)  # fmt: skip


def test_the_page_shows_the_first_rows_and_links_to_all() -> None:
    made = rows.table_html(TABLE, {"CSV": "/tables/a/1.csv"}, "<i></i>")
    assert made.count("<tr>") == rows.ROWS_SHOWN + 1 and "12 of 340 rows" in made
    assert '<a class="download" href="/tables/a/1.csv" download>CSV</a>' in made
    assert "&lt;b&gt;0" in made and "&lt;on&gt;" in made and "<b>" not in made
    assert '<th scope="col">median (nM)</th>' in made and ">empty<" not in made
    assert '<td class="number">0.3333333333</td>' in made
    assert made.index(">compound<") < made.index(">SMILES<"), "the structure stands last"
    assert f"<code>{'C' * 57}...</code>" in made and "\n" not in made


def test_the_terminal_shows_them_aligned_within_its_width() -> None:
    lines = rows.table_text(TABLE).splitlines()
    assert lines[0] == "IC50 <on> EGFR" and lines[1].startswith("compound")
    assert all(len(line) <= rows.WIDTH for line in lines)
    assert len(lines) == 3 + rows.ROWS_SHOWN and rows.said(TABLE) == "12 of 340 rows"
    assert rows.said(TABLE.page(0, 3)) == "3 rows"


def test_columns_that_do_not_fit_are_named() -> None:
    wide = Table("t", tuple(Column(f"c{at}", "long label " * 2) for at in range(9)), ((1,) * 9,))
    text = rows.table_text(wide)
    assert "More columns: long label" in text
    assert all(len(line) <= rows.WIDTH for line in text.splitlines()[:4])


@pytest.mark.parametrize(
    ("path", "status"),
    [("a/1.csv", 200), ("a/1.sdf", 200), ("a/2.csv", 404), ("a/0.csv", 404), ("b/1.csv", 404),
     ("a/1.exe", 404), ("a/x.csv", 404)],
)  # fmt: skip
def test_a_whole_table_is_downloaded_by_its_address(path: str, status: int) -> None:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    app = Starlette(routes=[downloads.route(lambda answer: (TABLE,) if answer == "a" else ())])
    answer = TestClient(app).get(f"/tables/{path}")
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        whole = TABLE.csv() if path.endswith("csv") else TABLE.sdf()[0]
        assert answer.content == whole.encode()
    assert downloads.address("a", 1, "csv") == "/tables/a/1.csv"
