"""Records into the store, batch by batch: each is on disk before the next one begins.

Owns which records are stored, left alone and removed, and what is remembered of their files; what
one batch changes stands in ``commits``. Made by ``Library.writing``, which holds the lock. Knows
nothing of reading, searching or file formats.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from retort.retrieval import chunks, database, merging, sources
from retort.retrieval.commits import commit
from retort.retrieval.database import Connection
from retort.retrieval.encode import Encoder
from retort.retrieval.records import Paper
from retort.retrieval.sources import NO_FILE, Source

PAPERS_PER_COMMIT = 64
CHARACTERS_PER_COMMIT = 500_000
"""some seconds of encoding: what a kill can cost"""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding records did; together, the first four are all that were given."""

    added: int = 0
    replaced: int = 0
    """records that were there, from the same file, with other content"""
    unchanged: int = 0
    repeated: int = 0
    """records in whose place a later one with the same id was taken"""
    passages: int = 0
    """passages that are new"""
    merged: int = 0
    """of a file: repeated records, and those that went into a paper which another record of this
    or another file had made before"""

    @property
    def records(self) -> int:
        """How many were given."""
        return self.added + self.replaced + self.unchanged + self.repeated

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.repeated + other.repeated,
            self.passages + other.passages,
            self.merged + other.merged,
        )


