"""``retort series`` and ``retort conformers``: files in, files out, exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from retort.ui.cli import main

ROWS = """id,smiles,pIC50
a,c1ccc(F)cc1,5.0
b,c1ccc(Cl)cc1,6.0
c,Fc1ccncc1,4.0
d,Clc1ccncc1,>5.5
e,C1CC(,7
f,c1ccc(F)cc1.Cl,5.4
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "set.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["retort", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("by", ["scaffold", "r_groups", "clusters", "common_core", "diverse"])
def test_every_row_of_the_file_is_in_the_result(
    source: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    output = source.with_name("new") / f"{by}.csv"
    core = ["--core", "c1ccc([*:1])cc1"] if by == "r_groups" else []
    command = ("series", source, "--by", by, "--value", "pIC50", "--output", output, *core)
    assert run(monkeypatch, *command) == 3
    rows = read(output)
    assert [row["name"] for row in rows] == ["a", "b", "c", "d", "e", "f"]
    assert rows[5]["parent_smiles"] == rows[0]["parent_smiles"] == "Fc1ccccc1"
    assert "C1CC(" in rows[4]["error"] and not rows[4]["parent_smiles"]
    assert [bool(row["error"]) for row in rows].count(True) == 1
    assert list(output.parent.iterdir()) == [output]


def test_matched_pairs_of_a_column(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = source.with_name("pairs.csv")
    command = ("series", source, "--by", "matched_pairs", "--value", "pIC50", "--output", output)
    assert run(monkeypatch, *command, "--json") == 3
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["rows"], told["structures"], told["failed"]) == (6, 4, 1)
    assert "1 of 4 structures have no pIC50 (as given)" in told["note"]
    pairs = [row for row in read(output) if row["transformation"]]
    assert [(row["from_name"], row["to_name"], row["change"]) for row in pairs] == [
        ("b", "a", "-0.8"),  # 6.0 to the median of 5.0 and 5.4
        ("d", "c", ""),
    ]
    assert {row["n"] for row in pairs} == {"2"} and {row["mean_change"] for row in pairs} == {
        "-0.8"
    }
    assert read(output)[-1]["from_name"] == "e" and read(output)[-1]["error"]
    assert "Written:" in err


def test_wrong_use(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = source.with_name("out.csv")
    assert run(monkeypatch, "series", source, "--by", "luck", "--output", output) == 2
    assert "matched_pairs" in capsys.readouterr().err
    wrong = ("series", source, "--by", "scaffold", "--output")
    assert run(monkeypatch, *wrong, output, "--value", "IC50") == 2
    assert "id, smiles, pIC50" in capsys.readouterr().err
    assert run(monkeypatch, *wrong, source) == 2
    assert source.read_text(encoding="utf-8") == ROWS
    bad = source.with_name("bad.smi")
    bad.write_text("C1CC( x\n[C y\n", encoding="utf-8")
    code = run(monkeypatch, "series", bad, "--by", "scaffold", "--output", output)
    assert code in (1, 2) and not output.exists()
    bad.write_text("", encoding="utf-8")
    assert run(monkeypatch, "series", bad, "--by", "scaffold", "--output", output) == 2


def test_conformers_go_to_an_sd_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "butane.sdf"
    assert run(monkeypatch, "conformers", "CCCC", "--output", output, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["energies_kcal_mol"][0] == 0.0 and told["force_field"] == "MMFF94s"
    assert output.read_text(encoding="utf-8").count("$$$$") == len(told["energies_kcal_mol"])
