"""A library: papers and their passages in one SQLite file, and the indexes over them.

The SQLite file is the truth; the lexical index on disk and the vectors in memory are caches of one
generation of it, rebuilt whenever they are missing, damaged or behind. Papers are committed batch by
batch: a kill loses what was not yet committed and nothing else. Knows nothing of files (``ingest``)
or of how hits are ranked (``search``).
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import caches, chunks, database
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.errors import RetortError
from retort.retrieval.lexical import LexicalIndex
from retort.retrieval.records import Paper, Passage
from retort.retrieval.vectors import VectorIndex

Ints = NDArray[np.int64]

PAPERS_PER_COMMIT = 64
FILE = "library.sqlite"


@dataclass(frozen=True, slots=True)
class Added:
    """What adding papers did."""

    added: int = 0
    replaced: int = 0
    """papers whose id was there with other content"""
    unchanged: int = 0
    passages: int = 0
    """passages of the added and replaced papers"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The passages of one generation, as arrays, with the lexical index over them."""

    generation: int
    rows: Ints
    """(n,) ascending row ids of the passages"""
    papers: Ints
    """(n,) number of each passage's paper, 0 to p - 1"""
    paper_count: int
    lexical: LexicalIndex


class Library:
    """An open library; safe to search from several threads. Made by ``Library.open``."""

    def __init__(self, path: Path, encoder: str | Encoder, offline: bool) -> None:
        self.path = path
        self.name = path.name
        self._offline = offline
        self._encoder = encoder if not isinstance(encoder, str) else None
        self._encoder_spec = encoder if isinstance(encoder, str) else encoder.name
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        self._vectors: tuple[int, VectorIndex] | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        encoder: str | Encoder = "bundled",
        create: bool = False,
        offline: bool = True,
    ) -> Library:
        """Open a library's folder.

        Args:
            path: the folder; its name is the library's name.
            encoder: what new libraries encode with. An existing library keeps the encoder it was made
                with; an ``Encoder`` object given here is used when it is that one.
            create: make the library if it is not there.
            offline: forbid the download of an encoder.

        Raises:
            RetortError: there is no such library, it cannot be read, or it is of a newer Retort.
        """
        library = cls(path, encoder, offline)
        if not (path / FILE).exists():
            if not create:
                raise RetortError(
                    f'No library "{library.name}".',
                    f"There is none at {path}.",
                    f"retort library add PATH --library {library.name}",
                )
            _make_folder(path)
        try:
            database.prepare(library._db, {"id": uuid.uuid4().hex, "chunks": chunks.RULE})
            library._check_schema()
        except sqlite3.Error as error:
            raise RetortError(
                f'The library "{library.name}" cannot be opened.',
                f"{path / FILE}: {error}.",
                "Restore the file from a backup, or move it away and add the papers again.",
            ) from error
        return library

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._local = threading.local()

    # -- reading -----------------------------------------------------------------------------------

    def count(self) -> tuple[int, int]:
        """How many papers and passages there are."""
        papers = self._db.execute("SELECT count(*) FROM papers").fetchone()[0]
        passages = self._db.execute("SELECT count(*) FROM passages").fetchone()[0]
        return int(papers), int(passages)

    def paper(self, paper_id: str) -> Paper | None:
        """The paper with this id, or None."""
        row = self._db.execute(
            "SELECT record, text FROM papers WHERE paper_id = ?", (paper_id,)
        ).fetchone()
        return database.paper_from(*row) if row else None

    def passages(self, rows: Sequence[int]) -> list[tuple[Passage, dict[str, Any]]]:
        """Passages by row id, in the order given, each with its paper's record (all but the text)."""
        marks = ",".join("?" * len(rows))
        found = self._db.execute(
            "SELECT passages.row, passage_id, paper_id, start, end, section, page, record,"
            ' substr(text, start + 1, "end" - start) FROM passages JOIN papers'
            f" ON papers.row = passages.paper WHERE passages.row IN ({marks})",
            [int(row) for row in rows],
        )
        by_row = {
            row: (Passage(pid, paper, start, end, text, section, page), json.loads(record))
            for row, pid, paper, start, end, section, page, record, text in found
        }
        return [by_row[row] for row in rows if row in by_row]

    def snapshot(self) -> Snapshot:
        """The passages and the lexical index of the present generation."""
        with self._lock:
            if self._snapshot is None or self._snapshot.generation != self._generation():
                self._snapshot = self._take_snapshot()
            return self._snapshot

    def vectors(self, snapshot: Snapshot) -> VectorIndex:
        """The vectors of a snapshot's passages, at the positions of its ``rows``."""
        with self._lock:
            if self._vectors is None or self._vectors[0] != snapshot.generation:
                self._vectors = snapshot.generation, self._load_vectors(snapshot)
            return self._vectors[1]

    def encoder(self) -> Encoder:
        """The encoder of this library, loaded when first needed.

        Raises:
            RetortError: the library was made with another one that is not to be had here.
        """
        with self._lock:
            spec, digest = self._meta("encoder"), self._meta("encoder_digest")
            wanted = spec or self._encoder_spec
            if self._encoder is None or (spec and self._encoder.name != spec):
                self._encoder = load_encoder(wanted, self._offline)
            if digest and self._encoder.digest != digest:
                raise RetortError(
                    f'The library "{self.name}" was made with another encoder.',
                    f"Its vectors are of {spec} ({digest}), here is {self._encoder.digest}.",
                    "Use the encoder it was made with, or add the papers to a new library.",
                )
            return self._encoder

    def status(self) -> dict[str, Any]:
        """What the library holds: counts, size on disk, encoder, and how its files went."""
        papers, passages = self.count()
        notes = self._db.execute("SELECT count(*) FROM papers WHERE kind = 'note'").fetchone()[0]
        files = dict(self._db.execute("SELECT status, count(*) FROM files GROUP BY status"))
        failed = self._db.execute("SELECT path, error FROM files WHERE status = 'failed'")
        size = sum(item.stat().st_size for item in self.path.iterdir() if item.is_file())
        return {
            "library": self.name,
            "papers": papers,
            "notes": notes,
            "passages": passages,
            "bytes_on_disk": size,
            "encoder": self._meta("encoder") or self._encoder_spec,
            "generation": self._generation(),
            "files": files,
            "failed_files": [{"path": path, "error": json.loads(e)} for path, e in failed],
        }

    # -- writing -----------------------------------------------------------------------------------

    def add(self, papers: Iterable[Paper], progress: Callable[[int], None] | None = None) -> Added:
        """Add papers; each batch is on disk when the next one begins.

        A paper that is there with the same content is left alone, with other content it is replaced.

        Args:
            papers: any number; they are taken in batches of ``PAPERS_PER_COMMIT``.
            progress: called with the number of papers done.

        Raises:
            RetortError: another run is writing into this library, or the disk is full.
        """
        total = Added()
        done = 0
        with database.writer_lock(self.path, self.name):
            stream = iter(papers)
            while batch := list(islice(stream, PAPERS_PER_COMMIT)):
                total = _sum(total, self._add_batch({paper.paper_id: paper for paper in batch}))
                done += len(batch)
                if progress:
                    progress(done)
        return total

    def refresh(self) -> None:
        """Bring the caches up to the present generation and write them to disk."""
        caches.save(
            self.path, self._meta("id"), self.snapshot().generation, self.snapshot().lexical
        )

    def file_fingerprint(self, path: str) -> tuple[str, str] | None:
        """Status and fingerprint of a file as it was read last, or None."""
        row = self._db.execute(
            "SELECT status, fingerprint FROM files WHERE path = ?", (path,)
        ).fetchone()
        return (row[0], row[1]) if row else None

    def note_file(self, path: str, fingerprint: str, row: dict[str, Any]) -> None:
        """Remember how a file went; ``row`` is its line in the report."""
        error = json.dumps(row["error"]) if row["error"] else None
        values = (path, fingerprint, row["status"], row["papers"], row["passages"])
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, json.dumps(row["reasons"]), error),
            )

    def _add_batch(self, papers: dict[str, Paper]) -> Added:
        records = {name: database.record_of(paper) for name, paper in papers.items()}
        marks = ",".join("?" * len(papers))
        known = dict(
            self._db.execute(
                f"SELECT paper_id, digest FROM papers WHERE paper_id IN ({marks})", list(papers)
            )
        )
        fresh = {n: p for n, p in papers.items() if known.get(n) != records[n][1]}
        cut = {name: chunks.split(paper) for name, paper in fresh.items()}
        texts = [f"{fresh[name].title}. {passage.text}" for name in fresh for passage in cut[name]]
        vectors = iter(self._encode(texts))
        with self._writing():
            for name, paper in fresh.items():
                self._insert(paper, records[name], cut[name], vectors)
            if fresh:
                self._db.execute(
                    "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'"
                )
        replaced = sum(name in known for name in fresh)
        return Added(len(fresh) - replaced, replaced, len(papers) - len(fresh), len(texts))

    def _insert(
        self,
        paper: Paper,
        record: tuple[str, str],
        passages: Sequence[Passage],
        vectors: Iterator[NDArray[np.float32]],
    ) -> None:
        self._db.execute("DELETE FROM papers WHERE paper_id = ?", (paper.paper_id,))
        row = self._db.execute(
            "INSERT INTO papers (paper_id, digest, kind, record, text) VALUES (?, ?, ?, ?, ?)",
            (paper.paper_id, record[1], paper.kind, record[0], paper.text),
        ).lastrowid
        self._db.executemany(
            'INSERT INTO passages (paper, passage_id, start, "end", section, page, vector)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (row, p.passage_id, p.start, p.end, p.section, p.page,
                 next(vectors).astype(np.float16).tobytes())
                for p in passages
            ],
        )  # fmt: skip

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        encoder = self.encoder()
        if not self._meta("encoder"):
            with self._writing():
                made_with = {"encoder": encoder.name, "encoder_digest": encoder.digest}
                self._db.executemany(
                    "INSERT OR REPLACE INTO meta VALUES (?, ?)", list(made_with.items())
                )
        return encoder.encode(texts)

    # -- within ------------------------------------------------------------------------------------

    @property
    def _db(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = database.connect(self.path / FILE)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction whose failure says what to do."""
        try:
            with database.transaction(self._db):
                yield
        except sqlite3.Error as problem:
            raise RetortError(
                f'Cannot write to the library "{self.name}".',
                f"{problem}. What was added before is saved.",
                "Make room on the disk and repeat the command; it goes on where it stopped.",
            ) from problem

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def _generation(self) -> int:
        return int(self._meta("generation"))

    def _check_schema(self) -> None:
        version = int(self._meta("schema"))
        if version != database.SCHEMA_VERSION:
            raise RetortError(
                f'The library "{self.name}" has schema {version}.',
                f"This Retort reads schema {database.SCHEMA_VERSION}.",
                "Update Retort, or add the papers to a new library.",
            )

    def _take_snapshot(self) -> Snapshot:
        generation = self._generation()
        pairs = np.array(
            self._db.execute("SELECT row, paper FROM passages ORDER BY row").fetchall(), np.int64
        ).reshape(-1, 2)
        rows = pairs[:, 0].copy()
        unique, papers = np.unique(pairs[:, 1], return_inverse=True)
        before = self._snapshot.lexical if self._snapshot else None
        cached = before or caches.load(self.path, self._meta("id")) or LexicalIndex.empty()
        lexical = cached.derive(rows, self._indexed_texts)
        return Snapshot(generation, rows, papers.astype(np.int64), len(unique), lexical)

    def _indexed_texts(self, rows: Ints) -> Iterator[str]:
        """What the lexical index reads of a passage: its paper's title and its text."""
        for start in range(0, len(rows), 500):
            for passage, record in self.passages(rows[start : start + 500].tolist()):
                yield f"{record['title']} {passage.text}"

    def _load_vectors(self, snapshot: Snapshot) -> VectorIndex:
        dimension = self.encoder().dimension
        found = self._db.execute("SELECT row, vector FROM passages ORDER BY row")
        vectors = np.zeros((len(snapshot.rows), dimension), np.float32)
        position = {int(row): number for number, row in enumerate(snapshot.rows)}
        for row, blob in found:
            if row in position:
                vectors[position[row]] = np.frombuffer(blob, np.float16)
        return VectorIndex(vectors)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RetortError(
            f"Cannot make the library at {path}.",
            f"{error.strerror}.",
            "Set RETORT_HOME to a folder that can be written.",
        ) from error


def _sum(one: Added, other: Added) -> Added:
    return Added(
        one.added + other.added,
        one.replaced + other.replaced,
        one.unchanged + other.unchanged,
        one.passages + other.passages,
    )
