"""The four tools: what the model reads, what stands behind it, and what is said of nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from retort.retrieval.errors import OutageError, RetortError, UsageError
from retort.tools import shapes
from retort.tools.chembl import open_source
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.tools import build_tools
from retort.tools.chembl.web import WebSource
from retort.tools.records import Evidence, ToolResult, render

Call = Callable[..., ToolResult]


class Book:
    """Resolves as the book of molecules does: handles, names, and one structure ChEMBL lacks."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def resolve(self, text: str) -> Any:
        if text == "M2":
            return SimpleNamespace(handle="M2", name="", smiles="CCCC", inchikey="X", chembl_id="")
        rows = self._source.molecules("gefitinib" if text == "M1" else text)
        if not rows:
            raise RetortError(f'No molecule named "{text}" in ChEMBL.')
        row = rows[0]
        return SimpleNamespace(
            handle="M1",
            name=row.name,
            smiles=row.smiles,
            inchikey=row.inchikey,
            chembl_id=row.chembl_id,
        )


def _calls(source: Any) -> Call:
    bench: Any = SimpleNamespace(molecules=Book(source), chembl=source)
    tools = {tool.name: tool for tool in build_tools(bench)}

    def call(name: str, **arguments: Any) -> ToolResult:
        message = tools[name].invoke(
            {"name": name, "args": arguments, "id": "1", "type": "tool_call"}
        )
        result = message.artifact
        assert isinstance(result, ToolResult)
        assert message.content == render(result)
        json.dumps(result.as_dict())
        _check(result)
        return result

    return call


@pytest.fixture
def call(local: LocalSource) -> Call:
    """Calls a tool by name and checks what every result must be."""
    return _calls(local)


SHAPES: dict[str, Any] = {
    "activity": shapes.ActivityShape,
    "target": shapes.TargetShape,
    "mechanism": shapes.MechanismShape,
    "indication": shapes.IndicationShape,
    "absence": shapes.AbsenceShape,
}


def _check(result: ToolResult) -> None:
    for item in result.evidence:
        shape = SHAPES[item.record["record"]]
        assert set(shape.__annotations__) <= set(item.record), item.record
        assert item.kind == "chembl"
        assert item.quote.endswith(".")
        assert "None" not in item.quote
        assert item.url == "" or item.url.startswith("https://www.ebi.ac.uk/chembl/explore/")
        _check_numbers(item)


def _check_numbers(item: Evidence) -> None:
    """Every number of the record's values stands in the quote."""
    record = item.record
    values = [record.get("value"), record.get("pchembl")]
    values += [
        (record.get("measurements") or {}).get(name) for name in ("n", "median", "low", "high")
    ]
    written = {float(number) for number in re.findall(r"\d+\.?\d*", item.quote)}
    assert {float(value) for value in values if value is not None} <= written


def test_best_row_of_each_compound_with_its_spread(call: Call) -> None:
    result = call("find_activities", target="EGFR", activity_type="ic50", max_value_nm=10)
    assert [item.record["molecule_name"] for item in result.evidence] == [
        "Gefitinib",
        "Erlotinib hydrochloride",
        "Osimertinib",
        "Erlotinib",
    ][: len(result.evidence)]
    first = result.evidence[0]
    assert first.quote == (
        "Gefitinib: IC50 = 0.17 nM (best of 3; median 1.2 nM, range 0.17-33 nM) on EGFR "
        "(Epidermal growth factor receptor, Homo sapiens, CHEMBL203), assay CHEMBL674637, "
        "document CHEMBL1134862 (2004), pChEMBL 9.77."
    )
    assert first.source_id == "CHEMBL939"
    assert first.record["measurements"] == {
        "n": 3,
        "median": 1.2,
        "low": 0.17,
        "high": 33.0,
        "units": "nM",
    }
    assert result.count == 6
    assert "rows 1-6 of 6" in result.note
    assert "Left out: 1 row with a data validity comment." in result.note
    assert result.summary == "ChEMBL: 6 IC50 measurements for EGFR (CHEMBL203) below 10 nM"


