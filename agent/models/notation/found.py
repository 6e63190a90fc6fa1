"""The calls of one message as they are found, checked against the tools there are.

Owns what counts as a call and the reasons of those that do not. Knows no notation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retort.agent.models.notation.lenient import DEEPEST, Unreadable, read, skip

Tool = str | Mapping[str, Any]
"""a name, or a schema as chat templates and servers take it: ``{"function": {"name", ...}}``"""

_NAME = re.compile(r"""["'“‘]?name["'”’]?\s*:\s*["'“‘]([\w.-]{1,100})["'”’]""")


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
class Found:
    """Calls and invalid calls in their order.

    Attributes:
        parameters: the properties of each tool's schema; empty where only names are known.
    """

    parameters: dict[str, Mapping[str, Any]]
    calls: list[dict[str, Any]] = field(default_factory=list)
    invalid: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def among(cls, tools: Sequence[Tool]) -> Found:
        """Nothing found yet, among these tools; where there are none, any name may be called."""
        parameters: dict[str, Mapping[str, Any]] = {}
        for tool in tools:
            if isinstance(tool, str):
                parameters[tool] = {}
                continue
            function = tool.get("function", tool)
            schema = function.get("parameters") or {}
            parameters[function["name"]] = schema.get("properties") or {}
        return cls(parameters)

    def take(self, item: Any) -> None:
        """A call in an object: its name, and its arguments under one of their two names."""
        if isinstance(item, dict) and isinstance(item.get("function"), dict):
            item = item["function"]
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            self.refuse("", _written(item), "no tool name")
            return
        given = [key for key in ("arguments", "parameters") if key in item]
        if len(given) == 2:
            self.refuse(name, _written(item), "it has both arguments and parameters")
            return
        args: Any = item[given[0]] if given else {}
        try:
            self.call(name, _decoded(args))
        except Unreadable as error:
            self.refuse(name, args, str(error))

    def call(self, name: str, args: Any) -> None:
        """A call that was read whole."""
        if not isinstance(args, dict):
            self.refuse(name, _written(args), "the arguments are not an object")
        elif self.parameters and name not in self.parameters:
            self.refuse(name, _written(args), self._unknown(name))
        elif not _is_plain(args):
            self.refuse(name, _written(args), "it is nested too deeply or no Unicode text")
        else:
            self.calls.append({"name": name, "args": args})

    def refuse(self, name: str, raw: str, why: str) -> None:
        """A call that cannot be run."""
        self.invalid.append({"name": name, "args": raw.strip(), "error": why})

    def _unknown(self, name: str) -> str:
        from rapidfuzz import process

        near = process.extract(name[:100], list(self.parameters), limit=3, score_cutoff=50)
        nearest = ", ".join(match[0] for match in near)
        return f"there is no tool {name}" + (f"; the nearest are {nearest}" if nearest else "")


def name_in(raw: str) -> str:
    """The tool's name in a call that cannot be read, as far as it can be told."""
    match = _NAME.search(raw)
    return match[1] if match else ""


def _decoded(args: Any) -> Any:
    """The arguments, also where they were written as a string."""
    if not isinstance(args, str):
        return args
    value, end = read(args) if args.strip() else ({}, len(args))
    if skip(args, end) < len(args):
        raise Unreadable("something follows the arguments")
    return value


def _written(value: Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return ""


def _is_plain(args: dict[str, Any]) -> bool:
    """Whether it is safe to write on: not too deep, and no half of a surrogate pair."""
    level: list[Any] = [args]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            break
    try:
        json.dumps({} if level else args, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return not level
