"""Calls of FunctionGemma and Gemma 4: ``call:NAME{...}`` with a mark of their own around text."""

from __future__ import annotations

import re

from retort.agent.models.notation.found import Found
from retort.agent.models.notation.lenient import BREAKS_OFF, Unreadable, read

_NAMED = re.compile(r"\s*call:([\w.-]{1,100})\s*(?=\{)")
_END = re.compile(r"<end_function_call>|<tool_call\|>|(?=<start_function_call>|<\|tool_call>)|\Z")


def read_function_call(text: str, at: int, found: Found) -> int:
    """What follows ``<start_function_call>``; returns where it ends."""
    return _read(text, at, found, "<escape>")


def read_tool_call(text: str, at: int, found: Found) -> int:
    """What follows ``<|tool_call>``; returns where it ends."""
    return _read(text, at, found, '<|"|>')


def _read(text: str, at: int, found: Found, quote: str) -> int:
    named = _NAMED.match(text, at)
    try:
        if not named:
            raise Unreadable(BREAKS_OFF if at == len(text) else "call:NAME{ is missing")
        args, end = read(text, named.end(), quote)
    except Unreadable as error:
        closed = _END.search(text, at)
        end = closed.end() if closed else len(text)
        found.refuse(named[1] if named else "", text[at:end], str(error))
        return end
    found.call(named[1], args)
    return end
