"""What a user sees of a turn while it runs: the graph's stream becomes events.

Owns which of the model's words are shown before the answer is whole. Of a language model these are
only the writer's, and only as far as they are cited: a text appears with the marker that ends it,
so that nobody reads a guess as if it were an answer. The embedded planner writes nothing that does
not stand in its evidence; its words appear as they come.
"""

from __future__ import annotations

import contextvars
import re
import threading
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk

from retort.agent.citations import Resolved, Resolver
from retort.agent.ledger import Ledger
from retort.agent.models.cancellation import set_current
from retort.agent.records import Event, Planned, Revising, TextDelta, ToolFinished, ToolStarted
from retort.agent.writing import Aloud, Said, Silent

_CITED = re.compile(r".*\[\d{1,3}\][.,;:!?|)]*", re.DOTALL)


class Telling:
    """Takes the stream's pieces in their order; remembers what was shown.

    The order is the stream's own: whether a word is shown is decided by the events before it, not
    by the state of a turn that has gone on meanwhile.
    """

    def __init__(self, ledger: Ledger, is_planner: bool) -> None:
        self._ledger = ledger
        self._is_planner = is_planner
        self._is_aloud = is_planner
        self.final = ""
        """the last message's text, with the ledger's keys"""
        self._begin()

    def take(self, mode: str, chunk: Any) -> Iterator[Event]:
        """The events of one piece of the stream."""
        if mode == "messages":
            if self._is_aloud and isinstance(chunk[0], AIMessageChunk):
                yield from self._text(self._resolver.feed(chunk[0].text))
        elif mode == "updates":
            self.final = _last_text(chunk) or self.final
        elif isinstance(chunk, ToolStarted | ToolFinished | Planned):
            self._begin()
            yield chunk
        elif isinstance(chunk, Revising):
            yield chunk
        elif isinstance(chunk, Aloud | Silent):
            self._is_aloud = isinstance(chunk, Aloud)
            if self._is_aloud:
                self._begin()
        elif isinstance(chunk, Said):
            self._begin()
            yield from self._text(self._resolver.feed(chunk.text) + self._resolver.finish())

    def shown(self) -> Resolved:
        """What the user read so far of the answer, and what of a planner's was on its way."""
        rest = self._resolver.finish() if self._is_planner else ""
        text = "".join([*self._shown, rest]).strip()
        return Resolved(text, self._resolver.citations, self._resolver.removed)

    def _begin(self) -> None:
        self._resolver = Resolver(self._ledger)
        self._shown: list[str] = []
        self._held = ""

    def _text(self, text: str) -> Iterator[Event]:
        self._held += text
        ready = self._held
        if not self._is_planner:
            cited = _CITED.match(ready)
            ready = cited[0] if cited else ""
        self._held = self._held[len(ready) :]
        if ready:
            self._shown.append(ready)
            yield TextDelta(ready)


def in_context(stream: Iterator[Any], cancel: threading.Event) -> Iterator[Any]:
    """Run the stream with ``cancel`` visible to the model, and end it soon after a Stop."""
    context = contextvars.copy_context()
    context.run(set_current, cancel)
    end = object()
    while (item := context.run(next, stream, end)) is not end:
        yield item
        if cancel.is_set():
            context.run(stream.close)  # type: ignore[attr-defined]
            return


def _last_text(update: Any) -> str:
    """The text of the model's message in an update of the graph, if it is an answer."""
    messages = (update.get("model") or {}).get("messages", ()) if isinstance(update, dict) else ()
    for message in reversed(messages):
        if isinstance(message, AIMessage) and not message.tool_calls:
            return message.text
    return ""
