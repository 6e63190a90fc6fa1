"""Printed pages made into running text: paragraphs, divided words, headings, reference lists.

Works on strings alone and knows no PDF. What comes out is final, so all clean-up happens here.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from retort.retrieval.records import Section

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_LIGATURE = re.compile("[ﬀ-ﬆ]")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DIVIDED = re.compile(r"([^\W_]+)-$")
_STOPS = (".", "!", "?", ":", ".”", '."')
_BREAKERS = ("\u00ad", "\u200b")
_HEADING = re.compile(
    r"(?:(?:\d{1,2}|[IVX]{1,4})\.?\s+)?(?:abstract|summary|introduction|background|related work"
    r"|(?:materials?|patients|subjects|data) and methods?|methods?(?: and materials?)?|methodology"
    r"|experimental(?: section| procedures)?|theory|results?(?: and discussion)?|discussion"
    r"|conclusions?(?: and outlook)?|limitations|acknowledge?ments?|funding|data availability"
    r"|author contributions|conflicts? of interest|competing interests|supplementary materials?"
    r"|supporting information|appendix(?: [a-z])?|references(?: and notes)?|bibliography"
    r"|literature cited)\s*[:.]?",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"(?:\S+\s+)?(?:references|bibliography|literature cited)\b", re.IGNORECASE
)
REFERENCES_AFTER = 0.4
"""a heading "References" counts as one only behind this share of the text"""

LONGEST_SHARE = 0.35
"""of the text: no single section of a paper is longer"""


def lines_of(page: str) -> list[str]:
    """The printed lines of a page, ligatures spelled out, white space single."""
    page = _LIGATURE.sub(lambda found: _LIGATURES[found[0]], page)
    for mark in _BREAKERS:
        page = page.replace(mark + "\n", "-\n").replace(mark, "")
    return [" ".join(line.split()) for line in page.splitlines()]


def reflow(lines: list[str], words: Counter[str]) -> str:
    """Join the lines of a page into paragraphs.

    The usual headings of papers keep a line of their own. A line that ends a sentence and is
    clearly shorter than its page's lines ends a paragraph. A word divided by a hyphen at the line
    end is put together, unless its hyphenated spelling, more than the joined one, occurs in the
    paper.

    Args:
        lines: one string per printed line, white space already single.
        words: how often each word (lower case, inner hyphens kept) occurs in the whole paper.
    """
    lengths = sorted(len(line) for line in lines if line)
    usual = lengths[len(lengths) * 3 // 4] if lengths else 0
    text = ""
    ended = True
    for line in lines:
        if not line:
            ended = True
            continue
        is_heading = _HEADING.fullmatch(line) is not None
        if not text:
            text = line
        elif ended or is_heading:
            text += "\n" + line
        else:
            text = _joined(text, line, words)
        is_last = len(line) < 0.8 * usual and line.endswith(_STOPS)
        ended = is_heading or is_last
    return text


def _joined(text: str, line: str, words: Counter[str]) -> str:
    divided = _DIVIDED.search(text[-60:])
    following = WORD.match(line)
    if not divided or not divided[1].isalpha() or not following or not line[0].islower():
        return text + ("" if divided else " ") + line
    second = following[0].split("-", 1)[0]
    plain = (divided[1] + second).lower()
    hyphenated = f"{divided[1]}-{second}".lower()
    if words[hyphenated] > words[plain]:
        return text + line
    return text[:-1] + line


def join_pages(pages: list[str]) -> tuple[str, tuple[int, ...]]:
    """The pages as one text, and the offset at which each begins."""
    text = ""
    starts = []
    for page in pages:
        if page and text:
            text += "\n\n"
        starts.append(len(text))
        text += page
    return text, tuple(starts)


def without_references(text: str, starts: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """The text without its reference list, and the page starts moved accordingly.

    The list runs from the last heading of that name to the next heading, or to the end.
    """
    found = [
        (start, end)
        for start, end in _headings(text)
        if _REFERENCES.match(text[start:end]) and start > REFERENCES_AFTER * len(text)
    ]
    if not found:
        return text, starts
    begin = found[-1][0]
    end = next((start for start, _ in _headings(text) if start > begin), len(text))
    kept = text[:begin].rstrip()
    if end < len(text):
        kept += "\n\n"
    moved = (
        start if start <= len(kept) else max(len(kept), start - end + len(kept)) for start in starts
    )
    return kept + text[end:], tuple(moved)


def sections_of(text: str) -> tuple[Section, ...]:
    """A section for each heading line; its body runs to the next one.

    A body longer than ``LONGEST_SHARE`` of the text surely holds headings that were not recognised;
    its section gets no title, rather than a wrong one.
    """
    headings = [*_headings(text), (len(text), len(text))]
    sections = []
    for (start, end), (stop, _) in pairwise(headings):
        body = text[end:stop]
        first = end + len(body) - len(body.lstrip())
        if body.strip():
            title = text[start:end] if stop - end <= LONGEST_SHARE * len(text) else ""
            sections.append(Section(title, first, end + len(body.rstrip())))
    return tuple(sections)


def _headings(text: str) -> list[tuple[int, int]]:
    """Start and end of each line that is one of the usual headings."""
    found = []
    position = 0
    for line in text.split("\n"):
        if _HEADING.fullmatch(line):
            found.append((position, position + len(line)))
        position += len(line) + 1
    return found
