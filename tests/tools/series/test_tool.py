"""The tools over sets, as a model calls them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.tools import BaseTool

from retort.retrieval.errors import RetortError
from retort.tools import Bench, build
from retort.tools.molecule import MoleculeBook
from retort.tools.records import ToolResult

Call = Callable[..., tuple[str, ToolResult]]


class NoChembl:
    """A ChEMBL that knows no molecule."""

    def release(self) -> str:
        return "ChEMBL 0"

    def molecules(self, text: str) -> list[Any]:
        return []

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        return []


@pytest.fixture
def call() -> Call:
    def unused() -> Any:
        raise AssertionError("not needed")

    chembl: Any = NoChembl()
    tools: dict[str, BaseTool] = {
        each.name: each for each in build(Bench(MoleculeBook(chembl), chembl, unused, unused))
    }

    def run(name: str, **args: Any) -> tuple[str, ToolResult]:
        message = tools[name].invoke({"type": "tool_call", "id": "1", "name": name, "args": args})
        return message.content, message.artifact

    return run


XYLENES = ["Cc1ccccc1C", "Cc1cccc(C)c1", "Cc1ccc(C)cc1"]
HALIDES = ["c1ccc(F)cc1", "c1ccc(Cl)cc1", "c1ccc(Br)cc1", "c1ccccc1"]


@pytest.mark.parametrize(
    "by", ["scaffold", "r_groups", "matched_pairs", "clusters", "common_core", "diverse"]
)
def test_every_analysis_gives_evidence_and_a_whole_table(call: Call, by: str) -> None:
    content, result = call("analyse_series", molecules=[*HALIDES, "not a molecule"], by=by)
    assert result.evidence and result.table is not None
    assert "Left out:" in result.note and "not a molecule" in result.note
    assert all(item.quote in content and item.kind == "calculation" for item in result.evidence)
    json.dumps(result.as_dict())
    rows = list(csv.DictReader(io.StringIO(result.table.csv())))
    assert len(rows) == (6 if by == "matched_pairs" else 4)  # each two of four molecules


def test_scaffolds_with_a_property(call: Call) -> None:
    _, result = call("analyse_series", molecules=[*XYLENES, "CCO"], by="scaffold", property="logp")
    record = result.evidence[0].record
    assert (record["scaffold"], record["count"], record["of"]) == ("c1ccccc1", 3, 4)
    assert record["values"]["n"] == 3 and "calculated" in record["values"]["label"]
    assert "is in 3 of 4 molecules (75 %)" in result.evidence[0].quote
    assert "have no ring" in result.evidence[1].quote


def test_matched_pairs_follow_a_property(call: Call) -> None:
    _, result = call(
        "analyse_series", molecules=HALIDES, by="matched_pairs", property="molecular_weight"
    )
    by = {(item.record["before"], item.record["after"]): item for item in result.evidence}
    item = by["F[*:1]", "Cl[*:1]"] if ("F[*:1]", "Cl[*:1]") in by else by["Cl[*:1]", "F[*:1]"]
    # Chlorine 35.45, fluorine 18.998: 16.455 g/mol.
    assert abs(abs(item.record["mean_change"]) - 16.455) < 0.01
    assert "1 matched pair;" in item.quote


def test_rows_are_paged(call: Call) -> None:
    many = [f"{'C' * n}O" for n in range(1, 16)]
    _, first = call("analyse_series", molecules=many, by="r_groups", core="CO")
    assert len(first.evidence) == 12 and first.count == 15 - 0
    assert "1 to 12 of 15 shown; ask for more with offset=12." in first.note
    _, rest = call("analyse_series", molecules=many, by="r_groups", core="CO", offset=12)
    assert len(rest.evidence) == 3 and "13 to 15 of 15 shown." in rest.note
    _, past = call("analyse_series", molecules=many, by="r_groups", core="CO", offset=99)
    assert not past.evidence and "There are only 15 rows." in past.note


def test_salts_are_said(call: Call) -> None:
    _, result = call("analyse_series", molecules=["CCN.Cl", "CCN", "CCCN"], by="clusters")
    assert "Salts, solvates and mixtures read as their parents: 1." in result.note
    assert "1 duplicate of a structure merged." in result.note


def test_wrong_use_is_refused_with_a_way_out(call: Call) -> None:
    for args in (
        {"molecules": [], "by": "scaffold"},
        {"molecules": ["CCO"], "by": "common_core"},
        {"molecules": ["C1CC("], "by": "scaffold"},
        {"molecules": ["CCO"] * 201, "by": "scaffold"},
        {"molecules": ["CCO", "CCN"], "by": "r_groups", "core": "C1CC("},
    ):
        with pytest.raises(RetortError) as caught:
            call("analyse_series", **args)
        assert caught.value.what and caught.value.why and caught.value.next


def test_a_list_is_ranked_by_similarity(call: Call) -> None:
    content, result = call(
        "compare_molecules", molecule="Cc1ccccc1", other=["CCO", "CCc1ccccc1", "Cc1ccccc1", "C1CC("]
    )
    ranked = [item.record["other_name"] for item in result.evidence]
    assert ranked == ["Cc1ccccc1", "CCc1ccccc1", "CCO"]
    assert "MACCS" in content and "atom pairs" in content and "Left out:" in result.note
    assert result.table is not None and len(result.table.rows) == 3


def test_a_pattern_is_looked_for_in_a_list(call: Call) -> None:
    _, result = call("match_substructure", molecule=["CCO", "Oc1ccccc1", "C"], smarts="[OX2H]")
    assert result.count == 2 and "Pattern in 2 of 3" in result.summary
    assert result.table is not None
    assert [row[2:] for row in result.table.rows] == [(1, "2"), (1, "0"), (0, "")]
    _, kekule = call("match_substructure", molecule="Oc1ccccc1", smarts="C1=CC=CC=C1")
    assert kekule.count == 1


def test_conformers_of_a_salt_are_those_of_its_parent(call: Call) -> None:
    content, result = call("generate_conformers", molecule="CCN.Cl", count=2)
    assert result.table is not None and "parent is CCN" in result.note
    assert "kcal/mol of the lowest (ETKDGv3, MMFF94s in vacuum" in content
    blocks = [row[-1] for row in result.table.rows]
    assert blocks and all(str(block).count(" H ") == 7 for block in blocks)
    for count in (0, 301):
        with pytest.raises(RetortError, match="cannot be made"):
            call("generate_conformers", molecule="CCO", count=count)
