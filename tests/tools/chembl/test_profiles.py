"""Aggregates by hand, and the tools that show them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import pytest

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import structures
from retort.tools.chembl import aggregates, shapes
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import ActivityQuery
from retort.tools.chembl.tools import build_tools
from retort.tools.records import ToolResult

Call = Callable[..., ToolResult]

WARNINGS = """
DROP TABLE IF EXISTS drug_warning;
DROP TABLE IF EXISTS warning_refs;
CREATE TABLE warning_refs (warning_id INTEGER, ref_type TEXT, ref_id TEXT, ref_url TEXT);
INSERT INTO warning_refs VALUES (1, 'DailyMed', 'c-d', 'https://dailymed.nlm.nih.gov/c-d');
CREATE TABLE drug_warning (warning_id INTEGER PRIMARY KEY, molregno INTEGER, warning_type TEXT,
  warning_class TEXT, warning_country TEXT, warning_year INTEGER);
INSERT INTO drug_warning
  VALUES (1, 9, 'Black Box Warning', 'cardiotoxicity', 'United States', 2005);
"""


class Book:
    """Resolves names by the source, and SMILES as structures that ChEMBL lacks."""

    def __init__(self, source: LocalSource) -> None:
        self._source = source

    def resolve(self, text: str) -> Any:
        for row in self._source.molecules(text):
            return SimpleNamespace(
                handle="M1",
                **{
                    name: getattr(row, name) for name in ("name", "smiles", "inchikey", "chembl_id")
                },
            )
        structure = structures.molecule_from_smiles(text)
        return SimpleNamespace(
            handle="M2", name="", smiles=structures.canonical(structure), inchikey="", chembl_id=""
        )


class Library:
    """Holds one paper, by two ids."""

    def paper(self, paper_id: str) -> Any:
        known = paper_id in ("PMID:15000001", "notes/gefitinib")
        found = SimpleNamespace(paper_id="notes/gefitinib", doi="10.1021/jm000000a", pmid="")
        return found if known else None


@pytest.fixture
def call(chembl_file: Path, tmp_path: Path) -> Call:
    path = Path(shutil.copy(chembl_file, tmp_path / "recent.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(WARNINGS)
    source = LocalSource(path)
    bench: Any = SimpleNamespace(molecules=Book(source), chembl=source, library=Library)
    tools = {tool.name: tool for tool in build_tools(bench)}

    def run(name: str, **args: Any) -> ToolResult:
        message = tools[name].invoke({"name": name, "args": args, "id": "1", "type": "tool_call"})
        result: ToolResult = message.artifact
        for item in result.evidence:
            if item.record["record"] in SHAPES:
                assert set(item.record) == SHAPES[item.record["record"]]
            assert item.quote.endswith(".") and "None" not in item.quote
        return result

    return run


SHAPES = {
    get_args(hints["record"])[0]: set(hints)
    for item in vars(shapes).values()
    if isinstance(item, type) and "record" in (hints := get_type_hints(item))
}


def test_a_molecule_across_targets(local: LocalSource) -> None:
    query = ActivityQuery(molecule_ids=("CHEMBL939",))
    human, mouse = aggregates.by_target(aggregates.every(local, query)[0])
    # 9.77, 7.48 and 8.92; "> 5 nM" is a bound, and 97 % inhibition is no potency
    assert (human.gene, human.n, human.median) == ("EGFR", 3, 8.92)
    assert (human.low, human.high, human.bounds, human.weaker_than_nm) == (7.48, 9.77, 1, 5)
    assert human.is_conflict  # 2.29 log units apart
    assert (mouse.organism, mouse.n, mouse.median) == ("Mus musculus", 1, 8.15)
    assert not mouse.is_conflict


def test_a_bound_can_conflict_with_a_value(local: LocalSource) -> None:
    (profile,) = aggregates.by_target(
        local.activities(ActivityQuery(molecule_ids=("CHEMBL118",))).rows
    )
    assert not profile.is_conflict
    from dataclasses import replace

    # 40 nM (7.4) against "> 10000 nM" (below 5)
    assert replace(profile, weaker_than_nm=10_000.0).is_conflict


def test_cell_lines_are_no_targets_of_selectivity(local: LocalSource) -> None:
    rows = local.activities(ActivityQuery(molecule_ids=("CHEMBL25",))).rows
    assert [item.target_chembl_id for item in aggregates.by_target(rows)] == ["CHEMBL230"]


def test_a_compound_is_its_parent_and_its_salts(local: LocalSource) -> None:
    query = ActivityQuery(target_id="CHEMBL203", types=("IC50",), units=("nM",))
    profiles = aggregates.by_compound(aggregates.every(local, query)[0])
    erlotinib = next(item for item in profiles if item.parent_chembl_id == "CHEMBL553")
    # exact: 2 nM of the base and 0.9 nM of the hydrochloride
    assert (erlotinib.name, erlotinib.n, erlotinib.median) == ("Erlotinib", 2, 1.45)
    assert (erlotinib.low, erlotinib.high) == (0.9, 2)
    assert set(erlotinib.bounds) == {"< 5", "<= 10", "~ 3", "? 4"}
    assert erlotinib.pchembl == 8.875  # of 8.7 and 9.05
    assert not erlotinib.is_conflict


def test_more_rows_than_a_page(local: LocalSource, monkeypatch: pytest.MonkeyPatch) -> None:
    query = ActivityQuery(target_id="CHEMBL203")
    whole, total = aggregates.every(local, query)
    monkeypatch.setattr(aggregates, "PAGE", 4)
    assert aggregates.every(local, query) == (whole, total) and total == len(whole) > 8
    monkeypatch.setattr(aggregates, "MOST", 8)
    assert aggregates.every(local, query) == (whole[:8], total)


def test_find_selectivity(call: Call) -> None:
    result = call("find_selectivity", molecule="gefitinib")
    assert result.evidence[0].quote == (
        "Gefitinib on EGFR (Homo sapiens, CHEMBL203): median pChEMBL 8.92 of 3 values "
        "(range 7.48-9.77); also reported as above 5 nM; conflicting: they differ by more than "
        "1.5 log units; IC50; documents CHEMBL1134862."
    )
    assert result.count == 2 and result.table is not None and len(result.table.rows) == 2
    assert (
        call("find_selectivity", molecule="trastuzumab").evidence[0].record["record"] == "absence"
    )


def test_find_structure_activity(call: Call) -> None:
    series = call("find_structure_activity", target="EGFR", molecule="erlotinib")
    # gefitinib has the anilinoquinazoline too, and ethanol has not
    assert {item.source_id for item in series.evidence} == {"CHEMBL553", "CHEMBL939"}
    assert "2 compounds with the scaffold of Erlotinib" in series.summary
    assert series.table is not None and series.table.smiles == "smiles"
    morpholine = call("find_structure_activity", target="EGFR", smarts="N1CCOCC1")
    assert {item.source_id for item in morpholine.evidence} == {"CHEMBL939"}
    every = call("find_structure_activity", target="EGFR")
    assert every.count > series.count
    with pytest.raises(UsageError):
        call("find_structure_activity", target="EGFR", molecule="erlotinib", smarts="C")
    with pytest.raises(UsageError):
        call("find_structure_activity", target="EGFR", molecule="CCO")


def test_find_similar_leaves_the_molecule_itself_out(call: Call) -> None:
    result = call("find_similar", molecule="erlotinib", threshold=0.3)
    assert [item.source_id for item in result.evidence] == ["CHEMBL939"]
    assert result.count == 1 and "similarity 0.4" in result.evidence[0].quote
    assert call("find_similar", molecule="aspirin", threshold=0.9).count == 0
    none = call("find_similar", molecule="erlotinib", threshold=0.9)
    assert none.count == 0 and "The nearest is Gefitinib (CHEMBL939), 0.4" in none.evidence[0].quote
    assert call("find_similar", molecule="CCCO", threshold=0.3).evidence[0].source_id


def test_find_with_substructure(call: Call) -> None:
    result = call("find_with_substructure", smarts="c1ccc2ncncc2c1")
    assert result.count == 2 and result.evidence[0].record["similarity"] is None
    assert call("find_with_substructure", smarts="[U]").evidence[0].record["record"] == "absence"
    with pytest.raises(RetortError):
        call("find_with_substructure", smarts="c1ccc(")


def test_find_warnings(call: Call) -> None:
    flags, boxed = call("find_warnings", molecule="celecoxib").evidence
    assert flags.quote == (
        "Celecoxib (CHEMBL118) is not marked as withdrawn and with a boxed warning in ChEMBL 35."
    )
    assert boxed.quote == (
        "Celecoxib (CHEMBL118): Black Box Warning for cardiotoxicity in United States (2005); "
        "references DailyMed c-d."
    )
    assert call("find_warnings", molecule="aspirin").count == 0


def test_find_document_links_both_ways(call: Call) -> None:
    for asked in ("10.1021/jm000000a", "CHEMBL1134862", "notes/gefitinib"):
        (document,) = call("find_document", document=asked).evidence
        assert document.record["paper_id"] == "notes/gefitinib"
        assert document.record["pubmed_id"] == "15000001"
    assert "in your library as notes/gefitinib" in document.quote
    assert call("find_document", document="CHEMBL3259999").evidence[0].record["activities"] == 6
    assert call("find_document", document="10.9999/none").count == 0
    with pytest.raises(RetortError):
        call("find_document", document="gefitinib")


def test_drugs_for_a_disease(call: Call) -> None:
    result = call("find_indications", disease="lung")
    assert result.count == 1 and result.evidence[0].source_id == "CHEMBL3353410"
    with pytest.raises(UsageError):
        call("find_indications")


def test_weak_compounds_and_mutants(call: Call) -> None:
    weak = call("find_activities", target="EGFR", min_value_nm=1000)
    assert weak.evidence[0].record["relation"] == ">"
    mutant = call("find_activities", target="EGFR", variant="t790m")
    assert [item.record["variant"] for item in mutant.evidence] == ["T790M"]
    assert call("find_activities", target="EGFR", assay_type="functional").count == 0
    table = call("find_activities", target="EGFR", limit=2).table
    assert table is not None and len(table.rows) > 10
