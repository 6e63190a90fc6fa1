"""``http(s)://``: a model on any OpenAI-compatible server, streamed, with patience and a Stop.

Owns the order of one call: ask, try again while nothing has come, read, close. The protocol stands
in ``completion``, the connection in ``connection``, what failures mean in ``faults``. The key is
sent to the named server and appears nowhere else.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from retort.agent.models import completion, faults
from retort.agent.models.cancellation import is_cancelled
from retort.agent.models.completion import Reply
from retort.agent.models.connection import POLL_S, Exchange, Head, Limits, Lost, Server, Stopped
from retort.agent.models.notation import VisibleText
from retort.agent.models.probe import Served, probe
from retort.retrieval.errors import RetortError, UsageError
from retort.retrieval.fetch.http import retry_after

log = logging.getLogger(__name__)

REPLY_TOKENS = 4096
"""longest reply, thinking included, so that a model that runs in circles comes to an end"""

GREETING_TOKENS = 16


class _Again(Exception):
    """Nothing has come yet and the same request may work later; ``error`` is told if it does not.

    ``wait_s`` where the server named a time.
    """

    def __init__(self, error: RetortError, wait_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


class _WithoutChoice(Exception):
    """The server does not let a call be demanded; the question goes again, with the choice free."""


class _WithoutTools(Exception):
    """The server takes no tools; the question goes again, with the tools in its text."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What one call of the model asks."""

    messages: list[BaseMessage]
    tools: list[dict[str, Any]]
    stop: list[str] | None
    most_tokens: int
    choice: str | dict[str, Any] | None = None
    """of tools, as the protocol has it"""


