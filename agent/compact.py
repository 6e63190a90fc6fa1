"""Tool schemas as short as a small model's context wants them.

What is left is a part of the whole schema: every call that fits it fits the tool. Left out are
titles, defaults, nulls, arguments that only page through rows or filter by what few ask, what every
molecule argument says of itself (``find_molecule``, always shown, says it once), and of docstrings
all but what a tool does, one question that it is for, and, where the form of its arguments is not
plain, the call of the example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

SPARED = frozenset(
    {
        *("offset", "limit"),  # an answer carries the whole table, whatever the model is shown
        *("min_value_nm", "min_pchembl", "assay_type"),  # max_value_nm does for a threshold
        *("journal", "mesh", "publication_type", "temperature_k", "property"),
    }
)
"""Optional arguments that only the whole schema has; a call that gives one is run all the same."""

_WORDS = {
    "molecule": "",
    "other": "a molecule, or a list to rank",
    "target": "gene or protein",
    "smarts": "SMARTS or SMILES",
    "activity_type": "IC50, Ki, Kd or EC50",
    "activity": '"Ki < 3 nM"',
    "quantity": '"IC50 > 10 uM"',
    "unit": "uM, nM, mg/mL, pIC50, kcal/mol ...",
    "max_value_nm": "below this, in nM",
    "endpoint": "",
    "variant": '"T790M"',
    "disease": "",
    "document": "DOI, PMID or ChEMBL id",
    "query": "",
    "years": '"2015-2020"',
    "paper": '"PMID:19228618"',
    "molecules": "",
    "core": "for r_groups",
    "count": "",
    "ph": "",
    "threshold": "0.3 to 1",
}
"""In place of what a docstring says, of arguments whose name says most of it."""
_SAYS_ALL = "find_molecule"

_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
_QUOTED = re.compile(r'"[^"]+"')
_CALL = re.compile(r"\w+\(\w+=[^)]*\)")
"""A call with its arguments named: one without tells nothing that the schema does not."""


def compact(tool: BaseTool) -> dict[str, Any]:
    """The OpenAI-style schema of a tool, shortened."""
    function = convert_to_openai_tool(tool)["function"]
    parameters = function["parameters"]
    required = parameters.get("required", [])
    properties = {
        name: _argument(name, schema, tool.name)
        for name, schema in parameters["properties"].items()
        if name in required or name not in SPARED
    }
    short = {"type": "object", "properties": properties}
    if required:
        short["required"] = required
    described = describe(function["description"], len(properties) > 2)
    return {
        "type": "function",
        "function": {"name": tool.name, "description": described, "parameters": short},
    }


def describe(docstring: str, has_example: bool = True) -> str:
    """What a tool does and when, from its docstring, with the call of its example."""
    first, *others = _SENTENCE.split(" ".join(docstring.split()))
    kept = [first.split(": ")[0].rstrip(".") + "."]
    for sentence in others:
        if sentence.startswith("Use for"):
            quoted = _QUOTED.search(sentence)
            kept.append(f"For {quoted[0]}." if quoted else sentence.removeprefix("Use "))
        elif sentence.startswith("Endpoints"):
            kept.append(sentence)
        elif sentence.startswith("Example") and has_example:
            kept += [f"Example: {call}" for call in _CALL.findall(sentence)]
    return " ".join(kept)


def _argument(name: str, schema: Mapping[str, Any], tool: str) -> dict[str, Any]:
    """An argument's type, what it may be, and a few words where its name does not say enough."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    if len(kinds) > 1:
        short: dict[str, Any] = {"anyOf": kinds}
    else:
        short = {key: kinds[0][key] for key in ("type", "items", "enum") if key in kinds[0]}
    words = str(schema.get("description", ""))
    if tool != _SAYS_ALL:
        words = _WORDS.get(name, words)
    if words and "enum" not in short:
        short["description"] = words.split(". ")[0].split("; ")[0].rstrip(".")
    return short
