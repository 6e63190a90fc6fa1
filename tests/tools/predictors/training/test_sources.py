from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors.endpoints import Source, spec
from retort.tools.predictors.training.sources import measurements


def read(folder: Path, source: Source, text: str) -> list[tuple[str, float]]:
    path = folder / "molecules" / source.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    made = replace(spec("herg"), sources=(source,))
    return [(item.smiles, item.value) for item in measurements(made, folder)]


def table(path: str, **fields: object) -> Source:
    return replace(Source("a", "table", path, "", ""), **fields)  # type: ignore[arg-type]


def test_a_column_of_numbers(tmp_path: Path) -> None:
    text = 'Drug_ID,Drug,Y\n"x, y",CCO,1.5\nz,CC,\nz,C,nan\nz,CCC,-2\n'
    assert read(tmp_path, table("a.csv"), text) == [("CCO", 1.5), ("CCC", -2.0)]


def test_one_target_of_a_packed_matrix(tmp_path: Path) -> None:
    source = table("m.csv.gz", smiles="smiles", value="CHEMBL2")
    assert read(tmp_path, source, "smiles,CHEMBL1,CHEMBL2\nC,5.0,\nCC,,6.1\n") == [("CC", 6.1)]


def test_words_for_classes_in_chosen_rows(tmp_path: Path) -> None:
    source = table("b.tsv", value="class", classes={"BBB+": 1, "BBB-": 0}, where={"group": "A"})
    text = "Drug\tclass\tgroup\nC\tBBB+\tA\nCC\tBBB-\tA\nCCC\tBBB-\tB\nCCCC\t?\tA\n"
    assert read(tmp_path, source, text) == [("C", 1.0), ("CC", 0.0)]


def test_numbers_become_classes_at_a_limit_with_a_gap(tmp_path: Path) -> None:
    source = table("c.csv", limit=5.0, gap=0.5)
    assert read(tmp_path, source, "Drug,Y\nC,5.5\nCC,5.4\nCCC,4.5\n") == [("C", 1.0), ("CCC", 0.0)]
    assert read(tmp_path, table("c.csv", factor=100.0), "Drug,Y\nC,0.5\n") == [("C", 50.0)]


def test_censored_activities_count_where_they_are_certain(tmp_path: Path) -> None:
    source = Source(
        "a", "activities", "a.csv", "", "", smiles="s", value="standard_value", limit=4.5
    )
    lines = ["s,standard_relation,standard_value,standard_units"]
    lines += ["C,=,1000,nM", "CC,=,100000,nM", "CCC,>,1000,nM", "N,>,100000,nM", "NC,<,1000,nM"]
    lines += ["NCC,<,100000,nM", "O,=,50,%", "OC,=,0,nM"]
    assert read(tmp_path, source, "\n".join(lines)) == [
        ("C", 1.0),
        ("CC", 0.0),
        ("N", 0.0),
        ("NC", 1.0),
    ]


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="is missing"):
        list(measurements(replace(spec("herg"), sources=(table("no.csv"),)), tmp_path))
    with pytest.raises(RetortError, match="no column Y"):
        read(tmp_path, table("d.csv"), "Drug,y\nC,1\n")
