"""The baseline: the same question to the same model without tools and without evidence.

For comparison: what a model says from memory beside what it says from sources. Its answers say so
in their first line, cite nothing, and live in conversations of their own, so that nothing that was
not looked up is ever taken up by a sourced answer.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from retort.agent.records import ABSTENTION, Answer, Event, Status, TextDelta
from retort.prompts import load

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from retort.agent.sessions import Sessions

CONVERSATION = "{} (without tools)"
"""the name of the conversation that goes with one of sourced answers"""


def marked(model: str, text: str) -> str:
    """The text under the line that says what it is."""
    return f"Without tools: {model} answers from memory, nothing below was looked up.\n\n{text}"


def unmarked(model: str, text: str) -> str:
    """The text without that line, where it has it."""
    return text.removeprefix(marked(model, ""))


def answered(
    blank: Answer,
    model: BaseChatModel,
    sessions: Sessions,
    session: str | None,
    cancel: threading.Event,
) -> Generator[Event, None, Answer]:
    """Ask the model alone; yields its text as it comes and returns the answer.

    Args:
        blank: the answer's question, model and settings.
        model: is bound to no tool.
        sessions: keep what was said before, where ``session`` names a conversation.
        session: the conversation; None for a question on its own.
        cancel: the user's Stop.
    """
    from langchain.agents import create_agent
    from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage

    from retort.agent.streaming import in_context

    agent: Any = create_agent(
        model,
        [],
        system_prompt=load("no_tools", abstention=ABSTENTION),
        checkpointer=sessions.checkpointer() if session else None,
    )
    stream = agent.stream(
        {"messages": [HumanMessage(blank.question)]},
        {"configurable": {"thread_id": session}} if session else {},
        stream_mode=["messages", "updates"],
        **({"durability": "exit"} if session else {}),
    )
    yield TextDelta(marked(blank.model, ""))
    text, usage = "", None
    for mode, chunk in in_context(stream, cancel):
        if mode == "messages" and isinstance(chunk[0], AIMessageChunk):
            text += chunk[0].text
            yield TextDelta(chunk[0].text)
        elif mode == "updates" and isinstance(last := chunk["model"]["messages"][-1], AIMessage):
            text, usage = last.text, last.usage_metadata
    told = text.strip() or f"{ABSTENTION}: the model wrote nothing."
    status: Status = "abstained" if told.startswith(ABSTENTION) else "answered"
    return replace(
        blank,
        status="stopped" if cancel.is_set() else status,
        answer=marked(blank.model, told),
        prompt_tokens=usage["input_tokens"] if usage else 0,
        completion_tokens=usage["output_tokens"] if usage else 0,
    )
