"""The SQLite file of a library: its tables, and how a paper becomes a row and a row a paper.

Owns the schema and the connection. Knows no encoder and no index.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.retrieval.records import Paper, Section

SCHEMA_VERSION = 1

# AUTOINCREMENT: a row id is never given to another text, not even after a removal. The indexes in
# memory and on disk rely on it.
_SCHEMA = """
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE papers (
    row      INTEGER PRIMARY KEY AUTOINCREMENT,
    paper_id TEXT NOT NULL UNIQUE,
    digest   TEXT NOT NULL,     -- of everything in the record
    kind     TEXT NOT NULL,
    record   TEXT NOT NULL,     -- JSON: all fields but the text
    text     TEXT NOT NULL
);

CREATE TABLE passages (
    row        INTEGER PRIMARY KEY AUTOINCREMENT,
    paper      INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
    passage_id TEXT NOT NULL UNIQUE,
    start      INTEGER NOT NULL, -- characters in papers.text, 0-based
    "end"      INTEGER NOT NULL,
    section    TEXT NOT NULL,
    page       INTEGER,
    vector     BLOB NOT NULL     -- float16, unit norm
);
CREATE INDEX passages_by_paper ON passages (paper);

CREATE TABLE files (
    path        TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,   -- of the content and the rules it was read by
    status      TEXT NOT NULL,   -- added, failed or empty
    papers      INTEGER NOT NULL,
    passages    INTEGER NOT NULL,
    skipped     TEXT NOT NULL,   -- JSON: [[where, reason], ...]
    error       TEXT             -- JSON: {"what", "why", "next"}
) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open a library's file for use from any one thread at a time; transactions are explicit."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: what was reported as saved survives the loss of power, not only of the process.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def prepare(connection: sqlite3.Connection, meta: dict[str, str]) -> None:
    """Make the tables if they are not there yet; ``meta`` describes a new library."""
    with transaction(connection):
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        rows = {"schema": str(SCHEMA_VERSION), "generation": "0", **meta}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block's writes, or none: also when it is interrupted."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def writer_lock(folder: Path, name: str) -> Iterator[None]:
    """Hold the right to write into a library; the system gives it back when the process dies.

    Raises:
        RetortError: another process or thread holds it.
    """
    # A lock on an empty SQLite file is the one lock that works alike on every system.
    lock = sqlite3.connect(folder / "writer.lock", timeout=0, check_same_thread=False)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            raise RetortError(
                f'The library "{name}" is being written to by another run.',
                "Only one run at a time may add to a library; reading and searching go on.",
                "Wait until it has finished, then repeat the command.",
            ) from problem
        yield
    finally:
        lock.close()


def record_of(paper: Paper) -> tuple[str, str]:
    """The JSON of a paper without its text, and the digest of both."""
    fields = asdict(paper)
    text = fields.pop("text")
    record = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    return record, hashlib.sha256(f"{record}\n{text}".encode()).hexdigest()


def paper_from(record: str, text: str) -> Paper:
    """The paper that `record_of` was given."""
    fields = json.loads(record)
    return Paper(
        **{
            **fields,
            "text": text,
            "sections": tuple(Section(**section) for section in fields["sections"]),
            "page_starts": tuple(fields["page_starts"]),
            "authors": tuple(fields["authors"]),
        }
    )
