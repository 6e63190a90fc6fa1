"""What a removal would take away, told before it is done. Removes nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retort.retrieval import filters
from retort.retrieval.database import Connection
from retort.retrieval.errors import UsageError


@dataclass(frozen=True, slots=True)
class Doomed:
    """A paper that will go."""

    row: int
    """of the table ``papers``"""
    paper_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What will go, and what will be different."""

    papers: tuple[Doomed, ...]
    path: str = ""
    """the file that is forgotten, where a file is removed"""
    remade: int = 0
    """papers that stay because other sources know them, and are made of those"""
    files: tuple[str, ...] = ()
    """files from which these papers came: added again, they bring them back"""
    everything: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The removal on the wire."""
        return {
            "papers": [{"paper_id": one.paper_id, "title": one.title} for one in self.papers],
            "remade": self.remade,
            "files": list(self.files),
        }


def plan(connection: Connection, paper_ids: Sequence[str], path: str, everything: bool) -> Removal:
    """See ``Library.removal``."""
    if everything:
        return Removal(_papers(connection, "TRUE", ()), everything=True)
    if path:
        return _of_file(connection, path)
    rows: set[int] = set()
    for paper_id in paper_ids:
        found = filters.named(connection, [paper_id])
        if not found.size:
            raise UsageError(
                f"No paper {paper_id!r} in this library.",
                "Nothing was removed.",
                'Search for it: retort search "TITLE" names the ids.',
            )
        rows.update(found.tolist())
    papers = tuple(
        paper for row in sorted(rows) for paper in _papers(connection, "row = ?", (row,))
    )
    files = {
        name
        for row in rows
        for (name,) in connection.execute(
            "SELECT path FROM files WHERE row IN (SELECT file FROM sources WHERE paper = ?)", (row,)
        )
    }
    return Removal(papers, files=tuple(sorted(files)))


def _of_file(connection: Connection, path: str) -> Removal:
    file = connection.execute("SELECT row FROM files WHERE path = ?", (path,)).fetchone()
    if not file:
        raise UsageError(
            f"Nothing in this library came from {path!r}.",
            "Nothing was removed.",
            "Give the path as it was when the file was added.",
        )
    elsewhere = "EXISTS (SELECT 1 FROM sources WHERE paper = papers.row AND file != ?)"
    here = "row IN (SELECT paper FROM sources WHERE file = ?)"
    papers = _papers(connection, f"{here} AND NOT {elsewhere}", (*file, *file))
    (remade,) = connection.execute(
        f"SELECT count(*) FROM papers WHERE {here} AND {elsewhere}", (*file, *file)
    ).fetchone()
    return Removal(papers, path, remade)


def _papers(connection: Connection, condition: str, values: tuple[int, ...]) -> tuple[Doomed, ...]:
    sql = f"SELECT row, paper_id, record FROM papers WHERE {condition} ORDER BY row"
    return tuple(
        Doomed(row, paper_id, json.loads(record)["title"])
        for row, paper_id, record in connection.execute(sql, values)
    )
