"""Whole files of structures: every row answered, none twice, whatever the file looks like."""

from __future__ import annotations

import csv
import multiprocessing
import threading
from functools import partial
from pathlib import Path
from typing import Any

import labour
import pytest
from rdkit import Chem

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import result_files, sdf
from retort.tools.predictors import Predictors
from retort.tools.predictors.table import predict_file
from retort.tools.result_files import Outcome, Progress
from retort.tools.structure_files import open_structures

TABLE = 'id,SMILES,note\n1,CCO,"a, ""b""\r\nc"\n2,C1CC(,=x\n\n3, c1ccccc1 ,\n4,,none\n5,CC,x,y\n'


@pytest.fixture(scope="module")
def predictors() -> Predictors:
    return Predictors.load()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def run(predictors: Predictors, source: Path, output: Path, column: str | None = None) -> Outcome:
    return predict_file(predictors, open_structures(source, column), output, ["solubility"])


def test_each_row_keeps_its_cells_and_gets_values_or_an_error(
    tmp_path: Path, predictors: Predictors
) -> None:
    source, output = write(tmp_path / "in.csv", TABLE), tmp_path / "deep" / "out.csv"
    assert run(predictors, source, output) == Outcome(5, 5, 3, 0)
    rows = read(output)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["note"] == 'a, "b"\r\nc' and rows[2]["SMILES"] == " c1ccccc1 "
    expected = predictors.predict(["CCO"], ["solubility"])[0]
    assert expected.value is not None and expected.interval is not None
    good = rows[0]
    assert float(good["predicted_solubility"]) == pytest.approx(expected.value, abs=1e-4)
    assert float(good["predicted_solubility_lo"]) == pytest.approx(expected.interval[0], abs=1e-4)
    assert good["predicted_solubility_unit"] == "log mol/L" and good["error"] == ""
    assert good["predicted_solubility_in_domain"] in ("true", "false")
    assert 0 <= float(good["predicted_solubility_nearest_training_similarity"]) <= 1
    assert 0 <= float(good["predicted_solubility_percentile"]) <= 100
    assert rows[1]["SMILES"] == "C1CC(" and '"C1CC("' in rows[1]["error"]
    assert rows[1]["note"] == "=x" and rows[1]["predicted_solubility"] == ""
    assert rows[3]["error"] and "4 cells" in rows[4]["error"]


@pytest.mark.parametrize("cut", [1, 40, 150, 400, 700, -1, -30])
def test_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, predictors: Predictors, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_files, "BLOCK", 2)
    source, output = write(tmp_path / "in.csv", TABLE), tmp_path / "out.csv"
    run(predictors, source, output)
    whole = output.read_bytes()
    output.write_bytes(whole[:cut])
    again = run(predictors, source, output)
    assert output.read_bytes() == whole and (again.done, again.failed) == (5, 3)
    assert again.resumed < 5
    assert run(predictors, source, output).resumed == 5 and output.read_bytes() == whole


def test_another_result_is_never_written_over(tmp_path: Path, predictors: Predictors) -> None:
    source, output = write(tmp_path / "in.csv", TABLE), tmp_path / "out.csv"
    run(predictors, source, output)
    kept = output.read_bytes()
    changed = write(tmp_path / "changed.csv", TABLE.replace("2,C1CC(", "2,CCC"))
    shorter = write(tmp_path / "shorter.csv", "\n".join(TABLE.split("\n")[:3]) + "\n")
    for other in (changed, shorter):
        with pytest.raises(UsageError, match="another result"):
            run(predictors, other, output)
    with pytest.raises(UsageError, match="another result"):
        predict_file(predictors, open_structures(source), output, ["herg"])
    assert output.read_bytes() == kept
    notes = write(tmp_path / "notes.txt", "hello")
    with pytest.raises(UsageError, match="another result"):
        run(predictors, source, notes)
    with pytest.raises(UsageError, match="The output is the input"):
        run(predictors, source, source)
    assert notes.read_text() == "hello" and source.read_bytes() == TABLE.encode()


