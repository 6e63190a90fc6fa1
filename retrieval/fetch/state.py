"""What is known of each fetch: what was searched, what was listed, what is in, what was left out.

Stands beside the papers and apart from their schema: a file of its own in a library's folder,
tables of their own on a server. Whoever holds the library's right to write holds that of these too.
They may be thrown away: then a fetch begins anew and finds its papers in the library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from retort.retrieval import database
from retort.retrieval.database import Connection
from retort.retrieval.fetch.records import Batch, Found, Record
from retort.retrieval.stores import Store

NOTES = "fetches"
IN, IN_PART, OUT = "in", "in part", "out"
"""how a record is: as it should be, to be asked for again, left out"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS fetches (
    digest      TEXT PRIMARY KEY,
    source      TEXT NOT NULL,
    query       TEXT NOT NULL,
    full_text   INTEGER NOT NULL,
    round       INTEGER NOT NULL, -- counts the searches
    most        INTEGER NOT NULL,
    found       INTEGER NOT NULL,
    translation TEXT NOT NULL,
    notes       TEXT NOT NULL,    -- JSON: [note, ...]
    ids         TEXT NOT NULL,    -- JSON: [id, ...], where the source lists them ahead
    cursor      TEXT NOT NULL,    -- where the next batch begins; empty when all are in
    searched_at TEXT NOT NULL     -- UTC
);
CREATE TABLE IF NOT EXISTS records (
    digest TEXT NOT NULL REFERENCES fetches (digest) ON DELETE CASCADE,
    id     TEXT NOT NULL,
    round  INTEGER NOT NULL,      -- the last search that listed it
    state  TEXT NOT NULL,         -- in, in part (to be asked for again), or out
    reason TEXT NOT NULL,
    PRIMARY KEY (digest, id)
)"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One fetch as it stands."""

    digest: str
    source: str
    query: str
    full_text: bool
    round: int
    most: int
    found: int
    translation: str
    notes: tuple[str, ...]
    ids: tuple[str, ...]
    cursor: str

    @property
    def is_done(self) -> bool:
        """Whether all that was wanted of the last search has been asked for."""
        return not self.cursor


def digest_of(source: str, query: str, full_text: bool) -> str:
    """What makes two commands the same fetch: twelve hex digits."""
    key = json.dumps([source, query, full_text])
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class State:
    """The record of all fetches into one library. Made by ``State.open``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @classmethod
    @contextmanager
    def open(cls, store: Store) -> Iterator[State]:
        """What is noted beside a library, for this block; its writer must be held.

        Raises:
            RetortError: it cannot be read or written.
        """
        with store.beside(NOTES) as db:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            yield cls(db)

    def plan(self, digest: str) -> Plan | None:
        """A fetch as it was left, or None."""
        row = self._db.execute(
            "SELECT source, query, full_text, round, most, found, translation, notes, ids, cursor"
            " FROM fetches WHERE digest = ?",
            (digest,),
        ).fetchone()
        if row is None:
            return None
        source, query, full_text, number, most, found, translation, notes, ids, cursor = row
        return Plan(
            *(digest, source, query, bool(full_text), number, most, found, translation),
            *(tuple(json.loads(notes)), tuple(json.loads(ids)), cursor),
        )

    def begin(
        self, digest: str, source: str, query: str, full_text: bool, most: int, found: Found
    ) -> Plan:
        """Note the outcome of a search; what earlier ones brought in stays known."""
        before = self.plan(digest)
        plan = Plan(
            *(digest, source, query, full_text, before.round + 1 if before else 1, most),
            *(found.count, found.translation, found.notes, found.ids, found.cursor),
        )
        with database.transaction(self._db):
            self._db.execute(
                "INSERT INTO fetches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET round = excluded.round, most = excluded.most,"
                " found = excluded.found, translation = excluded.translation,"
                " notes = excluded.notes, ids = excluded.ids, cursor = excluded.cursor,"
                " searched_at = excluded.searched_at",
                (
                    *(digest, source, query, int(full_text), plan.round, most, plan.found),
                    *(plan.translation, json.dumps(plan.notes), json.dumps(plan.ids), plan.cursor),
                    datetime.now(UTC).isoformat(" ", "seconds"),
                ),
            )
        return plan

    def known(self, digest: str) -> frozenset[str]:
        """Ids that are in as they should be."""
        rows = self._db.execute(
            "SELECT id FROM records WHERE digest = ? AND state = 'in'", (digest,)
        )
        return frozenset(row[0] for row in rows)

    def listed(self, plan: Plan) -> dict[str, tuple[str, str]]:
        """Ids that the batches since the last search have held: how each is, and why."""
        rows = self._db.execute(
            "SELECT id, state, reason FROM records WHERE digest = ? AND round = ? ORDER BY id",
            (plan.digest, plan.round),
        )
        return {own: (state, reason) for own, state, reason in rows}

    def done(self, plan: Plan, batch: Batch) -> Plan:
        """Note that a batch is in the library; the next begins at its cursor."""
        with database.transaction(self._db):
            self._db.executemany(
                "INSERT INTO records VALUES (?, ?, ?, ?, ?) ON CONFLICT (digest, id) DO UPDATE SET"
                " round = excluded.round, state = excluded.state, reason = excluded.reason",
                [
                    (plan.digest, each.id, plan.round, _state(each), each.reason)
                    for each in batch.records
                ],
            )
            self._db.executemany(
                "UPDATE records SET round = ? WHERE digest = ? AND id = ?",
                [(plan.round, plan.digest, own) for own in batch.passed],
            )
            self._db.execute(
                "UPDATE fetches SET cursor = ? WHERE digest = ?", (batch.cursor, plan.digest)
            )
        return replace(plan, cursor=batch.cursor)


def _state(record: Record) -> str:
    if record.paper is None:
        return OUT
    return IN if record.is_final else IN_PART
