"""``retort predict --input`` with what people and programs really hand it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from retort.ui.cli import main

Outcome = tuple[int, str, list[list[str]]]
Predict = Callable[..., Outcome]
PEPTIDE = "N[C@@H](C)C(=O)"
HERG = "predicted_herg"


@pytest.fixture
def predict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Predict:
    """Runs the command on a file; gives its exit code, its last words and the result."""

    def run(content: bytes, output: Path = tmp_path / "out.csv") -> Outcome:
        source = tmp_path / "in.csv"
        source.write_bytes(content)
        command = ["--input", source, "--output", output, "--endpoint", "herg"]
        monkeypatch.setattr("sys.argv", ["retort", "predict", *map(str, command)])
        with pytest.raises(SystemExit) as ended:
            main()
        rows = []
        if output.is_file():
            with output.open(newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file))
        return int(ended.value.code or 0), capsys.readouterr().err, rows

    return run


def table(*structures: str) -> bytes:
    return "".join(
        ["id,smiles\n", *(f"{n},{text}\n" for n, text in enumerate(structures))]
    ).encode()


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("C1CC(", "RDKit: syntax error"),
        ("C(C)(C)(C)(C)C", "valence"),
        ("*CC(c1ccccc1)*", "wildcard or attachment point"),
        ("CCO>>CC=O", "a reaction"),
        ("CC(=O)O.OCC>[H+]>CC(=O)OCC", "a reaction"),
        (PEPTIDE * 320 + "O", "1,601 heavy atoms"),
        (PEPTIDE * 400 + "O", "6,001 characters"),
        ("", "heavy atoms"),
        ("aspirin", "RDKit"),
        ("CC O", "no spaces"),
    ],
)
def test_a_row_that_is_no_structure_keeps_its_text_and_says_why(
    predict: Predict, smiles: str, reason: str
) -> None:
    code, _, (header, first, bad, last) = predict(table("CCO", smiles, "CC"))
    assert code == 3 and bad[:2] == ["1", smiles]
    assert reason in bad[-1] and bad[header.index(HERG)] == ""
    assert first[-1] == last[-1] == "" and float(last[header.index(HERG)]) > 0


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)[O-].[Na+]",
        PEPTIDE * 12 + "O",
        PEPTIDE * 120 + "O",
        "N[Pt](N)(Cl)Cl",
        "[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1",
        "[Na+].[Cl-]",
    ],
)
def test_what_is_strange_but_a_molecule_is_predicted_outside_the_domain(
    predict: Predict, smiles: str
) -> None:
    code, _, (header, row) = predict(table(smiles))
    found = dict(zip(header, row, strict=True))
    assert code == 0 and found["smiles"] == smiles and found["error"] == ""
    assert 0 <= float(found[HERG]) <= 1
    assert found[f"{HERG}_in_domain"] == "false" and found[f"{HERG}_domain"] == "outside"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"id,molecule\n1,CCO\n", 2, ("Its columns are: id, molecule", "--smiles-column")),
        (b"smiles,smiles\nCCO,CC\n", 2, ("more than one column", "Rename")),
        (gzip.compress(table("CCO"), mtime=0), 2, ("gzip", "decompress it")),
        (b"PK\x03\x04\x14\0\x06\0xl/workbook.xml" + b"\0" * 60, 2, ("Excel",)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, 2, ("old Office", "CSV")),
        (b"\0" * 4096, 2, ("binary", "CSV")),
        (b"", 2, ("empty", "CSV")),
        (table("CCO") + b'1,"CC\n' + b"2,CC\n" * 40_000, 1, ("quotation mark",)),
    ],
)
def test_what_is_no_table_of_structures_is_refused_with_a_next_step(
    predict: Predict, content: bytes, code: int, said: tuple[str, ...]
) -> None:
    found, err, rows = predict(content)
    assert found == code and rows == [] and "Traceback" not in err
    assert all(words in err for words in said) and "next:" in err


def test_names_of_columns_may_be_ours_or_the_same_twice(predict: Predict) -> None:
    text = b"error,smiles,predicted_herg,id,id,input_error\nx,CCO,y,1,2,z\n"
    code, _, (header, row) = predict(text)
    names = ["input_input_error", "smiles", "input_predicted_herg", "id", "id", "input_error"]
    assert code == 0 and header[:6] == names and row[:6] == ["x", "CCO", "y", "1", "2", "z"]
    assert header.index(HERG) == 6 and header[-1] == "error" and row[-1] == ""


def test_a_sign_that_is_no_utf8_far_down_keeps_every_cell(predict: Predict) -> None:
    filler = b"".join(b"%d,C1CC(,%s\n" % (n, b"x" * 400) for n in range(200))
    code, _, rows = predict(b"id,smiles,dose\n" + filler + b"last,CCO,5 \xb5g\n")
    assert code == 3 and rows[-1][:3] == ["last", "CCO", "5 \u00b5g"]


def test_a_nul_far_down_is_an_error_of_its_row(predict: Predict) -> None:
    filler = b"".join(b"%d,C1CC(,%s\n" % (n, b"x" * 400) for n in range(200))
    code, _, rows = predict(b"id,smiles,note\n" + filler + b"a,C\0C,\nb,CC,n\0\n")
    assert code == 3 and rows[-2][1] == "C\0C" and "plain ASCII" in rows[-2][-1]
    assert rows[-1][:3] == ["b", "CC", "n\0"] and rows[-1][-1] == ""
    again = predict(b"id,smiles,note\n" + filler + b"a,C\0C,\nb,CC,n\0\n")
    assert "202 were done before" in again[1]


@pytest.mark.parametrize(
    ("output", "why"),
    [("/dev/full", "No space left"), ("/proc/out.csv", "/proc/out.csv: "), ("in.csv/x", "in.csv")],
)
def test_an_output_that_cannot_be_written_is_told(
    predict: Predict, tmp_path: Path, output: str, why: str
) -> None:
    if output.startswith("/") and not Path(output).parent.exists():
        pytest.skip("there is no such device here")
    code, err, _ = predict(table("CCO"), tmp_path / output)
    assert code == 1 and why in err and "next:" in err and "Traceback" not in err


def test_a_folder_is_no_output(predict: Predict, tmp_path: Path) -> None:
    code, err, _ = predict(table("CCO"), tmp_path)
    assert code == 2 and "is a folder" in err
