"""A library in a folder of this machine: one SQLite file, and the indexes over it.

The SQLite file is the truth; the lexical index and the vectors beside it are caches of one
generation of it, made anew whenever they are missing, damaged or behind. Owns the folder and who
may do what in it: many readers (``indexes``) and one writer.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from retort.retrieval import caches, database, schema
from retort.retrieval.database import Connection
from retort.retrieval.errors import RetortError
from retort.retrieval.indexes import Indexes, View
from retort.retrieval.verifying import Check, verify

FILE = "library.sqlite"


class Folder:
    """A ``Store`` in a folder. Made by ``Folder.open``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self._connections = database.Connections(path / FILE)
        self._indexes = Indexes(path)

    @classmethod
    def open(cls, path: Path, create: bool = False) -> Folder:
        """Open a library's folder; its name is the library's name.

        Raises:
            RetortError: there is no such library, it cannot be read, or it is of a newer Retort.
        """
        folder = cls(path)
        if not os.path.exists(path / FILE):
            if not create:
                raise RetortError(
                    f'No library "{folder.name}".',
                    f"There is none at {path}.",
                    f"retort library add PATH --library {folder.name}",
                )
            _make(path)
        try:
            if os.path.getsize(path / FILE) == 0 and caches.exist(path):
                raise RetortError(
                    f'The library "{folder.name}" is damaged.',
                    f"{path / FILE} is empty, and it was not.",
                    database.RESTORE,
                )
            with folder.borrow() as db:
                schema.prepare(db, folder.name, {"id": uuid.uuid4().hex})
        except BaseException:
            folder.close()
            raise
        return folder

    def close(self) -> None:
        """Close all connections, those in use when their block ends."""
        self._connections.close()

    def borrow(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection for this block."""
        return self._connections.borrow()

    @contextmanager
    def writer(self, wait_seconds: float = 0) -> Iterator[Connection]:
        """A connection for this block, which alone may write."""
        with database.writer_lock(self.path, wait_seconds), self.borrow() as db:
            # Ahead of the library: it was restored from a backup, and row ids will be given again.
            caches.discard_newer(self.path, int(database.meta(db, "generation")))
            yield db

    @contextmanager
    def beside(self, name: str) -> Iterator[Connection]:
        """A connection for this block to a file of its own, ``NAME.sqlite``."""
        try:
            file = self.path / f"{name}.sqlite"
            with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                yield db
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise
        except sqlite3.DatabaseError as problem:
            raise database.trouble(self.name, problem) from problem

    def view(self, connection: Connection) -> View:
        """What a search sees in this read transaction."""
        assert isinstance(connection, sqlite3.Connection)
        return View(connection, self._indexes)

    def forget(self) -> None:
        """Read from the disk again; what is damaged there is made anew."""
        self._indexes.forget()

    def index(self, connection: Connection) -> None:
        """Nothing: the indexes are caches, and follow."""

    def refresh(self) -> None:
        """Bring the indexes up to the present and write them to disk for the next start."""
        with self.borrow() as db, database.reading(db):
            self._indexes.refresh(db)

    def reindex(self) -> None:
        """Make the caches anew."""
        caches.discard_newer(self.path, generation=-1)
        self._indexes = Indexes(self.path)
        self.refresh()

    def verify(self) -> list[Check]:
        """Check everything, from the file to the caches."""
        with self.borrow() as db, database.reading(db):
            return verify(db, self.path)

    def describe(self, connection: Connection) -> dict[str, Any]:
        """``bytes_on_disk``, and what the indexes are under ``index``."""
        return {"bytes_on_disk": _size(self.path), "index": caches.describe(self.path)}


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / FILE).touch()
    except OSError as error:
        raise RetortError(
            f"Cannot make the library at {path}.",
            f"{error.strerror or error}.",
            "Set RETORT_HOME to a folder that can be written.",
        ) from error


def _size(folder: Path) -> int:
    total = 0
    for item in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # SQLite's side files come and go
            total += item.stat().st_size
    return total
