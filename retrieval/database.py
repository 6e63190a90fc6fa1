"""The SQLite file of a library: its tables, and how a paper becomes a row and a row a paper.

Owns the schema, the connections and the locks. Knows no encoder and no index.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.retrieval.records import Paper, Section

SCHEMA_VERSION = 1

RESTORE = "Restore its file from a backup, or move its folder away and add the papers again."
"""What to do about a library that is damaged."""

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
    digest   TEXT NOT NULL,     -- of everything in it and the rule it was cut by
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
    status      TEXT NOT NULL,   -- added or failed
    papers      INTEGER NOT NULL,
    passages    INTEGER NOT NULL,
    skipped     TEXT NOT NULL,   -- JSON: [reason, ...]
    error       TEXT             -- JSON: {"what", "why", "next"}
) WITHOUT ROWID;
"""


class Connections:
    """The open connections to one library's file, each lent to one thread at a time.

    A file that was replaced by another one since (a library removed and made again) is noticed: an
    open connection keeps the old file's number from being given to the new file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = path.parent.name
        self._idle: list[tuple[tuple[int, int], sqlite3.Connection]] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection for this block.

        Raises:
            RetortError: the file is gone, or SQLite cannot do in the block what it is asked to.
        """
        try:
            file, connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(file, connection)
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise
        except sqlite3.DatabaseError as problem:
            raise trouble(self._name, problem) from problem

    def close(self) -> None:
        """Close them, those in use when they come back."""
        with self._lock:
            self._closed = True
            for _, connection in self._idle:
                connection.close()
            self._idle.clear()

    def _take(self) -> tuple[tuple[int, int], sqlite3.Connection]:
        try:
            found = self._path.stat()
        except OSError as problem:
            raise RetortError(
                f'The library "{self._name}" is gone.',
                f"{self._path}: {problem.strerror or problem}.",
                f"retort library add PATH --library {self._name}",
            ) from problem
        file = (found.st_dev, found.st_ino)
        with self._lock:
            if self._closed:
                raise RetortError(f'The library "{self._name}" is closed.', "", "Open it again.")
            while self._idle:
                lent, connection = self._idle.pop()
                if lent == file:
                    return file, connection
                connection.close()
        return file, connect(self._path)

    def _give_back(self, file: tuple[int, int], connection: sqlite3.Connection) -> None:
        with self._lock:
            if self._closed:
                connection.close()
            else:
                self._idle.append((file, connection))


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing file for use from any one thread at a time; transactions are explicit."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=30,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        write_ahead(connection)
        # FULL: what was reported as saved survives the loss of power, not only of the process.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def write_ahead(connection: sqlite3.Connection, patience_s: float = 30.0) -> None:
    """Turn on the write-ahead log.

    SQLite does not wait for another connection here, whatever its timeout; so we do. Several that
    open a new file at once all get there.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:
            if (
                problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
                or time.monotonic() > deadline
            ):
                raise
            time.sleep(0.01)


def trouble(name: str, problem: sqlite3.DatabaseError) -> RetortError:
    """What a failure of SQLite means to the owner of the library ``name``."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    kept = " What was added before is saved."
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        what = f'The library "{name}" is damaged.'
        kept = ""
        remedy = RESTORE
    elif code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        what = f'Cannot write to the library "{name}".'
        remedy = "Make room on the disk and repeat the command; it goes on where it stopped."
    else:
        what = f'Cannot use the library "{name}".'
        remedy = "See that its folder and files can be read and written, then repeat the command."
    return RetortError(what, f"{problem}.{kept}", remedy)


def prepare(connection: sqlite3.Connection, meta: dict[str, str]) -> None:
    """Make the tables if they are not there yet; ``meta`` describes a new library."""
    if _has_tables(connection):
        return
    with transaction(connection):
        if _has_tables(connection):  # made by another process in the meantime
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        rows = {"schema": str(SCHEMA_VERSION), "generation": "0", **meta}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())


def _has_tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def meta(connection: sqlite3.Connection, key: str) -> str:
    """One fact about the library, or nothing where it is not known yet."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block's writes, or none: also when it is interrupted."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself when the disk is full
            connection.execute("ROLLBACK")
        raise


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Every read of the block sees the library as it was at the first one."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def writer_lock(folder: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the right to write into a library; the system gives it back when the process dies.

    Raises:
        RetortError: another process or thread holds it, or the folder cannot be written.
    """
    lock: sqlite3.Connection | None = None
    try:
        # A lock on an empty SQLite file is the one lock that works alike on every system.
        lock = sqlite3.connect(
            folder / "writer.lock", timeout=wait_seconds, check_same_thread=False
        )
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as problem:
        if lock:
            lock.close()
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            raise trouble(folder.name, problem) from problem
        raise RetortError(
            f'The library "{folder.name}" is being written to by another run.',
            "Only one run at a time may add to a library; reading and searching go on.",
            "Wait until it has finished, then repeat the command.",
        ) from problem
    try:
        yield
    finally:
        lock.close()


def record_of(paper: Paper) -> tuple[str, str]:
    """The JSON of a paper without its text, and the digest of both.

    Raises:
        RetortError: half of a surrogate pair stands in it, which no file can hold.
    """
    fields = asdict(paper)
    text = fields.pop("text")
    record = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    try:
        return record, hashlib.sha256(f"{record}\n{text}".encode()).hexdigest()
    except UnicodeEncodeError as problem:
        raise RetortError(
            f"The paper {paper.paper_id!r} cannot be stored.",
            f"It holds a character that is none: {problem.reason}.",
            "Replace it and add the paper again.",
        ) from problem


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
