"""Where sentences begin and end, as offsets into the text as it stands.

Knows the habits of biomedical prose (abbreviations, initials, gene names, reference numbers glued
to a full stop) and of Markdown (headings, lists, table rows). Never changes a character: each
non-blank one lies in exactly one span.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARKED_LINE = re.compile(r"\s*(?:#|\||[-*•+]\s|\d{1,3}[.)]\s)")
_HEADING = re.compile(r"\s*#{1,6}\s")
_TABLE_ROW = re.compile(r"\s*\|")

# A full stop, what closes behind it, reference numbers glued to it ("dose.12,13"), then a blank.
_STOP = re.compile(r"[.!?…]+[\"'”’)\]*]*(?P<refs>\d{1,3}(?:[,–-]\d{1,3})*)?(?=\s)")

# A sentence may open with a capital, a digit, a bracket or a mark; or with one of the names that
# biology writes with a small first letter (mTOR, p53, siRNA, rs9923231, c-MET).
_OPENING = re.compile(r"\s+(?:[^\sa-zß-öø-ÿα-ω]|[a-z]{1,4}-?[A-Z0-9])")

_WORD_BEFORE = re.compile(r"(\S+)\Z")
_INITIAL = re.compile(r"(?:[A-Z]\.-?)*[A-Z]")

_NEVER_LAST = frozenset(
    "al approx ca cf dr e.g eg eq eqs ex fig figs i.e ie mr mrs ms prof ref refs resp sect st "
    "suppl tab vs viz subsp ssp spp var".split()
)
_BEFORE_NAMES = frozenset("and by from of or to with".split())
_BEFORE_NUMBERS = frozenset(
    "no nos vol p pp ch art sec app ed i.v i.p s.c p.o i.m jan feb mar apr jun jul aug sep sept "
    "oct nov dec".split()
)


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans ``(start, end)`` of the sentences of a text, in order, without surrounding blanks.

    Headings, list items and table rows are spans of their own. Each non-blank character of the
    text lies in exactly one span, and no span crosses a blank line.
    """
    return [
        span
        for start, end in _blocks(text)
        for span in _trimmed(text, _split_block(text, start, end))
    ]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of lines that flow into each other."""
    start = position = 0
    alone = False
    for line in text.splitlines(keepends=True):
        blank = not line.strip()
        if position > start and (blank or alone or _MARKED_LINE.match(line)):
            yield start, position
            start = position
        alone = bool(_HEADING.match(line) or _TABLE_ROW.match(line))
        position += len(line)
    if position > start:
        yield start, position


def _split_block(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    stops = () if _TABLE_ROW.match(text, start, end) else _STOP.finditer(text, start, end)
    for stop in stops:
        if stop.start() >= start and _ends_sentence(text, start, stop):
            yield start, stop.end()
            start = stop.end()
    yield start, end


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    opening = _OPENING.match(text, stop.end())
    if opening is None:
        return False
    if stop["refs"] and not (text[stop.start() - 1 : stop.start()].isalpha()):
        return False  # "a dose of 2.5 Patients": the digits are a decimal, not references
    if text[stop.start()] != ".":
        return True
    before = _WORD_BEFORE.search(text, max(start, stop.start() - 40), stop.start())
    word = before[1].lstrip("([{\"'“‘") if before else ""
    if word.lower() in _NEVER_LAST:
        return False
    if word.lower() in _BEFORE_NUMBERS:
        return not opening[0].strip().isdigit()
    if _INITIAL.fullmatch(word):
        return _stands_for_itself(text, start, stop.start() - len(word))
    return True


def _stands_for_itself(text: str, start: int, letter: int) -> bool:
    """Whether a capital ends a phrase ("hepatitis C.") instead of opening a name ("J. Smith")."""
    before = _WORD_BEFORE.search(text[max(start, letter - 40) : letter].rstrip())
    word = before[1] if before else ""
    return word.isalpha() and word.islower() and word not in _BEFORE_NAMES


def _trimmed(text: str, spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