def test_a_mutant_is_not_the_wild_type(call: Call) -> None:
    result = call("find_activities", target="EGFR", molecule="osimertinib", activity_type="IC50")
    assert [item.record["variant"] for item in result.evidence] == ["T790M", "", ""]
    assert "on EGFR T790M (Epidermal growth factor receptor, mutant T790M" in (
        result.evidence[0].quote
    )
    assert "without a value" in result.evidence[2].quote
    assert "1 potential duplicate" in result.note


def test_handles_and_salts(call: Call) -> None:
    assert call("find_activities", molecule="M1").molecules[0]["handle"] == "M1"
    salt = call("find_activities", target="EGFR", molecule="erlotinib hydrochloride")
    assert {item.record["parent_chembl_id"] for item in salt.evidence} == {"CHEMBL553"}


def test_a_bound_is_never_called_best(call: Call) -> None:
    result = call("find_activities", molecule="aspirin", target="COX-2")
    assert result.evidence[0].quote.startswith("Aspirin: IC50 > 100000 nM on PTGS2 (")


def test_the_next_page_follows(call: Call) -> None:
    first = call("find_activities", target="EGFR", limit=2)
    match = re.search(r"ask again with offset=(\d+)", first.note)
    assert match is not None
    second = call("find_activities", target="EGFR", limit=2, offset=int(match[1]))
    names = [(item.record["activity_id"]) for item in (*first.evidence, *second.evidence)]
    assert len(set(names)) == 4
    past = call("find_activities", target="EGFR", offset=500)
    assert past.evidence == () and past.count == 17
    assert "Nothing further from row 501 of 17" in past.note


def test_ambiguous_targets_are_named(call: Call) -> None:
    note = call("find_activities", target="EGFR").note
    assert '"EGFR" was read as Epidermal growth factor receptor (CHEMBL203)' in note
    assert "CHEMBL3608" in note
    assert "was read as" not in call("find_activities", target="P23219", molecule="aspirin").note


def test_no_activity_is_a_result(call: Call) -> None:
    result = call("find_activities", target="EGFR", molecule="celecoxib", activity_type="Ki")
    (item,) = result.evidence
    assert item.record == {
        "record": "absence",
        "searched": "Ki of Celecoxib (CHEMBL118) on EGFR (CHEMBL203)",
        "found": 0,
        "release": "ChEMBL 35",
    }
    assert result.count == 0
    assert item.quote == "ChEMBL 35 holds no Ki of Celecoxib (CHEMBL118) on EGFR (CHEMBL203)."


def test_absence_says_what_there_is_instead(call: Call) -> None:
    result = call("find_activities", target="COX-2", activity_type="IC50", max_value_nm=1)
    assert "holds no IC50 of PTGS2 (CHEMBL230) below 1 nM." in result.evidence[0].quote
    assert "Without these filters it holds 2 rows (IC50)." in result.evidence[0].quote


def test_a_structure_unknown_to_chembl(call: Call) -> None:
    for name in ("find_activities", "find_mechanism", "find_indications"):
        (item,) = call(name, molecule="M2").evidence
        assert item.record["searched"] == "molecule with the structure of M2"


def test_a_target_nobody_knows(call: Call) -> None:
    (item,) = call("find_target", target="unobtainase").evidence
    assert item.record["found"] == 0
    with pytest.raises(RetortError, match='No target named "unobtainase" in ChEMBL 35') as caught:
        call("find_activities", target="unobtainase", molecule="aspirin")
    assert "gene symbol" in caught.value.next


def test_a_molecule_nobody_knows(call: Call) -> None:
    with pytest.raises(RetortError, match="unobtainium"):
        call("find_activities", target="EGFR", molecule="unobtainium")


def test_nothing_asked(call: Call) -> None:
    for name in ("find_activities", "find_mechanism"):
        with pytest.raises(UsageError, match="Neither a molecule nor a target"):
            call(name)


def test_find_target(call: Call) -> None:
    result = call("find_target", target="EGFR")
    assert result.count == 3
    assert result.evidence[0].quote == (
        "EGFR: Epidermal growth factor receptor (CHEMBL203), SINGLE PROTEIN of Homo sapiens, "
        "gene EGFR, UniProt P00533; matched by gene symbol."
    )


