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
    from retort.tools import alerts, calculate, literature, molecule, rules, similarity
    from retort.tools.chembl import tools as chembl
    from retort.tools.predictors import tool as predictors

    rooms = (molecule, calculate, rules, alerts, similarity, chembl, predictors, literature)
    return [each for room in rooms for each in room.build_tools(bench)]
