from __future__ import annotations

from dataclasses import dataclass

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Predictors
from retort.tools.predictors.tool import build_tools
from retort.tools.records import ToolResult
from retort.tools.shapes import PredictionShape


@dataclass(frozen=True)
class Molecule:
    handle: str
    name: str
    smiles: str
    inchikey: str = "KEY"


KNOWN = {
    "paracetamol": Molecule("M1", "paracetamol", "CC(=O)Nc1ccc(O)cc1"),
    "CCO": Molecule("M2", "", "CCO"),
    "trastuzumab": Molecule("M3", "trastuzumab", ""),
    "lidocaine hydrochloride": Molecule(
        "M4", "lidocaine hydrochloride", "CCN(CC)CC(=O)Nc1c(C)cccc1C.Cl"
    ),
}


class Book:
    def resolve(self, text: str) -> Molecule:
        return KNOWN[text]


@dataclass(frozen=True)
class Bench:
    molecules: Book
    predictors: object


@pytest.fixture(scope="module")
def loaded() -> Predictors:
    return Predictors.load()


def call(loaded: Predictors, **arguments: object) -> tuple[str, ToolResult]:
    (tool,) = build_tools(Bench(Book(), lambda: loaded))  # type: ignore[arg-type]
    message = tool.invoke(
        {"type": "tool_call", "id": "1", "name": "predict_property", "args": arguments}
    )
    return message.content, message.artifact


def test_every_line_says_predicted_and_holds_the_numbers(loaded: Predictors) -> None:
    text, result = call(loaded, molecule="paracetamol")
    assert [item.source_id for item in result.evidence] == [
        "retort-solubility-1",
        "retort-lipophilicity-1",
        "retort-herg-1",
    ]
    for item in result.evidence:
        assert item.kind == "prediction"
        assert item.quote.startswith("Predicted ")
        assert "paracetamol (M1)" in item.quote
        assert f"{item.record['value']:.2f}" in item.quote
        low, high = item.record["interval"]
        assert f"90 % interval {low:.2f} to {high:.2f}" in item.quote
        assert item.quote in text
        assert set(item.record) == set(PredictionShape.__annotations__)
    assert "log mol/L" in result.evidence[0].quote
    assert "is a hERG blocker" in result.evidence[2].quote
    assert result.molecules[0]["handle"] == "M1"
    assert result.count == 3


def test_one_endpoint_of_a_nameless_molecule(loaded: Predictors) -> None:
    _, result = call(loaded, molecule="CCO", endpoints=["logD"])
    assert [item.record["endpoint"] for item in result.evidence] == ["lipophilicity"]
    assert "CCO (M2)" in result.evidence[0].quote


def test_a_salt_says_which_form_was_used(loaded: Predictors) -> None:
    _, result = call(loaded, molecule="lidocaine hydrochloride")
    solubility, lipophilicity, _ = result.evidence
    assert "of the salt or mixture as given" in solubility.quote
    assert "of the parent CCN(CC)CC(=O)Nc1c(C)cccc1C" in lipophilicity.quote


def test_a_biologic_cannot_be_predicted(loaded: Predictors) -> None:
    with pytest.raises(RetortError, match="no structure"):
        call(loaded, molecule="trastuzumab")


def test_the_tool_is_as_agreed(loaded: Predictors) -> None:
    (tool,) = build_tools(Bench(Book(), lambda: loaded))  # type: ignore[arg-type]
    assert tool.name == "predict_property"
    schema = tool.get_input_schema().model_json_schema()
    assert list(schema["properties"]) == ["molecule", "endpoints"]
    assert schema["required"] == ["molecule"]
    assert "never" in tool.description and "measurements" in tool.description
