"""A list of chat messages read as turns: each question, its calls, and what they returned.

Owns the reading of messages. Knows nothing of chemistry and makes no decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and its arguments."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned."""

    call: Call
    ok: bool
    text: str
    """what the model is shown; for a failed call what, why and next"""
    evidence: tuple[Mapping[str, Any], ...] = ()
    """``Evidence.as_dict()`` of each piece, every one with a key"""
    count: int = 0
    """how many things were found in all"""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and everything that happened before the next one."""

    question: str
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()
    answer: str = ""


@dataclass(slots=True)
class _Draft:
    question: str
    calls: dict[str, Call] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    answer: str = ""


def read_turns(messages: Sequence[BaseMessage]) -> tuple[Turn, ...]:
    """The turns of a conversation, the last one being answered now; () without a question."""
    drafts: list[_Draft] = []
    keys = 0
    for message in messages:
        if isinstance(message, HumanMessage):
            drafts.append(_Draft(text_of(message).strip()))
        elif not drafts:
            continue
        elif isinstance(message, AIMessage):
            for call in message.tool_calls:
                drafts[-1].calls[call["id"] or ""] = Call(call["name"], call["args"])
            drafts[-1].answer = text_of(message) or drafts[-1].answer
        elif isinstance(message, ToolMessage):
            call_made = drafts[-1].calls.get(message.tool_call_id, Call(message.name or "", {}))
            result, keys = _result(message, call_made, keys)
            drafts[-1].results.append(result)
    return tuple(
        Turn(d.question, tuple(d.calls.values()), tuple(d.results), d.answer) for d in drafts
    )


def text_of(message: BaseMessage) -> str:
    """The text of a message, whose content may come in parts."""
    if isinstance(message.content, str):
        return message.content
    parts = [part if isinstance(part, str) else part.get("text", "") for part in message.content]
    return "\n".join(str(part) for part in parts if part)


def _result(message: ToolMessage, call: Call, keys: int) -> tuple[Result, int]:
    """A result; evidence without a key (no ledger was there) is counted on from ``keys``."""
    artifact = message.artifact
    if hasattr(artifact, "as_dict"):
        artifact = artifact.as_dict()
    if message.status == "error" or not isinstance(artifact, Mapping):
        text = text_of(message).strip().removeprefix("Error: ")
        return Result(call, message.status != "error", text), keys
    evidence = []
    for item in artifact.get("evidence", ()):
        keys += 1
        evidence.append({**item, "key": item.get("key") or f"E{keys}"})
    return (
        Result(
            call,
            True,
            text_of(message),
            tuple(evidence),
            int(artifact.get("count") or 0),
            str(artifact.get("note") or ""),
        ),
        keys,
    )
