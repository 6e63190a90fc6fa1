"""A library: papers and their passages in one SQLite file, and the indexes over them.

The SQLite file is the truth; the lexical index on disk and the vectors in memory are caches of
one generation of it, made anew whenever they are missing, damaged or behind. Owns the folder and
who may do what in it: many readers (``indexes``) and one writer (``writing``). Knows nothing of
files of papers (``ingest``) or of how hits are ranked (``search``).
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retort.retrieval import caches, database
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.errors import RetortError
from retort.retrieval.indexes import Indexes, View
from retort.retrieval.records import Paper
from retort.retrieval.writing import Added, Writer, missing

FILE = "library.sqlite"


class Library:
    """An open library; safe to use from several threads. Made by ``Library.open``."""

    def __init__(self, path: Path, encoder: str | Encoder, offline: bool) -> None:
        self.path = path
        self.name = path.name
        self._offline = offline
        self._encoder = encoder if not isinstance(encoder, str) else None
        self._encoder_spec = encoder if isinstance(encoder, str) else encoder.name
        self._encoder_lock = threading.Lock()
        self._connections = database.Connections(path / FILE)
        self._indexes = Indexes(path, lambda: self.encoder().dimension)

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
            path: the folder; its name is the library's name. encoder: what new libraries encode
            with. An existing library keeps the encoder it was made
                with; an ``Encoder`` object given here is used when it is that one.
            create: make the library if it is not there.
            offline: forbid the download of an encoder.

        Raises:
            RetortError: there is no such library, it cannot be read, or it is of a newer Retort.
        """
        library = cls(path, encoder, offline)
        if not os.path.exists(path / FILE):
            if not create:
                raise RetortError(
                    f'No library "{library.name}".',
                    f"There is none at {path}.",
                    f"retort library add PATH --library {library.name}",
                )
            _make(path)
        try:
            if os.path.getsize(path / FILE) == 0 and caches.exist(path):
                raise RetortError(
                    f'The library "{library.name}" is damaged.',
                    f"{path / FILE} is empty, and it was not.",
                    database.RESTORE,
                )
            with library._connections.borrow() as db:
                database.prepare(db, {"id": uuid.uuid4().hex})
                _check_schema(library.name, database.meta(db, "schema"))
        except BaseException:
            library.close()
            raise
        return library

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, those in use when their block ends."""
        self._connections.close()

    # -- reading -----------------------------------------------------------------------------------

    def count(self) -> tuple[int, int]:
        """How many papers and passages there are."""
        with self._connections.borrow() as db:
            papers, passages = db.execute(
                "SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM passages)"
            ).fetchone()
        return int(papers), int(passages)

    def paper(self, paper_id: str) -> Paper | None:
        """The paper with this id, or None."""
        with self._connections.borrow() as db:
            row = db.execute(
                "SELECT record, text FROM papers WHERE paper_id = ?", (paper_id,)
            ).fetchone()
        return database.paper_from(*row) if row else None

    def missing(self, papers: Iterable[Paper]) -> list[Paper]:
        """Those papers that are not in the library, or are there with other content."""
        with self._connections.borrow() as db:
            return missing(db, papers)

    @contextmanager
    def view(self) -> Iterator[View]:
        """The library as it is now, and stays for this block whatever is written meanwhile."""
        with self._connections.borrow() as db, database.reading(db):
            yield View(db, self._indexes)

    def encoder(self) -> Encoder:
        """The encoder of this library, loaded when first needed.

        Raises:
            RetortError: the library was made with another one that is not to be had here.
        """
        with self._connections.borrow() as db:
            spec, digest = database.meta(db, "encoder"), database.meta(db, "encoder_digest")
        with self._encoder_lock:
            if self._encoder is None or (spec and self._encoder.name != spec):
                self._encoder = load_encoder(spec or self._encoder_spec, self._offline)
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
        with self._connections.borrow() as db:
            notes = db.execute("SELECT count(*) FROM papers WHERE kind = 'note'").fetchone()[0]
            files = dict(db.execute("SELECT status, count(*) FROM files GROUP BY status"))
            failed = db.execute(
                "SELECT path, error FROM files WHERE status = 'failed' ORDER BY path"
            ).fetchall()
            encoder = database.meta(db, "encoder") or self._encoder_spec
            generation = int(database.meta(db, "generation"))
        return {
            "library": self.name,
            "papers": papers,
            "notes": notes,
            "passages": passages,
            "bytes_on_disk": _size(self.path),
            "encoder": encoder,
            "generation": generation,
            "files": files,
            "failed_files": [{"path": path, "error": json.loads(e)} for path, e in failed],
        }

    # -- writing -----------------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait_seconds: float = 0) -> Iterator[Writer]:
        """Be the one that writes into this library.

        Args:
            wait_seconds: how long to wait for another writer to finish.

        Raises:
            RetortError: another run is writing, or what the block writes cannot be written.
        """
        with (
            database.writer_lock(self.path, wait_seconds),
            self._connections.borrow() as db,
        ):
            # Ahead of the library: it was restored from a backup, and row ids will be given again.
            caches.discard_newer(self.path, int(database.meta(db, "generation")))
            yield Writer(db, self.encoder)

    def add(self, papers: Iterable[Paper], progress: Callable[[int], None] | None = None) -> Added:
        """Add papers; each batch is on disk when the next one begins.

        A paper that is there with the same content is left alone, with other content it is
        replaced.

        Args:
            papers: any number; of two with one id the later one stays.
            progress: called with the number of papers done.

        Raises:
            RetortError: another run is writing into this library, or the disk is full. What was
                committed before stays.
        """
        with self.writing() as writer:
            return writer.add(papers, progress)

    def refresh(self) -> None:
        """Bring the lexical index up to the present and write it to disk for the next start."""
        with self.view() as view:
            self._indexes.save(view.snapshot)


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / FILE).touch()
    except OSError as error:
        raise RetortError(
            f"Cannot make the library at {path}.",
            f"{error.strerror or error}.",
            "Set RETORT_HOME to a folder that can be written.",
        ) from error


def _check_schema(name: str, version: str) -> None:
    if version != str(database.SCHEMA_VERSION):
        raise RetortError(
            f'The library "{name}" has schema {version or "unknown"}.',
            f"This Retort reads schema {database.SCHEMA_VERSION}.",
            "Update Retort, or add the papers to a new library.",
        )


def _size(folder: Path) -> int:
    total = 0
    for item in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # SQLite's side files come and go
            total += item.stat().st_size
    return total
