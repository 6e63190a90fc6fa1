"""The conversations of one page server: what runs, what was said, and how it becomes messages.

A question runs in a thread of its own. Pages only look at it, so a page that is reloaded or closed
loses nothing, and any page can come back to a question that is still running. Knows no Gradio: a
message is a dictionary with a ``role`` and a ``content`` of HTML.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from retort.agent import narration
from retort.agent.assistant import Assistant
from retort.agent.records import (
    Advised,
    Answer,
    Event,
    Finished,
    Planned,
    Revising,
    TextDelta,
    ToolFinished,
    ToolStarted,
)
from retort.retrieval.errors import RetortError, UsageError
from retort.tools.records import Evidence
from retort.tools.tables import Table
from retort.ui import render
from retort.ui.figures import Drawing

log = logging.getLogger(__name__)

Message = dict[str, str]
"""``{"role": "user" | "assistant", "content": HTML}``"""

CONTEXT_CHARACTERS = 300
"""Stored text shown before and after a quote."""

KEPT_TURNS = 200
"""Answered questions whose steps are kept in memory as they were shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message and the answer it belongs to."""

    message: Message
    answer_id: str = ""
    """empty while there is none"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in the list of all."""

    name: str
    title: str
    updated: float | None
    """seconds since the epoch; None while a question is being answered"""


