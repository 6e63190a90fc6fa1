"""Llama's calls: a bare JSON object, or Python calls in a list; and JSON in a fence.

An answer may hold JSON too, so without a mark of its own a call must begin with its name, and the
name must be a tool's.
"""

from __future__ import annotations

import re

from retort.agent.models.notation.found import Found, name_in
from retort.agent.models.notation.lenient import BREAKS_OFF, Unreadable, read, read_all, skip

WINDOW = 200
"""characters after which what begins like JSON has shown whether it is a call"""

_KEY = r"""["'“‘]?{}["'”’]?\s*:\s*"""
_CALL = re.compile(
    r"\s*\[?\s*\{\s*"
    + rf"(?:{_KEY.format('type')}[\"'“‘]function[\"'”’]\s*,\s*)?"
    + rf"(?:{_KEY.format('function')}\{{\s*)?"
    + rf"{_KEY.format('name')}[\"'“‘]([\w.-]{{1,100}})[\"'”’]"
)
_PYTHONIC = re.compile(r"\s*\[\s*([\w.]{1,100})\(")
_FENCE = re.compile(r"([\w-]*)[ \t]*\n")
_FENCE_END = re.compile(r"\s*```")
_NAME = re.compile(r"\s*(?:print\(\s*)?([A-Za-z_][\w.]{0,99})\s*\(")
_KEYWORD = re.compile(r"\s*([A-Za-z_]\w{0,99})\s*=")
_BETWEEN = re.compile(r"[\s,;]*")


def begins_call(text: str, at: int, found: Found) -> bool | None:
    """Whether a call without a mark begins at ``at``; None where more text must tell."""
    window = text[at : at + WINDOW]
    match = _CALL.match(window) or _PYTHONIC.match(window)
    if match:
        return match[1] in found.parameters
    return False if len(window) == WINDOW or "}" in window else None


def begins_fenced(text: str, at: int, found: Found) -> bool | None:
    """Whether a call follows the three ticks before ``at``; None where more text must tell."""
    window = text[at : at + WINDOW]
    match = _FENCE.match(window)
    if not match:
        return False if "\n" in window or len(window) == WINDOW else None
    if match[1] == "tool_code":
        return True
    if match[1] not in ("", "json", "tool_call"):
        return False
    start = skip(text, at + match.end())
    if start < len(text) and text[start] not in "{[":
        return False
    return begins_call(text, start, found)


def read_bare(text: str, at: int, found: Found) -> int:
    """A call that ``begins_call`` saw; returns where it ends."""
    try:
        if _PYTHONIC.match(text, at):
            return read_pythonic(text, at, found)
        values, end = read_all(text, at)
    except Unreadable as error:
        found.refuse(name_in(text[at : at + WINDOW]), text[at:], str(error))
        return len(text)
    for value in values:
        found.take(value)
    return end


def read_after_tag(text: str, at: int, found: Found) -> int:
    """What follows ``<|python_tag|>``; returns where it ends."""
    start = skip(text, at)
    if text.startswith("{", start):
        return read_bare(text, start, found)
    try:
        return read_pythonic(text, start, found)
    except Unreadable as error:
        found.refuse("", text[start:], str(error))
        return len(text)


def read_fenced(text: str, at: int, found: Found) -> int:
    """A call that ``begins_fenced`` saw; returns where its fence ends."""
    match = _FENCE.match(text, at)
    start = match.end() if match else at
    if match and match[1] == "tool_code":
        closed = text.find("```", start)
        try:
            end = read_pythonic(text, start, found)
        except Unreadable as error:
            end = closed if closed >= 0 else len(text)
            name = _NAME.match(text, start)
            found.refuse(name[1] if name else "", text[start:end], str(error))
    else:
        end = read_bare(text, skip(text, start), found)
    fence = _FENCE_END.match(text, end)
    return fence.end() if fence else end


def read_pythonic(text: str, at: int, found: Found) -> int:
    """``NAME(KEY=VALUE)`` one after another, perhaps in a list, perhaps printed.

    Raises:
        Unreadable: one is no such call; none is taken then.
    """
    start = skip(text, at)
    is_list = text.startswith("[", start)
    at = start + is_list
    calls = []
    while match := _NAME.match(text, at):
        args: dict[str, object] = {}
        at = match.end()
        while keyword := _KEYWORD.match(text, at):
            if keyword[1] in args:
                raise Unreadable(f"the argument {keyword[1]} stands twice")
            args[keyword[1]], at = read(text, keyword.end())
            at = skip(text, at)
            if not text.startswith(",", at):
                break
            at += 1
        at = _closed(text, at, ")")
        if "print(" in match[0] and match[1] != "print":
            at = _closed(text, at, ")")
        calls.append((match[1], args))
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
    if is_list:
        at = _closed(text, at, "]")
    if not calls:
        raise Unreadable("it is no call of a tool")
    for name, args in calls:
        found.call(name, args)
    return at


def _closed(text: str, at: int, mark: str) -> int:
    at = skip(text, at)
    if text.startswith(mark, at):
        return at + 1
    rest = text[at : at + 20]
    raise Unreadable(f"{mark} or KEY=VALUE is missing before {rest!r}" if rest else BREAKS_OFF)
