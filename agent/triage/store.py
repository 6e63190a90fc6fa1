"""Screenings in ``sessions.sqlite``: records, decisions and notes, beside all else worth a backup.

Owns the tables and what a row means. A decision is never deleted: one taken back is marked, so
that the history of a record stays. Knows no ranking.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from retort.agent.sessions import trouble
from retort.agent.triage.holding import Kept, holding_of
from retort.agent.triage.records import Criteria, Decision, Record
from retort.agent.triage.sequence import Records
from retort.retrieval.database import write_ahead
from retort.retrieval.errors import RetortError, UsageError

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS triage (
    name TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, seed INTEGER NOT NULL,
    criteria TEXT NOT NULL, facts TEXT NOT NULL, current TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS triage_record (
    screening TEXT NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (screening, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS triage_ids (
    screening TEXT PRIMARY KEY, total INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS triage_decision (
    number INTEGER PRIMARY KEY AUTOINCREMENT, screening TEXT NOT NULL, record_id TEXT NOT NULL,
    label TEXT NOT NULL, decided_by TEXT NOT NULL, at REAL NOT NULL, note TEXT NOT NULL,
    ranking TEXT NOT NULL, rank INTEGER, score REAL, undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS triage_decision_of ON triage_decision (screening, number);
CREATE TABLE IF NOT EXISTS triage_note (
    screening TEXT NOT NULL, record_id TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (screening, record_id));
CREATE TABLE IF NOT EXISTS triage_verdict (
    criteria TEXT NOT NULL, record TEXT NOT NULL, model TEXT NOT NULL, at REAL NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (criteria, record, model));
"""
Body = dict[str, Any]
_HOLDS, _UNDONE, _GONE = 0, 1, 2
"""what ``undone`` says: it counts; it was taken back; and another was made since"""
_TABLES = tuple(f"triage_{what}" for what in ("record", "ids", "decision", "note"))


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
    records: Sequence[Record]
    """read from the file as they are asked for"""
    ids: tuple[str, ...]
    """of the records"""
    created: float
    """seconds since 1970 (UTC)"""


