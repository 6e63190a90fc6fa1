from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors.endpoints import Source, Spec, spec
from retort.tools.predictors.training import datasets
from retort.tools.predictors.training.structures import Structures, structure

ETHANOL, SALT, WILDCARD = "CCO", "CC(=O)[O-].[Na+]", "*CCO"


def toy(name: str, folder: Path, primary: list[tuple[str, float]], *auxiliary: str) -> Spec:
    """An endpoint whose sets are small files of ``folder``."""
    (folder / "molecules").mkdir(exist_ok=True)
    rows = "\n".join(["Drug,Y", *(f"{smiles},{value}" for smiles, value in primary)])
    (folder / "molecules" / "primary.csv").write_text(rows, encoding="utf-8")
    sources = [Source("primary", "table", "primary.csv", "", "")]
    for index, text in enumerate(auxiliary):
        (folder / "molecules" / f"{index}.csv").write_text("Drug,Y\n" + text, encoding="utf-8")
        sources.append(Source(f"aux {index}", "table", f"{index}.csv", "", "", auxiliary=True))
    return replace(spec(name), sources=tuple(sources))


def test_one_row_per_molecule_with_the_median_of_its_values(tmp_path: Path) -> None:
    enantiomers = [("C[C@H](N)C(=O)O", 1.0), ("C[C@@H](N)C(=O)O", 1.4), (ETHANOL, 2.0)]
    made = datasets.load(toy("lipophilicity", tmp_path, enantiomers), tmp_path, frozenset())
    assert [row.value for row in made.rows] == [1.2, 2.0]
    assert made.conflicting == 0
    assert made.rows[1].smiles == "CCO" and made.rows[1].scaffold.startswith("acyclic")


def test_values_far_apart_are_counted_and_kept(tmp_path: Path) -> None:
    made = datasets.load(
        toy("lipophilicity", tmp_path, [(ETHANOL, 1.0), ("OCC", 2.5)]), tmp_path, frozenset()
    )
    assert made.conflicting == 1 and [row.value for row in made.rows] == [1.75]


def test_logarithms_are_taken_where_the_card_says_so(tmp_path: Path) -> None:
    made = datasets.load(
        toy("half_life", tmp_path, [(ETHANOL, 100.0), ("CCC", 0.0)]), tmp_path, frozenset()
    )
    assert [row.value for row in made.rows] == [2.0]
    assert made.counts()["unreadable_rows"] == 1


def test_a_salt_is_its_parent_unless_the_form_is_seen(tmp_path: Path) -> None:
    rows = [(SALT, 1.0), ("CC(=O)O", 0.0)]
    merged = datasets.load(toy("lipophilicity", tmp_path, rows), tmp_path, frozenset())
    apart = datasets.load(toy("solubility", tmp_path, rows), tmp_path, frozenset())
    assert [row.smiles for row in merged.rows] == ["CC(=O)O"]
    assert [row.smiles for row in apart.rows] == [SALT, "CC(=O)O"]
    assert {row.parent for row in apart.rows} == {"CC(=O)O"}
    assert {row.key for row in apart.rows} == {merged.rows[0].key}


def test_held_out_molecules_are_refused_in_every_form(tmp_path: Path) -> None:
    key = (structure("CC(=O)O") or pytest.fail()).keys[1]
    made = toy("herg", tmp_path, [(SALT, 1.0), (ETHANOL, 1.0)], "CC(=O)[O-].[K+],1\n*C,1\n")
    found = datasets.load(made, tmp_path, frozenset({key}))
    assert [row.smiles for row in found.rows] == ["CCO"]
    assert found.by_source["primary"].held_out == found.by_source["aux 0"].held_out == 1
    assert found.by_source["aux 0"].unreadable == 1


def test_contradicting_classes_are_left_out_and_the_primary_set_wins(tmp_path: Path) -> None:
    primary = [(ETHANOL, 1.0), ("CCC", 1.0), ("CCC", 0.0)]
    made = toy("herg", tmp_path, primary, "CCO,0\nCCN,1\nCCF,0\n", "CCF,1\nCCN,1\nCCC,1\n")
    found = datasets.load(made, tmp_path, frozenset())
    assert [(row.smiles, row.value, row.auxiliary) for row in found.rows] == [
        ("CCO", 1.0, False),
        ("CCN", 1.0, True),
    ]
    assert found.rows[1].sources == ("aux 0", "aux 1")
    assert found.contradicting == 2
    assert found.by_source["aux 0"].outvoted == 1
    assert found.counts()["auxiliary_molecules"] == 1


def test_structures_are_kept_between_runs(tmp_path: Path) -> None:
    first = Structures(tmp_path).of([ETHANOL, WILDCARD, ETHANOL])
    assert first[WILDCARD] is None
    (kept,) = tmp_path.iterdir()
    with kept.open("a", encoding="utf-8") as file:
        file.write('["CCC", ["torn')
    again = Structures(tmp_path)
    assert again.of([ETHANOL, WILDCARD]) == first
    assert again.of(["CCN"])["CCN"] is not None
    assert Structures(tmp_path).of(["CCN"]) == again.of(["CCN"])


def test_the_list_of_held_out_molecules_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="holdout_inchikey14"):
        datasets.held_out_keys(tmp_path)


def test_approved_drugs_are_parents_with_carbon_each_once(toy_data: Path) -> None:
    drugs = datasets.approved_drugs(toy_data)
    assert len(drugs) == len(set(drugs)) == 60
    assert "CCCCCC" not in drugs