class EndpointChatModel(BaseChatModel):
    """A served model behind LangChain's interface. Many threads may use it at once.

    Attributes:
        model_name: the model's name on its server.
        seed: 0 for the likeliest token each time, else the seed of sampling.
    """

    model_name: str
    seed: int = 0
    _server: Server = PrivateAttr()
    _limits: Limits = PrivateAttr()
    _served: Served = PrivateAttr()
    _takes_tools: bool = PrivateAttr(default=True)
    _takes_choice: bool = PrivateAttr(default=True)

    def __init__(self, server: Server, served: Served, limits: Limits, **fields: Any) -> None:
        super().__init__(**fields)
        self._server, self._served, self._limits = server, served, limits

    @property
    def _llm_type(self) -> str:
        return "endpoint"

    @property
    def served(self) -> Served:
        """What the server said of itself when it was first asked."""
        return self._served

    def greet(self) -> bool:
        """Send a shortest question with a tool; returns whether the server takes tools.

        Raises:
            RetortError: it does not answer.
        """
        schema = {"type": "object", "properties": {}}
        function = {"name": "nothing", "description": "Does nothing.", "parameters": schema}
        tool = {"type": "function", "function": function}
        self.bind(tools=[tool], max_tokens=GREETING_TOKENS).invoke("Say OK.")
        if self._served.context is None:  # Ollama tells it of loaded models
            self._served = probe(self._server, self.model_name)
        return self._takes_tools

    @property
    def takes_tools(self) -> bool:
        """Whether the server takes tools, as far as is known: true until it refuses them."""
        return self._takes_tools

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Bind tools as OpenAI-style schemas.

        Args:
            tools: any that LangChain takes.
            tool_choice: None or "auto" for the model's own choice, "required" (or "any") for a
                call, "none", or a tool's name; sent until the server refuses it.
            kwargs: for the model.
        """
        schemas = [convert_to_openai_tool(tool) for tool in tools]
        choice = completion.choice(tool_choice)
        return self.bind(tools=schemas, **({"tool_choice": choice} if choice else {}), **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from langchain_core.language_models.chat_models import generate_from_stream

        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        room = self._served.context // 4 if self._served.context else REPLY_TOKENS
        most_tokens = kwargs.get("max_tokens") or min(REPLY_TOKENS, room)
        tools = kwargs.get("tools") or []
        question = _Question(messages, tools, stop, most_tokens, kwargs.get("tool_choice"))
        reply, visible = Reply(), VisibleText(tools)
        try:
            for piece in self._pieces(question, reply):
                for text in visible.feed(piece):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                    if run_manager:
                        run_manager.on_llm_new_token(text, chunk=chunk)
                    yield chunk
        except Stopped:
            log.info("stopped; the connection to %s is closed", self._server.url)
        yield ChatGenerationChunk(message=reply.last(question.tools, visible.flush()))

    def _pieces(self, question: _Question, reply: Reply) -> Iterator[str]:
        """The reply's text piece by piece; tries again while nothing has come."""
        attempt, is_free = 0, not self._takes_choice
        while True:
            attempt += 1
            has_tools = self._takes_tools and bool(question.tools)
            has_choice = has_tools and not is_free and bool(question.choice)
            body = self._body(question, self._takes_tools, has_choice)
            try:
                yield from self._attempt(body, reply, attempt, has_tools, has_choice)
                self._takes_choice = not is_free
                return
            except _WithoutChoice:
                log.warning("%s refused that a call is demanded", self._server.url)
                is_free = True
            except _WithoutTools:
                log.warning("%s takes no tools; they go in the text", self._server.url)
                self._takes_tools = False
            except _Again as failure:
                wait_s = failure.wait_s or 0.0
                if wait_s > self._limits.longest_wait_s:
                    raise faults.put_off(failure.error, wait_s) from failure
                if attempt > self._limits.retries:
                    raise failure.error from failure
                backoff_s = self._limits.backoff_s * 2.0 ** (attempt - 1)
                log.info("attempt %d failed: %s", attempt, failure)
                _pause(max(wait_s, backoff_s * random.uniform(0.5, 1.5)))

    def _body(self, question: _Question, takes_tools: bool, has_choice: bool) -> bytes:
        body: dict[str, Any] = {
            "model": self.model_name,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": question.most_tokens,
        }
        body |= {"seed": self.seed} if self.seed else {"temperature": 0.0}
        if question.stop:
            body["stop"] = question.stop
        if takes_tools:
            body["messages"] = completion.wire(question.messages)
            body |= {"tools": question.tools} if question.tools else {}
            body |= {"tool_choice": question.choice} if has_choice else {}
        else:
            body["messages"] = completion.wire_as_text(question.messages, question.tools)
        return json.dumps(body).encode()

    def _attempt(
        self, body: bytes, reply: Reply, attempt: int, has_tools: bool, has_choice: bool
    ) -> Iterator[str]:
        """One request and its reply.

        Raises:
            _Again: it failed before anything came, and may pass.
            _WithoutChoice: the server refused that a call is demanded.
            _WithoutTools: the server refused the tools.
            RetortError: it failed for good.
            Stopped: the user stopped.
        """
        server = self._server
        try:
            with Exchange(server, "/chat/completions", body, self._limits) as exchange:
                head = exchange.head()
                if head.status != 200:
                    exchange.progress()
                    if has_choice and head.status in faults.UNSUPPORTED:
                        raise _WithoutChoice
                    raise self._refusal(head, exchange.body(), attempt, has_tools)
                for event in completion.events(exchange.lines()):
                    text = reply.feed(event)
                    if reply.has_begun:
                        exchange.progress()
                    if text:
                        yield text
                reply.require_whole()
        except Lost as error:
            told = faults.lost(server, error, attempt)
            if error.is_passing and not reply.has_begun:
                raise _Again(told) from error
            raise told from error
        except completion.Garbled as error:
            raise faults.garbled(server, str(error)) from error
        except completion.ServerSays as error:
            words = faults.said(server, str(error).encode())
            raise faults.refused(server, self.model_name, 0, words) from error

    def _refusal(self, head: Head, body: bytes, attempt: int, has_tools: bool) -> Exception:
        words = faults.said(self._server, body)
        if 300 <= head.status < 400:
            words = "a redirect, which is not followed"
        if has_tools and faults.refuses_tools(head.status, words):
            return _WithoutTools()
        error = faults.refused(self._server, self.model_name, head.status, words, attempt)
        if head.status in faults.PASSING:
            return _Again(error, retry_after(head.headers.get("retry-after", "")))
        return error


def connect(
    url: str, name: str, seed: int = 0, key: str = "", limits: Limits | None = None
) -> EndpointChatModel:
    """A chat model served at ``url``; the server is asked once what it has.

    Args:
        url: base address, ``http://HOST:PORT/v1``.
        name: the model's name on that server.
        seed: passed on when it is not 0.
        key: the server's, where it wants one.
        limits: patience with its replies.

    Raises:
        UsageError: the address cannot be read, or names no model.
        RetortError: no such server answers there, or it has no such model.
    """
    server = Server.at(url, key)
    if not name:
        raise UsageError(
            f"{server.url} names a server and no model.",
            "One server may hold several.",
            f"--model '{server.url}#{_any_model(server)}'",
        )
    return EndpointChatModel(
        server, probe(server, name), limits or Limits(), model_name=name, seed=seed
    )


def _any_model(server: Server) -> str:
    """The first model that a server has, for an example; NAME where it cannot be asked."""
    try:
        return next(iter(probe(server, "").names), "NAME")
    except RetortError:
        return "NAME"


def _pause(seconds: float) -> None:
    """Wait, and end at once when the user stops."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if is_cancelled():
            raise Stopped
        time.sleep(min(left, POLL_S))
