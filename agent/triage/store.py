"""Screenings in ``sessions.sqlite``: records, decisions and notes, beside all else worth a backup.

Owns the tables and what a row means. A decision is never deleted: one taken back is marked, so
that the history of a record stays. Knows no ranking.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retort.agent.sessions import trouble
from retort.agent.triage.records import Criteria, Decision, Record
from retort.retrieval.database import write_ahead
from retort.retrieval.errors import UsageError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS triage (
    name TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, seed INTEGER NOT NULL,
    criteria TEXT NOT NULL, facts TEXT NOT NULL, current TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS triage_record (
    screening TEXT NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (screening, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS triage_decision (
    number INTEGER PRIMARY KEY AUTOINCREMENT, screening TEXT NOT NULL, record_id TEXT NOT NULL,
    label TEXT NOT NULL, decided_by TEXT NOT NULL, at REAL NOT NULL, note TEXT NOT NULL,
    ranking TEXT NOT NULL, rank INTEGER, score REAL, undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS triage_decision_of ON triage_decision (screening, number);
CREATE TABLE IF NOT EXISTS triage_note (
    screening TEXT NOT NULL, record_id TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (screening, record_id));
CREATE TABLE IF NOT EXISTS triage_opinion (
    screening TEXT NOT NULL, record_id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (screening, record_id));
"""
_HOLDS, _UNDONE, _GONE = 0, 1, 2
"""what ``undone`` says: it counts; it was taken back; and another was made since"""
_TABLES = ("triage_record", "triage_decision", "triage_note", "triage_opinion")


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it is kept."""

    number: int
    """counts up; of two the later one is larger"""
    decision: Decision
    ranking: str = ""
    """stamp of the ranking that showed the record; empty for an import"""
    rank: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A screening in the list of all."""

    name: str
    total: int
    screened: int
    included: int
    updated: float
    """seconds since 1970 (UTC)"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A screening as it was left."""

    criteria: Criteria
    seed: int
    facts: dict[str, Any]
    """``identified``, ``skipped``, ``conflicts``"""
    current: str
    """id of the record that was shown; empty before the first"""
    records: tuple[Record, ...]


