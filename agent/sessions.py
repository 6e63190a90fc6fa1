"""Sessions: conversations, answers and feedback in one SQLite file, the one thing to back up.

Owns ``sessions.sqlite``. The messages of a conversation are LangGraph's checkpoints in the same
file. Knows nothing of how an answer comes about.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retort.agent.records import Answer, storable
from retort.retrieval.database import write_ahead
from retort.retrieval.errors import RetortError
from retort.tools.tables import Table

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
    name TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    molecules TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS answer (
    id TEXT PRIMARY KEY, session TEXT NOT NULL, created REAL NOT NULL, question TEXT NOT NULL,
    status TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS answer_session ON answer (session, created);
CREATE TABLE IF NOT EXISTS answer_table (
    answer_id TEXT NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (answer_id, position));
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT NOT NULL, created REAL NOT NULL, liked INTEGER, note TEXT NOT NULL DEFAULT '');
"""


class Sessions:
    """The store of what was asked and answered.

    Args:
        path: the SQLite file; made with its folder where it does not exist.

    Raises:
        RetortError: the file cannot be opened or is no database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _connect(path)
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise trouble(path, error) from error
        self._saver: SqliteSaver | None = None

    @contextmanager
    def _at_work(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time.

        Raises:
            RetortError: the file is damaged, gone, locked or cannot be written.
        """
        try:
            with self._lock:
                yield self._db
        except sqlite3.DatabaseError as error:
            raise trouble(self.path, error) from error

    def checkpointer(self) -> SqliteSaver:
        """LangGraph's memory of conversations, in the same file over a connection of its own."""
        with self._at_work():
            if self._saver is None:
                from langgraph.checkpoint.sqlite import SqliteSaver

                self._saver = SqliteSaver(_connect(self.path))
            return self._saver

    def keep_latest(self, session: str) -> None:
        """Drop the earlier states of a conversation: the latest holds all of its messages.

        LangGraph writes the whole state anew with each answer; kept, they would grow with the
        square of a conversation's length.
        """
        with self._at_work():
            saver = self._saver
        if saver is None:
            return
        try:
            with saver.cursor() as cursor:
                for table in ("checkpoints", "writes"):
                    cursor.execute(
                        f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < (SELECT"
                        " max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)",
                        (session, session),
                    )
        except sqlite3.DatabaseError as error:
            raise trouble(self.path, error) from error

    def molecules(self, session: str) -> list[dict[str, Any]]:
        """The molecules of a conversation in the order of their handles; empty for a new one."""
        with self._at_work() as db:
            row = db.execute("SELECT molecules FROM session WHERE name = ?", (session,)).fetchone()
        return list(json.loads(row[0])) if row else []

    def save(
        self, answer: Answer, session: str | None, molecules: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Store an answer, and the molecules of its conversation. Committed when this returns."""
        now = time.time()
        with self._at_work() as db, db:
            if session is not None:
                db.execute(
                    "INSERT INTO session (name, title, created, updated, molecules)"
                    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
                    " SET updated = excluded.updated, molecules = excluded.molecules",
                    (
                        session,
                        _title(answer.question),
                        now,
                        now,
                        json.dumps([*map(dict, molecules)]),
                    ),
                )
            db.execute(
                "INSERT OR REPLACE INTO answer (id, session, created, question, status, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    answer.id,
                    session or "",
                    now,
                    answer.question,
                    answer.status,
                    json.dumps(answer.as_dict()),
                ),
            )
            db.executemany(
                "INSERT OR REPLACE INTO answer_table (answer_id, position, body) VALUES (?, ?, ?)",
                [(answer.id, at, _packed(table)) for at, table in enumerate(answer.tables)],
            )

    def answers(self, session: str) -> list[dict[str, Any]]:
        """The answers of a conversation on the wire format, oldest first."""
        with self._at_work() as db:
            rows = db.execute(
                "SELECT body FROM answer WHERE session = ? ORDER BY created", (storable(session),)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def questions(self, session: str, last: int) -> tuple[str, ...]:
        """The last questions of a conversation, oldest first, refused ones too."""
        with self._at_work() as db:
            rows = db.execute(
                "SELECT question FROM answer WHERE session = ? ORDER BY created DESC LIMIT ?",
                (session, last),
            ).fetchall()
        return tuple(row[0] for row in reversed(rows))

    def answer(self, answer_id: str) -> dict[str, Any] | None:
        """One answer on the wire format, or None."""
        with self._at_work() as db:
            found = db.execute("SELECT body FROM answer WHERE id = ?", (storable(answer_id),))
            row = found.fetchone()
        return json.loads(row[0]) if row else None

    def tables(self, answer_id: str) -> list[dict[str, Any]]:
        """The tables of an answer with all their rows, in its order."""
        with self._at_work() as db:
            rows = db.execute(
                "SELECT body FROM answer_table WHERE answer_id = ? ORDER BY position",
                (storable(answer_id),),
            ).fetchall()
        return [json.loads(zlib.decompress(row[0])) for row in rows]

    def saved_at(self, answer_id: str) -> float | None:
        """When an answer was saved, in seconds since 1970 (UTC), or None."""
        with self._at_work() as db:
            row = db.execute("SELECT created FROM answer WHERE id = ?", (answer_id,)).fetchone()
        return float(row[0]) if row else None

    def listing(self) -> list[dict[str, Any]]:
        """All conversations, newest first: ``{"name", "title", "updated"}``."""
        with self._at_work() as db:
            rows = db.execute(
                "SELECT name, title, updated FROM session ORDER BY updated DESC"
            ).fetchall()
        return [{"name": name, "title": title, "updated": updated} for name, title, updated in rows]

    def rate(self, answer_id: str, liked: bool | None, note: str = "") -> None:
        """Keep a user's opinion of an answer."""
        with self._at_work() as db, db:
            db.execute(
                "INSERT INTO feedback (answer_id, created, liked, note) VALUES (?, ?, ?, ?)",
                (answer_id, time.time(), None if liked is None else int(liked), note),
            )

    def ratings(self, session: str) -> dict[str, bool]:
        """What the user last thought of each answer of a conversation, by the answer's id."""
        with self._at_work() as db:
            rows = db.execute(
                "SELECT feedback.answer_id, feedback.liked FROM feedback"
                " JOIN answer ON answer.id = feedback.answer_id"
                " WHERE answer.session = ? ORDER BY feedback.created",
                (session,),
            ).fetchall()
        latest = dict(rows)
        return {name: bool(liked) for name, liked in latest.items() if liked is not None}

    def close(self) -> None:
        """Close both connections."""
        with self._lock:
            self._db.close()
            if self._saver is not None:
                self._saver.conn.close()


def _packed(table: Table) -> bytes:
    """A table as it is kept: thousands of rows repeat themselves, and pack to a tenth."""
    return zlib.compress(json.dumps(table.as_dict()).encode())


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False, timeout=30)
    write_ahead(db)
    db.execute("PRAGMA synchronous=FULL")
    return db


def trouble(path: Path, error: OSError | sqlite3.Error) -> RetortError:
    """What a failure means to the owner of the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    return RetortError(
        f"Cannot use the sessions at {path}.",
        f"{error}.",
        "Check the folder's permissions and free space, or set RETORT_HOME elsewhere.",
    )


def damaged(path: Path, why: str) -> RetortError:
    """The error for a file that SQLite cannot make sense of."""
    return RetortError(
        f"The sessions at {path} are damaged.",
        f"{why}.",
        f"Restore the file from a backup, or begin anew: mv {path} {path}.damaged",
    )


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= 60 else line[:57] + "..."