class Turn:
    """One question while it runs: a thread feeds it events, pages look at its messages."""

    def __init__(self, question: str, events: Iterator[Event], cancel: threading.Event) -> None:
        self._cancel = cancel
        self._events = events
        self._question = _user(question)
        self._steps: dict[str, Message] = {}
        self._running: set[str] = set()
        self._advice = ""
        self._text = ""
        self._revising = ""
        self._final: Message | None = None
        self.answer: Answer | None = None
        self._version = 0
        self._done = False
        self._changed = threading.Condition()

    def run(self, finished: Callable[[Answer], str]) -> None:
        """Take every event to the end. Never raises: what breaks is shown and logged.

        Args:
            finished: the HTML of a finished answer.
        """
        try:
            for event in self._events:
                self._take(event, finished)
        except Exception as error:  # the store may be full or gone; the page still says so
            error_id = uuid.uuid4().hex[:8]
            log.exception("page: question failed, error id %s", error_id)
            self._fail(error, error_id)

    def stop(self) -> None:
        """Ask the assistant to stop; what was written stays."""
        self._cancel.set()
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def finish(self) -> None:
        """Tell the pages that nothing more will come."""
        with self._changed:
            self._done = True
            self._version += 1
            self._changed.notify_all()

    def shown(self) -> list[Shown]:
        """The messages as they stand now."""
        with self._changed:
            messages = [self._question]
            if self._advice and self._final is None:
                messages.append(_assistant(render.partial_html(self._advice)))
            messages += self._steps.values()
            if self._final is not None:
                messages.append(self._final)
            elif self._text.strip():
                messages.append(_assistant(render.partial_html(self._text)))
            elif not self._running:
                doing = "Writing the answer" if self._steps else "Reading the question"
                messages.append(_assistant(render.waiting_html(doing)))
            if self._revising and self._final is None:
                messages.append(_assistant(render.waiting_html(self._revising)))
            if self._cancel.is_set() and self._final is None:
                messages.append(_assistant(render.waiting_html("Stopping")))
            answer_id = self.answer.id if self.answer else ""
        return [Shown(message, answer_id) for message in messages]

    def wait(self, version: int, seconds: float) -> tuple[int, bool]:
        """Wait for a change; returns the new version and whether the question is done."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version or self._done, seconds)
            return self._version, self._done

    def _take(self, event: Event, finished: Callable[[Answer], str]) -> None:
        final = _assistant(finished(event.answer)) if isinstance(event, Finished) else None
        with self._changed:
            self._version += 1
            if isinstance(event, Planned):
                self._steps["plan"] = _assistant(render.plan_html(event.steps))
            elif isinstance(event, Advised):
                self._advice = event.text
            elif isinstance(event, Revising):
                self._revising = event.title
            elif isinstance(event, ToolStarted):
                self._text = ""
                self._running.add(event.id)
                self._steps[event.id] = _assistant(render.waiting_html(event.title))
            elif isinstance(event, ToolFinished):
                self._running.discard(event.id)
                self._steps[event.id] = _step(event)
            elif isinstance(event, TextDelta):
                self._text += event.text
            elif isinstance(event, Finished):
                self.answer, self._final = event.answer, final
            self._changed.notify_all()

    def _fail(self, error: Exception, error_id: str) -> None:
        shown = RetortError(
            "The answer could not be kept.",
            f"{type(error).__name__}: {error} (error {error_id} in the log).",
            "retort doctor",
        )
        with self._changed:
            self._final = _assistant(render.notice_html(shown))


class Conversations:
    """All conversations of a page server, running and saved.

    Args:
        assistant: answers the questions and keeps the sessions.
        draw: makes the drawing of a structure, an SVG element.
    """

    def __init__(self, assistant: Assistant, draw: Drawing) -> None:
        self._assistant = assistant
        self._sessions = assistant.sessions
        self._draw = draw
        self._lock = threading.Lock()
        self._turns: dict[str, tuple[Turn, list[Shown]]] = {}
        self._unsaved: dict[str, list[Shown]] = {}
        self._titles: dict[str, str] = {}
        self._kept: OrderedDict[str, list[Shown]] = OrderedDict()

    def start(self, name: str, question: str) -> None:
        """Begin to answer a question of a conversation.

        Raises:
            UsageError: the conversation is busy, or the question is empty or too long; nothing
                was begun.
        """
        cancel = threading.Event()
        earlier = self.shown(name)
        with self._lock:
            if name in self._turns:
                raise UsageError(
                    "An answer is still being written in this conversation.",
                    "A conversation takes one question at a time; yours is kept below.",
                    "Wait for it or press Stop, then ask again.",
                )
            turn = Turn(question, self._assistant.ask(question, name, cancel), cancel)
            self._turns[name] = (turn, earlier)
            self._titles.setdefault(name, _title(question))
        threading.Thread(target=self._run, args=(name, turn), daemon=True).start()

    def stop(self, name: str) -> None:
        """Stop what the conversation is waiting for; what was written stays."""
        if turn := self.turn(name):
            turn.stop()

    def turn(self, name: str) -> Turn | None:
        """The question that is being answered, if one is."""
        with self._lock:
            running = self._turns.get(name)
        return running[0] if running else None

    def shown(self, name: str) -> list[Shown]:
        """The messages of a conversation, oldest first."""
        with self._lock:
            running = self._turns.get(name)
        if running:
            turn, earlier = running
            return [*earlier, *turn.shown()]
        shown: list[Shown] = []
        for saved in self._sessions.answers(name):
            shown += self._kept.get(saved["id"]) or self._restored(Answer.from_dict(saved))
        return shown + self._unsaved.get(name, [])

    def listing(self) -> list[Listed]:
        """Every conversation, newest first, those with a first answer still to come on top."""
        with self._lock:
            busy = set(self._turns)
            begun = dict(self._titles)
        saved = self._sessions.listing()
        for row in saved:
            begun.pop(row["name"], None)
        return [Listed(name, title, None) for name, title in reversed(begun.items())] + [
            Listed(row["name"], row["title"], None if row["name"] in busy else row["updated"])
            for row in saved
        ]

    def rate(self, answer_id: str, liked: bool | None) -> None:
        """Keep what the user thinks of an answer; None takes an opinion back."""
        self._sessions.rate(answer_id, liked)

    def ratings(self, name: str) -> dict[str, bool]:
        """What the user thought of the answers of a conversation, by their ids."""
        return self._sessions.ratings(name)

    def close(self, seconds: float = 3.0) -> None:
        """Stop everything that runs and give it time to save what was written."""
        with self._lock:
            turns = [turn for turn, _ in self._turns.values()]
        for turn in turns:
            turn.stop()
        for turn in turns:
            done, version = False, -1
            while not done and seconds > 0:
                version, done = turn.wait(version, 0.1)
                seconds -= 0.1

    def answer_html(self, answer: Answer) -> str:
        """A finished answer with its sources, molecules and checks."""
        return render.answer_html(answer, self.surroundings, self._draw)

    def tables(self, answer_id: str) -> tuple[Table, ...]:
        """The whole tables of a saved answer; none where it is not known."""
        return tuple(Table.from_dict(item) for item in self._sessions.tables(answer_id))

    def surroundings(self, evidence: Evidence) -> tuple[str, str] | None:
        """The stored text around a literature quote; None where it is no longer to be found."""
        paper_id = str(evidence.record.get("paper_id") or evidence.source_id)
        try:
            paper = self._assistant.benches.library().paper(paper_id)
        except RetortError:
            return None
        start, end = evidence.start, evidence.end
        if paper is None or start is None or end is None:
            return None
        if paper.text[start:end] != evidence.quote:
            return None
        return _before(paper.text, start), _after(paper.text, end)

    def _run(self, name: str, turn: Turn) -> None:
        turn.run(self.answer_html)
        with self._lock:
            if turn.answer is None:
                self._unsaved.setdefault(name, []).extend(turn.shown())
            else:
                self._kept[turn.answer.id] = turn.shown()
                self._titles.pop(name, None)
                while len(self._kept) > KEPT_TURNS:
                    self._kept.popitem(last=False)
            self._turns.pop(name, None)
        turn.finish()

    def _restored(self, answer: Answer) -> list[Shown]:
        """The messages of an answer of an earlier run; of its steps, what was saved."""
        steps = [
            _assistant(
                render.tool_html(
                    narration.doing(call.name, call.args),
                    call.args,
                    "",
                    call.seconds,
                    call.status == "error",
                )
            )
            for call in answer.tool_calls
        ]
        final = _assistant(self.answer_html(replace(answer, tables=self.tables(answer.id))))
        return [Shown(item, answer.id) for item in (_user(answer.question), *steps, final)]


def _title(question: str) -> str:
    """The title of a conversation while its first answer is not saved yet."""
    line = " ".join(question.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def _user(question: str) -> Message:
    return {"role": "user", "content": render.question_html(question)}


def _assistant(content: str) -> Message:
    return {"role": "assistant", "content": content}


def _step(event: ToolFinished) -> Message:
    call = event.call
    failed = call.status == "error"
    return _assistant(render.tool_html(event.title, call.args, event.text, call.seconds, failed))


def _before(text: str, start: int) -> str:
    """The text before a quote, from the beginning of a word; an ellipsis where it is cut."""
    at = max(0, start - CONTEXT_CHARACTERS)
    piece = text[at:start]
    return piece if at == 0 else f"… {piece.partition(' ')[2]}"


def _after(text: str, end: int) -> str:
    at = min(len(text), end + CONTEXT_CHARACTERS)
    piece = text[end:at]
    return piece if at == len(text) else f"{piece.rpartition(' ')[0]} …"
