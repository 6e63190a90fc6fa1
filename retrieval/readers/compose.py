"""Titled parts of a paper joined into its stored text, with the offsets of each part."""

from __future__ import annotations

from collections.abc import Iterable

from retort.retrieval.records import Section

BREAK = "\n\n"


def compose(parts: Iterable[tuple[str, str]]) -> tuple[str, tuple[Section, ...]]:
    """Join (title, body) parts; headings themselves are not part of the text.

    Args:
        parts: in reading order; empty bodies are dropped, a part with an empty title adds text but
            no section.

    Returns:
        The text, and the sections; ``text[section.start:section.end]`` is exactly the body.
    """
    pieces: list[str] = []
    sections: list[Section] = []
    position = 0
    for title, body in parts:
        if not body:
            continue
        if pieces:
            position += len(BREAK)
        if title:
            sections.append(Section(title, position, position + len(body)))
        pieces.append(body)
        position += len(body)
    return BREAK.join(pieces), tuple(sections)
