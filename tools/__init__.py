"""What the model may call: typed arguments in, evidence out. ``build`` is the one list of tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retort.tools.bench import Bench

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

__all__ = ["Bench", "build"]


def build(bench: Bench) -> list[BaseTool]:
    """Every tool, over one bench, in the order in which a model reads them.

    Args:
        bench: the molecules of the conversation and the sources that the tools ask.

    Returns:
        LangChain tools; each gives text for the model and a ``ToolResult`` as its artifact.
    """
    from retort.tools import (
        alerts,
        calculate,
        conversion,
        ionisation,
        literature,
        molecule,
        rules,
        similarity,
    )
    from retort.tools.chembl.tools import build_tools as of_chembl
    from retort.tools.predictors.tool import build_tools as of_predictors
    from retort.tools.series import tool as series

    of_structures = (molecule, calculate, rules, alerts, ionisation, conversion, similarity, series)
    return [
        *(each for subject in of_structures for each in subject.build_tools(bench)),
        *of_chembl(bench),
        *of_predictors(bench),
        *literature.build_tools(bench),
    ]
