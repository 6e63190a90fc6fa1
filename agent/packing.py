"""The messages of a conversation as a model is shown them, within so many characters.

Laid out so that what a model has read stays the same text for as long as it can::

    earlier questions   each with its calls, one line a result, and its answer; the oldest are left
                        out, four at a time, where they take more than their share
    the question        never cut
    its steps           each result whole while all fit; else the newest, best evidence first, and
                        one line for each of the others

Everything that a user, a model or a source wrote is defused (see ``framing``). Knows no tool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from retort.agent import framing
from retort.agent.relevance import Relevance
from retort.tools.records import Evidence

HISTORY_SHARE = 0.25
"""of the characters, for earlier questions"""
LEFT_OUT_AT_ONCE = 4
"""questions: leaving out one at each new question would change the head of every prompt"""
KEYS_NAMED = 8
"""keys in the line for a result that is not shown whole"""
FIRST_CHARACTERS = 400
"""of an answer or a failure that is long past"""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call found, read from its message."""

    lead: str
    """what the loop put before the result: that the call was a repetition; mostly empty"""
    summary: str
    evidence: tuple[Evidence, ...]
    note: str

    @classmethod
    def of(cls, message: ToolMessage) -> Observation | None:
        """The observation in a message; None where it holds a text alone (a failure)."""
        artifact = message.artifact
        if not isinstance(artifact, Mapping) or "evidence" not in artifact:
            return None
        summary = str(artifact["summary"])
        lead, found, _ = message.text.partition(summary)
        return cls(
            framing.quoted(lead) if found else "",
            framing.quoted(summary),
            tuple(Evidence(**item) for item in artifact["evidence"]),
            framing.quoted(str(artifact.get("note") or "")),
        )

    def whole(self) -> str:
        """All of it; only that it stands above, where the call was a repetition."""
        if self.lead:
            return f"{self.lead}\n{self.line()}"
        return self._text(self.evidence, self.note)

    def line(self) -> str:
        """One line: what was found, and the keys under which it can still be cited."""
        keys = [item.key for item in self.evidence]
        if not keys:
            return self.summary
        more = f" and {len(keys) - KEYS_NAMED} more" if len(keys) > KEYS_NAMED else ""
        return f"{self.summary} (evidence {', '.join(keys[:KEYS_NAMED])}{more})"

    def best(self, room: int, question: str, relevance: Relevance) -> str:
        """As much of it as fits ``room`` characters, the best for the question first."""
        left = room - len(self._text((), self.note)) - 80
        shown = []
        for item in relevance.order(question, self.evidence):
            if len(framing.line(item)) < left:
                left -= len(framing.line(item)) + 1
                shown.append(item)
        cut = len(self.evidence) - len(shown)
        return self._text(shown, f"{self.note} ({cut} more not shown.)".strip())

    def _text(self, evidence: Sequence[Evidence], note: str) -> str:
        return "\n".join(part for part in (self.summary, framing.framed(evidence), note) if part)


def packed(
    earlier: Sequence[AnyMessage],
    asked: HumanMessage,
    steps: Sequence[AnyMessage],
    room: int,
    relevance: Relevance,
) -> list[AnyMessage]:
    """The messages to show.

    Args:
        earlier: of the conversation, before the question.
        asked: the question that is answered now.
        steps: what followed it: calls, results, hints of the loop.
        room: characters for all of it. The question, the calls and hints stand whole whatever it
            is.
        relevance: orders evidence where not all fits.
    """
    question = asked.model_copy(update={"content": framing.defused(asked.text)})
    past = _history(earlier, int(room * HISTORY_SHARE))
    left = room - len(question.text) - sum(_length(message) for message in past)
    return [*past, question, *_steps(steps, left, asked.text, relevance)]


def _history(messages: Sequence[AnyMessage], room: int) -> list[AnyMessage]:
    """Earlier questions, with a line for those left out."""
    turns: list[list[AnyMessage]] = []
    for message in messages:
        if isinstance(message, HumanMessage) or not turns:
            turns.append([])
        turns[-1].append(_past(message))
    lengths = [sum(_length(message) for message in turn) for turn in turns]
    out = 0
    while out < len(turns) - 1 and sum(lengths[out:]) > room:
        out = min(out + LEFT_OUT_AT_ONCE, len(turns) - 1)
    kept = [message for turn in turns[out:] for message in turn]
    if out and kept:
        said = f"({out} earlier question{'s' if out > 1 else ''} left out.)\n\n{kept[0].text}"
        kept[0] = kept[0].model_copy(update={"content": said})
    return kept


def _past(message: AnyMessage) -> AnyMessage:
    """A message of an earlier question: results to a line, long texts to their beginning."""
    if isinstance(message, ToolMessage):
        observation = Observation.of(message)
        text = observation.line() if observation else framing.quoted(message.text)
        return message.model_copy(update={"content": _beginning(text)})
    plain = _defused(message, framing.defused)
    if isinstance(plain, AIMessage):
        return plain.model_copy(update={"content": _beginning(plain.text)})
    return plain


def _steps(
    messages: Sequence[AnyMessage], room: int, question: str, relevance: Relevance
) -> list[AnyMessage]:
    """The steps of this question: from the newest on whole while they fit, else a line each."""
    newest = max((i for i, m in enumerate(messages) if isinstance(m, AIMessage)), default=0)
    made = [_defused(message, framing.defused_around_frames) for message in messages]
    results = {
        i: Observation.of(message)
        for i, message in enumerate(messages)
        if isinstance(message, ToolMessage)
    }
    left = room - sum(_length(message) for i, message in enumerate(made) if not results.get(i))
    for i, observation in reversed(results.items()):
        if observation is None:
            continue
        text = observation.whole()
        if len(text) > left:
            beside = sum(newest < j <= i for j in results)
            share = left // max(beside, 1)
            text = observation.best(share, question, relevance) if beside else observation.line()
        left -= len(text)
        made[i] = made[i].model_copy(update={"content": text})
    return made


def _defused(message: AnyMessage, clean: Callable[[str], str]) -> AnyMessage:
    """A message whose text and calls hold no control token."""
    update: dict[str, Any] = {"content": clean(message.text)}
    if isinstance(message, AIMessage) and message.tool_calls:
        update["tool_calls"] = [
            call | {"args": framing.defused_values(call["args"])} for call in message.tool_calls
        ]
    return message.model_copy(update=update)


def _beginning(text: str) -> str:
    if len(text) <= FIRST_CHARACTERS:
        return text
    return text[:FIRST_CHARACTERS].rsplit(" ", 1)[0] + " ..."


def _length(message: AnyMessage) -> int:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return len(message.text) + sum(len(str(call["args"])) + len(call["name"]) for call in calls)
