"""A library: papers, their passages and the indexes over them, in a folder or on a server.

Owns what may be done with a library, and its encoder; where it stands is a ``Store``, and who
writes does so by the rules of ``writing``. Knows nothing of files of papers (``ingest``) or of how
hits are ranked (``search``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from retort.retrieval import database, filters
from retort.retrieval.arrays import DamagedError
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.errors import RetortError
from retort.retrieval.folder import Folder
from retort.retrieval.records import Paper
from retort.retrieval.reencoding import encode_anew
from retort.retrieval.removal import Removal, plan
from retort.retrieval.stores import Store
from retort.retrieval.verifying import Check
from retort.retrieval.views import View
from retort.retrieval.writing import Added, Writer, missing

T = TypeVar("T")

_COUNTS = """SELECT
    (SELECT count(*) FROM papers WHERE kind != 'note'),
    (SELECT count(*) FROM papers WHERE kind = 'note'),
    (SELECT count(*) FROM passages),
    (SELECT count(*) FROM sources) - (SELECT count(*) FROM papers),
    (SELECT count(*) FROM papers WHERE retracted),
    (SELECT count(*) FROM papers WHERE kind != 'note' AND has_abstract),
    (SELECT count(*) FROM papers WHERE kind != 'note' AND NOT has_abstract)"""
_COUNTED = (
    "papers", "notes", "passages", "merged", "retracted", "with_abstract", "without_abstract"
)  # fmt: skip


class Library:
    """An open library; safe to use from several threads. Made by ``Library.open``."""

    def __init__(self, store: Store, encoder: str | Encoder, offline: bool) -> None:
        self.store = store
        self.name = store.name
        self._offline = offline
        self._encoder = encoder if not isinstance(encoder, str) else None
        self._encoder_spec = encoder if isinstance(encoder, str) else encoder.name
        self._encoder_lock = threading.Lock()

    @classmethod
    def open(
        cls,
        place: Path | str,
        encoder: str | Encoder = "bundled",
        create: bool = False,
        offline: bool = True,
    ) -> Library:
        """Open a library.

        Args:
            place: its folder, or the address of a server (``postgres.address``).
            encoder: what new libraries encode with. An existing library keeps the encoder it was
                made with; an ``Encoder`` object given here is used when it is that one.
            create: make the library if it is not there.
            offline: forbid the download of an encoder, and servers beyond this machine.

        Raises:
            RetortError: there is no such library, it cannot be read, or it is of a newer Retort.
        """
        if isinstance(place, Path):
            return cls(Folder.open(place, create), encoder, offline)
        from retort.retrieval.postgres import Server

        return cls(Server.open(place, create, offline), encoder, offline)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, those in use when their block ends."""
        self.store.close()

    # -- reading -----------------------------------------------------------------------------------

    def count(self) -> tuple[int, int]:
        """How many papers and passages there are."""
        with self.store.borrow() as db:
            papers, passages = db.execute(
                "SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM passages)"
            ).fetchone()
        return int(papers), int(passages)

    def is_empty(self) -> bool:
        """Whether there is no passage; quick however many there are."""
        with self.store.borrow() as db:
            return db.execute("SELECT 1 FROM passages LIMIT 1").fetchone() is None

    def paper(self, paper_id: str) -> Paper | None:
        """The paper that has this id, or one of whose sources has it; or None."""
        with self.store.borrow() as db:
            row = db.execute(
                "SELECT record, text FROM papers WHERE paper_id = ?", (paper_id,)
            ).fetchone()
            if not row and (rows := filters.named(db, [paper_id])).size:
                row = db.execute(
                    "SELECT record, text FROM papers WHERE row = ?", (int(rows[0]),)
                ).fetchone()
        return database.paper_from(*row) if row else None

    def missing(self, papers: Iterable[Paper]) -> list[Paper]:
        """Those papers that are not in the library, or are there with other content."""
        with self.store.borrow() as db:
            return missing(db, papers)

    @contextmanager
    def view(self) -> Iterator[View]:
        """The library as it is now, and stays for this block whatever is written meanwhile."""
        with self.store.borrow() as db, database.reading(db):
            yield self.store.view(db)

    def read(self, work: Callable[[View], T]) -> T:
        """What ``work`` finds in the library as it is now; found again if a cache is damaged."""
        for _ in range(2):
            try:
                with self.view() as view:
                    return work(view)
            except DamagedError:
                self.store.forget()
        with self.view() as view:
            return work(view)

    def encoder(self) -> Encoder:
        """The encoder of this library, loaded when first needed.

        Raises:
            RetortError: the library was made with another one that is not to be had here.
        """
        with self.store.borrow() as db:
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
        """What the library holds: counts, size on disk, encoder, and how its files went.

        ``merged`` counts the records that went into a paper which another record had made.
        """
        with self.store.borrow() as db, database.reading(db):
            files = dict(db.execute("SELECT status, count(*) FROM files GROUP BY status"))
            told = {
                status: db.execute(
                    "SELECT path, error FROM files WHERE status = ? ORDER BY path", (status,)
                ).fetchall()
                for status in ("failed", "ignored")
            }
            facts = dict(zip(_COUNTED, db.execute(_COUNTS).fetchone(), strict=True))
            encoder = database.meta(db, "encoder") or self._encoder_spec
            generation = int(database.meta(db, "generation"))
            place = self.store.describe(db)
        return {
            "library": self.name,
            **facts,
            "bytes_on_disk": place["bytes_on_disk"],
            "encoder": encoder,
            "generation": generation,
            "index": place["index"],
            "files": files,
            **{
                f"{status}_files": [{"path": path, "error": json.loads(e)} for path, e in rows]
                for status, rows in told.items()
            },
        }

    # -- writing -----------------------------------------------------------------------------------

    @contextmanager
    def writing(
        self, wait_seconds: float = 0, encoder: Callable[[], Encoder] | None = None
    ) -> Iterator[Writer]:
        """Be the one that writes into this library.

        Args:
            wait_seconds: how long to wait for another writer to finish.
            encoder: gives the library's encoder, if not in the library's own way.

        Raises:
            RetortError: another run is writing, or what the block writes cannot be written.
        """
        with self.store.writer(wait_seconds) as db:
            yield Writer(db, encoder or self.encoder, lambda: self.store.index(db))

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

    def removal(
        self, paper_ids: Sequence[str] = (), path: str = "", everything: bool = False
    ) -> Removal:
        """What `remove` would remove: papers by any of their ids, what came from a file, or all.

        Raises:
            UsageError: there is no such paper or file.
        """
        with self.store.borrow() as db, database.reading(db):
            return plan(db, paper_ids, path, everything)

    def remove(self, removal: Removal) -> None:
        """Remove what `removal` found."""
        with self.writing() as writer:
            if removal.everything:
                writer.remove_all()
            elif removal.path:
                writer.remove_file(removal.path)
            else:
                writer.remove_papers([paper.row for paper in removal.papers])
        self.refresh()

    def rebuild(
        self,
        encoder: Encoder | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Make papers anew from their sources, and the indexes from the papers.

        Args:
            encoder: where given, all vectors are made anew with it, and it is the library's from
                then on. A run that is killed goes on where it stopped.
            progress: called with what is done and all there is, papers first, then vectors.
        """
        with self.writing() as writer:
            writer.rebuild(progress)
        if encoder:
            with self.store.writer() as db:
                encode_anew(db, encoder, progress)
            with self._encoder_lock:
                self._encoder = encoder
        self.store.reindex()

    def verify(self) -> list[Check]:
        """Check everything; see ``verifying``."""
        return self.store.verify()

    def refresh(self) -> None:
        """Bring the indexes up to the present, for the next start or for all who search."""
        self.store.refresh()
