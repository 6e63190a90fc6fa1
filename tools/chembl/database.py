"""A ChEMBL SQLite file, opened for reading only, whatever its release.

Owns the connections and the knowledge of which tables and columns this release has. Knows no
question: those are in the ``local`` modules.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools.chembl.relations import relations

NEEDED = {
    "molecule_dictionary": {"molregno", "chembl_id", "pref_name"},
    "target_dictionary": {"tid", "chembl_id", "pref_name"},
    "assays": {"assay_id", "chembl_id", "tid"},
    "activities": {
        "activity_id",
        "assay_id",
        "molregno",
        "standard_type",
        "standard_relation",
        "standard_value",
        "standard_units",
    },
}
"""without these a file is not taken for ChEMBL; everything else is used where it is there"""

ANOTHER_FILE = (
    "Set RETORT_CHEMBL to the path of a ChEMBL SQLite file, or to starter or web; "
    "then run: retort doctor"
)
VARIABLES = 500
"""ids in one statement, under SQLite's smallest limit of 999"""


class Database:
    """Read-only access from any number of threads: each call has a connection to itself.

    Connections that are idle wait in a pool, so there are never more than calls at one time.

    Args:
        path: a ChEMBL SQLite file. It is opened as immutable, so that nothing is written beside it,
            unless a write-ahead log lies there.
        side: the file that holds its relations, indexed (``sidefile.py``); without it they are
            views, which a small file answers as fast.

    Raises:
        RetortError: the file is missing, damaged or not a ChEMBL database.
    """

    def __init__(self, path: Path, side: Path | None = None) -> None:
        self.path = path
        self.side = side
        if not os.path.isfile(path):
            why = "It is not a file." if os.path.exists(path) else "There is no such file."
            raise RetortError(f"Cannot open the ChEMBL file {path}.", why, ANOTHER_FILE)
        wal = path.with_name(path.name + "-wal")
        # as SQLite takes it; immutable, so that nothing is written beside the file
        frozen = not (wal.exists() and wal.stat().st_size)
        self.address = path.resolve().as_uri() + "?mode=ro" + ("&immutable=1" if frozen else "")
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._views = ""
        self._columns: dict[str, set[str]] = {}
        self._columns = self._read_columns()
        missing = [name for name, columns in NEEDED.items() if not self.has(name, *columns)]
        if missing:
            self.close()
            raise RetortError(
                f"{path} is not a ChEMBL database.",
                f"It lacks the tables or columns of {', '.join(missing)}.",
                ANOTHER_FILE,
            )
        if side is None:
            self._views = ";".join(
                f"CREATE TEMP VIEW {item.name} AS {item.select}" for item in relations(self)
            )
        self._drop_idle()  # those opened before know no relation

    def has(self, table: str, *columns: str) -> bool:
        """Whether this release has the table, with all the columns."""
        return table in self._columns and set(columns) <= self._columns[table]

    def column(self, alias: str, table: str, column: str) -> str:
        """``alias.column``, or ``NULL`` where this release does not have it."""
        return f"{alias}.{column}" if self.has(table, column) else "NULL"

    def join(self, table: str, alias: str, condition: str) -> str:
        """A LEFT JOIN, or nothing where this release does not have the table."""
        return f" LEFT JOIN {table} {alias} ON {condition}" if self.has(table) else ""

    def need(self, table: str, subject: str) -> None:
        """Refuse a question that this release cannot answer, rather than say "none".

        Raises:
            RetortError: the table is not there.
        """
        if not self.has(table):
            raise RetortError(
                f"This ChEMBL file does not hold {subject}.",
                f"{self.path} has no table {table}; older releases lack it.",
                ANOTHER_FILE,
            )

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of one statement.

        Raises:
            RetortError: the file is damaged or cannot be read.
        """
        try:
            with self._connection() as connection:
                return connection.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def rows_of(self, sql: str, ids: Sequence[object]) -> list[sqlite3.Row]:
        """All rows of a statement whose ``{ids}`` stands for a list of any length."""
        found: list[sqlite3.Row] = []
        for start in range(0, len(ids), VARIABLES):
            part = ids[start : start + VARIABLES]
            found += self.rows(sql.replace("{ids}", ",".join("?" * len(part))), part)
        return found

    def close(self) -> None:
        """Close the idle connections; one in use is closed when its call ends."""
        with self._lock:
            self._closed = True
        self._drop_idle()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise RetortError(f"{self.path} was closed.", "", "Open the source again.")
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._open()
        try:
            yield connection
        finally:
            with self._lock:
                keep = not self._closed
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.address, uri=True, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        if self.side is not None:
            address = f"{self.side.resolve().as_uri()}?mode=ro&immutable=1"
            connection.execute("ATTACH ? AS side", (address,))
        elif self._views:
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.executescript(self._views)
        return connection

    def _read_columns(self) -> dict[str, set[str]]:
        tables = [row[0] for row in self.rows("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            table.lower(): {
                row[1].lower() for row in self.rows("SELECT * FROM pragma_table_info(?)", (table,))
            }
            for table in tables
        }

    def _damaged(self, error: sqlite3.DatabaseError) -> RetortError:
        return RetortError(
            f"Cannot read the ChEMBL file {self.path}.", f"SQLite: {error}.", ANOTHER_FILE
        )
