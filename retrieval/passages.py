"""Passages read from a library's database: each a slice of its paper's stored text.

Owns no index and no table; works on any connection, of a folder or of a server.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from retort.retrieval import database
from retort.retrieval.records import Passage

_ROWS_PER_QUERY = 500


def around(
    connection: database.Connection, passage_id: str, before: int, after: int
) -> list[Passage]:
    """A passage between its neighbours in the same paper: so many before, so many after."""
    places = connection.execute(
        "SELECT row, passage_id FROM passages WHERE paper ="
        " (SELECT paper FROM passages WHERE passage_id = ?) ORDER BY start, row",
        (passage_id,),
    ).fetchall()
    here = next((n for n, (_, name) in enumerate(places) if name == passage_id), 0)
    rows = [row for row, _ in places[max(0, here - before) : here + after + 1]]
    return [passage for _, passage, _ in read_passages(connection, sorted(rows))]


def passages_at(
    connection: database.Connection, rows: list[int]
) -> list[tuple[Passage, dict[str, Any]]]:
    """Passages by their rows, in the order given, each with its paper's record."""
    found = {
        row: (passage, record) for row, passage, record in read_passages(connection, sorted(rows))
    }
    return [found[row] for row in rows]


def read_passages(
    connection: database.Connection, rows: Iterable[int]
) -> Iterator[tuple[int, Passage, dict[str, Any]]]:
    """Passages by ascending row id, each with its paper's record; a paper is read once in a run."""
    for paper, members in groupby(_places(connection, list(rows)), key=lambda place: place[1]):
        paper_id, record, text = connection.execute(
            "SELECT paper_id, record, text FROM papers WHERE row = ?", (paper,)
        ).fetchone()
        fields = json.loads(record)
        for row, _, name, start, end, section, page in members:
            # Sliced here and not by SQLite, whose substr() ends at a NUL.
            yield row, Passage(name, paper_id, start, end, text[start:end], section, page), fields


def _places(connection: database.Connection, rows: list[int]) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(rows), _ROWS_PER_QUERY):
        part = rows[first : first + _ROWS_PER_QUERY]
        marks = ",".join("?" * len(part))
        yield from connection.execute(
            'SELECT row, paper, passage_id, start, "end", section, page FROM passages'
            f" WHERE row IN ({marks}) ORDER BY row",
            part,
        ).fetchall()


def indexed_texts(connection: database.Connection, rows: list[int]) -> Iterator[str]:
    """What the lexical index reads of a passage: its paper's title and its text."""
    for _, passage, record in read_passages(connection, rows):
        yield f"{record['title']} {passage.text}"
