"""A paper's text -> its passages: what is indexed, shown and quoted.

An abstract is one passage: splitting abstracts found no more on PubMedQA's questions (recall@1
0.971 either way). Longer text is cut at sentence ends into passages of one length, never across a
section. Owns the rule and the offsets; knows nothing of encoders or storage.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from retort.retrieval.records import Paper, Passage
from retort.retrieval.sentences import sentences

RULE = "3"
"""Changes whenever the same paper would be cut differently; libraries remember it."""

WHOLE_CHARACTERS = 2500
"""a text up to this long is one passage"""
PASSAGE_WORDS = 200
"""words a passage aims at; nearly all lie within a third of it"""
LONGEST_WORDS = 300
"""a "sentence" longer than this (a table, a list of references) is cut between words"""
TINY_CHARACTERS = 250
"""a section shorter than this joins the next one"""

Span = tuple[int, int]

# Ideographs and kana stand without blanks: two of them count as a word. What is longer than forty
# characters (a sequence, an address) counts as several.
_WORD = re.compile("[\u3040-\u9fff]{1,2}|[^\\s\u3040-\u9fff]{1,40}")


def split(paper: Paper) -> tuple[Passage, ...]:
    """Cut a paper into passages that cover every non-blank character of its text once.

    Args:
        paper: any paper. One without text gives a single empty passage, so that its title is found.

    Returns:
        Passages in reading order, ``passage.text == paper.text[passage.start:passage.end]``, with
        ``passage_id`` ``<paper_id>#<number from 1>``.
    """
    text = paper.text
    if len(text) <= WHOLE_CHARACTERS or not text.strip():
        spans = [("", _strip(text, (0, len(text))))]
    else:
        spans = [
            (title, span) for title, section in _sections(paper) for span in _pack(text, section)
        ]
    return tuple(
        Passage(
            passage_id=f"{paper.paper_id}#{number}",
            paper_id=paper.paper_id,
            start=start,
            end=end,
            text=text[start:end],
            section=title,
            page=bisect_right(paper.page_starts, start) or None,
        )
        for number, (title, (start, end)) in enumerate(spans, start=1)
    )


def _strip(text: str, span: Span) -> Span:
    """The span without the blanks at its ends; an empty span at its start if all is blank."""
    start, end = span
    piece = text[start:end]
    if not piece.strip():
        return start, start
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _sections(paper: Paper) -> list[tuple[str, Span]]:
    """The titled stretches of the text, tiny ones merged with the next; together all of it.

    Only where sections begin counts, so nested and overlapping ones do no harm.
    """
    text = paper.text
    edges = {0: ""}
    for section in sorted(paper.sections, key=lambda section: section.start):
        if section.start < len(text):
            edges[_with_heading(text, section.start, section.title)] = section.title
    starts = sorted(edges)
    merged: list[tuple[str, Span]] = []
    opened = 0
    for start, end in pairwise([*starts, len(text)]):
        if len(text[opened:end].strip()) >= TINY_CHARACTERS:
            merged.append((edges[start], (opened, end)))
            opened = end
    if opened < len(text):  # the last section is tiny: it joins the one before
        title, (start, _) = merged.pop() if merged else (edges[starts[-1]], (opened, 0))
        merged.append((title, (start, len(text))))
    return merged


def _with_heading(text: str, start: int, title: str) -> int:
    """Where a section begins when the heading line above its body is counted in."""
    above = text[:start].rstrip()
    line = above.rfind("\n") + 1
    return line if title and title in above[line:] else start


def _pack(text: str, section: Span) -> Iterator[Span]:
    """Neighbouring sentences gathered into passages of about one length."""
    pieces = [
        piece
        for start, end in sentences(text[section[0] : section[1]])
        for piece in _short_enough(text, (section[0] + start, section[0] + end))
    ]
    lengths = [len(_WORD.findall(text, start, end)) for start, end in pieces]
    total = sum(lengths)
    aim = total / max(1, round(total / PASSAGE_WORDS))
    first = words = closed = 0
    for number, length in enumerate(lengths):
        # A passage ends with the sentence that comes nearest to its share of the section's words.
        if number > first and words + length / 2 > aim * (closed + 1):
            yield pieces[first][0], pieces[number - 1][1]
            first, closed = number, closed + 1
        words += length
    if pieces:
        yield pieces[first][0], pieces[-1][1]


def _short_enough(text: str, span: Span) -> Iterator[Span]:
    words = [word.span() for word in _WORD.finditer(text, *span)]
    first = 0
    while len(words) - first > LONGEST_WORDS:
        yield words[first][0], words[first + PASSAGE_WORDS - 1][1]
        first += PASSAGE_WORDS
    yield words[first][0] if words else span[0], span[1]