def test_a_result_edited_in_the_middle_is_refused(tmp_path: Path, predictors: Predictors) -> None:
    source, output = write(tmp_path / "in.csv", TABLE), tmp_path / "out.csv"
    run(predictors, source, output)
    lines = output.read_bytes().split(b"\n")
    output.write_bytes(b"\n".join([*lines[:3], b"", *lines[3:]]))
    with pytest.raises(UsageError, match="another result"):
        run(predictors, source, output)


def test_it_stops_after_the_block_in_work(
    tmp_path: Path, predictors: Predictors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_files, "BLOCK", 2)
    source, output = write(tmp_path / "in.csv", TABLE), tmp_path / "out.csv"
    stop, seen = threading.Event(), []

    def progress(done: int, total: int, note: str) -> None:
        seen.append((done, total))
        if done:
            stop.set()

    made = predict_file(
        predictors, open_structures(source), output, ["herg"], progress, cancel=stop
    )
    assert made == Outcome(5, 2, 1, 0) and seen == [(0, 5), (2, 5)] and len(read(output)) == 2


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is worth several processes."""
    monkeypatch.setattr(result_files, "BLOCK", 2)
    rows = [f"{n},{'C' * (n % 7)}" for n in range(40)]
    return write(tmp_path / "many.csv", "\n".join(["id,smiles", *rows]) + "\n")


def spread(
    source: Path, output: Path, progress: Progress | None = None, **more: Any
) -> tuple[Outcome, Predictors]:
    predictors = Predictors.load()
    found = open_structures(source)
    return predict_file(
        predictors, found, output, ["herg"], progress, workers=2, **more
    ), predictors


def test_several_processes_give_the_same_bytes(many: Path, tmp_path: Path) -> None:
    made, predictors = spread(many, tmp_path / "spread.csv")
    assert made == Outcome(40, 40, 6, 0)
    predict_file(predictors, open_structures(many), tmp_path / "alone.csv", ["herg"])
    assert (tmp_path / "spread.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()
    assert multiprocessing.active_children() == []


def test_a_killed_process_is_replaced_and_a_stop_keeps_what_is_written(
    many: Path, tmp_path: Path
) -> None:
    output, killed, stop = tmp_path / "out.csv", set(), threading.Event()

    def progress(done: int, total: int, note: str) -> None:
        if done == 4:
            for child in multiprocessing.active_children():
                killed.add(child.pid)
                child.kill()
        if done == 20:
            stop.set()

    made, predictors = spread(many, output, progress, cancel=stop)
    assert len(killed) == 2 and (made.done, made.resumed) == (20, 0)
    assert len(read(output)) == 20
    again = predict_file(predictors, open_structures(many), output, ["herg"])
    assert again == Outcome(40, 40, 6, 20)
    predict_file(predictors, open_structures(many), tmp_path / "alone.csv", ["herg"])
    assert output.read_bytes() == (tmp_path / "alone.csv").read_bytes()


def test_a_process_that_dies_twice_on_its_rows_names_them(many: Path, tmp_path: Path) -> None:
    load = partial(labour.dies_on, "[Xe]", Predictors)
    text = many.read_text().replace("\n8,C\n", "\n8,[Xe]\n")
    output = tmp_path / "out.csv"
    with pytest.raises(RetortError, match="rows 9 to 10 ended twice") as caught:
        spread(write(many, text), output, load=load)
    assert "signal 9" in caught.value.why and "--workers" in caught.value.next
    assert [row["id"] for row in read(output)] == [str(n) for n in range(8)]


def test_what_a_process_cannot_load_is_told(many: Path, tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="Cannot load the predictors"):
        spread(many, tmp_path / "out.csv", load=partial(Predictors.load, tmp_path))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name\tcanonical_smiles\na\tCCO\n", "utf-8"),
        ('name;"Structure"\r\nµ;CCO\r\n', "cp1252"),
        ("\n\nname|SMILES\na|CCO\n", "utf-8-sig"),
        ("name,smiles\na,CCO", "utf-16"),
    ],
)
def test_separators_encodings_and_names_are_found(tmp_path: Path, text: str, encoding: str) -> None:
    found = open_structures(write(tmp_path / "x.dat", text, encoding))
    (row,) = found.rows()
    assert (found.kind, row.smiles, found.count()) == ("table", "CCO", 1)
    assert row.cells[0] in ("a", "µ")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.smi", "CCO ethanol  pure\n\n# note\nC1CC(\nCC\tethane\n",
         [("CCO", "ethanol  pure"), ("C1CC(", ""), ("CC", "ethane")]),
        ("a", "smiles name\nCCO e\n", [("CCO", "e")]),
        ("a.smi", "C1CC( bad\nCCO\nCC\n", [("C1CC(", "bad"), ("CCO", ""), ("CC", "")]),
    ],
)  # fmt: skip
def test_smiles_lines(
    tmp_path: Path, name: str, text: str, expected: list[tuple[str, str]]
) -> None:
    found = open_structures(write(tmp_path / name, text))
    assert found.kind == "smiles" and [row.cells for row in found.rows()] == expected
    assert found.count() == len(expected)


def test_an_sd_file_keeps_titles_and_fields_and_survives_bad_blocks(
    tmp_path: Path, predictors: Predictors
) -> None:
    fine = sdf.written([(Chem.MolFromSmiles("OCC"), "ethanol", {"code": "X-1", "error": "none"})])
    broken = fine.replace("ethanol", "broken").replace("  1  2  1", "  1  9  1")
    source = write(tmp_path / "any.name", fine + broken + fine.replace("$$$$\n", ""))
    output = tmp_path / "out.csv"
    assert run(predictors, source, output) == Outcome(3, 3, 1, 0)
    rows = read(output)
    assert [row["name"] for row in rows] == ["ethanol", "broken", "ethanol"]
    assert rows[0]["smiles"] == "CCO" and rows[0]["code"] == "X-1"
    assert rows[0]["input_error"] == "none" and rows[0]["error"] == ""
    assert "broken" in rows[1]["error"] and "RDKit" in rows[1]["error"]
    assert run(predictors, source, output).resumed == 3


def test_a_column_can_be_named_and_a_missing_one_lists_what_there_is(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "code,drug,smiles\n1,CCO,C\n")
    assert next(open_structures(source, "Drug").rows()).smiles == "CCO"
    assert next(open_structures(source).rows()).smiles == "C"
    for text, column in ((source.read_text(), "mol"), ("code,drug\n1,CCO\n", None)):
        with pytest.raises(UsageError) as caught:
            open_structures(write(source, text), column)
        assert "code, drug" in caught.value.why and "--smiles-column" in caught.value.next


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b" \n\n", "empty"), (b"PK\x03\x04xl/" + b"\0" * 50, "Excel")],
)
def test_what_is_no_file_of_structures_is_refused_by_name(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        open_structures(path)
    with pytest.raises(UsageError, match="No such file"):
        open_structures(tmp_path / "none.csv")


def test_a_quotation_mark_that_never_ends_is_told(tmp_path: Path, predictors: Predictors) -> None:
    source = write(tmp_path / "in.csv", 'smiles\nCCO\n"' + "CC\n" * 60_000)
    with pytest.raises(RetortError, match="quotation mark"):
        run(predictors, source, tmp_path / "out.csv")


def test_a_huge_structure_is_an_error_of_its_row(tmp_path: Path, predictors: Predictors) -> None:
    output = tmp_path / "out.csv"
    source = write(tmp_path / "in.csv", f"smiles\n{'C' * 4000}\n{'C' * 6000}\nCCO\n")
    assert run(predictors, source, output) == Outcome(3, 3, 2, 0)
    assert "4,000 heavy atoms" in read(output)[0]["error"]
