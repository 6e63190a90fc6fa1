"""One turn: the middleware that guards the loop while one question is answered.

It holds the counters, the ledger and the Stop of this question, and makes sure that the loop always
ends in an answer: limits force a final answer from what was found, an exception in a tool becomes
an observation, the same call is not run twice, a malformed call is repaired once. Knows no door and
no particular model.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.types import Command

from retort.agent import narration
from retort.agent.ledger import Ledger
from retort.agent.records import ABSTENTION, ToolCall, ToolFinished, ToolStarted
from retort.prompts import load
from retort.retrieval.errors import RetortError
from retort.tools.records import ToolResult, render
from retort.tools.tables import Table

log = logging.getLogger(__name__)

REPEATS_BEFORE_FINISH = 2
"""Identical calls a model may repeat (it is told each time) before it must answer."""

ModelHandler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
ToolHandler = Callable[[ToolCallRequest], "ToolMessage | Command[Any]"]


class Turn(AgentMiddleware[Any, Any]):
    """The guard of one question.

    Args:
        ledger: evidence of this conversation.
        cancel: set by the user's Stop.
        max_steps: model calls before the answer must be written.
    """

    def __init__(self, ledger: Ledger, cancel: threading.Event, max_steps: int) -> None:
        super().__init__()
        self.ledger = ledger
        self.cancel = cancel
        self.max_steps = max_steps
        self.steps = 0
        self.calls: list[ToolCall] = []
        self.said: list[str] = []
        """what the tools said besides evidence: summaries, notes, errors"""
        self.molecules: dict[str, dict[str, str]] = {}
        self.tables: list[Table] = []
        """whole tables, each once: asked for with another offset, a tool makes the same again"""
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self._done: dict[str, ToolMessage] = {}
        self._repeats = 0
        self._lock = threading.Lock()

    # -- the model ---------------------------------------------------------------------------------

    def wrap_model_call(self, request: ModelRequest[Any], handler: ModelHandler) -> AIMessage:
        """Call the model within its limits; what comes back is a tool call or a text, never
        neither.
        """
        if self.cancel.is_set():
            return AIMessage(content="")
        self.steps += 1
        must_finish = self.steps >= self.max_steps or self._repeats > REPEATS_BEFORE_FINISH
        if must_finish:
            request = self._without_tools(request)
        message = self._call(request, handler)
        if message.invalid_tool_calls and not message.tool_calls and not self.cancel.is_set():
            message = self._repair(request, handler, message)
        if message.tool_calls and not must_finish:
            return message
        if not message.text.strip() and not must_finish and not self.cancel.is_set():
            message = self._call(self._without_tools(request), handler)
        if message.tool_calls or not message.text.strip():
            return AIMessage(content=self._fallback())
        return message

    def _call(self, request: ModelRequest[Any], handler: ModelHandler) -> AIMessage:
        message = handler(request).result[-1]
        assert isinstance(message, AIMessage)
        if usage := message.usage_metadata:
            self.prompt_tokens += usage["input_tokens"]
            self.completion_tokens += usage["output_tokens"]
        return message

    def _without_tools(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        system = request.system_message.text if request.system_message else ""
        finish = load("finish", steps=self.steps, abstention=ABSTENTION)
        return request.override(tools=[], system_message=SystemMessage(f"{system}\n\n{finish}"))

    def _repair(
        self, request: ModelRequest[Any], handler: ModelHandler, message: AIMessage
    ) -> AIMessage:
        broken = message.invalid_tool_calls[0]
        problem = f"{broken.get('name')}({broken.get('args')}): {broken.get('error') or 'not JSON'}"
        hint = HumanMessage(load("repair", problem=problem))
        return self._call(request.override(messages=[*request.messages, hint]), handler)

    def _fallback(self) -> str:
        """The answer when the model gives none: what was found, cited, or that nothing was."""
        found = self.ledger.fresh()
        if not found:
            searched = "; ".join(self.said) or "no tool found anything"
            return f"{ABSTENTION}. Stopped after {self.steps} steps. Searched: {searched}."
        lines = [f"Stopped after {self.steps} steps without a written answer. Found so far:"]
        lines += [f"- {_first_words(item.quote)} [{item.key}]" for item in found[:8]]
        return "\n".join(lines)

    # -- the tools ---------------------------------------------------------------------------------

    def wrap_tool_call(self, request: ToolCallRequest, handler: ToolHandler) -> ToolMessage:
        """Run one tool: once per distinct call, its evidence entered, its failure an
        observation.
        """
        call = request.tool_call
        name, args, call_id = call["name"], call["args"], call["id"] or uuid.uuid4().hex
        identity = json.dumps([name, args], sort_keys=True, default=str)
        with self._lock:
            earlier = self._done.get(identity)
            self._repeats += earlier is not None
        if earlier is not None:
            note = "You made this very call before; this is its result again. Do not repeat it."
            return earlier.model_copy(
                update={"content": f"{note}\n{earlier.text}", "tool_call_id": call_id, "id": None}
            )
        if self.cancel.is_set():
            return _observation("Stopped by the user.", name, call_id)
        tell = request.runtime.stream_writer
        tell(ToolStarted(call_id, name, args, narration.doing(name, args)))
        started = time.monotonic()
        message, title = self._run(request, handler, name, call_id)
        record = ToolCall(
            name, args, "error" if message.status == "error" else "ok", time.monotonic() - started
        )
        with self._lock:
            self._done[identity] = message
            self.calls.append(record)
        tell(ToolFinished(call_id, record, title, message.text))
        return message

    def _run(
        self, request: ToolCallRequest, handler: ToolHandler, name: str, call_id: str
    ) -> tuple[ToolMessage, str]:
        """The tool's message and the one line that a user reads about it."""
        try:
            message = handler(request)
        except RetortError as error:
            self._say(str(error))
            return _observation(str(error), name, call_id), error.what
        except Exception:  # a tool may break in any way; the answer goes on without it
            error_id = uuid.uuid4().hex[:8]
            log.exception(
                "tool %s failed, error id %s, args %s", name, error_id, request.tool_call["args"]
            )
            text = f"The tool {name} failed (error {error_id} in the log). Go on without it."
            return _observation(text, name, call_id), text
        assert isinstance(message, ToolMessage)
        if not isinstance(message.artifact, ToolResult):
            return message, message.text.splitlines()[0] if message.text else name
        result = self.ledger.enter(message.artifact)
        self._say(result.summary, result.note)
        with self._lock:
            for molecule in result.molecules:
                self.molecules.setdefault(molecule["handle"], dict(molecule))
            if result.table is not None and result.table not in self.tables:
                self.tables.append(result.table)
        update = {"content": render(result), "artifact": replace(result, table=None).as_dict()}
        return message.model_copy(update=update), result.summary

    def _say(self, *texts: str) -> None:
        with self._lock:
            self.said += [text for text in texts if text]


def _observation(text: str, name: str, call_id: str) -> ToolMessage:
    return ToolMessage(text, tool_call_id=call_id, name=name, status="error")


def _first_words(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " ..."
