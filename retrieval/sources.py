"""What a library keeps of each record that it was given, and which of them may be of one paper.

Owns the reading of the table ``sources``. A record is known by the file it came from and its own
id. Knows neither how records make a paper (``merging``) nor how papers are written (``writing``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from retort.retrieval import database
from retort.retrieval.database import Connection
from retort.retrieval.records import Paper

NO_FILE = 0
"""file of a record that was handed over by a program"""
SOME_FILE = -1
"""file of a record that an older Retort stored without saying where it came from: the first file
in which it is read again takes it over"""

_VALUES_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Source:
    """One record as one file has it."""

    row: int | None
    """of the table ``sources``; None where it is not stored yet"""
    paper_row: int | None
    """the stored paper that it is part of"""
    file: int
    """row of the table ``files``, else ``NO_FILE`` or ``SOME_FILE``"""
    digest: str
    paper: Paper


def related(connection: Connection, names: Iterable[str]) -> dict[int, Source]:
    """The stored sources that carry one of these names or share one with such a source, and so on.

    Returns:
        Sources by row, whole: with text.
    """
    rows: set[int] = set()
    unasked = set(names)
    asked: set[str] = set()
    while unasked:
        sql = "SELECT source FROM names WHERE name IN ({})"
        found = {row for (row,) in _select(connection, sql, sorted(unasked))} - rows
        sql = "SELECT row FROM sources WHERE paper IN (SELECT paper FROM sources WHERE row IN ({}))"
        found |= {row for (row,) in _select(connection, sql, sorted(found))} - rows
        rows |= found
        asked |= unasked
        sql = "SELECT name FROM names WHERE source IN ({})"
        unasked = {name for (name,) in _select(connection, sql, sorted(found))} - asked
    return {row: source for source in stored(connection, sorted(rows)) if (row := source.row)}


def stored(connection: Connection, rows: Sequence[int]) -> Iterator[Source]:
    """Sources by their rows."""
    sql = (
        "SELECT s.row, s.paper, s.file, s.digest,"
        " coalesce(s.record, p.record), coalesce(s.text, p.text)"
        " FROM sources AS s JOIN papers AS p ON p.row = s.paper WHERE s.row IN ({})"
    )
    for row, paper_row, file, digest, record, text in _select(connection, sql, rows):
        yield Source(row, paper_row, file, digest, database.paper_from(record, text))


def known(
    connection: Connection, file: int, paper_ids: Sequence[str]
) -> dict[str, tuple[int, int, str]]:
    """Row, file and digest of those records of a file that are stored, by their ids."""
    sql = (
        "SELECT paper_id, row, file, digest FROM sources"
        " WHERE paper_id IN ({}) AND file IN (?, ?) ORDER BY file"
    )
    # In this order the file's own come after those of some file, and take their place.
    found = _select(connection, sql, paper_ids, (file, SOME_FILE))
    return {paper_id: (row, of, digest) for paper_id, row, of, digest in found}


def of_papers(connection: Connection, paper_rows: Sequence[int]) -> list[int]:
    """Rows of the sources of papers."""
    sql = "SELECT row FROM sources WHERE paper IN ({})"
    return [row for (row,) in _select(connection, sql, paper_rows)]


def _select(
    connection: Connection,
    sql: str,
    values: Sequence[Any],
    after: tuple[Any, ...] = (),
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query over any number of values."""
    for start in range(0, len(values), _VALUES_PER_QUERY):
        part = values[start : start + _VALUES_PER_QUERY]
        marks = ",".join("?" * len(part))
        yield from connection.execute(sql.format(marks), (*part, *after)).fetchall()
