"""The assistant: the one path from a question to its answer, readable from top to bottom.

    question -> safety -> agent loop (model and tools, guarded by a Turn) -> citations -> checks ->
    Answer

Owns the order of things. Knows no door: it yields events, and exactly one ``Finished`` at the end.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from retort.agent import checks, safety, support
from retort.agent.citations import Resolver, narrowed
from retort.agent.ledger import Ledger
from retort.agent.models.cancellation import set_current
from retort.agent.records import (
    ABSTENTION,
    Answer,
    Event,
    Finished,
    Status,
    TextDelta,
    ToolFinished,
    ToolStarted,
    storable,
)
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings
from retort.prompts import load
from retort.retrieval.errors import RetortError, UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AnyMessage

    from retort.agent.bench import BenchMaker
    from retort.agent.support import Support
    from retort.agent.turn import Turn

log = logging.getLogger(__name__)

STOPPED = "(Stopped by the user.)"
"""What ends an answer that the user stopped."""

LONGEST_QUESTION = 20_000
"""Characters. Longer texts are documents: they belong in a library, not in a question."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Answers questions. Holds no state of a conversation, so that one serves many users at once.

    Args:
        settings: what the user set; its digest stamps every answer.
        model: any LangChain chat model that takes tools.
        model_name: what is stamped on answers as the model.
        benches: makes the tools' bench of a conversation.
        sessions: where answers are kept.
        support: judges whether cited papers support what cites them; without it only verbatim
            quotes are known to.
    """

    settings: Settings
    model: BaseChatModel
    model_name: str
    benches: BenchMaker
    sessions: Sessions
    support: Support | None = None

    def ask(
        self, question: str, session: str | None = None, cancel: threading.Event | None = None
    ) -> Iterator[Event]:
        """Answer a question.

        Args:
            question: the user's text.
            session: name of the conversation that the question continues; None for a question on
            its own.
            cancel: set it from any thread to stop; the partial answer is kept with status
            ``stopped``.

        Yields:
            ToolStarted, ToolFinished and TextDelta as they happen, then one Finished. A failure of
            any kind is an Answer with status ``failed`` and its error, never an exception. An
            answer that could not be saved carries that as its error and keeps its status.

        Raises:
            UsageError: the question is empty or longer than ``LONGEST_QUESTION``; nothing was done.
        """
        _require_question(question)
        session = None if session is None else storable(session)
        return self._events(storable(question.strip()), session, cancel or threading.Event())

    def answer(self, question: str, session: str | None = None) -> Answer:
        """Answer a question and return only the answer; the same path as ``ask``."""
        *_, last = self.ask(question, session)
        assert isinstance(last, Finished)
        return last.answer

    def _events(
        self, question: str, session: str | None, cancel: threading.Event
    ) -> Iterator[Event]:
        started = time.monotonic()
        blank = Answer(
            id=uuid.uuid4().hex[:12],
            question=question,
            status="failed",
            answer="",
            model=self.model_name,
            settings_digest=self.settings.digest(),
        )
        molecules: list[dict[str, Any]] = []
        try:
            earlier = self.sessions.questions(session, safety.EARLIER) if session else ()
            if refusal := safety.review(question, earlier):
                answer = replace(blank, status="refused", answer=refusal.text())
            else:
                answer = yield from self._loop(blank, session, cancel, molecules)
                if advice := safety.advice(question):
                    answer = replace(answer, answer=f"{advice}\n\n{answer.answer}")
        except RetortError as error:
            answer = replace(blank, error=error.as_dict())
        except Exception as error:  # the last line of defence: a door never sees a traceback
            error_id = uuid.uuid4().hex[:8]
            log.exception("question failed, error id %s", error_id)
            answer = replace(
                blank,
                error={
                    "what": "The question could not be answered.",
                    "why": f"{type(error).__name__}: {error} "
                    f"(error {error_id} in {self.settings.log_path})",
                    "next": "retort doctor",
                },
            )
        answer = replace(answer, seconds=time.monotonic() - started)
        try:
            self.sessions.save(answer, session, molecules)
        except RetortError as error:  # what was found out is shown all the same
            log.error("answer %s was not saved: %s", answer.id, error)
            answer = replace(answer, error=answer.error or error.as_dict())
        yield Finished(answer)

    def _loop(
        self,
        blank: Answer,
        session: str | None,
        cancel: threading.Event,
        molecules: list[dict[str, Any]],
    ) -> Generator[Event, None, Answer]:
        """The agent loop of one question; yields events and returns the answer."""
        from langchain.agents import create_agent
        from langchain_core.messages import AIMessageChunk, HumanMessage

        from retort.agent.turn import Turn

        ledger = Ledger(self.settings.evidence_tokens)
        turn = Turn(ledger, cancel, self.settings.max_steps)
        bench = self.benches.make(self.sessions.molecules(session) if session else ())
        agent: Any = create_agent(
            self.model,
            self.benches.tools(bench),
            system_prompt=load("system", abstention=ABSTENTION),
            middleware=[turn],
            checkpointer=self.sessions.checkpointer() if session else None,
        )
        config = {"configurable": {"thread_id": session}} if session else {}
        mended = _mend(agent, config, ledger) if session else []
        stream = agent.stream(
            {"messages": [*mended, HumanMessage(blank.question)]},
            config,
            stream_mode=["messages", "updates", "custom"],
            **({"durability": "exit"} if session else {}),
        )
        resolver = Resolver(ledger)
        streamed: list[str] = []
        final = ""
        for mode, chunk in _in_context(stream, cancel):
            if mode == "custom" and isinstance(chunk, ToolStarted | ToolFinished):
                streamed, resolver = [], Resolver(ledger)
                yield chunk
            elif mode == "messages" and isinstance(chunk[0], AIMessageChunk):
                if text := resolver.feed(chunk[0].text):
                    streamed.append(text)
                    yield TextDelta(text)
            elif mode == "updates":
                final = _last_text(chunk) or final
        molecules += [molecule.as_dict() for molecule in bench.molecules.all()]
        if cancel.is_set():
            return self._stopped(blank, turn, resolver, "".join([*streamed, resolver.finish()]))
        return self._answered(blank, turn, ledger, final)

    def _answered(self, blank: Answer, turn: Turn, ledger: Ledger, text: str) -> Answer:
        resolver = Resolver(ledger)
        shown = (resolver.feed(text) + resolver.finish()).strip()
        answer = self._filled(blank, turn, resolver, shown, self.support)
        status: Status = "abstained" if shown.startswith(ABSTENTION) else "answered"
        if status == "answered" and _is_bare_guess(answer):
            return replace(answer, status="abstained", answer=_withheld(turn))
        return replace(answer, status=status)

    def _stopped(self, blank: Answer, turn: Turn, resolver: Resolver, text: str) -> Answer:
        partial = self._filled(blank, turn, resolver, text.strip())
        shown = f"{partial.answer}\n\n{STOPPED}".strip()
        return replace(partial, status="stopped", answer=shown)

    def _filled(
        self,
        blank: Answer,
        turn: Turn,
        resolver: Resolver,
        shown: str,
        judges: Support | None = None,
    ) -> Answer:
        """The answer with its citations, its checks and what the turn recorded."""
        citations = resolver.citations
        cited = {citation.evidence.key for citation in citations}
        found = checks.review(shown, citations, blank.question, turn.said)
        judged = support.verdicts(shown, citations, judges.judge if judges else None)
        if judges:
            citations = tuple(judges.highlighted(citation, shown) for citation in citations)
        return replace(
            blank,
            answer=shown,
            citations=tuple(narrowed(citation, shown) for citation in citations),
            tool_calls=tuple(turn.calls),
            checks=replace(found, removed_citations=resolver.removed, verdicts=judged),
            molecules=tuple(turn.molecules.values()),
            tables=tuple(turn.tables),
            unused=tuple(item for item in turn.ledger.fresh() if item.key not in cited),
            prompt_tokens=turn.prompt_tokens,
            completion_tokens=turn.completion_tokens,
        )


def _is_bare_guess(answer: Answer) -> bool:
    """Whether a text states things and rests on nothing: what a model remembers, or makes up."""
    stated = answer.checks.uncited_sentences or answer.checks.unsupported_numbers
    return bool(stated) and not answer.citations


def _withheld(turn: Turn) -> str:
    searched = " ".join(turn.said) or "nothing: the model called no tool."
    return f"{ABSTENTION}: the model wrote a text that cites no evidence. Searched: {searched}"


def _require_question(question: str) -> None:
    if not question.strip():
        raise UsageError(
            "The question is empty.",
            "There is nothing to look up.",
            'retort ask "What is the mechanism of action of osimertinib?"',
        )
    if len(question) > LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(question):,} characters.",
            f"At most {LONGEST_QUESTION:,} are read as a question.",
            "Save the text to a file, add it with `retort library add FILE`, and ask about it.",
        )


def _in_context(stream: Iterator[Any], cancel: threading.Event) -> Iterator[Any]:
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
    from langchain_core.messages import AIMessage

    messages = (update.get("model") or {}).get("messages", ()) if isinstance(update, dict) else ()
    for message in reversed(messages):
        if isinstance(message, AIMessage) and not message.tool_calls:
            return message.text
    return ""


def _mend(agent: Any, config: dict[str, Any], ledger: Ledger) -> list[AnyMessage]:
    """Take up a conversation: restore its evidence, and close what a kill or a Stop left open.

    Returns:
        Messages to put before the new question: an observation for every tool call that has none,
        and a short answer where the last question has none, so that any chat template accepts the
        history.
    """
    from langchain_core.messages import AIMessage, ToolMessage

    history = agent.get_state(config).values.get("messages", [])
    ledger.restore(
        message.artifact
        for message in history
        if isinstance(message, ToolMessage) and isinstance(message.artifact, dict)
    )
    if not history or (isinstance(history[-1], AIMessage) and not history[-1].tool_calls):
        return []
    answered = {m.tool_call_id for m in history if isinstance(m, ToolMessage)}
    asked = [call for m in history if isinstance(m, AIMessage) for call in m.tool_calls]
    mended: list[AnyMessage] = [
        ToolMessage(
            "Stopped by the user.", tool_call_id=call["id"], name=call["name"], status="error"
        )
        for call in asked
        if call["id"] not in answered
    ]
    return [*mended, AIMessage(STOPPED)]
