"""``retort draw`` and the tables of ``retort call``, over the shipped starter pack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from langchain_core.tools import tool

from retort.tools.records import ToolResult
from retort.tools.tables import Column, Table
from retort.ui import cli_tools
from retort.ui.cli import main

TABLE = Table(
    "IC50 on EGFR",
    (Column("name", "compound"), Column("smiles", "SMILES"), Column("median", "median", "nM")),
    (("ethanol", "CCO", 2.0), ("cetuximab", None, 0.2), *(("x", "C", 1.0),) * 338),
    "smiles",
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("RETORT_CHEMBL", "starter")

    def command(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["retort", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return command


@pytest.fixture
def with_table(monkeypatch: pytest.MonkeyPatch) -> None:
    @tool(response_format="content_and_artifact")
    def find_all(wanted: str = "") -> tuple[str, ToolResult]:
        """Find all."""
        table = None if wanted == "none" else TABLE
        return "340 found.", ToolResult("340 found.", count=340, table=table)

    monkeypatch.setattr(cli_tools, "_tools", lambda settings: [find_all])


def test_molecules_are_drawn_side_by_side(run: Callable[..., int], tmp_path: Path) -> None:
    file = tmp_path / "new" / "both.svg"
    assert run("draw", "imatinib", "CCO", "--grid", "--smarts", "c1ccncc1", "--output", file) == 0
    root = ElementTree.fromstring(file.read_text())
    text = " ".join(item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "marked: c1ccncc1 (1 match)" in text and "no c1ccncc1" in text


def test_several_without_a_grid_are_files_of_their_own(
    run: Callable[..., int], tmp_path: Path
) -> None:
    assert run("draw", "CCO", "CCC", "--dark", "--output", tmp_path / "a.png") == 0
    assert [path.name for path in sorted(tmp_path.glob("*.png"))] == ["a-1.png", "a-2.png"]


def test_what_is_not_found_gets_a_frame_and_exit_code_3(
    run: Callable[..., int], tmp_path: Path
) -> None:
    file = tmp_path / "a.svg"
    assert run("draw", "CCO", "C1CC(", "--grid", "--output", file) == 3
    assert "not found" in file.read_text()
    assert run("draw", "C1CC(", "--output", tmp_path / "b.svg") == 1
    assert not (tmp_path / "b.svg").exists()


def test_a_drawing_is_svg_or_png(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("draw", "CCO", "--output", tmp_path / "a.jpg") == 2
    assert ".svg or .png" in capsys.readouterr().err


def test_a_call_shows_the_first_rows(
    run: Callable[..., int], with_table: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("call", "find_all") == 0
    out, err = capsys.readouterr()
    assert "compound   median (nM)  SMILES" in out and out.count("\n") < 25
    assert "12 of 340 rows; --output FILE.csv or FILE.sdf for all" in err


@pytest.mark.parametrize("name", ["all.csv", "all.SDF"])
def test_a_call_writes_the_whole_table(
    run: Callable[..., int], with_table: None, tmp_path: Path, name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert run("call", "find_all", "--output", tmp_path / name) == 0
    written = (tmp_path / name).read_bytes().decode()
    err = capsys.readouterr().err
    if name.endswith("csv"):
        assert written == TABLE.csv() and "340 rows" in err
    else:
        assert written.count("$$$$") == 339 and "1 without a readable structure left out" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("{}", "all.xlsx"), ".csv or .sdf"), (('{"wanted": "none"}', "all.csv"), "gave no table")],
)
def test_what_cannot_be_written_is_said(
    run: Callable[..., int], with_table: None, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, str], said: str,
) -> None:  # fmt: skip
    wanted, name = arguments
    assert run("call", "find_all", wanted, "--output", tmp_path / name) == 2
    assert said in capsys.readouterr().err and not (tmp_path / name).exists()