class Store:
    """The screenings of one ``sessions.sqlite``; safe to use from several threads.

    Raises:
        RetortError: the file cannot be opened or is no database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen = None
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

    @contextmanager
    def _changing(self, name: str) -> Iterator[sqlite3.Connection]:
        """One transaction on a screening that is still there: nothing is kept for one that was
        deleted meanwhile, which the next of its name would take over.
        """
        with self._writing() as db:
            found = db.execute("UPDATE triage SET updated = ? WHERE name = ?", (time.time(), name))
            if not found.rowcount:
                raise _gone(name)
            yield db

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error

    def create(
        self,
        name: str,
        criteria: Criteria,
        seed: int,
        facts: dict[str, Any],
        records: Sequence[Record],
        decisions: Iterable[Decision],
        notes: Mapping[str, str],
    ) -> None:
        """Keep a new screening as a whole, or nothing of it.

        Raises:
            UsageError: the name is taken.
        """
        now = time.time()
        bodies = ((name, at, _packed(_as_dict(record))) for at, record in enumerate(records))
        kept = ((name, d.record_id, d.label, d.by, d.at, d.note) for d in decisions)
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
                (name, now, now, seed, json.dumps(asdict(criteria)), json.dumps(facts)),
            )
            db.executemany("INSERT INTO triage_record VALUES (?, ?, ?)", bodies)
            ids = [record.id for record in records]
            db.execute("INSERT INTO triage_ids VALUES (?, ?, ?)", (name, len(ids), _packed(ids)))
            db.executemany(
                "INSERT INTO triage_decision"
                " (screening, record_id, label, decided_by, at, note, ranking)"
                " VALUES (?, ?, ?, ?, ?, ?, '')",
                kept,
            )
            noted = ((name, record_id, now, text) for record_id, text in notes.items())
            db.executemany("INSERT INTO triage_note VALUES (?, ?, ?, ?)", noted)

    def load(self, name: str) -> Stored:
        """A screening as it was left; its records are not read yet.

        Raises:
            UsageError: there is none of this name; names those that there are.
        """
        rows = self._rows(
            "SELECT criteria, seed, facts, current, created, body"
            " FROM triage JOIN triage_ids ON screening = name WHERE name = ?",
            name,
        )
        if not rows:
            names = [summary.name for summary in self.listing()]
            raise UsageError(
                f'No screening is called "{name}".',
                f"There are: {', '.join(names[:10])}." if names else "None was begun yet.",
                f'retort triage export "{names[0]}"' if names else "Begin one: retort chat, Triage",
            )
        criteria, seed, facts, current, created, body = rows[0]
        ids = tuple(_unpacked(body))
        return Stored(
            Criteria(**_tuples(json.loads(criteria))),
            seed,
            json.loads(facts),
            current,
            Records(partial(self._records, name), len(ids)),
            ids,
            created,
        )

    def _records(self, name: str, start: int, end: int) -> list[Record]:
        """The records of a screening from one position up to another one, some at least."""
        rows = self._rows(
            "SELECT body FROM triage_record"
            " WHERE screening = ? AND position >= ? AND position < ? ORDER BY position",
            *(name, start, end),
        )
        if not rows:
            raise _gone(name)
        return [Record(**_tuples(_unpacked(body))) for (body,) in rows]

    def begun(self, name: str) -> float | None:
        """When the screening of this name was begun; None where there is none."""
        rows = self._rows("SELECT created FROM triage WHERE name = ?", name)
        return float(rows[0][0]) if rows else None

    def listing(self) -> tuple[Summary, ...]:
        """All screenings, the one last worked on first."""
        rows = self._rows(
            "SELECT name, total, updated, facts FROM triage JOIN triage_ids ON screening = name"
            " ORDER BY updated DESC"
        )
        found = []
        for name, total, updated, facts in rows:
            holding = holding_of(self.decisions(name), json.loads(facts).get("conflicts", ()))
            labels = [kept.decision.label for kept in holding.values()]
            decided = len(labels) - labels.count("maybe")
            found.append(Summary(name, total, decided, labels.count("include"), updated))
        return tuple(found)

    def remove(self, name: str) -> None:
        """Forget a screening with all its decisions.

        Raises:
            UsageError: there is none of this name; names those that there are.
        """
        self.load(name)
        with self._writing() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table} WHERE screening = ?", (name,))
            db.execute("DELETE FROM triage WHERE name = ?", (name,))

    def has_news(self) -> bool:
        """Whether somebody else has written to the file since this was last asked."""
        ((version,),) = self._rows("PRAGMA data_version")
        seen, self._seen = self._seen, version
        return bool(version != seen)

    # -- decisions ---------------------------------------------------------------------------------

    def decisions(self, name: str) -> list[Kept]:
        """Those that were not taken back, oldest first."""
        rows = self._rows(
            "SELECT number, record_id, label, decided_by, at, note, ranking, rank, score"
            " FROM triage_decision WHERE screening = ? AND NOT undone ORDER BY number",
            name,
        )
        return [Kept(row[0], Decision(*row[1:6]), *row[6:]) for row in rows]

    def decide(self, name: str, decision: Decision, ranking: str, rank: int, score: float) -> Kept:
        """Keep a decision; on disk when this returns.

        Args:
            name: of the screening.
            decision: what was decided.
            ranking: stamp of the ranking that showed the record.
            rank: of the record in it.
            score: of the record in it.
        """
        with self._changing(name) as db:
            db.execute(
                "UPDATE triage_decision SET undone = ? WHERE screening = ? AND undone = ?",
                (_GONE, name, _UNDONE),
            )
            made = db.execute(
                "INSERT INTO triage_decision (screening, record_id, label, decided_by, at, note,"
                " ranking, rank, score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(name, decision.record_id, decision.label, decision.by, decision.at),
                    *(decision.note, ranking, rank, score),
                ),
            )
        return Kept(int(made.lastrowid or 0), decision, ranking, rank, score)

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
        with self._changing(name) as db:
            (number,) = db.execute(choose, (name,)).fetchone()
            if number is None:
                return None
            db.execute("UPDATE triage_decision SET undone = ? WHERE number = ?", (undone, number))
            row = db.execute("SELECT record_id FROM triage_decision WHERE number = ?", (number,))
            return str(row.fetchone()[0])

    def show(self, name: str, record_id: str) -> None:
        """Remember which record is shown, for the next start: a full disk costs only that."""
        try:
            with self._writing() as db:
                db.execute("UPDATE triage SET current = ? WHERE name = ?", (record_id, name))
        except RetortError:
            log.warning("the record that is shown was not remembered", exc_info=True)

    # -- what is said of records -------------------------------------------------------------------

    def note(self, name: str, record_id: str, text: str) -> None:
        """Keep a note on a record in place of the one before; none where it is empty."""
        with self._changing(name) as db:
            db.execute(
                "INSERT OR REPLACE INTO triage_note VALUES (?, ?, ?, ?)",
                (name, record_id, time.time(), text),
            )

    def notes(self, name: str) -> dict[str, str]:
        """Record -> note; empty where it was taken away."""
        rows = self._rows("SELECT record_id, text FROM triage_note WHERE screening = ?", name)
        return dict(rows)

    def keep_verdicts(self, criteria: str, record: str, model: str, body: Sequence[Body]) -> None:
        """Keep what a model said of a record, as JSON-ready values; none is worth keeping too.

        Args:
            criteria: digest of the criteria.
            record: digest of what the record says.
            model: the model's name.
            body: its verdicts.
        """
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO triage_verdict VALUES (?, ?, ?, ?, ?)",
                (criteria, record, model, time.time(), json.dumps([*body])),
            )

    def verdicts(self, criteria: str) -> dict[str, dict[str, list[Body]]]:
        """Record -> model -> what it said by these criteria, the newest last."""
        rows = self._rows(
            "SELECT record, model, body FROM triage_verdict WHERE criteria = ? ORDER BY at",
            criteria,
        )
        found: dict[str, dict[str, list[Body]]] = {}
        for record, model, body in rows:
            found.setdefault(record, {})[model] = json.loads(body)
        return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


def _gone(name: str) -> UsageError:
    return UsageError(
        f'The screening "{name}" is not there any more.',
        "It was deleted meanwhile.",
        "retort triage list",
    )


def _as_dict(record: Record) -> dict[str, Any]:
    """As `dataclasses.asdict`, which copies each value: slow for many records."""
    return {each.name: getattr(record, each.name) for each in fields(Record)}


def _packed(data: Any) -> bytes:
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode(), 1)


def _unpacked(body: bytes) -> Any:
    return json.loads(zlib.decompress(body))


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
