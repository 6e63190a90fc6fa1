"""What a model that is no planner sees at each step; the middleware next to the model.

A prompt is laid out from what never changes to what always does, so that a model which keeps the
keys and values of the text it has read reads little twice::

    system prompt       the same in every question
    tools               eight with short schemas; the same through a question, unless a step failed,
                        and through a conversation while they do (``routing``)
    messages            earlier questions, this one, its steps (``packing``)
    steps left          a line at the end of the last result

No tool is out of reach: those not shown are named in ``more_tools``, a call to one of them is run
like any other, and a step that failed or found nothing shows more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, tool

from retort.agent import packing
from retort.agent.compact import compact
from retort.agent.framing import defused_around_frames
from retort.agent.ledger import CHARACTERS_PER_TOKEN, Ledger
from retort.agent.models.embedded.dialogue import read_turns
from retort.agent.routing import Router

MORE = 4
"""tools shown besides, for each step that failed or found nothing"""
ANSWER_TOKENS = 1024
"""of a model's context, kept for what it writes"""
CAUTIOUS_CHARACTERS_PER_TOKEN = 3
"""where a context must not overflow: structures and numbers take more tokens than prose"""
CONVERSATION_TOKENS = 2000
"""for questions and answers, besides the evidence; a longer context is no reason to fill it"""

ModelHandler = Callable[[ModelRequest[Any]], ModelResponse[Any]]


@tool
def more_tools(names: list[str]) -> str:
    """Show more tools."""
    return f"Shown from now on: {', '.join(names)}."


class Context(AgentMiddleware[Any, Any]):
    """Rebuilds each request to the model; stands inside ``Turn``, whose requests are read so.

    Tools that are not among ``tools`` are actions of the loop and always shown; a request without
    tools (the writer's) gets none. Messages after those of the conversation (a hint) stay at the
    end; messages that are not the conversation's at all are only defused.

    Args:
        tools: the tools of the bench, among which is routed.
        router: chooses them.
        ledger: the evidence of this conversation.
        max_steps: model calls in one answer; the model is told how many are left.
        tokens: of the model's context; 0 for what the model's profile says, else a default.
    """

    def __init__(
        self,
        tools: Sequence[BaseTool],
        router: Router,
        ledger: Ledger,
        max_steps: int,
        tokens: int = 0,
    ) -> None:
        super().__init__()
        self.tools = [more_tools]
        self._bench = tuple(tools)
        self._short = {each.name: compact(each) for each in tools}
        self._router = router
        self._ledger = ledger
        self._max_steps = max_steps
        self._tokens = tokens

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: ModelHandler
    ) -> ModelResponse[Any]:
        """Call the model with what it should see."""
        at = _question_at(request)
        if at is None:
            return handler(request.override(messages=[_defused(m) for m in request.messages]))
        steps = request.messages[at + 1 :]
        tools = self._schemas(request, steps) if request.tools else []
        asked = request.messages[at]
        assert isinstance(asked, HumanMessage)
        room = self._room(request, tools)
        earlier = request.messages[:at]
        messages = packing.packed(earlier, asked, steps, room, self._ledger.relevance)
        if tools and steps:
            messages[-1] = self._with_steps_left(messages[-1], steps)
        return handler(request.override(messages=messages, tools=tools))

    # -- the tools ---------------------------------------------------------------------------------

    def _schemas(self, request: ModelRequest[Any], steps: Sequence[AnyMessage]) -> list[Any]:
        """Short schemas of the routed tools, the names of the others, the loop's own actions."""
        asked_for = _asked_for(steps)
        turns = read_turns(request.messages[: len(request.messages) - len(steps)])
        shown = {*self._router.route(turns, self._bench, more=MORE * _failures(steps)), *asked_for}
        named = [schema for name, schema in self._short.items() if name not in shown]
        others = [_more(named)] if named else []
        ours = {*self._short, more_tools.name}
        actions = [each for each in request.tools if _name(each) not in ours]
        routed = [schema for name, schema in self._short.items() if name in shown]
        return [*routed, *others, *actions]

    # -- the messages ------------------------------------------------------------------------------

    def _room(self, request: ModelRequest[Any], tools: Sequence[Any]) -> int:
        """Characters for the messages: what an answer is given, or what the context has left."""
        given = (self._ledger.budget_tokens + CONVERSATION_TOKENS) * CHARACTERS_PER_TOKEN
        profile: Mapping[str, Any] = getattr(request.model, "profile", None) or {}
        tokens = self._tokens or int(profile.get("max_input_tokens") or 0)
        if not tokens:
            return given
        system = len(request.system_message.text) if request.system_message else 0
        schemas = sum(len(json.dumps(each)) for each in tools if isinstance(each, dict))
        room = (tokens - ANSWER_TOKENS) * CAUTIOUS_CHARACTERS_PER_TOKEN - system - schemas
        return max(min(room, given), 0)

    def _with_steps_left(self, last: AnyMessage, steps: Sequence[AnyMessage]) -> AnyMessage:
        made = sum(isinstance(message, AIMessage) for message in steps)
        left = max(self._max_steps - made, 1)
        said = f"({left} of {self._max_steps} steps left. Answer as soon as the evidence does.)"
        return last.model_copy(update={"content": f"{last.text}\n\n{said}"})


