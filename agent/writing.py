"""Writing: the answer of a turn from its evidence alone, checked, and repaired once.

The same model that searched writes, with no tool bound and nothing of the search in sight, so that
what it says can only come from the evidence. Owns the two requests (write, repair) and what is
taken off a text before it counts as an answer. Knows no limits of a turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain.agents.middleware import ModelRequest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool

from retort.agent import narration
from retort.agent.actions import NAMES
from retort.agent.draft import Draft
from retort.agent.models.notation import parse
from retort.agent.records import ABSTENTION, Revising
from retort.prompts import load

STOPS = ("\nQuestion:", "\nUser:")
"""Where a model begins to play the user; servers and engines end there."""

EARLIER = 3
"""exchanges of the conversation that the writer is reminded of"""
_REMINDER = 300
"""characters of each text in such a reminder"""

_FENCED = re.compile(r"\A\s*(`{3,})[ \t]*\w*\n(.*?)\n?\1\s*\Z", re.DOTALL)
_NEXT_TURN = re.compile(r"^\W{0,3}(?:Question|User|Human)\W{0,3}:", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Aloud:
    """An internal event: the model's text that follows is the answer's, for the user to read."""


@dataclass(frozen=True, slots=True)
class Silent:
    """An internal event: what the model writes from here on is not for the user."""


@dataclass(frozen=True, slots=True)
class Said:
    """An internal event: a whole text of the answer's, written before it was known to be one."""

    text: str


Ask = Callable[[ModelRequest[Any]], AIMessage]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes one answer.

    Args:
        request: the step's; its model and settings are used, not its messages.
        ask: calls the model.
        tell: sends an event.
        draft: holds a text against the evidence.
    """

    request: ModelRequest[Any]
    ask: Ask
    tell: Callable[[Any], None]
    draft: Callable[[str], Draft]

    def write(self, evidence: Sequence[AnyMessage]) -> Draft | None:
        """The answer as it was first written; None where nothing was. It streams while written."""
        self.tell(Aloud())
        try:
            text = self._asked(evidence)
        finally:
            self.tell(Silent())
        return self.draft(text) if text else None

    def repaired(self, draft: Draft, evidence: Sequence[AnyMessage]) -> Draft:
        """The draft, or a second one where that has fewer faults and no less to say.

        The second is written in silence: what was streamed cannot be unsaid, so the user is told
        that it is being corrected, and reads the outcome whole.
        """
        faults = draft.faults()
        if not faults or draft.is_abstention:
            return draft
        self.tell(Revising(narration.revising(len(faults))))
        told = load("repair_answer", faults="\n".join(f"- {fault}" for fault in faults))
        messages = [*evidence, AIMessage(draft.written), HumanMessage(told)]
        text = self._asked(messages)
        second = self.draft(text) if text else draft
        return second if second.is_better_than(draft) else draft

    def _asked(self, messages: Sequence[AnyMessage]) -> str:
        reply = self.ask(
            self.request.override(
                tools=[],
                tool_choice=None,
                system_message=SystemMessage(load("writer", abstention=ABSTENTION)),
                messages=[*messages],
                model_settings={**self.request.model_settings, "stop": [*STOPS]},
            )
        )
        return cleaned(reply.text, names(self.request))


def evidence_message(
    question: str, pack: str, searched: Sequence[str], history: Sequence[AnyMessage] = ()
) -> HumanMessage:
    """What the writer is shown.

    Args:
        question: the user's text.
        pack: the evidence under its keys.
        searched: what the tools said of their searches.
        history: earlier messages; a follow-up cannot be read without them.
    """
    told = [message for message in history if _is_said(message)][-2 * EARLIER :]
    lines = [
        f"{'User' if isinstance(message, HumanMessage) else 'You'}: {_short(message.text)}"
        for message in told
    ]
    earlier = "\n".join(["Earlier in this conversation:", *lines, "", ""]) if lines else ""
    said = "; ".join(searched) or "nothing in this step; the evidence is of earlier questions"
    text = load("evidence", earlier=earlier, question=question, pack=pack, searched=said)
    return HumanMessage(text)


def cleaned(text: str, tools: Iterable[str]) -> str:
    """A model's text without what is no answer: a fence around it all, calls, the next question.

    Args:
        text: the message's.
        tools: names that make JSON in the text a call.
    """
    text = parse(text.strip(), [*tools]).text
    if fenced := _FENCED.match(text):
        text = fenced[2].strip()
    if (played := _NEXT_TURN.search(text)) and played.start() > 0:
        text = text[: played.start()].strip()
    return text


def names(request: ModelRequest[Any]) -> list[str]:
    """What may be called in a step, by name."""
    return [*(each.name for each in request.tools if isinstance(each, BaseTool)), *NAMES]


def _is_said(message: AnyMessage) -> bool:
    is_answer = isinstance(message, AIMessage) and not message.tool_calls
    return (is_answer or isinstance(message, HumanMessage)) and bool(message.text.strip())


def _short(text: str) -> str:
    return narration.first_words(" ".join(text.split()), _REMINDER)