class Store:
    """The screenings of one ``sessions.sqlite``; safe to use from several threads.

    Raises:
        RetortError: the file cannot be opened or is no database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
            write_ahead(self._db)
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise trouble(path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, committed when the block ends."""
        try:
            with self._lock, self._db:
                yield self._db
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error

    def create(
        self,
        name: str,
        stored: Stored,
        decisions: Iterable[Decision],
    ) -> None:
        """Keep a new screening as a whole, or nothing of it.

        Raises:
            UsageError: the name is taken.
        """
        now = time.time()
        records = ((name, at, _packed(record)) for at, record in enumerate(stored.records))
        kept = ((name, d.record_id, d.label, d.by, d.at, d.note) for d in decisions)
        criteria, facts = json.dumps(asdict(stored.criteria)), json.dumps(stored.facts)
        with self._writing() as db:
            if db.execute("SELECT 1 FROM triage WHERE name = ?", (name,)).fetchone():
                raise UsageError(
                    f'There is a screening called "{name}" already.',
                    "Its decisions are kept under that name.",
                    "Open it, or choose another name.",
                )
            db.execute(
                "INSERT INTO triage (name, created, updated, seed, criteria, facts)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (name, now, now, stored.seed, criteria, facts),
            )
            db.executemany("INSERT INTO triage_record VALUES (?, ?, ?)", records)
            db.executemany(
                "INSERT INTO triage_decision"
                " (screening, record_id, label, decided_by, at, note, ranking)"
                " VALUES (?, ?, ?, ?, ?, ?, '')",
                kept,
            )

    def load(self, name: str) -> Stored:
        """A screening as it was left.

        Raises:
            UsageError: there is none of this name; names those that there are.
        """
        rows = self._rows("SELECT criteria, seed, facts, current FROM triage WHERE name = ?", name)
        if not rows:
            names = [summary.name for summary in self.listing()]
            raise UsageError(
                f'No screening is called "{name}".',
                f"There are: {', '.join(names[:10])}." if names else "None was begun yet.",
                f'retort triage export "{names[0]}"' if names else "Begin one: retort chat, Triage",
            )
        criteria, seed, facts, current = rows[0]
        bodies = self._rows(
            "SELECT body FROM triage_record WHERE screening = ? ORDER BY position", name
        )
        return Stored(
            Criteria(**_tuples(json.loads(criteria))),
            seed,
            json.loads(facts),
            current,
            tuple(_record(body) for (body,) in bodies),
        )

    def listing(self) -> tuple[Summary, ...]:
        """All screenings, the one last worked on first."""
        rows = self._rows(
            "SELECT name, (SELECT count(*) FROM triage_record WHERE screening = name), updated"
            " FROM triage ORDER BY updated DESC"
        )
        found = []
        for name, total, updated in rows:
            holding = holding_of(self.decisions(name)).values()
            labels = [kept.decision.label for kept in holding]
            decided = len(labels) - labels.count("maybe")
            found.append(Summary(name, total, decided, labels.count("include"), updated))
        return tuple(found)

    def remove(self, name: str) -> None:
        """Forget a screening with all its decisions."""
        with self._writing() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table} WHERE screening = ?", (name,))
            db.execute("DELETE FROM triage WHERE name = ?", (name,))

    # -- decisions ---------------------------------------------------------------------------------

    def decisions(self, name: str) -> list[Kept]:
        """Those that were not taken back, oldest first."""
        rows = self._rows(
            "SELECT number, record_id, label, decided_by, at, note, ranking, rank, score"
            " FROM triage_decision WHERE screening = ? AND NOT undone ORDER BY number",
            name,
        )
        return [Kept(row[0], Decision(*row[1:6]), *row[6:]) for row in rows]

    def decide(self, name: str, kept: Kept) -> int:
        """Keep a decision; on disk when this returns. Gives its number."""
        decision = kept.decision
        with self._writing() as db:
            db.execute(
                "UPDATE triage_decision SET undone = ? WHERE screening = ? AND undone = ?",
                (_GONE, name, _UNDONE),
            )
            made = db.execute(
                "INSERT INTO triage_decision (screening, record_id, label, decided_by, at, note,"
                " ranking, rank, score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(name, decision.record_id, decision.label, decision.by, decision.at),
                    *(decision.note, kept.ranking, kept.rank, kept.score),
                ),
            )
            db.execute("UPDATE triage SET updated = ? WHERE name = ?", (decision.at, name))
        return int(made.lastrowid or 0)

    def undo(self, name: str) -> str | None:
        """Take the user's last decision back; gives its record, or None where there is none."""
        return self._mark(
            "SELECT max(number) FROM triage_decision"
            " WHERE screening = ? AND decided_by = 'user' AND NOT undone",
            name,
            _UNDONE,
        )

    def redo(self, name: str) -> str | None:
        """Let the decision last taken back hold again, unless one was made since."""
        return self._mark(
            f"SELECT min(number) FROM triage_decision WHERE screening = ? AND undone = {_UNDONE}",
            name,
            _HOLDS,
        )

    def _mark(self, choose: str, name: str, undone: int) -> str | None:
        with self._writing() as db:
            (number,) = db.execute(choose, (name,)).fetchone()
            if number is None:
                return None
            db.execute("UPDATE triage_decision SET undone = ? WHERE number = ?", (undone, number))
            row = db.execute("SELECT record_id FROM triage_decision WHERE number = ?", (number,))
            return str(row.fetchone()[0])

    def show(self, name: str, record_id: str) -> None:
        """Remember which record is shown, for the next start."""
        with self._writing() as db:
            db.execute("UPDATE triage SET current = ? WHERE name = ?", (record_id, name))

    # -- what is said of records -------------------------------------------------------------------

    def note(self, name: str, record_id: str, text: str) -> None:
        """Keep a note on a record in place of the one before; none where it is empty."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO triage_note VALUES (?, ?, ?, ?)",
                (name, record_id, time.time(), text),
            )

    def notes(self, name: str) -> dict[str, str]:
        """Record -> note."""
        rows = self._rows("SELECT record_id, text FROM triage_note WHERE screening = ?", name)
        return {record_id: text for record_id, text in rows if text}

    def keep_opinions(self, name: str, record_id: str, opinions: Sequence[dict[str, Any]]) -> None:
        """Keep what a model said of a record, as JSON-ready values."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO triage_opinion VALUES (?, ?, ?)",
                (name, record_id, json.dumps([*opinions])),
            )

    def opinions(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """Record -> what a model said of it."""
        rows = self._rows("SELECT record_id, body FROM triage_opinion WHERE screening = ?", name)
        return {record_id: json.loads(body) for record_id, body in rows}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


_OUTRANKS = {"user": 2, "import": 1, "model": 0}


def holding_of(decisions: Iterable[Kept]) -> dict[str, Kept]:
    """Record -> the decision that holds: a user's before an imported one before a model's, and of
    these the last.
    """
    found: dict[str, Kept] = {}
    for kept in decisions:
        before = found.get(kept.decision.record_id)
        if not before or _OUTRANKS[kept.decision.by] >= _OUTRANKS[before.decision.by]:
            found[kept.decision.record_id] = kept
    return found


def _packed(record: Record) -> bytes:
    return zlib.compress(json.dumps(asdict(record), ensure_ascii=False).encode(), 1)


def _record(body: bytes) -> Record:
    return Record(**_tuples(json.loads(zlib.decompress(body))))


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