def _question_at(request: ModelRequest[Any]) -> int | None:
    """Where the question of the conversation stands in a request; None where it does not."""
    kept = request.state.get("messages") or request.messages
    asked = next((m for m in reversed(kept) if isinstance(m, HumanMessage)), None)
    return next((i for i, m in enumerate(request.messages) if m is asked), None)


def _defused(message: AnyMessage) -> AnyMessage:
    return message.model_copy(update={"content": defused_around_frames(message.text)})


def _asked_for(steps: Sequence[AnyMessage]) -> set[str]:
    """Tools that the model asked for, or called without having seen them and got wrong."""
    calls = {
        str(call["id"]): call
        for message in steps
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    asked = {
        str(name)
        for call in calls.values()
        if call["name"] == more_tools.name
        for name in call["args"].get("names") or ()
    }
    failed = [m for m in steps if isinstance(m, ToolMessage) and m.status == "error"]
    return asked | {calls[m.tool_call_id]["name"] for m in failed if m.tool_call_id in calls}


def _failures(steps: Sequence[AnyMessage]) -> int:
    """Steps that failed or found nothing."""
    failures = 0
    found: list[bool] = []
    for message in [*steps, AIMessage("")]:
        if isinstance(message, AIMessage):
            failures += bool(found) and not any(found)
            found = []
        elif isinstance(message, ToolMessage) and message.name != more_tools.name:
            found.append(_has_found(message))
    return failures


def _has_found(message: ToolMessage) -> bool:
    artifact = message.artifact
    if message.status == "error":
        return False
    if not isinstance(artifact, Mapping):
        return True
    shapes = [item["record"].get("record") for item in artifact.get("evidence", ())]
    return any(shape != "absence" for shape in shapes)


def _more(named: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The way to the tools that are not shown: each with its name and first arguments."""
    others = []
    for schema in named:
        function = schema["function"]
        arguments = list(function["parameters"]["properties"])[:2]
        others.append(f"{function['name']}({', '.join(arguments)})")
    described = f"Tools not shown here. Name those you need: {', '.join(others)}."
    names = {"type": "array", "items": {"type": "string"}}
    parameters = {"type": "object", "properties": {"names": names}, "required": ["names"]}
    function = {"name": more_tools.name, "description": described, "parameters": parameters}
    return {"type": "function", "function": function}


def _name(each: BaseTool | Mapping[str, Any]) -> str:
    if isinstance(each, BaseTool):
        return each.name
    return str(each.get("function", {}).get("name", ""))
