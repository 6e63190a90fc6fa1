"""The chat-completions protocol of OpenAI-compatible servers: what is sent, and what comes back.

Tolerant of the dialects: arguments in pieces, as an object instead of a string, or missing; calls
without ids or indexes, or several at once; thinking under several names; a whole reply where a
stream was asked for. Knows no connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage

from retort.agent.models.closing import closing
from retort.agent.models.notation import parse
from retort.prompts import load

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}
_THINKING = ("reasoning_content", "reasoning", "thinking")
"""vLLM, SGLang and llama.cpp; Ollama and newer vLLM; some proxies"""


DONE: Any = object()
"""the event that ends a stream"""


class Garbled(Exception):
    """What came is no reply of a chat model."""


class ServerSays(Exception):
    """The server reports an error inside its stream, in its own words."""


def wire(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """The messages as the protocol has them; thinking of earlier turns is not sent again."""
    return [_on_the_wire(message) for message in messages]


def _on_the_wire(message: BaseMessage) -> dict[str, Any]:
    entry: dict[str, Any] = {"role": ROLES[message.type], "content": message.text}
    if isinstance(message, ToolMessage):
        entry["tool_call_id"] = message.tool_call_id
    if isinstance(message, AIMessage) and message.tool_calls:
        entry["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["args"])},
            }
            for call in message.tool_calls
        ]
    return entry


def choice(tool_choice: str | None) -> str | dict[str, Any] | None:
    """LangChain's choice of tools as the protocol has it; None where it need not be said."""
    if tool_choice in (None, "auto"):
        return None
    if tool_choice in ("required", "any"):
        return "required"
    if tool_choice == "none":
        return "none"
    return {"type": "function", "function": {"name": tool_choice}}


