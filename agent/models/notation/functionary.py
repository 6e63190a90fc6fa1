"""Functionary 3: each part of a message begins with whom it is for, a tool or all.

The prompt ends in the first ``>>>``, so the first part has none.
"""

from __future__ import annotations

import re

from retort.agent.models.notation.found import Found
from retort.agent.models.notation.lenient import Unreadable, read

EVERYBODY = "all\n"
_RECIPIENT = re.compile(r"([\w.-]{1,100})\n")
_BEGUN = re.compile(r"[\w.-]{0,100}\Z")
_END = re.compile(r"(?=>>>)|\Z")


def begins_part(text: str, at: int, found: Found) -> bool | None:
    """Whether a part for a tool begins at ``at``; None where more text must tell."""
    window = text[at : at + 101]
    if match := _RECIPIENT.match(window):
        return match[1] in found.parameters
    if not _BEGUN.match(window):
        return False
    return None if any(name.startswith(window) for name in (*found.parameters, "all")) else False


def read_part(text: str, at: int, found: Found) -> int:
    """A part for a tool; returns where it ends."""
    match = _RECIPIENT.match(text, at)
    name, start = (match[1], match.end()) if match else ("", at)
    try:
        args, end = read(text, start)
    except Unreadable as error:
        closed = _END.search(text, start)
        end = closed.end() if closed else len(text)
        found.refuse(name, text[start:end], str(error))
        return end
    found.call(name, args)
    return end
