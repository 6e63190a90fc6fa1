"""Messages become the tokens of a prompt, by the model's own chat template.

Templates differ in what they take: some refuse a system message, a tool's message or two messages
of one role, and some leave out tools without a word. Each is tried once; what it does not take
stands in the text instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from retort.agent.models.completion import ROLES, wire_as_text
from retort.retrieval.errors import RetortError

_ENDING = 16
"""tokens"""
_WORD = "retortprobe"
_TOOL = {
    "type": "function",
    "function": {
        "name": _WORD,
        "description": "A probe.",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
}
_CALL = {
    "type": "function",
    "id": "abcdefghi",
    "function": {"name": _WORD, "arguments": {"a": "b"}},
}


@dataclass(frozen=True)
class Prompts:
    """Prompts for one model; ``tokenizer`` has a chat template."""

    tokenizer: Any

    def tokens(
        self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]] = ()
    ) -> list[int]:
        """The prompt up to where the model's answer begins.

        Args:
            messages: the conversation.
            tools: OpenAI-style schemas.

        Raises:
            RetortError: the template cannot take this conversation.
        """
        used = bool(tools) or any(
            isinstance(each, ToolMessage) or (isinstance(each, AIMessage) and each.tool_calls)
            for each in messages
        )
        in_text = used and not self._takes_tools
        entries = wire_as_text(messages, tools) if in_text else as_dicts(messages)
        if not self._takes_system:
            entries = _system_in_user(entries)
        if not self._takes_repeats:
            entries = _merged(entries)
        try:
            tokens = self._encoded(entries, None if in_text else list(tools) or None)
        except Exception as error:
            raise RetortError(
                "The model's chat template cannot take this conversation.",
                f"{type(error).__name__}: {error}".splitlines()[0][:300],
                "Choose another model, or --model embedded",
            ) from error
        return tokens

    def ending(self, tokens: Sequence[int]) -> str:
        """The last words of a prompt: templates open or close a thinking section there."""
        return str(self.tokenizer.decode(tokens[-_ENDING:]))

    def _encoded(self, entries: Any, tools: Any = None) -> list[int]:
        encoded = self.tokenizer.apply_chat_template(
            entries, tools=tools, add_generation_prompt=True, return_dict=True
        )
        return list(encoded["input_ids"])

    @cached_property
    def _takes_tools(self) -> bool:
        """Whether schemas, calls and results all reach the prompt."""
        asked = {"role": "user", "content": "q"}
        done = {"role": "assistant", "content": "", "tool_calls": [_CALL]}
        result = {"role": "tool", "name": _WORD, "tool_call_id": _CALL["id"], "content": "resultx"}
        with_tools = self._tried([asked], [_TOOL])
        turn = self._tried([asked, done, result], [_TOOL])
        return (
            _WORD in with_tools
            and turn.count(_WORD) > with_tools.count(_WORD)
            and "resultx" in turn
        )

    @cached_property
    def _takes_system(self) -> bool:
        return _WORD in self._tried(
            [{"role": "system", "content": _WORD}, {"role": "user", "content": "q"}]
        )

    @cached_property
    def _takes_repeats(self) -> bool:
        return _WORD in self._tried([{"role": "user", "content": each} for each in ("q", _WORD)])

    def _tried(self, entries: Any, tools: Any = None) -> str:
        """What the template makes of it; empty where it refuses."""
        try:
            return str(
                self.tokenizer.apply_chat_template(
                    entries, tools=tools, add_generation_prompt=True, tokenize=False
                )
            )
        except Exception:  # templates raise what they like
            return ""


def as_dicts(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """The messages as chat templates take them.

    Arguments of a call stay a dictionary. Calls are numbered anew: Mistral's templates want ids of
    nine characters, and the same conversation should give the same prompt.
    """
    ids: dict[str | None, str] = {}
    return [_as_dict(message, ids) for message in messages]


def _as_dict(message: BaseMessage, ids: dict[str | None, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"role": ROLES[message.type], "content": message.text}
    if isinstance(message, ToolMessage):
        entry["name"] = message.name or ""
        entry["tool_call_id"] = ids.get(message.tool_call_id, message.tool_call_id)
    if isinstance(message, AIMessage) and message.tool_calls:
        ids |= {call["id"]: f"call{len(ids) + n:05d}" for n, call in enumerate(message.tool_calls)}
        entry["tool_calls"] = [
            {
                "type": "function",
                "id": ids[call["id"]],
                "function": {"name": call["name"], "arguments": call["args"]},
            }
            for call in message.tool_calls
        ]
    return entry


def _system_in_user(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The system texts in front of the first message of the user."""
    told = "\n\n".join(str(each["content"]) for each in entries if each["role"] == "system")
    rest = [dict(each) for each in entries if each["role"] != "system"]
    first = next((each for each in rest if each["role"] == "user"), None)
    if first is None:
        return [{"role": "user", "content": told}, *rest]
    first["content"] = "\n\n".join(part for part in (told, str(first["content"])) if part)
    return rest


def _merged(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours of one role become one message, but for calls and results of tools."""
    merged: list[dict[str, Any]] = []
    for each in entries:
        last = merged[-1] if merged else None
        is_text = each["role"] in ("user", "assistant") and "tool_calls" not in each
        if last and is_text and last["role"] == each["role"] and "tool_calls" not in last:
            last["content"] = f"{last['content']}\n\n{each['content']}"
        else:
            merged.append(dict(each))
    return merged
