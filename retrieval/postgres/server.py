"""A library on a PostgreSQL server: its connections, its one writer, its indexes.

The indexes are part of each commit, so there is nothing to bring up to date but the HNSW index of
a large library, which is made once and then kept by the server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from retort.retrieval import database, tokens, verifying
from retort.retrieval.errors import RetortError
from retort.retrieval.postgres import postings, tables
from retort.retrieval.postgres.address import Address, parse
from retort.retrieval.postgres.connections import Connection, Connections
from retort.retrieval.postgres.postings import Totals
from retort.retrieval.postgres.views import HNSW, View, has_hnsw, indexed, of_dimension
from retort.retrieval.verifying import Check

EXACT_UP_TO = 20_000
"""passages that are compared one by one: some ten milliseconds"""
_WRITER = 0x7265746F
"""first half of the key of the writers' locks: "reto" """
_LOOK_EVERY_S = 0.1


class Server:
    """A ``Store`` on a server. Made by ``Server.open``."""

    path = None

    def __init__(self, address: Address) -> None:
        self.name = address.shown
        self._address = address
        self._connections = Connections(address)
        self._lock = threading.Lock()
        self._totals: tuple[tuple[str, str], Totals] | None = None

    @classmethod
    def open(cls, text: str, create: bool = False, offline: bool = True) -> Server:
        """Open the library at an address.

        Raises:
            RetortError: the server or its library is not to be had; see ``address`` and ``tables``.
        """
        address = parse(text, offline)
        tables.prepare(address, create)
        return cls(address)

    def close(self) -> None:
        """Close all connections, those in use when their block ends."""
        self._connections.close()

    def borrow(self) -> AbstractContextManager[Connection]:
        """A connection for this block."""
        return self._connections.borrow()

    @contextmanager
    def writer(self, wait_seconds: float = 0) -> Iterator[Connection]:
        """A connection for this block, which alone may write; the server frees the lock with it."""
        with self.borrow() as db:
            lock = (_WRITER, self._address.schema)
            deadline = time.monotonic() + wait_seconds
            while not _one(db, "SELECT pg_try_advisory_lock(?::int, hashtext(?))", lock):
                if time.monotonic() >= deadline:
                    raise RetortError(
                        f"The library {self.name} is being written to by another run.",
                        "Only one run at a time may add to a library; reading and searching go on.",
                        "Wait until it has finished, then repeat the command.",
                    )
                time.sleep(_LOOK_EVERY_S)
            try:
                yield db
            finally:
                if not db.raw.closed:
                    _one(db, "SELECT pg_advisory_unlock(?::int, hashtext(?))", lock)

    def beside(self, name: str) -> AbstractContextManager[Connection]:
        """A second connection for this block; the tables stand among those of the library."""
        return self.borrow()

    def view(self, connection: database.Connection) -> View:
        """What a search sees in this read transaction."""
        db = _own(connection)
        moment = (database.meta(db, "id"), database.meta(db, "generation"))
        with self._lock:
            if self._totals is None or self._totals[0] != moment:
                self._totals = moment, postings.totals(db)
            return View(db, self._totals[1])

    def forget(self) -> None:
        """Nothing is held in memory that could be damaged."""

    def index(self, connection: database.Connection) -> None:
        """Index what was written, before it is committed."""
        postings.index(_own(connection))

    def refresh(self) -> None:
        """Make the HNSW index of a library that has become large, unless another run writes."""
        with self.borrow() as db:
            count = _one(db, "SELECT count(*) FROM passages")
            dimension = _dimension(db)
            if count <= EXACT_UP_TO or has_hnsw(db, dimension):
                return
        with self.writer(wait_seconds=60) as db, database.transaction(db):
            for (old,) in db.execute(
                "SELECT indexname FROM pg_indexes WHERE schemaname = ? AND indexname LIKE ?",
                (self._address.schema, f"{HNSW}%"),
            ).fetchall():
                db.execute(f'DROP INDEX "{old}"')
            db.execute(
                f"CREATE INDEX {HNSW}_{dimension} ON passages"
                f" USING hnsw ({indexed(dimension)} vector_ip_ops) WHERE {of_dimension(dimension)}"
            )

    def reindex(self) -> None:
        """Make the lexical index anew, in one transaction, and the index of vectors if due."""
        with self.writer() as db, database.transaction(db):
            db.execute("TRUNCATE postings")
            db.execute("UPDATE passages SET length = NULL")
            postings.index(db)
            database.note(db, terms=tokens.RULE)
            database.next_generation(db)
        self.refresh()

    def verify(self) -> list[Check]:
        """Check everything, from the rows to the lexical index."""
        with self.borrow() as db, database.reading(db):
            counted = verifying.run("postings", verifying.REBUILD, lambda: _postings(db))
            return [*verifying.verify_rows(db), counted]

    def describe(self, connection: database.Connection) -> dict[str, Any]:
        """``bytes_on_disk`` of the server, and what the indexes are under ``index``."""
        db = _own(connection)
        size = _one(
            db,
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = ? AND relkind = 'r'",
            (self._address.schema,),
        )
        how = "approximate" if has_hnsw(db, _dimension(db)) else "exact"
        count = _one(db, "SELECT count(*) FROM passages")
        return {"bytes_on_disk": size, "index": {"passages": count, "vectors": how}}


def _own(connection: database.Connection) -> Connection:
    assert isinstance(connection, Connection)
    return connection


def _one(connection: Connection, sql: str, values: tuple[Any, ...] = ()) -> Any:
    row = connection.execute(sql, values).fetchone()
    return row[0] if row else None


def _dimension(connection: Connection) -> int:
    return int(_one(connection, "SELECT vector_dims(vector) FROM passages LIMIT 1") or 0)


def _postings(connection: Connection) -> tuple[str, str]:
    """Each passage has the terms that were counted in it."""
    wrong = _one(
        connection,
        "SELECT count(*) FROM passages AS p WHERE length IS DISTINCT FROM"
        " (SELECT coalesce(sum(count), 0) FROM postings WHERE passage = p.row)",
    )
    count = _one(connection, "SELECT count(*) FROM postings")
    return f"{count:,}, of all passages", f"{wrong:,} passages miss some" if wrong else ""
