"""What a language model may do besides calling a tool: answer, ask the user, give up.

They are bound beside the tools, so that a server that forces every step to be a call still lets the
model end its search. None of them runs: the loop reads the choice and acts on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from langchain_core.messages.tool import ToolCall
from langchain_core.tools import BaseTool, tool

LONGEST = 600
"""Characters of a question back to the user, or of a reason to give up."""


@tool
def answer() -> None:
    """Write the answer now.

    Use when the evidence found so far answers the question. Takes no arguments: the answer is
    written in the next step.
    """


@tool(parse_docstring=True)
def ask_user(question: str) -> None:
    """Ask the user back.

    Use only when the question can mean several things and no tool can tell which. Not for what a
    tool can look up.

    Args:
        question: one short question, e.g. "Which KRAS variant: G12C or G12D?"
    """


@tool(parse_docstring=True)
def give_up(reason: str) -> None:
    """Say that there is no answer.

    Use when the tools were tried and found nothing that answers, or when no tool fits.

    Args:
        reason: what was searched and what is missing, in one sentence.
    """


ACTIONS: tuple[BaseTool, ...] = (answer, ask_user, give_up)
NAMES = frozenset(each.name for each in ACTIONS)


@dataclass(frozen=True, slots=True)
class Action:
    """What the model chose to do instead of calling a tool."""

    name: str
    """``answer``, ``ask_user`` or ``give_up``"""
    text: str
    """the question or the reason, on one line; empty where the model gave none"""


def taken(calls: Iterable[ToolCall]) -> Action | None:
    """The first action among a model's calls; None where it took none."""
    for call in calls:
        if call["name"] in NAMES:
            said = call["args"].get("question") or call["args"].get("reason") or ""
            return Action(call["name"], " ".join(str(said).split())[:LONGEST])
    return None


def searches(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """The calls that are no actions. They run first: who still searches has not ended."""
    return [call for call in calls if call["name"] not in NAMES]
