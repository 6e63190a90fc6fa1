"""Tables of papers: comma, tab, semicolon or bar, whatever the suffix says.

Streams. The header is found by the names of its columns (``columns``), also below a preamble. A row
may run over lines inside quotes; a quote that is never closed costs its own row and not the rest.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from retort.retrieval.readers.columns import known, normal, places
from retort.retrieval.readers.entry import Entry, given_first, to_paper
from retort.retrieval.readers.lines import numbered, western
from retort.retrieval.readers.medline import heading
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

SEPARATORS = {",": "CSV", "\t": "TSV", ";": "semicolon-separated", "|": "bar-separated"}
HEADER_LINES = 30
"""lines at the top among which the header is looked for"""
LONGEST_NAME = 10
"""words of a column's name"""
ROW_LINES = 1_000
ROW_CHARACTERS = 10_000_000
"""how far a quoted cell may run before its quote counts as never closed"""
_GUARD = re.compile(r"=\"((?:[^\"]|\"\")*)\"")
"""the way to keep Excel from reading a cell as a number: a formula that is one text"""
_PYTHON_LIST = re.compile(r"\[\s*(['\"].*['\"])?\s*\]", re.DOTALL)
_LIST_ITEM = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_OUTER_COMMA = re.compile(r",(?![^()]{0,500}\))")
_INITIALS = re.compile(r"\S.*\s(?:[A-Z]\.?[- ]?){1,5}\.?")
_EMBASE_SOURCE = re.compile(r"([^()]{1,200}) \((\d{4})\) ")
"""journal and year in one cell, before volume and pages"""
_TRUE = ("true", "1", "yes")
_ALL_USED = ("notes", "url")
_REVIEWED = "labeled at"
"""Abstrackr: the column before this one is named for a reviewer and holds the decision"""


@dataclass(frozen=True, slots=True)
class Header:
    """The row that names the columns, and how it is parted."""

    line: int
    separator: str
    names: tuple[str, ...]


def find_header(lines: Iterable[str]) -> Header | None:
    """The first line that names the columns of a table of papers; ``None`` where there is none.

    A line of prose ("title, abstract, keywords") is no header: no cell of a header is a sentence,
    and the line below is parted too, into as many cells where few names are known. One column
    alone is a table only where the file begins with ``title``.
    """
    top = list(islice(lines, HEADER_LINES))
    for number, line in enumerate(top, 1):
        rows = [(separator, _cells(line, separator)) for separator in SEPARATORS]
        separator, cells = max(rows, key=lambda row: (known(row[1]), len(row[1])))
        if len(cells) == 1 and not (number == 1 and cells[0].strip() == "title"):
            continue
        count = known(cells)
        if not count or _is_prose(cells):
            continue
        below = next((each for each in top[number:] if each.strip()), "")
        if len(cells) == 1 or not below or separator in below or '"' in below:
            if 2 * count >= len(cells) or count >= 4 or len(_cells(below, separator)) == len(cells):
                return Header(number, separator, tuple(cell.strip() for cell in cells))
    return None


