"""Is a library what it says it is: the checks of ``retort library verify``.

Reads everything, changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retort.retrieval import caches, database
from retort.retrieval.database import Connection
from retort.retrieval.errors import RetortError

REBUILD = "retort library rebuild"
ENCODE = "retort library rebuild --vectors"

_UNIT_TOLERANCE = 1e-2
"""a float16 vector of unit norm is off by less than 1e-3"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    """what was counted, or what is wrong"""
    fix: str = ""
    """what to do, where it is wrong"""


def verify(connection: Connection, folder: Path) -> list[Check]:
    """Check a library from its file to its caches.

    Args:
        connection: in a read transaction, so that all checks see one moment.
        folder: where the caches are.
    """
    made = [run("file", database.RESTORE, lambda: _file(connection))]
    if not made[0].ok:
        return made  # what else could be said of it would be guesswork
    made += verify_rows(
        connection, lambda: len(connection.execute("PRAGMA foreign_key_check").fetchall())
    )
    return [*made, run("caches", REBUILD, lambda: _caches(connection, folder))]


def verify_rows(connection: Connection, orphans: Callable[[], int] = lambda: 0) -> list[Check]:
    """The checks of what the tables hold, whatever database they are in.

    Args:
        connection: in a read transaction.
        orphans: counts rows whose reference leads nowhere, where the database lets them be.
    """
    steps: tuple[tuple[str, str, Callable[[], tuple[str, str]]], ...] = (
        ("links", REBUILD, lambda: _links(connection, orphans())),
        ("papers", database.RESTORE, lambda: _papers(connection)),
        ("passages", database.RESTORE, lambda: _passages(connection)),
        ("vectors", ENCODE, lambda: _vectors(connection)),
    )
    return [run(name, fix, step) for name, fix, step in steps]


def run(name: str, fix: str, step: Callable[[], tuple[str, str]]) -> Check:
    """Make one check; ``step`` gives what is well and what is wrong."""
    try:
        found, wrong = step()
    except (sqlite3.DatabaseError, ValueError, TypeError, RetortError) as problem:
        found, wrong = "", f"{type(problem).__name__}: {problem}"
    return Check(name, not wrong, wrong or found, fix if wrong else "")


def _file(connection: Connection) -> tuple[str, str]:
    problems = [line for (line,) in connection.execute("PRAGMA integrity_check")]
    wrong = "" if problems == ["ok"] else f"{len(problems)} problems; first: {problems[0]}"
    return "SQLite finds no damage", wrong


def _links(connection: Connection, orphans: int) -> tuple[str, str]:
    bare = {
        "papers without passage": "papers WHERE row NOT IN (SELECT paper FROM passages)",
        "papers without source": "papers WHERE row NOT IN (SELECT paper FROM sources)",
        "sources without name": "sources WHERE row NOT IN (SELECT source FROM names)",
        "sources of no file": "sources WHERE file > 0 AND file NOT IN (SELECT row FROM files)",
    }
    counted = {"orphan rows": orphans} | {
        name: connection.execute(f"SELECT count(*) FROM {where}").fetchone()[0]
        for name, where in bare.items()
    }
    sources = connection.execute("SELECT count(*) FROM sources").fetchone()[0]
    wrong = ", ".join(f"{count:,} {name}" for name, count in counted.items() if count)
    return f"{sources:,} sources, each of a paper", wrong


def _papers(connection: Connection) -> tuple[str, str]:
    """The content of each paper is that of which the digest was taken."""
    count, wrong = 0, []
    for paper_id, digest, record, text in connection.execute(
        "SELECT paper_id, digest, record, text FROM papers"
    ):
        count += 1
        content = database.digest_of(record, text)
        if digest.partition(" ")[2] != content:
            wrong.append(paper_id)
    return f"{count:,} as they were stored", _named(wrong, "changed since they were stored")


def _passages(connection: Connection) -> tuple[str, str]:
    """Each passage is a slice of its paper's text, and numbered as its paper's."""
    count, wrong = 0, []
    for passage_id, paper_id, start, end, length in _slices(connection):
        count += 1
        number = passage_id.removeprefix(f"{paper_id}#")
        if not (0 <= start <= end <= length and number.isdigit()):
            wrong.append(passage_id)
    return f"{count:,}, each a slice of its paper", _named(wrong, "no slice of their paper")


def _slices(connection: Connection) -> Iterator[tuple[str, str, int, int, int]]:
    last, length = None, 0
    for row, passage_id, paper_id, start, end in connection.execute(
        'SELECT p.row, passage_id, paper_id, start, "end" FROM passages'
        " JOIN papers AS p ON p.row = paper ORDER BY paper"
    ):
        if row != last:
            # Counted here and not by SQLite, whose length() ends at a NUL.
            (text,) = connection.execute("SELECT text FROM papers WHERE row = ?", (row,)).fetchone()
            last, length = row, len(text)
        yield passage_id, paper_id, start, end, length


def _vectors(connection: Connection) -> tuple[str, str]:
    """One per passage, all of one dimension, finite and of unit norm."""
    count, wrong, dimension = 0, [], 0
    for passage_id, stored in connection.execute("SELECT passage_id, vector FROM passages"):
        count += 1
        dimension = dimension or len(stored) // 2
        vector = np.frombuffer(stored, np.float16).astype(np.float32)
        norm = float(np.linalg.norm(vector))
        if len(vector) != dimension or not abs(norm - 1) < _UNIT_TOLERANCE:
            wrong.append(passage_id)
    found = f"{count:,} of {dimension} dimensions, one per passage, of unit norm"
    return found, _named(wrong, "not finite, not of unit norm or of another dimension")


def _caches(connection: Connection, folder: Path) -> tuple[str, str]:
    """Every byte of the caches is as it was written, and of this library as it was or is."""
    if not caches.exist(folder):
        return "none yet; they are made when needed", ""
    wrong = caches.damaged(folder)
    if wrong:
        return "", f"damaged, and not used: {', '.join(wrong)}"
    generation = int(database.meta(connection, "generation"))
    named = (database.meta(connection, "id"), database.meta(connection, "encoder_digest"))
    if caches.load(folder, *named, generation) is None:
        return "", "of another library, encoder or time, and not used"
    return "checksums right", ""


def _named(ids: list[str], what: str) -> str:
    return f"{len(ids):,} {what}: {', '.join(ids[:3])}" if ids else ""
