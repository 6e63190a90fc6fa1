"""Tables come back from CSV and SDF as they went, and no spreadsheet runs a cell of them."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from retort.tools.tables import Column, Table, Value, neutral, shown

COLUMNS = (
    Column("name", "compound"),
    Column("smiles", "SMILES"),
    Column("relation", "relation"),
    Column("median", "median", "nM"),
    Column("is_conflicting", "conflicts"),
)
ROWS: tuple[tuple[Value, ...], ...] = (
    ("erlotinib", "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1", "=", 2.0, False),
    ('a, "b"\nc', "C/C=C\\C", "<", 0.5, True),
    ("trastuzumab", None, ">", None, None),
    ("broken", "C1CC(", "=", 10, False),
)
TABLE = Table("IC50 on EGFR", COLUMNS, ROWS, "smiles")

CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def given_back(cell: str) -> str:
    """What a reader makes of a cell: one apostrophe less where it guards a sign."""
    return cell[1:] if re.match(r"'+\s*[=+\-@＝＋－＠].", cell, re.DOTALL) else cell


def test_csv_has_units_in_its_header_and_keeps_relations() -> None:
    header, *rows = read(TABLE.csv())
    assert header == ["name", "smiles", "relation", "median (nM)", "is_conflicting"]
    assert rows[0][2:] == ["=", "2.0", "false"] and rows[2] == ["trastuzumab", "", ">", "", ""]
    assert rows[1][:2] == ['a, "b"\nc', "C/C=C\\C"]


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
def test_csv_gives_every_cell_back(rows: list[tuple[Value, ...]]) -> None:
    table = Table("any", (Column("a", "a"), Column("b", "b", "nM"), Column("c", "c")), tuple(rows))
    _, *found = read(table.csv())
    wanted = [[str(c) if isinstance(c, float) else shown(c) for c in row] for row in rows]
    assert [[given_back(cell) for cell in row] for row in found] == wanted


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), (" =A1", "' =A1"), ("\t=A1", "'\t=A1"), ("@x", "'@x"), ("+a", "'+a"),
     ("-2+3", "'-2+3"), ("-1.5e-3", "-1.5e-3"), (-0.1, "-0.1"), ("+4", "+4"), (None, ""),
     ("=", "="), ("-", "-"), ("\uff1d1", "'\uff1d1"), ("'=1", "''=1"), (True, "true"),
     ("C=C", "C=C"), ("[*:1]C", "[*:1]C"), ("(C)O", "(C)O"), ("(-)-menthol", "(-)-menthol")],
)  # fmt: skip
def test_a_spreadsheet_runs_nothing(cell: Value, written: str) -> None:
    assert neutral(cell) == written


def test_a_structure_never_begins_with_a_sign_that_runs() -> None:
    for smiles in ("[Na+].[Cl-]", "*C=O", "[2H]C", "C", "[OH-]", "[*:1]c1ccccc1"):
        assert neutral(Chem.CanonSmiles(smiles)) == Chem.CanonSmiles(smiles)
    assert neutral("=C") == "'=C"


def test_sdf_holds_the_rows_with_a_structure_and_counts_the_others() -> None:
    text, left_out = TABLE.sdf()
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text)
    first, second = list(supplier)
    assert left_out == 2
    assert Chem.MolToSmiles(first) == Chem.CanonSmiles(str(ROWS[0][1]))
    assert first.GetProp("_Name") == "erlotinib" and first.GetProp("relation") == "="
    assert first.GetDoubleProp("median") == 2.0 and first.GetProp("median_unit") == "nM"
    assert second.GetProp("name") == 'a, "b" c' and second.GetProp("relation") == "<"
    assert Chem.MolToSmiles(second) == "C/C=C\\C"


@given(st.lists(st.text(), min_size=2, max_size=4))
def test_no_text_breaks_an_sd_file(names: list[str]) -> None:
    columns = (Column("name", "name"), Column("smiles", "SMILES"), Column("note", "note"))
    rows = tuple((name, "CCO", name) for name in ["$$$$", "> <note>", ">", *names])
    text, left_out = Table("t", columns, rows, "smiles").sdf()
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text.encode("utf-8", "replace").decode())
    found = [Chem.MolToSmiles(molecule) for molecule in supplier]
    assert left_out == 0 and found == ["CCO"] * len(rows)


def test_without_a_structure_column_there_is_no_sdf() -> None:
    bare = Table("t", (Column("a", "a"),), ((1,), (2,)))
    assert bare.sdf() == ("", 2)


def test_pages_are_tables_of_some_rows() -> None:
    assert TABLE.page(1, 2).rows == ROWS[1:3] and TABLE.page(1, 2).columns == COLUMNS
    assert TABLE.page(9, 2).rows == ()


def test_the_wire_gives_the_table_back_and_the_description_only_counts() -> None:
    assert Table.from_dict(json.loads(json.dumps(TABLE.as_dict()))) == TABLE
    assert TABLE.described()["count"] == 4 and "rows" not in TABLE.described()


def test_a_row_is_named_by_its_first_cell_that_is_no_structure() -> None:
    assert TABLE.name_of(ROWS[0]) == "erlotinib" and TABLE.structure(ROWS[2]) == ""
    swapped = Table("t", (COLUMNS[1], COLUMNS[0]), (("CCO", "ethanol"),), "smiles")
    assert swapped.name_of(swapped.rows[0]) == "ethanol"
