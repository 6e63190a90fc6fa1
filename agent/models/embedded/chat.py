"""The embedded chat model: LangChain's interface around the planner and the writers.

Deterministic, offline, no GPU. It sees messages and the bound tools, like any chat model: after a
question it calls tools, after their results it writes the answer or calls once more. Knows no
agent.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from retort.agent.models.embedded import rounds
from retort.agent.models.embedded.classifier import IntentClassifier, SentenceEncoder
from retort.agent.models.embedded.compose import abstain, compose
from retort.agent.models.embedded.dialogue import Call, read_turns, text_of
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.planner import MAX_CALLS, Planner
from retort.agent.models.embedded.writers import WRITERS
from retort.agent.records import ABSTENTION

EVERY_TOOL = frozenset({*WRITERS, "search_literature"})


class EmbeddedChatModel(BaseChatModel):
    """Chooses tools by a learned planner, and writes answers from what they return.

    Args:
        encoder: gives the bundled encoder; called once, at the first question.
        names: gives ``{molecule name or synonym: preferred name}``; default the starter database's
        names.
    """

    encoder: Callable[[], SentenceEncoder]
    names: Callable[[], Mapping[str, str]] | None = None
    _planner: Planner | None = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "retort-embedded"

    @property
    def planner(self) -> Planner:
        """The planner, made at first use."""
        with self._lock:
            if self._planner is None:
                gazetteer = Gazetteer.of(self.names()) if self.names else Gazetteer.starter()
                self._planner = Planner(IntentClassifier.load(), self.encoder(), gazetteer)
            return self._planner

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools it may call; ``tool_choice`` is left to the planner."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def respond(
        self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]] = ()
    ) -> tuple[str, tuple[Call, ...]]:
        """The next step of a conversation: a text or tool calls, exactly one of the two.

        Args:
            messages: the conversation; the last one is a question or a tool's result.
            tools: OpenAI tool schemas; only these are called.
        """
        bound = {str(tool["function"]["name"]) for tool in tools if "function" in tool}
        turns = read_turns(messages)
        if not turns:
            return f"{ABSTENTION}: there is no question.", ()
        planner = self.planner
        results = turns[-1].results
        if not results:
            plan = planner.plan(turns, bound)
            return ("", plan.calls[:MAX_CALLS]) if plan.calls else (abstain(plan), ())
        # the last step comes without tools; what was meant to be called is known all the same
        known = {result.call.name for result in results} | (bound or EVERY_TOOL)
        plan = planner.plan(turns, known)
        if more := rounds.further(plan, results, bound):
            return "", more
        shares = rounds.shares(plan, results, known)
        return compose(plan, shares, planner.gazetteer, planner.encoder), ()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, calls = self.respond(messages, kwargs.get("tools") or ())
        message = AIMessage(
            content=text,
            tool_calls=[
                {"name": call.name, "args": dict(call.args), "id": name, "type": "tool_call"}
                for call, name in zip(calls, _ids(calls, messages), strict=True)
            ],
            usage_metadata=_usage(messages, text, calls),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        text, calls = self.respond(messages, kwargs.get("tools") or ())
        for word in re.findall(r"\S+\s*|\s+", text):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=word))
            if run_manager:
                run_manager.on_llm_new_token(word, chunk=chunk)
            yield chunk
        if calls:
            pieces = [
                tool_call_chunk(name=call.name, args=json.dumps(dict(call.args)), id=name, index=i)
                for i, (call, name) in enumerate(zip(calls, _ids(calls, messages), strict=True))
            ]
            chunk = ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=pieces))
            if run_manager:
                run_manager.on_llm_new_token("", chunk=chunk)
            yield chunk
        usage = _usage(messages, text, calls)
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", chunk_position="last", usage_metadata=usage)
        )


def _ids(calls: Sequence[Call], messages: Sequence[BaseMessage]) -> list[str]:
    """Ids of calls: the same for the same conversation, and no two alike within it."""
    seed = f"{len(messages)}:{text_of(messages[-1]) if messages else ''}"
    return [
        "call_" + hashlib.sha256(f"{seed}:{i}:{call.name}:{call.args}".encode()).hexdigest()[:16]
        for i, call in enumerate(calls)
    ]


def _usage(messages: Sequence[BaseMessage], text: str, calls: Sequence[Call]) -> UsageMetadata:
    """Words, counted as tokens: this model has no other."""
    read = sum(len(text_of(message).split()) for message in messages)
    written = len(text.split()) + sum(1 + len(call.args) for call in calls)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
