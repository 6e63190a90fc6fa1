"""Reads what open models write: thinking, text and tool calls, in the notations that are in use.

The notations are::

    Hermes, Qwen  <tool_call>{"name": ..., "arguments": {...}}</tool_call>
    Qwen 3.5      <tool_call><function=NAME><parameter=KEY>VALUE</parameter></function></tool_call>
    Llama 3       {"name": ..., "parameters": {...}}  the whole message, or after <|python_tag|>
    Mistral       [TOOL_CALLS][{"name": ..., "arguments": {...}}]
    fenced        a ```json block that holds such an object

Tolerant: what cannot be read becomes an invalid call with its reason, never an exception. Knows no
model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_THINK = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_TAGGED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)
_MISTRAL = re.compile(r"\[TOOL_CALLS\]\s*(\[.*|\{.*)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.-]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.-]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_FENCE = re.compile(r"```(?:json|tool_call)?\s*\n(.*?)\n?```", re.DOTALL)
_HIDDEN = ("<think>", "<tool_call>", "[TOOL_CALLS]", "<|python_tag|>")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A model's message taken apart."""

    text: str = ""
    thinking: str = ""
    calls: tuple[dict[str, Any], ...] = ()
    """``{"name", "args"}``"""
    invalid: tuple[dict[str, str], ...] = ()
    """``{"name", "args", "error"}`` with the arguments as they were written"""


@dataclass(slots=True)
class _Found:
    calls: list[dict[str, Any]] = field(default_factory=list)
    invalid: list[dict[str, str]] = field(default_factory=list)

    def read(self, raw: str, names: frozenset[str]) -> bool:
        """Take the call or calls in a piece of text; False where it holds none."""
        functions = list(_FUNCTION.finditer(raw))
        for match in functions:
            args = {key: _value(text) for key, text in _PARAMETER.findall(match[2])}
            self.calls.append({"name": match[1], "args": args})
        if functions:
            return True
        try:
            data = json.loads(raw.strip())
        except ValueError as error:
            self.invalid.append(
                {"name": _name_in(raw, names), "args": raw.strip(), "error": str(error)}
            )
            return True
        items = data if isinstance(data, list) else [data]
        return all([self._take(item) for item in items])

    def _take(self, item: Any) -> bool:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            self.invalid.append({"name": "", "args": json.dumps(item), "error": "no tool name"})
            return False
        args = item.get("arguments", item.get("parameters", {}))
        if isinstance(args, str):
            try:
                args = json.loads(args or "{}")
            except ValueError as error:
                self.invalid.append({"name": item["name"], "args": args, "error": str(error)})
                return True
        if isinstance(args, dict):
            self.calls.append({"name": item["name"], "args": args})
        else:
            raw = json.dumps(args)
            self.invalid.append({"name": item["name"], "args": raw, "error": "not an object"})
        return True


def parse(message: str, tools: Sequence[str] = ()) -> Parsed:
    """Take a finished message apart.

    Args:
        message: the model's text without its end token.
        tools: names of the tools it may call. Bare and fenced JSON counts as a call only when it
        names
            one of these, since an answer may hold JSON too.
    """
    names = frozenset(tools)
    thinking = "\n".join(_strip_think(match[0]) for match in _THINK.finditer(message))
    rest = _THINK.sub("", message)
    if "</think>" in rest:  # templates that open the thinking themselves
        before, _, rest = rest.partition("</think>")
        thinking = before.strip()
    found = _Found()
    rest = _take_tagged(rest, found, names)
    if not found.calls and not found.invalid:
        rest = _take_bare(rest, found, names)
    return Parsed(rest.strip(), thinking.strip(), tuple(found.calls), tuple(found.invalid))


def _take_tagged(rest: str, found: _Found, names: frozenset[str]) -> str:
    for match in _TAGGED.finditer(rest):
        found.read(match[1], names)
    rest = _TAGGED.sub("", rest)
    if mistral := _MISTRAL.search(rest):
        found.read(mistral[1], names)
        rest = rest[: mistral.start()]
    return rest


def _take_bare(rest: str, found: _Found, names: frozenset[str]) -> str:
    bare = rest.replace("<|python_tag|>", "").strip()
    if bare.startswith(("{", "[")) and _name_in(bare, names):
        found.read(bare, names)
        return ""
    for match in _FENCE.finditer(rest):
        if _name_in(match[1], names):
            found.read(match[1], names)
            rest = rest.replace(match[0], "")
    return rest


def _name_in(raw: str, names: frozenset[str]) -> str:
    match = re.search(r'"name"\s*:\s*"([\w.-]+)"', raw)
    return match[1] if match and (not names or match[1] in names) else ""


def _strip_think(text: str) -> str:
    return text.removeprefix("<think>").removesuffix("</think>").strip()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


class VisibleText:
    """The part of a streamed message that is the answer: no thinking, no tool call.

    What might still turn out to be the beginning of a tag, or a message that is one JSON call, is
    held back.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._shown = False
        self._state = "text"

    def feed(self, chunk: str) -> Iterator[str]:
        """Take the next piece; yield what can be shown."""
        self._rest += chunk
        while self._rest and self._state != "call":
            if self._state == "thinking":
                _, closed, rest = self._rest.partition("</think>")
                if not closed:
                    return
                self._rest, self._state = rest, "text"
                continue
            if not self._shown and self._rest.lstrip()[:1] in ("{", "["):
                return
            at, tag = min(
                ((self._rest.find(tag), tag) for tag in _HIDDEN if tag in self._rest),
                default=(len(self._rest) - _tag_prefix(self._rest), ""),
            )
            if text := self._rest[:at]:
                self._shown = self._shown or bool(text.strip())
                yield text
            self._rest = self._rest[at + len(tag) :]
            if not tag:
                return
            self._state = "thinking" if tag == "<think>" else "call"


def _tag_prefix(text: str) -> int:
    """Length of the longest end of ``text`` that may be the beginning of a tag."""
    return max(
        (n for tag in _HIDDEN for n in range(1, len(tag)) if text.endswith(tag[:n])), default=0
    )
