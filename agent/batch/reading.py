"""Reads a file of questions: CSV, TSV or JSONL, told apart by content.

Owns the names of the columns and what a row must hold. Knows no model.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retort.agent.batch.choices import letter_of
from retort.agent.batch.records import LETTERS, Gold, Item
from retort.agent.records import storable
from retort.retrieval.errors import RetortError, UsageError
from retort.retrieval.records import Filter
from retort.tools.literature import wanted

FILTERS = ("years", "journal", "mesh", "publication_type", "paper")
"""columns that limit a row's search, as ``search_literature`` calls them; ``year`` is ``years``"""

COLUMNS = (
    *("id", "question", "session", "choices", *LETTERS[:5].lower(), "library", *FILTERS, "year"),
    *("gold", "gold_source", "group", "tolerance"),
)
"""columns that are read; others are left alone"""

_LETTERED = re.compile(r"(?:^|[;\n])\s*\(?([A-J])[).:]\s*")

Row = Mapping[str, Any]


def read_questions(path: Path) -> tuple[Item, ...]:
    """Read questions, one per row or line; see ``COLUMNS``. A missing id becomes the row's number.

    Raises:
        UsageError: no such file, no ``question`` column, an id twice, a line that is not JSON, or a
            cell that cannot be understood.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"Cannot read the questions in {path}.",
            _why(error),
            "Give a CSV, TSV or JSONL file in UTF-8.",
        ) from error
    if not text.strip():
        raise _empty(path)
    rows = _json_rows(text, path) if text.lstrip().startswith("{") else _table_rows(text, path)
    items = []
    for number, row in enumerate(rows, 1):
        try:
            items.append(_item(number, row, path))
        except RetortError as error:
            if isinstance(error, UsageError) and f"{path}" in error.what:
                raise
            what = f"Row {number} of {path} cannot be read: {error.what}"
            raise UsageError(what, error.why, error.next) from error
    if not items:
        raise _empty(path)
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise UsageError(
                f"The id {item.id!r} stands twice in {path}.",
                "Answers are matched to questions by their id.",
                "Give each question an id of its own, or leave the ids out.",
            )
        seen.add(item.id)
    return tuple(items)


def _why(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    return f"It is not UTF-8: {error.reason} at byte {error.start:,}."


def _json_lines(text: str) -> list[str]:
    """The lines of JSONL. ``str.splitlines`` would also cut at U+2028, which JSON may hold."""
    return text.removesuffix("\n").split("\n") if text else []


def _empty(path: Path) -> UsageError:
    return UsageError(
        f"{path} holds no question.",
        "The file is empty.",
        "Write a header with a column named question, and one question per row.",
    )


def _json_rows(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(_json_lines(text), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(
                f"Line {number} of {path} is not JSON.", f"{error}.", "Correct the line."
            ) from None
        yield {_name(key): row[key] for key in row} if isinstance(row, dict) else {}


def _table_rows(text: str, path: Path) -> Iterator[Row]:
    header, _, _ = text.partition("\n")
    delimiter = max("\t,;", key=header.count)
    longest = csv.field_size_limit(sys.maxsize)  # a long question fails alone, not its file
    try:
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        names = [_name(name) for name in reader.fieldnames or ()]
        if "question" not in names:
            raise UsageError(
                f"{path} has no column named question.",
                f"Its columns are: {', '.join(reader.fieldnames or ['none'])}.",
                "Rename the column that holds the questions to: question",
            )
        reader.fieldnames = names
        yield from reader
    except csv.Error as error:
        raise UsageError(
            f"{path} is no table that can be read.", f"{error}.", "Save it as CSV in UTF-8."
        ) from error
    finally:
        csv.field_size_limit(longest)


def _name(column: str) -> str:
    """A column's name without case and blanks around it."""
    return str(column).strip().lower()


def _item(number: int, row: Row, path: Path) -> Item:
    if "question" not in row:
        raise UsageError(
            f"Row {number} of {path} has no question.",
            f"Its fields are: {', '.join(map(str, row)) or 'none'}.",
            'Write {"id": "1", "question": "..."} on each line.',
        )
    choices, gold = _choices(row), _cell(row, "gold")
    if choices and gold and not letter_of(gold, choices):
        raise UsageError(
            f"The gold answer {gold[:80]!r} is none of the choices.",
            f"They are: {'; '.join(choices)}.",
            "Give the letter or the text of the right one.",
        )
    return Item(
        id=_cell(row, "id") or str(number),
        question=storable(str(row["question"] or "")),
        session=_cell(row, "session") or None,
        choices=choices,
        library=_cell(row, "library"),
        only=_filter(row),
        gold=Gold(gold, _cell(row, "gold_source"), _cell(row, "group"), _tolerance(row)),
    )


def _cell(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else storable(str(value).strip())


def _filter(row: Row) -> Filter:
    cells = {name: _cell(row, name) for name in FILTERS}
    cells["years"] = cells["years"] or _cell(row, "year")
    return wanted(**cells) or Filter()


def _choices(row: Row) -> tuple[str, ...]:
    """From a list, from "A) ...; B) ...", or from columns named by letters."""
    given = row.get("choices")
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise _no_choices(f"They are no JSON list: {error}.") from None
    if isinstance(given, list):
        found = [storable(str(choice).strip()) for choice in given]
    elif given and str(given).strip():
        found = _lettered(str(given))
    else:
        found = [_cell(row, letter) for letter in LETTERS[:5].lower()]
        while found and not found[-1]:
            found.pop()
    if found and (not all(found) or not 2 <= len(set(found)) == len(found) <= len(LETTERS)):
        raise _no_choices(f"Read: {found!r}.")
    return tuple(found)


def _lettered(text: str) -> list[str]:
    _, *parts = _LETTERED.split(text)
    if "".join(parts[::2]) != LETTERS[: len(parts) // 2] or not parts:
        raise _no_choices("Their letters do not run from A on.")
    return [storable(part.strip()) for part in parts[1::2]]


def _no_choices(why: str) -> UsageError:
    return UsageError(
        "The choices are not understood.",
        f"{why} There must be 2 to {len(LETTERS)}, all different, none empty.",
        'Write ["first", "second"], "A) first; B) second", or columns A, B, ...',
    )


def _tolerance(row: Row) -> float | None:
    text = _cell(row, "tolerance")
    if not text:
        return None
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise UsageError(
            f"{text!r} is no tolerance.", "It is relative, from 0 to 1.", "Write 0.05 or 5%."
        )
    return value