def _is_prose(cells: Sequence[str]) -> bool:
    ends = cells[-1].rstrip().endswith((".", ":", "?"))
    return ends or any(len(cell.split()) > LONGEST_NAME for cell in cells)


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each row that is not empty."""
    # the limit is one for the whole process; it is only ever raised
    csv.field_size_limit(max(csv.field_size_limit(), 2 * ROW_CHARACTERS))
    lines = _Lines(path)
    header = find_header(text for _, text in lines.peek(HEADER_LINES) if text is not None)
    if header is None:
        return
    lines.drop_through(header)
    columns = places(header.names)
    seen: set[str] = set()
    for row in _rows(lines, header):
        if isinstance(row, Skip):
            yield row
            continue
        line, cells = row
        if any(cells):
            yield _record(line, cells, header.names, columns, seen)


class _Lines:
    """The lines of a file, some of which can be looked at in advance and given back."""

    def __init__(self, path: Path) -> None:
        self._source = (
            (number, None if line is None else western(line).removeprefix("\ufeff"))
            for number, line in numbered(path)
        )
        self._ahead: deque[tuple[int, str | None]] = deque()

    def take(self) -> tuple[int, str | None] | None:
        return self._ahead.popleft() if self._ahead else next(self._source, None)

    def give_back(self, lines: Sequence[tuple[int, str | None]]) -> None:
        self._ahead.extendleft(reversed(lines))

    def peek(self, count: int) -> list[tuple[int, str | None]]:
        found = [line for _ in range(count) if (line := self.take())]
        self.give_back(found)
        return found

    def drop_through(self, header: Header) -> None:
        while line := self.take():
            if line[1] and tuple(map(str.strip, _cells(line[1], header.separator))) == header.names:
                return


def _rows(lines: _Lines, header: Header) -> Iterator[tuple[int, list[str]] | Skip]:
    """(line number, cells) of each row, or a skip for what cannot be one."""
    width = len(header.names)
    while first := lines.take():
        number, text = first
        if text is None:
            yield Skip(f"line {number}", "too long for a row")
            continue
        taken, cells = _quoted_row(lines, (number, text), header.separator)
        if cells is not None and (len(taken) == 1 or len(cells) == width):
            yield number, cells
            continue
        restart = _restart(taken, header)
        if restart is None and cells is not None:
            yield number, cells  # a short row over several lines, as Abstrackr writes some
            continue
        bare = text.split(header.separator)
        lines.give_back(taken[1:] if restart is None or len(bare) == width else taken[restart:])
        if len(bare) == width:
            yield number, [cell.strip() for cell in bare]
        else:
            yield Skip(f"line {number}", "a quote is opened and never closed")


def _quoted_row(
    lines: _Lines, first: tuple[int, str], separator: str
) -> tuple[list[tuple[int, str | None]], list[str] | None]:
    """The lines of a row and its cells; no cells where its last quote is not closed."""
    taken: list[tuple[int, str | None]] = [first]
    parts = [first[1]]
    size = len(first[1])
    has_news = True
    while True:
        if has_news:
            cells, is_open = _parse("\n".join(parts), separator)
            if not is_open:
                return taken, cells
        following = lines.take() if len(taken) < ROW_LINES and size < ROW_CHARACTERS else None
        if following is None or following[1] is None:
            lines.give_back([following] if following else [])
            return taken, None
        taken.append(following)
        parts.append(following[1])
        size += len(following[1]) + 1
        has_news = '"' in following[1]


def _restart(taken: list[tuple[int, str | None]], header: Header) -> int | None:
    """Where, among lines taken for one row, another row plainly begins: it has every column."""
    for place in range(1, len(taken)):
        text = taken[place][1] or ""
        if text.count(header.separator) >= len(header.names) - 1 > 0:
            cells, is_open = _parse(text, header.separator)
            if not is_open and cells is not None and len(cells) == len(header.names):
                return place
    return None


def _parse(text: str, separator: str) -> tuple[list[str] | None, bool]:
    """(cells, whether a quote is still open); cells are ``None`` where the quotes make no sense."""
    if '"' not in text:
        return [cell.strip() for cell in text.split(separator)], False
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None, True
        return (None, False) if "\n" in text else (_cells(text, separator), False)
    cells = rows[0] if len(rows) == 1 else None
    return cells and [_bare(cell.strip()) for cell in cells], False


def _bare(cell: str) -> str:
    """What stands in a cell that is guarded as a whole; any other one as it is."""
    guarded = _GUARD.fullmatch(cell)
    return guarded[1].replace('""', '"') if guarded else cell


def _cells(line: str, separator: str) -> list[str]:
    """One line parted without complaint."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def _record(
    line: int,
    cells: list[str],
    names: tuple[str, ...],
    columns: dict[str, list[int]],
    seen: set[str],
) -> Paper | Skip:
    def every(field: str) -> list[str]:
        found = (cells[place].strip() for place in columns.get(field, ()) if place < len(cells))
        return [value for value in found if value]

    def first(field: str) -> str:
        return next(iter(every(field)), "")

    journal, years = first("journal"), every("year")
    if not years and (source := _EMBASE_SOURCE.match(journal)):
        journal, years = source[1], [source[2]]
    faults: list[str] = []
    record_id = first("record_id")
    if record_id and record_id in seen:
        faults.append(f"record_id: {record_id[:80]!r} names an earlier row as well")
    seen.add(record_id)
    if len(cells) > len(names):
        faults.append(f"row: {len(cells)} cells under {len(names)} columns")
    return to_paper(
        Entry(
            f"line {line}",
            title=first("title"),
            abstract=first("abstract"),
            authors=_names(first("authors")),
            years=years,
            journal=journal,
            dois=every("doi"),
            pmids=every("pmid"),
            pmcids=every("pmcid"),
            links=every("url"),
            mesh=[heading(each) for each in _list(first("mesh"))],
            keywords=_list(first("keywords")),
            publication_types=_list(first("publication_types")),
            is_retracted=first("retracted").lower() in _TRUE,
            retraction=first("retraction"),
            label=first("label") or _reviews(cells, names),
            notes=every("notes"),
            extra={"record_id": record_id, **_extra(cells, names, columns)},
            faults=faults,
        )
    )


def _extra(
    cells: list[str], names: tuple[str, ...], columns: dict[str, list[int]]
) -> dict[str, str]:
    used = {
        place
        for field, found in columns.items()
        if field != "label"
        for place in (found if field in _ALL_USED else found[:1])
    }
    pairs = zip(names, cells, strict=False)
    return {
        name: value.strip()
        for place, (name, value) in enumerate(pairs)
        if name and value.strip() and place not in used
    }


def _reviews(cells: list[str], names: tuple[str, ...]) -> str:
    found = [
        f"{names[place - 1]}: {cells[place - 1].strip()}"
        for place in range(1, min(len(names), len(cells)))
        if normal(names[place]) == _REVIEWED and cells[place - 1].strip()
        if normal(names[place - 1]) != "consensus"
    ]
    return "; ".join(found)


def _list(text: str) -> list[str]:
    """The items of a cell: a Python list, or parted by ``;``, ``|`` or, last, by a comma."""
    if _PYTHON_LIST.fullmatch(text):
        items = [one or other for one, other in _LIST_ITEM.findall(text)]
    elif ";" in text or "|" in text:
        items = re.split(r"[;|]", text)
    else:
        items = _OUTER_COMMA.split(text)
    return [item for each in items if (item := each.strip())]


def _names(text: str) -> list[str]:
    """Author names; a comma parts names only where each of them ends in initials."""
    text = " ".join(text.split())
    if _PYTHON_LIST.fullmatch(text) or ";" in text:
        pieces = _list(text)
    elif "|" in text or " and " in text:
        pieces = re.split(r"\|(?: and )?| and ", text)
    else:
        pieces = [piece.strip() for piece in text.split(",")]
        if len(pieces) == 1 or not all(map(_INITIALS.fullmatch, filter(None, pieces))):
            pieces = [text]
        elif not any(piece.endswith(".") for piece in pieces[:-1]):
            pieces[-1] = pieces[-1].rstrip(".")
    return [given_first(name) for piece in pieces if (name := piece.strip(" ,|"))]
