"""Calls between tags: ``<tool_call>`` of Hermes and Qwen, ``<function=NAME>`` of several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from retort.agent.models.notation.found import Found, name_in
from retort.agent.models.notation.lenient import BREAKS_OFF, Unreadable, read, read_all, skip

_END = re.compile(r"</tool_call>|(?=<tool_call>)|\Z")
_AFTER = re.compile(r"\s*(?=</tool_call>)")
_NAMED = re.compile(r"([^<>\s]{1,100})>")
_FUNCTION_END = re.compile(r"</function>|(?=<function=)|\Z")
_PARAMETER = re.compile(r"\s*<parameter=([^<>\s]{1,100})>\n?")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_TYPES |= {list: "array", dict: "object"}


def read_tool_call(text: str, at: int, found: Found) -> int:
    """What follows ``<tool_call>``; returns where it ends."""
    start = skip(text, at)
    if text.startswith("<function=", start):
        return start
    closed = _END.search(text, start)
    region = closed.end() if closed else len(text)
    raw = text[start : closed.start() if closed else region]
    try:
        values, end = read_all(text, start)
    except Unreadable as error:
        found.refuse(name_in(raw), raw, str(error))
        return region
    if end < region and text.startswith("</tool_call>", region - 12):
        if not _AFTER.match(text, end):
            found.refuse(name_in(raw), raw, "something follows the call")
            return region
    for value in values:
        found.take(value)
    return end


def read_function(text: str, at: int, found: Found) -> int:
    """What follows ``<function=``; returns where it ends."""
    closed = _FUNCTION_END.search(text, at)
    region = closed.end() if closed else len(text)
    named = _NAMED.match(text, at)
    try:
        if not named:
            raise Unreadable(BREAKS_OFF)
        args, end = _arguments(text, named.end(), found.parameters.get(named[1], {}))
    except Unreadable as error:
        found.refuse(named[1] if named else "", text[at:region], str(error))
        return region
    found.call(named[1], args)
    return end


def _arguments(text: str, at: int, properties: Mapping[str, Any]) -> tuple[Any, int]:
    if text.startswith("{", skip(text, at)):
        return read(text, at)
    args: dict[str, Any] = {}
    while match := _PARAMETER.match(text, at):
        end = text.find("</parameter>", match.end())
        if end < 0:
            raise Unreadable(BREAKS_OFF)
        if match[1] in args:
            raise Unreadable(f"the parameter {match[1]} stands twice")
        written = text[match.end() : end].removesuffix("\n")
        args[match[1]] = _value(written, properties.get(match[1], {}))
        at = end + len("</parameter>")
    at = skip(text, at)
    if not text.startswith("</function>", at):
        raise Unreadable(BREAKS_OFF if at == len(text) else "a parameter or </function> is missing")
    return args, at + len("</function>")


def _value(written: str, schema: Mapping[str, Any]) -> Any:
    """The value of a parameter: text stands bare in this notation, so the schema decides."""
    types: set[str] = set()
    for option in (schema, *schema.get("anyOf", ())):
        named = option.get("type", ())
        types.update([named] if isinstance(named, str) else named)
    if types == {"string"}:
        return written
    try:
        value, end = read(written)
    except Unreadable:
        return written
    if skip(written, end) < len(written) or (isinstance(value, str) and "string" in types):
        return written
    is_integer = isinstance(value, int) and "number" in types
    return value if not types or _TYPES[type(value)] in types or is_integer else written
