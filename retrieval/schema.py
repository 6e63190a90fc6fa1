"""The tables of a library's SQLite file, and how files of older Retorts are brought up to date.

Owns what a row holds. Knows neither how papers are merged (``merging``) nor how they are written
(``writing``).
"""

from __future__ import annotations

import sqlite3

from retort.retrieval import database, filters, merging, sources
from retort.retrieval.errors import RetortError

VERSION = 2

# AUTOINCREMENT: a row id is never given to another text, not even after a removal. The indexes in
# memory and on disk rely on it.
_META = """
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID"""

_PASSAGES = """
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
CREATE INDEX passages_by_paper ON passages (paper)"""

_PAPERS = """
CREATE TABLE papers (
    row          INTEGER PRIMARY KEY AUTOINCREMENT,
    paper_id     TEXT NOT NULL UNIQUE,
    digest       TEXT NOT NULL,     -- of everything in it and the rule it was cut by
    kind         TEXT NOT NULL,
    record       TEXT NOT NULL,     -- JSON: all fields but the text
    text         TEXT NOT NULL
)"""

# A paper is what its sources make together. What a source shares with it is not stored twice.
_NEW_IN_2 = """
ALTER TABLE papers ADD COLUMN year INTEGER;
ALTER TABLE papers ADD COLUMN retracted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE papers ADD COLUMN has_abstract INTEGER NOT NULL DEFAULT 1;

CREATE TABLE terms (
    kind  TEXT NOT NULL,         -- journal, mesh or type
    term  TEXT NOT NULL,         -- case-folded
    paper INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
    PRIMARY KEY (kind, term, paper)
) WITHOUT ROWID;
CREATE INDEX terms_by_paper ON terms (paper);

CREATE TABLE sources (
    row      INTEGER PRIMARY KEY AUTOINCREMENT,
    paper    INTEGER NOT NULL REFERENCES papers (row) DEFERRABLE INITIALLY DEFERRED,
    file     INTEGER NOT NULL,   -- files.row, or 0 and -1 for none
    paper_id TEXT NOT NULL,      -- the record's own
    digest   TEXT NOT NULL,      -- of everything in it
    record   TEXT,               -- JSON; NULL where it is the paper's
    text     TEXT,               -- NULL where it is the paper's
    UNIQUE (file, paper_id)
);
CREATE INDEX sources_by_paper ON sources (paper);

CREATE TABLE names (
    name   TEXT NOT NULL,        -- what a record is found and merged by (merging.names)
    source INTEGER NOT NULL REFERENCES sources (row) ON DELETE CASCADE,
    PRIMARY KEY (name, source)
) WITHOUT ROWID;
CREATE INDEX names_by_source ON names (source);

CREATE TABLE files (
    row         INTEGER PRIMARY KEY AUTOINCREMENT,
    path        TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,   -- of the content and the rules it was read by
    status      TEXT NOT NULL,   -- reading, added, failed or ignored
    papers      INTEGER NOT NULL DEFAULT 0,
    passages    INTEGER NOT NULL DEFAULT 0,
    merged      INTEGER NOT NULL DEFAULT 0,
    skipped     TEXT NOT NULL DEFAULT '[]', -- JSON: [reason, ...]
    error       TEXT             -- JSON: {"what", "why", "next"}
)"""


def prepare(connection: sqlite3.Connection, name: str, meta: dict[str, str]) -> None:
    """Make the tables where there are none; bring those of an older Retort up to date.

    Args:
        connection: to the file. name: the library's, for messages.
        meta: describes a new library.

    Raises:
        RetortError: the file is of a newer Retort, or of an older one and cannot be written.
    """
    version = _version(connection)
    if version == VERSION:
        return
    if version > VERSION:
        raise RetortError(
            f'The library "{name}" has schema {version}.',
            f"This Retort reads schema {VERSION}.",
            "Update Retort, or add the papers to a new library.",
        )
    if connection.execute("PRAGMA query_only").fetchone()[0]:
        raise RetortError(
            f'The library "{name}" is of an older Retort.',
            "It must be brought up to date once, and its folder cannot be written.",
            "Copy the folder to where it can be written and open it there.",
        )
    with database.transaction(connection):
        version = _version(connection)  # another process may have done it in the meantime
        if version == 0:
            for statements in (_META, _PAPERS, _PASSAGES, _NEW_IN_2):
                _run(connection, statements)
            rows = {"schema": str(VERSION), "generation": "0", **meta}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
        elif version == 1:
            _from_1(connection)


def _version(connection: sqlite3.Connection) -> int:
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return 0
    return int(database.meta(connection, "schema"))


def _run(connection: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";\n"):
        connection.execute(statement)


def _from_1(connection: sqlite3.Connection) -> None:
    """Each paper becomes the one source of itself; which file it came from is not known."""
    connection.execute("ALTER TABLE files RENAME TO files_1")
    _run(connection, _NEW_IN_2)
    connection.execute(
        "INSERT INTO files (path, fingerprint, status, papers, passages, skipped, error)"
        " SELECT path, fingerprint, status, papers, passages, skipped, error FROM files_1"
    )
    connection.execute("DROP TABLE files_1")
    last = 0
    while found := connection.execute(
        "SELECT row, digest, record, text FROM papers WHERE row > ? ORDER BY row LIMIT 1", (last,)
    ).fetchone():
        last, digest, record, text = found
        paper = database.paper_from(record, text)
        filters.describe(connection, last, paper)
        (source,) = connection.execute(
            "INSERT INTO sources (paper, file, paper_id, digest) VALUES (?, ?, ?, ?) RETURNING row",
            (last, sources.SOME_FILE, paper.paper_id, digest),
        ).fetchone()
        database.name_source(connection, source, merging.names(paper))
    connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(VERSION),))
