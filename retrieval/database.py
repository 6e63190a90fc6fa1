"""The SQLite file of a library: its connections and locks, and how a paper becomes a row.

Owns what is asked of a connection (``Connection``), so that a library stands on another database
by the same rules. Knows no encoder and no index; its tables stand in ``schema``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from retort.retrieval.errors import RetortError
from retort.retrieval.records import Paper, Section

RESTORE = "Restore its file from a backup, or move its folder away and add the papers again."
"""What to do about a library that is damaged."""


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:
        """The next row; None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection to the database of a library; ``sqlite3.Connection`` is one.

    Statements mark their values with ``?`` and keep to what SQLite and PostgreSQL both know.
    Vectors go in as arrays of float16 and come out as their bytes.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether ``BEGIN`` has not been followed by its end."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows:
        """Run a statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows:
        """Run a statement once for each row of values."""
        ...


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
    """Open an existing file for use from any one thread at a time; transactions are explicit.

    Where its folder cannot be written (a medium for reading only, another user's), the file is
    opened for reading only.
    """
    return _connect_to_read(path) if is_read_only(path) else _connect(path, "mode=rw")


def is_read_only(path: Path) -> bool:
    """Whether a library's file cannot be written, nor the log beside it."""
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _connect_to_read(path: Path) -> sqlite3.Connection:
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        return _connect(path, "mode=ro")  # somebody who may write does, or was killed
    # Without a log SQLite would want to make one; so it is told that nobody writes.
    return _connect(path, "mode=ro&immutable=1")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=30,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if how == "mode=rw":
            write_ahead(connection)
            # FULL: what was reported as saved survives the loss of power, not only of the process.
            connection.execute("PRAGMA synchronous = FULL")
        else:
            connection.execute("PRAGMA query_only = ON")
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


def meta(connection: Connection, key: str) -> str:
    """One fact about the library, or nothing where it is not known yet."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def note(connection: Connection, **facts: str) -> None:
    """Remember facts about the library, in place of what was known before."""
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        list(facts.items()),
    )


def note_encoder(connection: Connection, name: str, digest: str) -> None:
    """Remember by what the vectors were made."""
    note(connection, encoder=name, encoder_digest=digest)


def next_generation(connection: Connection) -> None:
    """Say that what indexes were made of has changed."""
    connection.execute(
        "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'generation'"
    )


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
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
def reading(connection: Connection) -> Iterator[None]:
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
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise RetortError(
            f'The library "{folder.name}" cannot be changed.',
            f"{folder} cannot be written; searching works.",
            "Copy the folder to where it can be written, or make a library of your own.",
        )
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
        return record, digest_of(record, text)
    except UnicodeEncodeError as problem:
        raise RetortError(
            f"The paper {paper.paper_id!r} cannot be stored.",
            f"It holds a character that is none: {problem.reason}.",
            "Replace it and add the paper again.",
        ) from problem


def digest_of(record: str, text: str) -> str:
    """SHA-256 of a paper, of its record as JSON and its text."""
    return hashlib.sha256(f"{record}\n{text}".encode()).hexdigest()


def paper_from(record: str, text: str) -> Paper:
    """The paper that `record_of` was given."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(record).items()
    }
    fields["sections"] = tuple(Section(**section) for section in fields["sections"])
    return Paper(**fields, text=text)


def name_source(connection: Connection, source: int, names: Iterable[str]) -> None:
    """Write what a source is found and recognised by, in place of what was written before."""
    connection.execute("DELETE FROM names WHERE source = ?", (source,))
    connection.executemany(
        "INSERT INTO names (name, source) VALUES (?, ?)", [(name, source) for name in sorted(names)]
    )
