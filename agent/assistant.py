"""The assistant: the one path from a question to its answer, readable from top to bottom.

    question -> safety -> agent loop (model and tools, guarded by a Turn, shown a Context) ->
    citations -> checks -> Answer

Owns the order of things. Knows no door: it yields events, and exactly one ``Finished`` at the end.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from retort.agent import baseline, safety
from retort.agent.citations import Resolved, narrowed
from retort.agent.draft import Draft
from retort.agent.ledger import Ledger
from retort.agent.records import Advised, Answer, Event, Finished, Status, storable
from retort.agent.relevance import Relevance
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings
from retort.prompts import load
from retort.retrieval.errors import RetortError, UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AnyMessage
    from langchain_core.tools import BaseTool

    from retort.agent.bench import BenchMaker
    from retort.agent.context import Context
    from retort.agent.opinion.judge import Opinion
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
        is_planner: whether the model plans its calls and writes its answers itself, as the embedded
            one does; else the loop leads it.
        opinion: the learned second opinion of what is refused; without it the patterns decide.
    """

    settings: Settings
    model: BaseChatModel
    model_name: str
    benches: BenchMaker
    sessions: Sessions
    support: Support | None = None
    is_planner: bool = False
    opinion: Opinion | None = None

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
            Advised, Planned, ToolStarted, ToolFinished, TextDelta and Revising as they happen, then
            one Finished. A failure of any kind is an Answer with status ``failed`` and its error,
            never an exception. An answer that could not be saved carries that as its error and
            keeps its status.

        Raises:
            UsageError: the question is empty or longer than ``LONGEST_QUESTION``; nothing was done.
        """
        _require_question(question)
        if session is not None:
            session = storable(session)
            session = baseline.CONVERSATION.format(session) if self.settings.no_tools else session
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
        kind = ""
        try:
            earlier = self.sessions.questions(session, safety.EARLIER) if session else ()
            kind = safety.advised(question, earlier, self.opinion)
            refusal = safety.review(question, earlier, self.opinion)
            if refusal and kind != "emergency":
                kind = ""
            if kind:
                yield Advised(safety.advice(kind))
            if refusal:
                answer = replace(blank, status="refused", answer=refusal.text())
            else:
                answer = yield from self._answering(blank, session, cancel, molecules)
        except Exception as error:  # the last line of defence: a door never sees a traceback
            answer = replace(blank, error=self._told(error))
        if kind:
            answer = replace(answer, answer=f"{safety.advice(kind)}\n\n{answer.answer}".strip())
        answer = replace(answer, seconds=time.monotonic() - started)
        try:
            self.sessions.save(answer, session, molecules)
            if session is not None:
                self.sessions.keep_latest(session)
        except RetortError as error:  # what was found out is shown all the same
            log.error("answer %s was not saved: %s", answer.id, error)
            answer = replace(answer, error=answer.error or error.as_dict())
        yield Finished(answer)

    def _answering(
        self,
        blank: Answer,
        session: str | None,
        cancel: threading.Event,
        molecules: list[dict[str, Any]],
    ) -> Generator[Event, None, Answer]:
        if self.settings.no_tools:
            return baseline.answered(blank, self.model, self.sessions, session, cancel)
        return self._loop(blank, session, cancel, molecules)

    def _told(self, error: Exception) -> dict[str, str]:
        """An error as a user reads it; the traceback of one that nobody foresaw goes to the log."""
        if isinstance(error, RetortError):
            return error.as_dict()
        error_id = uuid.uuid4().hex[:8]
        log.error("question failed, error id %s", error_id, exc_info=error)
        return {
            "what": "The question could not be answered.",
            "why": f"{type(error).__name__}: {error} "
            f"(error {error_id} in {self.settings.log_path})",
            "next": "retort doctor",
        }

    def _loop(
        self,
        blank: Answer,
        session: str | None,
        cancel: threading.Event,
        molecules: list[dict[str, Any]],
    ) -> Generator[Event, None, Answer]:
        """The agent loop of one question; yields events and returns the answer."""
        from langchain.agents import create_agent
        from langchain_core.messages import HumanMessage

        from retort.agent.streaming import Telling, in_context
        from retort.agent.turn import Turn

        settings = self.settings
        ledger = Ledger(settings.evidence_tokens, Relevance(self.benches.encoder))
        judge = self.support.judge if self.support else None
        bench = self.benches.make(self.sessions.molecules(session) if session else ())
        meet, steps = bench.molecules.meet, settings.max_steps
        turn = Turn(blank.question, ledger, cancel, steps, meet, self.is_planner, judge)
        tools = self.benches.tools(bench)
        agent: Any = create_agent(
            self.model,
            tools,
            system_prompt=load("system"),
            middleware=[turn] if self.is_planner else [turn, self._context(tools, ledger)],
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
        telling = Telling(ledger, self.is_planner)
        for mode, chunk in in_context(stream, cancel):
            yield from telling.take(mode, chunk)
        molecules += [molecule.as_dict() for molecule in bench.molecules.all()]
        if cancel.is_set():
            return self._stopped(blank, turn, telling.shown())
        return self._answered(blank, turn, telling.final)

    def _context(self, tools: Sequence[BaseTool], ledger: Ledger) -> Context:
        from retort.agent.context import Context

        settings = self.settings
        router = self.benches.router()
        return Context(tools, router, ledger, settings.max_steps, settings.context_tokens)

    def _answered(self, blank: Answer, turn: Turn, text: str) -> Answer:
        if turn.clarification:
            blank = replace(blank, clarification=True)
            return self._filled(blank, turn, Draft(text, text), "abstained")
        draft = turn.outcome or turn.draft(text)
        if turn.error:
            return self._filled(replace(blank, error=self._told(turn.error)), turn, draft, "failed")
        if draft.is_guess and not draft.is_abstention:
            return replace(self._filled(blank, turn, draft, "abstained"), answer=turn.withheld())
        return self._filled(blank, turn, draft, "abstained" if draft.is_abstention else "answered")

    def _stopped(self, blank: Answer, turn: Turn, shown: Resolved) -> Answer:
        draft = Draft.held("", shown, blank.question, turn.said)
        partial = self._filled(blank, turn, draft, "stopped")
        return replace(partial, answer=f"{draft.text}\n\n{STOPPED}".strip())

    def _filled(self, blank: Answer, turn: Turn, draft: Draft, status: Status) -> Answer:
        """The answer with its citations, its checks and what the turn recorded."""
        citations = draft.citations
        cited = {citation.evidence.key for citation in citations}
        if self.support and status != "stopped":
            citations = tuple(self.support.highlighted(each, draft.text) for each in citations)
        return replace(
            blank,
            status=status,
            answer=draft.text,
            citations=tuple(narrowed(citation, draft.text) for citation in citations),
            tool_calls=tuple(turn.calls),
            checks=draft.checks,
            molecules=tuple(turn.molecules.values()),
            tables=tuple(turn.tables),
            unused=tuple(item for item in turn.ledger.fresh() if item.key not in cited),
            prompt_tokens=turn.prompt_tokens,
            completion_tokens=turn.completion_tokens,
        )


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