def test_mechanism_of_a_drug_and_drugs_of_a_target(call: Call) -> None:
    drug = call("find_mechanism", molecule="osimertinib")
    assert drug.evidence[0].quote == (
        "Osimertinib (CHEMBL3353410): Epidermal growth factor receptor inhibitor; "
        "action INHIBITOR; target EGFR (CHEMBL203); highest phase 4 (approved)."
    )
    drugs = call("find_mechanism", target="EGFR")
    assert [item.record["molecule_name"] for item in drugs.evidence] == [
        "Erlotinib hydrochloride",
        "Gefitinib",
        "Osimertinib",
    ]
    none = call("find_mechanism", target="HepG2")
    assert none.evidence[0].record["searched"] == "mechanism of action for HepG2 (CHEMBL395)"


def test_indications_warn_below_phase_4(call: Call) -> None:
    result = call("find_indications", molecule="aspirin")
    assert result.evidence[0].quote == (
        "Aspirin (CHEMBL25): Pain (MeSH D010146), highest phase 4 (approved)."
    )
    assert "2 indications below phase 4: tried, not approved." in result.note
    assert result.evidence[2].quote.endswith("migraine disorder, highest phase early 1.")
    assert call("find_indications", molecule="celecoxib").count == 0


def test_the_web_says_the_same_and_when(local: LocalSource, web: Callable[..., WebSource]) -> None:
    asked = {"target": "EGFR", "activity_type": "IC50", "max_value_nm": 10}
    here, there = (
        _calls(local)("find_activities", **asked),
        _calls(web())("find_activities", **asked),
    )
    assert [item.quote for item in there.evidence] == [item.quote for item in here.evidence]
    assert ", retrieved 20" in there.note
    assert there.evidence[0].record["retrieved_at"] != ""


def test_an_outage_is_no_absence(service: Any, web: Callable[..., WebSource]) -> None:
    service.always = "500"
    with pytest.raises(OutageError):
        _calls(web())("find_mechanism", target="EGFR")


def test_the_starter_answers(tmp_path: Path) -> None:
    source = open_source("starter", cache=tmp_path, offline=True, url="")
    call = _calls(source)
    result = call("find_activities", target="EGFR", activity_type="IC50", max_value_nm=10)
    assert result.count >= len(result.evidence) > 3
    assert all(item.record["value"] < 10 for item in result.evidence)
    assert call("find_mechanism", molecule="osimertinib").evidence[0].record["gene"] == "EGFR"
    (nothing,) = call("find_activities", target="EGFR", molecule="aspirin").evidence
    assert "It is a selection of ChEMBL, not all of it." in nothing.quote
    source.close()


def test_open_source_takes_a_path_and_refuses_a_wrong_one(
    chembl_file: Path, tmp_path: Path
) -> None:
    source = open_source(str(chembl_file), cache=tmp_path, offline=True, url="")
    assert source.release() == "ChEMBL 35"
    source.close()
    with pytest.raises(RetortError, match="no such file"):
        open_source(str(tmp_path / "none.sqlite"), cache=tmp_path, offline=True, url="")


def test_what_the_model_reads(local: LocalSource) -> None:
    bench: Any = SimpleNamespace(molecules=Book(local), chembl=local)
    tools = build_tools(bench)
    assert [(tool.name, list(tool.args)) for tool in tools] == [
        ("find_target", ["target"]),
        (
            "find_activities",
            [
                "target",
                "molecule",
                "activity_type",
                "max_value_nm",
                "min_pchembl",
                "limit",
                "offset",
                "min_value_nm",
                "variant",
                "assay_type",
            ],
        ),
        ("find_mechanism", ["molecule", "target"]),
        ("find_indications", ["molecule", "disease", "offset"]),
        ("find_selectivity", ["molecule", "offset"]),
        (
            "find_structure_activity",
            ["target", "molecule", "smarts", "activity_type", "offset"],
        ),
        ("find_similar", ["molecule", "threshold", "offset"]),
        ("find_with_substructure", ["smarts", "offset"]),
        ("find_warnings", ["molecule"]),
        ("find_document", ["document"]),
    ]
    for tool in tools:
        assert "Use for" in tool.description and "Example" in tool.description
        assert len(tool.description) < 500
        assert all(argument["description"] for argument in tool.args.values())