class Writer:
    """The one writer of a library."""

    def __init__(
        self,
        connection: Connection,
        encoder: Callable[[], Encoder],
        index: Callable[[], None] | None = None,
    ) -> None:
        self._db = connection
        self._encoder = encoder
        self._index = index

    # -- adding ------------------------------------------------------------------------------------

    def add(
        self,
        papers: Iterable[Paper],
        progress: Callable[[int], None] | None = None,
        file: int = NO_FILE,
    ) -> Added:
        """Add the records of a file, or of none; see ``Library.add``."""
        return self._add(papers, progress, file, set())

    def new_of_file(self, path: str, papers: Iterable[Paper]) -> list[Paper]:
        """Those records of a file that were not added from it as they are here."""
        row = self._db.execute("SELECT row FROM files WHERE path = ?", (path,)).fetchone()
        return missing(self._db, papers, row[0] if row else NO_FILE)

    def add_file(
        self, path: str, papers: Iterable[Paper], progress: Callable[[int], None] | None = None
    ) -> Added:
        """Add all records of a file; those that it had once and has no more are removed.

        Whatever ``papers`` raises ends the file where it is, and nothing is removed.
        """
        file = self._open_file(path)
        seen: set[str] = set()
        done = self._add(papers, progress, file, seen)
        before = self._db.execute("SELECT row, paper_id FROM sources WHERE file = ?", (file,))
        self._remove([row for row, paper_id in before.fetchall() if paper_id not in seen])
        (later,) = self._db.execute(
            "SELECT count(*) FROM sources AS s WHERE file = ? AND EXISTS"
            " (SELECT 1 FROM sources AS o WHERE o.paper = s.paper AND o.row < s.row)",
            (file,),
        ).fetchone()
        return replace(done, merged=done.repeated + later)

    def _add(
        self,
        papers: Iterable[Paper],
        progress: Callable[[int], None] | None,
        file: int,
        seen: set[str],
    ) -> Added:
        total = Added()
        for part in for_commits(papers):
            batch = by_id(part)
            again = seen.intersection(batch)
            total += Added(repeated=len(part) - len(batch) + len(again))
            total += self._add_batch(batch, file, again)
            seen.update(batch)
            if progress:
                progress(total.records)
        return total

    def _add_batch(self, papers: dict[str, Paper], file: int, again: set[str]) -> Added:
        """Add records by id; those that came ``again`` are counted elsewhere."""
        known = sources.known(self._db, file, list(papers))
        fresh: list[Source] = []
        added = replaced = unchanged = 0
        for name, paper in papers.items():
            digest = _digest(paper)
            row, of, stored = known.get(name, (None, file, ""))
            if stored != digest or of != file:
                fresh.append(Source(row, None, file, digest, paper))
            if name not in again:
                added += row is None
                replaced += row is not None and stored != digest
                unchanged += stored == digest
        passages = self._commit(fresh) if fresh else 0
        return Added(added, replaced, unchanged, passages=passages)

    # -- removing and rebuilding -------------------------------------------------------------------

    def remove_papers(self, rows: Sequence[int]) -> None:
        """Remove papers with all their sources. Their files will be read again when added."""
        for start in range(0, len(rows), PAPERS_PER_COMMIT):
            gone = sources.of_papers(self._db, rows[start : start + PAPERS_PER_COMMIT])
            with database.transaction(self._db):
                marks = ",".join("?" * len(gone))
                self._db.execute(
                    "UPDATE files SET fingerprint = '' WHERE row IN"
                    f" (SELECT file FROM sources WHERE row IN ({marks}))",
                    gone,
                )
            self._remove(gone)

    def remove_file(self, path: str) -> None:
        """Remove what came from a file. Papers that other sources know stay, made of those."""
        file = self._open_file(path)
        gone = self._db.execute("SELECT row FROM sources WHERE file = ?", (file,)).fetchall()
        self._remove([row for (row,) in gone])
        with database.transaction(self._db):
            self._db.execute("DELETE FROM files WHERE row = ?", (file,))

    def remove_all(self) -> None:
        """Remove every paper and forget every file; the room on the disk is given back."""
        with database.transaction(self._db):
            for table in ("sources", "papers", "files"):
                self._db.execute(f"DELETE FROM {table}")
            database.next_generation(self._db)
        self._db.execute("VACUUM")

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make every paper anew from its sources, by the rules of today.

        Only what comes out otherwise than it is stored is written.
        """
        rows = [row for (row,) in self._db.execute("SELECT row FROM sources ORDER BY row")]
        for start in range(0, len(rows), PAPERS_PER_COMMIT):
            part = list(sources.stored(self._db, rows[start : start + PAPERS_PER_COMMIT]))
            with database.transaction(self._db):
                for source in part:
                    if source.row:
                        database.name_source(self._db, source.row, merging.names(source.paper))
            self._commit(part)
            if progress:
                progress(start + len(part), len(rows))

    def _remove(self, rows: Sequence[int]) -> None:
        """Remove sources; each paper is made of those that are left."""
        for start in range(0, len(rows), PAPERS_PER_COMMIT):
            self._commit([], rows[start : start + PAPERS_PER_COMMIT])

    def _commit(self, fresh: Sequence[Source], gone: Sequence[int] = ()) -> int:
        return commit(self._db, self._encoder, fresh, gone, self._index)

    # -- files -------------------------------------------------------------------------------------

    def file_fingerprint(self, path: str) -> tuple[str, str] | None:
        """Status and fingerprint of a file as it was read last, or None."""
        row = self._db.execute(
            "SELECT status, fingerprint FROM files WHERE path = ?", (path,)
        ).fetchone()
        return (row[0], row[1]) if row else None

    def note_file(
        self,
        path: str,
        fingerprint: str,
        status: str,
        done: Added | None = None,
        reasons: Sequence[str] = (),
        error: dict[str, str] | None = None,
    ) -> None:
        """Remember how a file went: its counts, why records were skipped, why it failed."""
        done = done or Added()
        with database.transaction(self._db):
            self._db.execute(
                "INSERT INTO files"
                " (path, fingerprint, status, papers, passages, merged, skipped, error)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
                " fingerprint = excluded.fingerprint, status = excluded.status,"
                " papers = excluded.papers, passages = excluded.passages,"
                " merged = excluded.merged, skipped = excluded.skipped, error = excluded.error",
                (
                    *(path, fingerprint, status),
                    *(done.records - done.merged, done.passages, done.merged),
                    *(json.dumps(list(reasons)), json.dumps(error) if error else None),
                ),
            )

    def _open_file(self, path: str) -> int:
        """The row of a file, from now on half read."""
        with database.transaction(self._db):
            (row,) = self._db.execute(
                "INSERT INTO files (path, fingerprint, status) VALUES (?, '', 'reading')"
                " ON CONFLICT (path) DO UPDATE SET fingerprint = '', status = 'reading'"
                " RETURNING row",
                (path,),
            ).fetchone()
        return int(row)


def missing(connection: Connection, papers: Iterable[Paper], file: int = NO_FILE) -> list[Paper]:
    """Those papers that were not added, from a file or by a program, as they are here."""
    found = []
    for part in for_commits(papers):
        batch = by_id(part)
        stored = sources.known(connection, file, list(batch))
        found += [
            paper
            for name, paper in batch.items()
            if stored.get(name, (0, 0, ""))[2] != _digest(paper)
        ]
    return found


def _digest(paper: Paper) -> str:
    return f"{chunks.RULE} {database.record_of(paper)[1]}"


def for_commits(papers: Iterable[Paper]) -> Iterator[list[Paper]]:
    """Records in parts, each enough for a commit."""
    part: list[Paper] = []
    names: set[str] = set()
    characters = 0
    for paper in papers:
        if len(names) == PAPERS_PER_COMMIT or characters > CHARACTERS_PER_COMMIT:
            yield part
            part, names, characters = [], set(), 0
        part.append(paper)
        names.add(paper.paper_id)
        characters += len(paper.text)
    if part:
        yield part


def by_id(papers: Iterable[Paper]) -> dict[str, Paper]:
    """Records by id; of two with one id the later one."""
    return {paper.paper_id: paper for paper in papers}
