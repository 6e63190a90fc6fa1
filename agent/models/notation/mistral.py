"""Mistral's calls: a list after ``[TOOL_CALLS]``, or a name, perhaps an id, and the arguments."""

from __future__ import annotations

import re

from retort.agent.models.notation.found import Found, name_in
from retort.agent.models.notation.lenient import Unreadable, read, read_all

_NAMED = re.compile(
    r"\s*([\w.-]{1,100})\s*(?:\[CALL_ID\]\s*[\w-]{1,100}\s*)?(?:\[ARGS\]\s*)?(?=\{)"
)
_NAME = re.compile(r"\s*([\w.-]{1,100})")
_END = re.compile(r"(?=\[TOOL_CALLS\])|\Z")


def read_tool_calls(text: str, at: int, found: Found) -> int:
    """What follows ``[TOOL_CALLS]``; returns where it ends."""
    named = _NAMED.match(text, at)
    try:
        if named:
            args, end = read(text, named.end())
            found.call(named[1], args)
        else:
            values, end = read_all(text, at)
            for value in values:
                found.take(value)
    except Unreadable as error:
        closed = _END.search(text, at)
        end = closed.end() if closed else len(text)
        named = named or _NAME.match(text, at)
        found.refuse(named[1] if named else name_in(text[at:end]), text[at:end], str(error))
    return end
