"""Calculations of whole files: every row answered, bad ones with their reason, a rerun goes on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import calculation_columns
from retort.tools.calculation_table import calculate_file
from retort.tools.result_files import Outcome
from retort.tools.structure_files import open_structures

TABLE = "id,smiles,error\n1,CCO,x\n2,C1CC(,\n3,CC(=O)[O-].[Na+],\n4,,\n"


def run(folder: Path, *wanted: str) -> tuple[Outcome, list[dict[str, str]]]:
    source, output = folder / "in.csv", folder / "out.csv"
    source.write_text(TABLE)
    made = calculate_file(open_structures(source), output, wanted)
    with output.open(newline="") as file:
        return made, list(csv.DictReader(file))


def test_each_row_has_its_values_or_its_error(tmp_path: Path) -> None:
    made, rows = run(tmp_path, "mw", "exact_mass", "lipinski", "pains")
    assert made == Outcome(4, 4, 2, 0) and [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["calculated_molecular_weight"] == "46.07"
    assert rows[0]["calculated_exact_mass"] == "46.0419"
    assert rows[0]["calculated_lipinski_passes"] == "true"
    assert rows[0]["calculated_pains_alerts"] == "none"
    assert rows[0]["input_error"] == "x" and rows[0]["error"] == ""
    assert rows[1]["smiles"] == "C1CC(" and '"C1CC("' in rows[1]["error"]
    assert rows[2]["calculated_molecular_weight"] == "82.03"
    assert rows[0]["calculated_by"].startswith("RDKit ")


def test_a_rerun_goes_on_and_another_result_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path, "mw")
    output = tmp_path / "out.csv"
    whole = output.read_bytes()
    output.write_bytes(whole[: whole.index(b"\n3,") + 5])
    made, _ = run(tmp_path, "mw")
    assert made.resumed == 2 and output.read_bytes() == whole
    with pytest.raises(UsageError):
        run(tmp_path, "logp")


def test_every_name_is_one_column_and_unknown_ones_are_listed() -> None:
    every = calculation_columns.named(["all"])
    assert len({column.name for column in every}) == len(every)
    assert calculation_columns.named(["alerts", "pains"])[0].name == "pains_alerts"
    assert [c.name for c in calculation_columns.named(["MW"])] == ["molecular_weight"]
    with pytest.raises(RetortError, match="solubility"):
        calculation_columns.named(["solubility"])