def wire_as_text(
    messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The same for a server that takes no tools: schemas, calls and results stand in the text."""
    schemas = "\n".join(json.dumps(tool["function"]) for tool in tools)
    entries = [_in_words(message) for message in messages]
    if tools:
        told = load("tools_as_text", tools=schemas)
        if entries and entries[0]["role"] == "system":
            told = f"{entries.pop(0)['content']}\n\n{told}"
        entries.insert(0, {"role": "system", "content": told})
    return entries


def _in_words(message: BaseMessage) -> dict[str, Any]:
    if isinstance(message, ToolMessage):
        return {"role": "user", "content": f"Result of {message.name}:\n{message.text}"}
    text = str(message.text)
    if isinstance(message, AIMessage):
        for call in message.tool_calls:
            written = json.dumps({"name": call["name"], "arguments": call["args"]})
            text += f"<tool_call>{written}</tool_call>"
    return {"role": ROLES[message.type], "content": text}


def events(lines: Iterable[bytes]) -> Iterator[Any]:
    """The JSON values of a reply: those of a stream of events, or the one of a whole reply.

    A stream that the server closed itself ends with ``DONE``.

    Raises:
        Garbled: something else came, or what came breaks off.
    """
    plain: list[bytes] = []
    for line in lines:
        name, _, value = line.strip().partition(b":")
        if plain or (line.strip() and name not in (b"data", b"event", b"id", b"retry", b"")):
            plain.append(line)
        elif name == b"data" and value.strip() == b"[DONE]":
            yield DONE
            return
        elif name == b"data" and value.strip():
            yield _read(value)
    if plain:
        yield _read(b"".join(plain))


def _read(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        is_page = text.lstrip()[:1] == b"<"
        said = "a web page came instead of JSON" if is_page else "its JSON is damaged or breaks off"
        raise Garbled(said) from None


@dataclass(slots=True)
class _Call:
    index: int | None
    id: str = ""
    name: str = ""
    args: str = ""


@dataclass(slots=True)
class Reply:
    """One message of the model, put together from pieces."""

    text: str = ""
    thinking: str = ""
    usage: tuple[int, int] | None = None
    """tokens of the prompt and of the reply, as the server counts them"""
    is_finished: bool = False
    """whether the server said that this is the end"""
    has_begun: bool = False
    """whether a piece of text, thinking or a call has come"""
    _has_choice: bool = False
    _calls: list[_Call] = field(default_factory=list)

    def feed(self, event: Any) -> str:
        """Take one event; returns the text it adds.

        Raises:
            Garbled: it has another form.
            ServerSays: it is an error.
        """
        if event is DONE:
            self.is_finished = True
            return ""
        if not isinstance(event, dict):
            raise Garbled("its answer has another form")
        if (error := event.get("error")) is not None:
            message = error.get("message") if isinstance(error, dict) else error
            raise ServerSays(str(message or error))
        self._count(event.get("usage"))
        choices = event.get("choices")
        if not isinstance(choices, list | None):
            raise Garbled("its answer has another form")
        if not choices:
            return ""
        choice = choices[0]
        delta = choice.get("delta") or choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(delta, dict | None) or not isinstance(choice, dict):
            raise Garbled("its answer has another form")
        self._has_choice = True
        if choice.get("finish_reason") or "message" in choice:
            self.is_finished = True
        return self._take(delta or {})

    def _take(self, delta: dict[str, Any]) -> str:
        text = _as_text(delta.get("content"))
        thinking = next((_as_text(delta[n]) for n in _THINKING if delta.get(n)), "")
        calls = delta.get("tool_calls") or []
        if not isinstance(calls, list):
            raise Garbled("its tool calls have another form")
        for call in calls:
            self._take_call(call)
        self.text += text
        self.thinking += thinking
        self.has_begun = self.has_begun or bool(text or thinking or calls)
        return text

    def _take_call(self, piece: Any) -> None:
        function = piece.get("function", piece) if isinstance(piece, dict) else None
        if not isinstance(function, dict):
            raise Garbled("its tool calls have another form")
        name, args = str(function.get("name") or ""), function.get("arguments")
        call = self._opened(piece.get("index"), str(piece.get("id") or ""), name)
        call.name = call.name or name
        call.args += args if isinstance(args, str) else "" if args is None else json.dumps(args)

    def _opened(self, index: Any, id: str, name: str) -> _Call:
        """The call that a piece belongs to; servers without ids or with one index for all exist."""
        index = index if isinstance(index, int) else None
        same = [call for call in self._calls if index is None or call.index == index]
        if same:
            call = same[-1]
            is_other = bool(id and call.id and id != call.id) or (
                bool(name and call.name)
                and (not id or id != call.id)
                and (name != call.name or _object(call.args) is not None)
            )
            if not is_other:
                call.id = call.id or id
                return call
        self._calls.append(_Call(index, id))
        return self._calls[-1]

    def _count(self, usage: Any) -> None:
        if isinstance(usage, dict):
            counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
            if all(isinstance(count, int) for count in counts):
                self.usage = (counts[0] or 0, counts[1] or 0)

    def require_whole(self) -> None:
        """Refuse what is no whole reply.

        Raises:
            Garbled: nothing came that could be a reply, or it breaks off.
        """
        if not self._has_choice:
            raise Garbled("its answer is empty")
        if not self.is_finished:
            raise Garbled("its answer breaks off")

    def last(self, tools: Sequence[Mapping[str, Any]], held_back: str) -> AIMessageChunk:
        """The closing piece: calls, thinking, counts, and text that was held back.

        Args:
            tools: schemas of the tools that may be called; calls written as text count only for
                these.
            held_back: text that was not streamed.
        """
        parsed = parse(self.text, tools)
        calls: list[dict[str, Any]] = [
            {"id": call.id, "name": call.name, "args": _object(call.args or "{}")}
            for call in self._calls
        ]
        invalid = [
            {"name": call.name, "args": call.args, "error": "the arguments are no JSON object"}
            for call, read in zip(self._calls, calls, strict=True)
            if read["args"] is None
        ]
        calls = [call for call in calls if call["args"] is not None]
        if not self._calls:
            calls, invalid = list(parsed.calls), list(parsed.invalid)
        thinking = "\n".join(part for part in (self.thinking.strip(), parsed.thinking) if part)
        return closing(calls, invalid, held_back, thinking, self.usage)


def _as_text(content: Any) -> str:
    """Content as a string; some servers send a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(part["text"] for part in content if isinstance(part.get("text"), str))
    raise Garbled("its text has another form")


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object in a text, also where it was encoded twice; None where there is none."""
    try:
        value = json.loads(text)
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
