"""One turn: the middleware that guards the loop while one question is answered.

It holds the counters, the ledger and the Stop of this question, and makes sure that the loop always
ends in an answer: limits force a final answer from what was found, an exception in a tool becomes
an observation, one in the model leaves what was found, the same call is not run twice. Language
models are led step by step (``executing``); the embedded planner leads itself. Knows no door.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.messages import ToolCall as Call
from langgraph.types import Command

from retort.agent import executing, narration, safety
from retort.agent.checks import review
from retort.agent.draft import Draft
from retort.agent.ledger import Ledger
from retort.agent.order import Meet, Order
from retort.agent.records import ABSTENTION, Planned, ToolCall, ToolFinished, ToolStarted
from retort.prompts import load
from retort.retrieval.errors import RetortError
from retort.tools.records import ToolResult, render
from retort.tools.tables import Table

if TYPE_CHECKING:
    from retort.agent.verdicts.judge import Judge

log = logging.getLogger(__name__)

REPEATS_BEFORE_FINISH = 2
"""Identical calls a model may repeat (it is told each time) before it must answer."""

CALLS_PER_STEP = 8
"""Calls of one step that are run; a small model that lists more is going in circles."""

_FOUND = 300
"""Characters of each piece of evidence in a list of what was found."""

ModelHandler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
ToolHandler = Callable[[ToolCallRequest], "ToolMessage | Command[Any]"]


class Turn(AgentMiddleware[Any, Any]):
    """The guard of one question.

    Args:
        question: the user's text.
        ledger: evidence of this conversation.
        cancel: set by the user's Stop.
        max_steps: model calls before the answer must be written.
        meet: gives the molecules that calls name their handles, in the order of the calls.
        is_planner: whether the model plans its calls and writes its answers itself.
        judge: of the cited papers' support, for the check of what is written.
    """

    def __init__(
        self,
        question: str,
        ledger: Ledger,
        cancel: threading.Event,
        max_steps: int,
        meet: Meet,
        is_planner: bool = False,
        judge: Judge | None = None,
    ) -> None:
        super().__init__()
        self.question = question
        self.ledger = ledger
        self.cancel = cancel
        self.max_steps = max_steps
        self.is_planner = is_planner
        self.steps = 0
        self.calls: list[ToolCall] = []
        self.said: list[str] = []
        """what the tools said besides evidence: summaries, notes, errors"""
        self.molecules: dict[str, dict[str, str]] = {}
        self.tables: list[Table] = []
        """whole tables, each once: asked for with another offset, a tool makes the same again"""
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.outcome: Draft | None = None
        """what was written and checked"""
        self.clarification = ""
        """the question back to the user"""
        self.error: Exception | None = None
        """of the model, after which the answer is what was found before"""
        self.was_nudged = False
        self._judge = judge
        self._meet = meet
        self._order = Order((), (), meet)
        self._done: dict[str, ToolMessage] = {}
        self._ids: set[str] = set()
        self._not_run: dict[str, str] = {}
        self._repeats = 0
        self._lock = threading.Lock()

    # -- the model ---------------------------------------------------------------------------------

    def wrap_model_call(self, request: ModelRequest[Any], handler: ModelHandler) -> AIMessage:
        """Call the model within its limits; what comes back is a tool call or a text, never
        neither.
        """
        if self.cancel.is_set():
            return AIMessage("")
        self.steps += 1

        def ask(request: ModelRequest[Any]) -> AIMessage:
            return self._ask(request, handler)

        step = self._planners_step if self.is_planner else self._models_step
        try:
            message = step(request, ask)
        except Exception as error:  # a model may break in any way; what was found is kept
            if not self.ledger.fresh():
                raise
            log.exception("the model failed; the answer is what was found before")
            self.error = error
            return AIMessage(self.fallback())
        if message.tool_calls and not self.calls:
            self._announce(message.tool_calls, request.runtime.stream_writer)
        self._order = self._ordered(message.tool_calls)
        return message

    @property
    def must_finish(self) -> bool:
        """Whether this step is the last: the answer is written now."""
        return self.steps >= self.max_steps or self._repeats > REPEATS_BEFORE_FINISH

    def _models_step(self, request: ModelRequest[Any], ask: executing.Ask) -> AIMessage:
        return executing.step(self, request, ask)

    def _planners_step(self, request: ModelRequest[Any], ask: executing.Ask) -> AIMessage:
        """The planner's own step; at the limit once more without tools."""
        finish = self._without_tools(request)
        message = ask(finish if self.must_finish else request)
        if message.tool_calls and not self.must_finish:
            return message
        if not message.text.strip() and not self.must_finish and not self.cancel.is_set():
            message = ask(finish)
        if message.tool_calls or not message.text.strip():
            return AIMessage(self.fallback())
        return message

    def _ask(self, request: ModelRequest[Any], handler: ModelHandler) -> AIMessage:
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

    def _announce(self, calls: Sequence[Call], tell: Callable[[Any], None]) -> None:
        """Say what will be done, where it is more than one short thing."""
        if len(calls) > 1 or any(narration.takes_long(call["name"]) for call in calls):
            titles = (narration.doing(call["name"], call["args"]) for call in calls)
            tell(Planned(tuple(dict.fromkeys(titles))))

    def _ordered(self, calls: Sequence[Call]) -> Order:
        run = [
            call["args"]
            for call in calls
            if call["id"] not in self._not_run
            and not safety.review_call(call["name"], call["args"])
        ]
        return Order([call["id"] for call in calls if call["id"]], run, self._meet)

    def bounded(self, calls: Sequence[Call]) -> list[Call]:
        """The calls of one step, each once, under ids of their own, and not more than are run.

        Where some are left out, one of them stays to carry the observation that says so.
        """
        distinct: dict[str, Call] = {}
        for call in calls:
            distinct.setdefault(_identity(call["name"], call["args"]), call)
        kept = list(distinct.values())[: CALLS_PER_STEP + 1]
        for call in kept:
            call_id = call["id"]
            if not call_id or call_id in self._ids:
                call_id = call["id"] = f"call_{uuid.uuid4().hex[:12]}"
            self._ids.add(call_id)
        if len(kept) > CALLS_PER_STEP:
            left_out = len(distinct) - CALLS_PER_STEP
            self._not_run[str(kept[-1]["id"])] = (
                f"Not run, like {left_out - 1} more: a step runs at most {CALLS_PER_STEP} calls. "
                "Choose those that the question needs."
            )
        return kept

    # -- the answer --------------------------------------------------------------------------------

    def draft(self, text: str) -> Draft:
        """A text held against this conversation's evidence."""
        known = [*self.said, self._stopped_after()]
        return Draft.of(text, self.ledger, self.question, known, self._judge)

    def pack(self) -> str:
        """The evidence for the writer, this question's first."""
        return self.ledger.pack(self.question).text

    def fallback(self) -> str:
        """The answer when the model gives none: what was found, cited, or that nothing was."""
        found = self.ledger.fresh()
        if not found:
            searched = "; ".join(self.said) or "no tool found anything"
            return f"{ABSTENTION}. {self._stopped_after()}. Searched: {searched}."
        why = "The model failed" if self.error else self._stopped_after()
        lines = [f"{why} without a written answer. Found so far:"]
        lines += [
            f"- {narration.first_words(item.quote, _FOUND)} [{item.key}]" for item in found[:8]
        ]
        return "\n".join(lines)

    def _stopped_after(self) -> str:
        return f"Stopped after {self.steps} step{'' if self.steps == 1 else 's'}"

    def given_up(self, reason: str) -> str:
        """The abstention of a model that gave up; a reason with numbers of its own is left out."""
        if review(reason, (), self.question, self.said).unsupported_numbers:
            reason = ""
        because = f": {reason.rstrip('.')}." if reason else "."
        return f"{ABSTENTION}{because} Searched: {self._searched()}"

    def withheld(self) -> str:
        """What is said instead of a text that rests on nothing."""
        return f"{ABSTENTION}: the model wrote a text that cites no evidence. Searched: " + (
            self._searched()
        )

    def _searched(self) -> str:
        return " ".join(self.said) or "nothing: the model called no tool."

    # -- the tools ---------------------------------------------------------------------------------

    def wrap_tool_call(self, request: ToolCallRequest, handler: ToolHandler) -> ToolMessage:
        """Run one tool: once per distinct call, its evidence entered, its failure an
        observation.
        """
        call_id = request.tool_call["id"] or uuid.uuid4().hex
        try:
            return self._called(request, handler, call_id)
        finally:
            self._order.passed(call_id)

    def _called(self, request: ToolCallRequest, handler: ToolHandler, call_id: str) -> ToolMessage:
        name, args = request.tool_call["name"], request.tool_call["args"]
        if call_id in self._not_run:
            return _observation(self._not_run[call_id], name, call_id)
        if refusal := safety.review_call(name, args):
            return _observation(refusal.observation(), name, call_id)
        identity = _identity(name, args)
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
        self._order.meet()
        message, title, said = self._run(request, handler, call_id)
        record = ToolCall(
            name, args, "error" if message.status == "error" else "ok", time.monotonic() - started
        )
        tell(ToolFinished(call_id, record, title, message.text))
        self._order.wait(call_id)
        return self._entered(message, record, said)

    def _run(
        self, request: ToolCallRequest, handler: ToolHandler, call_id: str
    ) -> tuple[ToolMessage, str, tuple[str, ...]]:
        """The tool's message, the one line that a user reads about it, what it said beside
        evidence.
        """
        name = request.tool_call["name"]
        try:
            message = handler(request)
        except RetortError as error:
            return _observation(str(error), name, call_id), error.what, (str(error),)
        except Exception:  # a tool may break in any way; the answer goes on without it
            error_id = uuid.uuid4().hex[:8]
            log.exception(
                "tool %s failed, error id %s, args %s", name, error_id, request.tool_call["args"]
            )
            text = f"The tool {name} failed (error {error_id} in the log). Go on without it."
            return _observation(text, name, call_id), text, ()
        assert isinstance(message, ToolMessage)
        if not isinstance(message.artifact, ToolResult):
            return message, message.text.splitlines()[0] if message.text else name, ()
        return message, message.artifact.summary, ()

    def _entered(
        self, message: ToolMessage, record: ToolCall, said: tuple[str, ...]
    ) -> ToolMessage:
        """Take up what a call found, after the calls before it; the message as the model gets
        it.
        """
        if isinstance(message.artifact, ToolResult):
            result = self.ledger.enter(message.artifact)
            said = (result.summary, result.note)
            artifact = replace(result, table=None).as_dict()
            message = message.model_copy(update={"content": render(result), "artifact": artifact})
            for molecule in result.molecules:
                self.molecules.setdefault(molecule["handle"], dict(molecule))
            if result.table is not None and result.table not in self.tables:
                self.tables.append(result.table)
        self.said += filter(None, said)
        self.calls.append(record)
        self._done[_identity(record.name, record.args)] = message
        return message


def _identity(name: str, args: object) -> str:
    return json.dumps([name, args], sort_keys=True, default=str)


def _observation(text: str, name: str, call_id: str) -> ToolMessage:
    return ToolMessage(text, tool_call_id=call_id, name=name, status="error")
