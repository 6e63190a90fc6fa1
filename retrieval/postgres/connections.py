"""Connections to a shared library that understand the statements of every library.

A statement's ``?`` becomes the driver's mark, the three statements that only SQLite knows become
PostgreSQL's; vectors and texts keep every bit. Owns what a failure of the server means to a user.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import pq
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.types.string import StrDumperUnknown, TextBinaryLoader

from retort.retrieval.errors import RetortError
from retort.retrieval.postgres.address import Address

_OWN_WORDS = {
    "BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "BEGIN IMMEDIATE": "BEGIN",
    "VACUUM": "VACUUM sources, papers, passages, postings, names, terms, files",
}
_NUL, _STAND_IN = "\0", "\ufdd0"
"""PostgreSQL stores no NUL. This noncharacter is for such use within a program (Unicode 23.7), and
as long, so that offsets stay."""
_TEXT_OID = 25


class Connection:
    """One connection, as ``database.Connection`` describes it; transactions are explicit."""

    def __init__(self, raw: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.raw = raw

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, perhaps a failed one."""
        status = self.raw.info.transaction_status
        return status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run a statement."""
        return self.raw.cursor(binary=True).execute(_translated(sql), parameters or None)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Any]:
        """Run a statement once for each row of values."""
        cursor = self.raw.cursor()
        cursor.executemany(_translated(sql), parameters)
        return cursor

    def copy(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows at once."""
        with self.raw.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _translated(sql: str) -> str:
    own = _OWN_WORDS.get(sql, sql)
    return own.replace("%", "%%").replace("?", "%s") if "?" in own else own


class Connections:
    """The open connections to one library, each lent to one thread at a time."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[Connection]:
        """A connection for this block.

        Raises:
            RetortError: the server is not to be had, or refuses in the block what it is asked.
        """
        connection = self._take()
        try:
            yield connection
        except psycopg.Error as problem:
            raise trouble(self._address, problem) from problem
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close them, those in use when they come back."""
        with self._lock:
            self._closed = True
            for connection in self._idle:
                connection.raw.close()
            self._idle.clear()

    def _take(self) -> Connection:
        with self._lock:
            if self._closed:
                shown = self._address.shown
                raise RetortError(f"The library {shown} is closed.", "", "Open it again.")
            idle = self._idle.pop() if self._idle else None
        if idle:
            try:
                idle.execute("SELECT 1")
                return idle
            except psycopg.OperationalError:  # the server was restarted since
                idle.raw.close()
        return connect(self._address)

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            is_idle = connection.raw.info.transaction_status == pq.TransactionStatus.IDLE
            if self._closed or not is_idle:
                connection.raw.close()
            else:
                self._idle.append(connection)


def connect(address: Address) -> Connection:
    """A new connection that sees the library's tables.

    Raises:
        RetortError: the server is not there, or does not let this user in.
    """
    try:
        raw = psycopg.connect(autocommit=True, **cast(dict[str, Any], address.parameters))
    except psycopg.Error as problem:
        raise _unreachable(address, problem) from None  # its traceback may hold parameters
    connection = Connection(raw)
    raw.adapters.register_dumper(str, _Text)
    raw.adapters.register_loader(_TEXT_OID, _TextBack)
    path = [address.schema]
    found = connection.execute(
        "SELECT t.oid, n.nspname FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace"
        " JOIN pg_depend AS d ON d.objid = t.oid JOIN pg_extension AS e ON e.oid = d.refobjid"
        " WHERE typname = 'vector' AND extname = 'vector'"
    ).fetchone()
    if found:
        oid, place = found
        path.append(place)
        raw.adapters.register_dumper(np.ndarray, type("_Vector", (_Vector,), {"oid": oid}))
        raw.adapters.register_loader(oid, _VectorBack)
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in path)
    connection.execute(f"SET search_path TO {names}")
    return connection


class _Text(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace(_NUL, _STAND_IN))


class _TextBack(TextBinaryLoader):
    def load(self, data: Buffer) -> bytes | str:
        return str(data, "utf-8").replace(_STAND_IN, _NUL)


class _Vector(Dumper):
    """(d,) numbers as pgvector sends them: d, 0, then float32, all big-endian."""

    format = pq.Format.BINARY

    def dump(self, obj: NDArray[np.floating[Any]]) -> bytes:
        return np.array([len(obj), 0], ">u2").tobytes() + obj.astype(">f4").tobytes()


class _VectorBack(Loader):
    """The bytes of (d,) float16, which is what was stored: float32 on the way loses nothing."""

    format = pq.Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return np.frombuffer(data, ">f4", offset=4).astype(np.float16).tobytes()


def _unreachable(address: Address, problem: psycopg.Error) -> RetortError:
    why = " ".join(str(problem).split()).rstrip(".?")
    if "password" in why or "authentication" in why:
        return RetortError(
            f"The server of the library {address.shown} does not let you in.",
            f"{why}.",
            "Put the right password into ~/.pgpass or PGPASSWORD, and see that the user is right.",
        )
    return RetortError(
        f"The server of the library {address.shown} cannot be reached.",
        f"{why}.",
        "See that it runs, and that host, port and database are right.",
    )


def trouble(address: Address, problem: psycopg.Error) -> RetortError:
    """What a failure of the server means to who uses the library."""
    code = problem.sqlstate or "08000"
    why = problem.diag.message_primary or " ".join(str(problem).split())
    kept = "What was added before is saved"
    what = f"Cannot use the library {address.shown}."
    if code == "42501" or code.startswith("25006"):
        what = f"The library {address.shown} cannot be changed."
        remedy = "Ask who runs the server for the right to write; searching works without."
    elif code in ("3F000", "42P01"):
        what = f"The library {address.shown} is gone."
        remedy = f"retort library add PATH --library {address.shown}"
    elif code.startswith("53"):
        remedy = "Make room on the server and repeat the command; it goes on where it stopped."
    else:
        remedy = "See that the server runs, then repeat the command; it goes on where it stopped."
    return RetortError(what, f"{why}. {kept}.", remedy)
