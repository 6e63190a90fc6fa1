"""DeepSeek's calls, of V3 and R1 with a fence and of V3.1 without."""

from __future__ import annotations

import re

from retort.agent.models.notation.found import Found
from retort.agent.models.notation.lenient import BREAKS_OFF, Unreadable, read

_NAMED = re.compile(
    r"\s*(?:function<｜tool▁sep｜>([\w.-]{1,100})\s*\n```(?:json)?|([\w.-]{1,100})<｜tool▁sep｜>)\s*(?=\{)"
)
_FENCE_END = re.compile(r"\s*```")
_END = re.compile(r"<｜tool▁call▁end｜>|(?=<｜tool▁call▁begin｜>)|\Z")


def read_call(text: str, at: int, found: Found) -> int:
    """What follows ``<｜tool▁call▁begin｜>``; returns where it ends."""
    named = _NAMED.match(text, at)
    try:
        if not named:
            raise Unreadable(BREAKS_OFF)
        args, end = read(text, named.end())
    except Unreadable as error:
        closed = _END.search(text, at)
        end = closed.end() if closed else len(text)
        found.refuse((named[1] or named[2]) if named else "", text[at:end], str(error))
        return end
    found.call(named[1] or named[2], args)
    fence = _FENCE_END.match(text, end)
    return fence.end() if fence and named[1] else end
