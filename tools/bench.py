"""What the tools work with, gathered in one record, and how a tool hands its result back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from retort.retrieval.records import Filter
from retort.tools.records import ToolResult, render

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from retort.retrieval.library import Library
    from retort.retrieval.rerank import Reranker
    from retort.tools.chembl.source import ChemblSource
    from retort.tools.molecule import MoleculeBook
    from retort.tools.predictors import Predictors


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything a tool may reach; library and predictors are opened by who needs them first."""

    molecules: MoleculeBook
    chembl: ChemblSource
    library: Callable[[], Library]
    """opens the library, or returns the open one"""
    predictors: Callable[[], Predictors]
    """loads the property models, or returns the loaded ones"""
    reranker: Callable[[], Reranker | None] = lambda: None
    """loads the cross-encoder that orders passages, where the user set one"""
    name_of: Callable[[str], str] = lambda key: ""
    """names a molecule by the first block of its InChIKey, where a database here knows it"""
    only: Filter = field(default_factory=Filter)
    """the papers that any search of the library may find"""


def handed_back(result: ToolResult) -> tuple[str, ToolResult]:
    """A result as LangChain's ``content_and_artifact``: text for the model, the record itself."""
    return render(result), result


_made: dict[str, StructuredTool] = {}
"""what ``tool`` has read off each function, without a function"""


def tool(function: Callable[..., tuple[str, ToolResult]]) -> StructuredTool:
    """A function as a LangChain tool that hands evidence back.

    Its name, description and arguments are read off its docstring once per process: every turn has
    tools over a bench of its own, and reading takes longer than most of them run.
    """
    from langchain_core.tools import StructuredTool

    key = f"{function.__module__}.{function.__qualname__}"
    if key not in _made:
        made = StructuredTool.from_function(
            function, parse_docstring=True, response_format="content_and_artifact"
        )
        _made[key] = made.model_copy(update={"func": None})
    return _made[key].model_copy(update={"func": function})


def as_list(value: Any) -> Any:
    """Accept ``"MW, logP"`` where a list is asked for: small models write it so."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.strip("[] ").split(",") if part.strip(" '\"")]
    return value


Names = Annotated[list[str], BeforeValidator(as_list)]
"""A list of names; one string with commas is split."""
