"""What the model reads of the tools, kept word for word: a docstring is a prompt.

After a change that is meant: copy what the test prints into ``golden/schemas.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from retort.tools.molecule import ARGUMENTS
from retort.tools.records import ToolResult

GOLDEN = Path(__file__).parent / "golden" / "schemas.json"


def test_schemas_are_as_they_were(tools: dict[str, BaseTool]) -> None:
    shown = {name: convert_to_openai_tool(tool)["function"] for name, tool in tools.items()}
    text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    assert text == GOLDEN.read_text(encoding="utf-8"), text


def test_every_argument_that_takes_a_handle_is_met_in_the_order_of_the_calls(
    tools: dict[str, BaseTool],
) -> None:
    takes = {
        argument
        for each in tools.values()
        for argument, schema in each.args.items()
        if argument != "offset" and re.search(r"handle|molecule", schema.get("description", ""))
    }
    assert takes == set(ARGUMENTS)


def test_the_one_list_of_tools(tools: dict[str, BaseTool]) -> None:
    assert list(tools) == [
        "find_molecule",
        "calculate_properties",
        "check_rules",
        "check_alerts",
        "estimate_charge",
        "convert_units",
        "ligand_efficiency",
        "compare_molecules",
        "match_substructure",
        "analyse_series",
        "generate_conformers",
        "find_target",
        "find_activities",
        "find_mechanism",
        "find_indications",
        "find_selectivity",
        "find_structure_activity",
        "find_similar",
        "find_with_substructure",
        "find_warnings",
        "find_document",
        "predict_property",
        "explain_prediction",
        "search_literature",
    ]


def test_descriptions_are_short_and_have_an_example(tools: dict[str, BaseTool]) -> None:
    for tool in tools.values():
        assert len(tool.description) < 500
        assert "Use for" in tool.description and "Example" in tool.description


def test_the_examples_numbers_are_right(
    tools: dict[str, BaseTool], call: Callable[..., tuple[str, ToolResult]]
) -> None:
    nilotinib = "Cc1cn(-c2cc(NC(=O)c3ccc(C)c(Nc4nccc(-c5cccnc5)n4)c3)cc(C(F)(F)F)c2)cn1"
    examples = {
        "find_molecule": {"molecule": "Gleevec"},
        "calculate_properties": {
            "molecule": "imatinib",
            "properties": ["molecular_weight", "tpsa"],
        },
        "check_rules": {"molecule": "imatinib", "rules": ["lipinski"]},
        "estimate_charge": {"molecule": "aspirin"},
        "convert_units": {"quantity": "Kd = 5 nM", "unit": "kcal/mol"},
        "ligand_efficiency": {"molecule": "aspirin", "activity": "IC50 = 1.7 uM"},
        "compare_molecules": {"molecule": "imatinib", "other": nilotinib},
        "match_substructure": {"molecule": "aspirin", "smarts": "C(=O)[OX2H1]"},
        "analyse_series": {"molecules": ["CCc1ccccc1", "Cc1ccccc1"], "by": "common_core"},
        "generate_conformers": {"molecule": "CCO", "count": 1},
    }
    for name, args in examples.items():
        promised = " ".join(tools[name].description.partition("->")[2].split())
        content, _ = call(name, **args)
        for number in re.findall(
            r"\d+\.\d+|\d+ heavy atoms|\d+ distinct|\d+ violations|\d+ time|CHEMBL\d+|C\d+H\w+",
            promised,
        ):
            assert number in content, f"{name}: {number}"


def test_every_argument_is_described_and_simple(tools: dict[str, BaseTool]) -> None:
    for tool in tools.values():
        parameters = convert_to_openai_tool(tool)["function"]["parameters"]
        for argument in parameters["properties"].values():
            kinds = [kind["type"] for kind in argument.get("anyOf", [argument])]
            assert argument["description"]
            assert set(kinds) <= {"string", "array", "integer", "number", "null"}
