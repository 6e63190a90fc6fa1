"""Short schemas: fewer words, and every call that fits them fits the tool."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from retort.agent.bench import BenchMaker
from retort.agent.compact import SPARED, compact, describe
from retort.agent.settings import Settings


@pytest.fixture
def tools(home: Any) -> list[BaseTool]:
    maker = BenchMaker(Settings(home=home))
    return maker.tools(maker.make())


def a_value(schema: dict[str, Any]) -> Any:
    kind = (schema.get("anyOf") or [schema])[0]
    if "enum" in kind:
        return kind["enum"][0]
    return {"string": "x", "number": 1.5, "integer": 3, "array": ["x"]}[kind["type"]]


def test_what_fits_a_short_schema_fits_the_tool(tools: list[BaseTool]) -> None:
    for tool in tools:
        parameters = compact(tool)["function"]["parameters"]
        values = {name: a_value(schema) for name, schema in parameters["properties"].items()}
        least = {name: values[name] for name in parameters.get("required", [])}
        for args in (values, least):
            tool.get_input_schema().model_validate(args)


def test_only_spared_arguments_are_left_out(tools: list[BaseTool]) -> None:
    for tool in tools:
        whole = convert_to_openai_tool(tool)["function"]["parameters"]
        short = compact(tool)["function"]["parameters"]
        gone = set(whole["properties"]) - set(short["properties"])
        assert gone <= SPARED and not gone & set(whole.get("required", []))
        assert short.get("required", []) == whole.get("required", [])


def test_half_of_the_characters(tools: list[BaseTool]) -> None:
    whole = sum(len(json.dumps(convert_to_openai_tool(tool))) for tool in tools)
    short = [len(json.dumps(compact(tool))) for tool in tools]
    assert sum(short) <= whole / 2 and max(short) < 700


def test_nothing_is_said_that_no_chat_template_needs(tools: list[BaseTool]) -> None:
    text = json.dumps([compact(tool) for tool in tools])
    assert not any(word in text for word in ('"title"', '"default"', '"null"', '"offset"'))


def test_a_docstring_is_cut_to_what_when_and_the_named_call() -> None:
    docstring = (
        'Measured things: IC50 and others. Use for "how potent is X", "and so on". Not for '
        'predictions. Example: those of EGFR are find(target="EGFR", limit=3).'
    )
    assert describe(docstring) == (
        'Measured things. For "how potent is X". Example: find(target="EGFR", limit=3)'
    )
    assert describe(docstring, has_example=False).endswith('For "how potent is X".')
