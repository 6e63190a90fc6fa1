"""Papers into the store, batch by batch: each is on disk before the next one begins.

Owns what a paper becomes (passages, vectors, rows) and when it is left alone. Made by
``Library.writing``, which holds the lock. Knows nothing of reading, searching or file formats.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import chunks, database
from retort.retrieval.encode import Encoder
from retort.retrieval.records import Paper, Passage

PAPERS_PER_COMMIT = 64
CHARACTERS_PER_COMMIT = 500_000
"""some seconds of encoding: what a kill can cost"""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding papers did."""

    added: int = 0
    replaced: int = 0
    """papers whose id was there with other content"""
    unchanged: int = 0
    passages: int = 0
    """passages of the added and replaced papers"""

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.passages + other.passages,
        )


class Writer:
    """The one writer of a library."""

    def __init__(self, connection: sqlite3.Connection, encoder: Callable[[], Encoder]) -> None:
        self._db = connection
        self._encoder = encoder

    def add(self, papers: Iterable[Paper], progress: Callable[[int], None] | None = None) -> Added:
        """Add papers; see ``Library.add``."""
        total = Added()
        done = 0
        for batch in _batches(papers):
            total += self._add_batch(batch)
            done += len(batch)
            if progress:
                progress(done)
        return total

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
        papers: int = 0,
        passages: int = 0,
        reasons: Sequence[str] = (),
        error: dict[str, str] | None = None,
    ) -> None:
        """Remember how a file went: its counts, why records were skipped, why it failed."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(path, fingerprint, status, papers, passages),
                    *(json.dumps(list(reasons)), json.dumps(error) if error else None),
                ),
            )

    def _add_batch(self, papers: dict[str, Paper]) -> Added:
        fresh = _fresh(self._db, papers)
        if not fresh:
            return Added(unchanged=len(papers))
        cut = [chunks.split(paper) for paper, _, _ in fresh]
        texts = [
            _encoded_text(paper, passage)
            for (paper, _, _), passages in zip(fresh, cut, strict=True)
            for passage in passages
        ]
        encoder = self._encoder()
        vectors = iter(encoder.encode(texts).astype(np.float16))
        replaced = 0
        with database.transaction(self._db):
            for (paper, record, digest), passages in zip(fresh, cut, strict=True):
                replaced += self._insert(paper, record, digest, passages, vectors)
            self._db.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [("encoder", encoder.name), ("encoder_digest", encoder.digest)],
            )
            self._db.execute(
                "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'"
            )
        return Added(len(fresh) - replaced, replaced, len(papers) - len(fresh), len(texts))

    def _insert(
        self,
        paper: Paper,
        record: str,
        digest: str,
        passages: Sequence[Passage],
        vectors: Iterator[NDArray[np.float16]],
    ) -> int:
        """Write one paper and its passages; 1 if it took the place of another version, else 0."""
        gone = self._db.execute("DELETE FROM papers WHERE paper_id = ?", (paper.paper_id,)).rowcount
        row = self._db.execute(
            "INSERT INTO papers (paper_id, digest, kind, record, text) VALUES (?, ?, ?, ?, ?)",
            (paper.paper_id, digest, paper.kind, record, paper.text),
        ).lastrowid
        self._db.executemany(
            'INSERT INTO passages (paper, passage_id, start, "end", section, page, vector)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (row, p.passage_id, p.start, p.end, p.section, p.page, next(vectors).tobytes())
                for p in passages
            ],
        )
        return gone


def missing(connection: sqlite3.Connection, papers: Iterable[Paper]) -> list[Paper]:
    """Those papers that are not in the library as they are here."""
    return [paper for batch in _batches(papers) for paper, _, _ in _fresh(connection, batch)]


def _encoded_text(paper: Paper, passage: Passage) -> str:
    """What the encoder reads of a passage: its paper's title and its text."""
    return f"{paper.title}. {passage.text}" if paper.title else passage.text


def _batches(papers: Iterable[Paper]) -> Iterator[dict[str, Paper]]:
    """Papers by id, enough for a commit; a repeated id opens the next batch: the last one wins."""
    batch: dict[str, Paper] = {}
    characters = 0
    for paper in papers:
        full = len(batch) == PAPERS_PER_COMMIT or characters > CHARACTERS_PER_COMMIT
        if full or paper.paper_id in batch:
            yield batch
            batch, characters = {}, 0
        batch[paper.paper_id] = paper
        characters += len(paper.text)
    if batch:
        yield batch


def _fresh(
    connection: sqlite3.Connection, papers: dict[str, Paper]
) -> list[tuple[Paper, str, str]]:
    """Papers that are not stored with the same content: each with its record and digest."""
    marks = ",".join("?" * len(papers))
    known = dict(
        connection.execute(
            f"SELECT paper_id, digest FROM papers WHERE paper_id IN ({marks})", list(papers)
        )
    )
    fresh = []
    for name, paper in papers.items():
        record, content = database.record_of(paper)
        digest = f"{chunks.RULE} {content}"
        if known.get(name) != digest:
            fresh.append((paper, record, digest))
    return fresh
