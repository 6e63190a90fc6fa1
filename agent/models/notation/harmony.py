"""gpt-oss: a message is a row of parts, each with a header that says its channel and recipient."""

from __future__ import annotations

import re

from retort.agent.models.notation.found import Found
from retort.agent.models.notation.lenient import BREAKS_OFF, Unreadable, read

MESSAGE = "<|message|>"
RECIPIENT = "to=functions."
ENDS = ("<|end|>", "<|return|>", "<|call|>")

_TO = re.compile(r"to=([\w.-]{1,120})")
_END = re.compile(r"<\|(?:end|return|call)\|>|(?=<\|start\|>)|\Z")


def recipient(header: str) -> str:
    """Whom a part is for; empty where it is for the user or for nobody."""
    match = _TO.search(header)
    return match[1].removeprefix("functions.") if match else ""


def is_thinking(header: str) -> bool:
    """Whether a part is thinking."""
    return "analysis" in header


def read_part(text: str, at: int, found: Found) -> int:
    """A part for a tool, from its header on; returns where it ends."""
    begin = text.find(MESSAGE, at)
    name = recipient(text[at:begin] if begin >= 0 else text[at:])
    start = begin + len(MESSAGE)
    try:
        if begin < 0:
            raise Unreadable(BREAKS_OFF)
        args, end = read(text, start)
    except Unreadable as error:
        closed = _END.search(text, max(start, at)) if begin >= 0 else None
        end = closed.end() if closed else len(text)
        found.refuse(name, text[start if begin >= 0 else at : end], str(error))
        return end
    found.call(name, args)
    return end
