"""Nested markup made into running text: inline tags give up their words, blocks become paragraphs.

What XML and HTML readers have in common. Text is gathered with marks for the ends of paragraphs and
lines, and settled once; citations by number into a reference list go, since the list is not stored.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from retort.retrieval.readers.markup import CITATION, without_citations

PARAGRAPH = "\x01"
LINE = "\x02"
"""marks between blocks and between the lines of one; no XML file can hold these characters"""
_GAP = re.compile(r"[ \t\n]+([.,;:)\]])(?=\s|$|[\x01\x02])")
"""white space that a citation left before a stop"""
_SIGNS = tuple("-−–+0123456789")


def settled(marked: str) -> str:
    """Marked text as paragraphs (a blank line between them) of lines, white space single."""
    blocks = []
    if CITATION in marked:
        marked = _GAP.sub(r"\1", without_citations(marked))
    for block in marked.split(PARAGRAPH):
        lines = (" ".join(line.split()) for line in block.split(LINE))
        blocks.append("\n".join(line for line in lines if line))
    return "\n\n".join(block for block in blocks if block)


def flatten(element: Element) -> str:
    """All text inside an element, tags removed, runs of white space as one space.

    A superscript number after a digit keeps a caret: ``10<sup>-3</sup>`` reads ``10^-3``, not
    ``10-3``.
    """
    return " ".join(_inner(element).split())


def _inner(element: Element) -> str:
    text = element.text or ""
    for child in element:
        inner = _inner(child)
        text += (raised(text, inner) if child.tag == "sup" else inner) + (child.tail or "")
    return text


def raised(before: str, inner: str) -> str:
    """Superscript text as it is set on the line behind other text."""
    if CITATION in inner and not inner.replace(CITATION, "").strip(" ,;–-[]()"):
        return CITATION
    is_power = before[-1:].isdigit() and inner[:1] in _SIGNS
    return ("^" if is_power else "") + inner
