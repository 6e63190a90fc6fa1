"""One step of a language model's turn: it searches by calls, then its answer is written, checked.

Owns what a step's message means (calls, an action, a text, nothing) and what follows. The embedded
planner is never led this way: it knows its calls and writes its own answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import ModelRequest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from retort.agent import actions
from retort.agent.records import ABSTENTION
from retort.agent.writing import Said, Writer, cleaned, evidence_message, names
from retort.prompts import load

if TYPE_CHECKING:
    from retort.agent.draft import Draft
    from retort.agent.turn import Turn

Ask = Callable[[ModelRequest[Any]], AIMessage]


def step(turn: Turn, request: ModelRequest[Any], ask: Ask) -> AIMessage:
    """The model's next calls, or the last message of the turn.

    Each step must be a call where the model or its server can be made to; answering, asking back
    and giving up are calls too. Where it cannot, a text is taken for what it is: one that cites
    evidence is the answer (see ``_written``), another one is none, because it may be what the model
    remembers.
    """
    if turn.must_finish:
        return _finish(turn, request, ask)
    forced = request.override(tools=[*request.tools, *actions.ACTIONS], tool_choice="required")
    message = ask(forced)
    if (problem := _problem(turn, message)) and not turn.cancel.is_set():
        message = ask(forced.override(messages=[*forced.messages, HumanMessage(problem)]))
    if calls := actions.searches(message.tool_calls):
        return AIMessage(message.content, tool_calls=turn.bounded(calls), id=message.id)
    action = actions.taken(message.tool_calls)
    if action and action.name == "ask_user" and action.text:
        turn.clarification = action.text
        return AIMessage(action.text)
    if action and action.name == "give_up":
        return AIMessage(turn.given_up(action.text))
    text = "" if action else cleaned(message.text, names(request))
    if text.startswith(ABSTENTION):
        return AIMessage(text)
    if text and not len(turn.ledger):  # a greeting, or a guess
        return _ended(turn, turn.draft(text))
    return _finish(turn, request, ask, text)


def _problem(turn: Turn, message: AIMessage) -> str:
    """What the model is told when its step leads nowhere; empty when it leads on."""
    if actions.searches(message.tool_calls):
        return ""
    if message.invalid_tool_calls and not message.tool_calls:
        broken = message.invalid_tool_calls[0]
        error = broken.get("error") or "not JSON"
        return load("repair", problem=f"{broken.get('name')}({broken.get('args')}): {error}")
    action = actions.taken(message.tool_calls)
    if turn.calls or len(turn.ledger) or turn.was_nudged or (action and action.name == "ask_user"):
        return ""
    turn.was_nudged = True
    return load("nudge")


def _finish(turn: Turn, request: ModelRequest[Any], ask: Ask, text: str = "") -> AIMessage:
    """The answer from what was found; said so where nothing was, or nothing gets written."""
    if not len(turn.ledger) or turn.cancel.is_set():
        return AIMessage(turn.fallback())
    writer = Writer(request, ask, request.runtime.stream_writer, turn.draft)
    shown = [evidence_message(turn.question, turn.pack(), turn.said, _earlier(request))]
    draft = _written(turn, request, text) or writer.write(shown)
    if draft is None:
        return AIMessage(turn.fallback())
    return _ended(turn, writer.repaired(draft, shown))


def _ended(turn: Turn, draft: Draft) -> AIMessage:
    """The last message; what rests on nothing does not stay in the conversation either."""
    turn.outcome = draft
    is_withheld = draft.is_guess and not draft.is_abstention
    return AIMessage(turn.withheld() if is_withheld else draft.written)


def _earlier(request: ModelRequest[Any]) -> list[AnyMessage]:
    """The messages before the question that is being answered."""
    asked = [at for at, each in enumerate(request.messages) if isinstance(each, HumanMessage)]
    return request.messages[: asked[-1]] if asked else []


def _written(turn: Turn, request: ModelRequest[Any], text: str) -> Draft | None:
    """A text that a step wrote instead of a call, if it cites evidence; else None.

    It was written with the evidence in sight and gets the same checks and the same repair as the
    writer's own, so a second call would cost the user its seconds and win nothing. It was held back
    until its citations were known, and is told whole now.
    """
    draft = turn.draft(text) if text else None
    if draft is None or not draft.citations:
        return None
    request.runtime.stream_writer(Said(text))
    return draft
