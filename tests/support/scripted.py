"""A scripted chat model and a bench of toy tools, to drive the whole loop without any model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from retort.tools.records import Evidence, ToolResult, render
from retort.tools.tables import Column, Table


def call(name: str, _id: str = "c1", **args: Any) -> dict[str, Any]:
    """A well-formed tool call."""
    return {"name": name, "args": args, "id": _id, "type": "tool_call"}


def calls(*items: dict[str, Any]) -> AIMessage:
    """A model message that calls tools."""
    return AIMessage(content="", tool_calls=list(items))


def malformed(name: str, raw: str) -> AIMessage:
    """A model message whose call is not JSON."""
    broken = {
        "name": name,
        "args": raw,
        "id": "bad",
        "error": "not JSON",
        "type": "invalid_tool_call",
    }
    return AIMessage(content="", invalid_tool_calls=[broken])


def breaking(text: str, error: Exception) -> AIMessage:
    """A model message that breaks off while it is written."""
    return AIMessage(content=text, additional_kwargs={"error": error})


ANSWER = calls(call("answer"))
"""The model says that it has enough: its answer is written next."""


Step = AIMessage | str | Callable[[list[BaseMessage]], AIMessage | str]


class Scripted(BaseChatModel):
    """Plays its steps in order; the last one again and again. Remembers what it was shown."""

    steps: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    bound: list[list[str]] = Field(default_factory=list)
    choices: list[str | None] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        return self.bind(tools=[convert_to_openai_tool(item) for item in tools], **kwargs)

    def _next(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        tools = kwargs.get("tools", [])
        self.seen.append(messages)
        self.choices.append(kwargs.get("tool_choice"))
        self.bound.append([item["function"]["name"] for item in tools])
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        made = step(messages) if callable(step) else step
        return AIMessage(content=made) if isinstance(made, str) else made.model_copy(deep=True)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        message = self._next(messages, kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        message = self._next(messages, kwargs)
        for word in message.text.split(" ") if message.text else []:
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=word + " "))
            if run_manager:
                run_manager.on_llm_new_token(word, chunk=chunk)
            yield chunk
        if error := message.additional_kwargs.get("error"):
            raise error
        parts = [
            {"name": item["name"], "args": json.dumps(item["args"]), "id": item["id"], "index": i}
            for i, item in enumerate(message.tool_calls)
        ] + [
            {"name": item["name"], "args": item["args"], "id": item["id"], "index": i}
            for i, item in enumerate(message.invalid_tool_calls)
        ]
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        last = AIMessageChunk(
            content="", tool_call_chunks=parts, usage_metadata=usage, chunk_position="last"
        )
        yield ChatGenerationChunk(message=last)


def measured(drug: str, value: str) -> Evidence:
    """A toy ChEMBL record."""
    return Evidence(
        "chembl", "CHEMBL553", drug, f"{drug}: IC50 = {value} nM on EGFR.", record={"value": value}
    )


ACTIVITIES = Table(
    "IC50",
    (Column("name", "compound"), Column("value", "IC50", "nM")),
    (("Gefitinib", 33.0), ("Erlotinib", 2.0)),
)
"""All that the toy look-up finds, whatever its offset."""


class Toys:
    """Toy tools that count how often they ran.

    Args:
        more: measurements that the look-up finds beyond its two.
    """

    def __init__(self, more: int = 0) -> None:
        self.ran: list[str] = []
        self.more = tuple(measured(f"Compound {at}", f"{at}.5") for at in range(more))
        self.barrier: threading.Barrier | None = None

    def tools(self, bench: object = None) -> list[BaseTool]:
        ran, more = self.ran, self.more

        @tool(response_format="content_and_artifact", parse_docstring=True)
        def find_activities(target: str, limit: int = 10) -> tuple[str, ToolResult]:
            """Measured activities.

            Args:
                target: gene symbol.
                limit: rows.
            """
            ran.append(f"find_activities({target})")
            if self.barrier:
                self.barrier.wait(timeout=10)
            found = (measured("Gefitinib", "33"), measured("Erlotinib", "2.0"), *more)
            molecule = {"handle": "M1", "name": "Gefitinib", "smiles": "C", "inchikey": "K"}
            summary = f"ChEMBL: 2 activities for {target}"
            result = ToolResult(summary, found, "", 2, (molecule,), ACTIVITIES)
            return render(result), result

        @tool(response_format="content_and_artifact", parse_docstring=True)
        def search_literature(query: str) -> tuple[str, ToolResult]:
            """Literature.

            Args:
                query: words.
            """
            ran.append(f"search_literature({query})")
            quote = "Resistance to gefitinib follows T790M [12] in half of the patients."
            found = Evidence("literature", "PMID:1", "A paper", quote, 10, 10 + len(quote))
            result = ToolResult("Literature: 1 passage from 1 paper", (found,), "", 1)
            return render(result), result

        @tool(response_format="content_and_artifact", parse_docstring=True)
        def check_alerts(molecule: str) -> tuple[str, ToolResult]:
            """Breaks.

            Args:
                molecule: any.
            """
            ran.append("check_alerts")
            raise ZeroDivisionError("no alert catalogue")

        return [find_activities, search_literature, check_alerts]
