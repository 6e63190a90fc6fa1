"""Beside a ChEMBL dump: where its indexes lie, whether they are still its own, how they are built.

A dump is never written to. Its relations, indexed, and its fingerprints lie in a folder of the
cache, under names that hold the dump's size, time and release: those of another version are not
found, and go when new ones are whole. Knows no question.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools.chembl.database import Database
from retort.tools.chembl.relations import relations

Advance = Callable[[int, int, str], None]
"""``advance(done, total, note)``"""

LARGE_BYTES = 64 * 2**20
"""a file of less answers from its views within milliseconds and gets no side file"""
LAYOUT = 1
"""of the side files; another one is not read"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the side files of one version of one dump lie."""

    folder: Path
    stamp: str
    """stands for the dump's size, time of change and release, and for ``LAYOUT``"""

    @property
    def lookups(self) -> Path:
        """The relations, a SQLite file."""
        return self.folder / f"lookups-{self.stamp}.sqlite"

    @property
    def fingerprints(self) -> Path:
        """The fingerprints, a folder."""
        return self.folder / f"fingerprints-{self.stamp}"

    def drop_others(self) -> None:
        """Delete what was built for other versions of the dump."""
        for path in self.folder.iterdir():
            if self.stamp in path.name:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def place_for(path: Path, release: str, cache: Path) -> Place:
    """Where the side files of a dump belong.

    Args:
        path: the dump.
        release: as it names itself.
        cache: folder for rebuildable files.
    """
    state = path.stat()
    version = f"{LAYOUT} {state.st_size} {state.st_mtime_ns} {release}"
    return Place(
        cache / "chembl-index" / f"{path.stem}-{_short(str(path.resolve()))}", _short(version)
    )


def is_large(path: Path) -> bool:
    """Whether a file needs side files to be quick."""
    return path.stat().st_size >= LARGE_BYTES


def build_lookups(db: Database, place: Place, advance: Advance) -> Path:
    """Write the relations of a dump, indexed; nothing is done where they are there.

    The file is written beside its place and moved there when it is whole, so an interrupted build
    leaves nothing that would be read, and of two builders the last wins with the same content.

    Args:
        db: the dump.
        place: where the file goes.
        advance: called before each relation.

    Returns:
        The file.

    Raises:
        RetortError: the folder cannot be written, or the disk is full.
    """
    if place.lookups.is_file():
        return place.lookups
    wanted = relations(db)
    part: Path | None = None
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.folder, prefix=place.stamp, suffix=".part")
        os.close(handle)
        part = Path(name)
        address = f"{part.resolve().as_uri()}?mode=rwc"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")  # the move below is the commit
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("ATTACH ? AS dump", (db.address,))
            connection.execute("BEGIN")
            for done, item in enumerate(wanted):
                advance(done, len(wanted), item.name)
                connection.execute(
                    f"CREATE TABLE {item.name} ({item.columns}, PRIMARY KEY ({item.key})) "
                    "WITHOUT ROWID"
                )
                connection.execute(
                    f"INSERT OR IGNORE INTO {item.name} SELECT * FROM ({item.select}) "
                    f"ORDER BY {item.key}"
                )
                for column in item.indexes:
                    name = f"{item.name}_{column}"
                    connection.execute(f"CREATE INDEX {name} ON {item.name} ({column})")
            _index_spellings(connection)
            connection.execute("COMMIT")
            connection.execute("ANALYZE main")
        part.replace(place.lookups)
        place.drop_others()
    except (OSError, sqlite3.OperationalError) as error:
        raise RetortError(
            f"Cannot write the indexes of {db.path} to {place.folder}.",
            f"{error}.",
            "Make room there, or set RETORT_HOME to a folder that can be written.",
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    advance(len(wanted), len(wanted), "")
    return place.lookups


def _index_spellings(connection: sqlite3.Connection) -> None:
    """The names by their trigrams, for names that are written nearly alike."""
    connection.execute("CREATE VIRTUAL TABLE spelt USING fts5(name, tokenize = 'trigram')")
    connection.execute("INSERT INTO spelt (name) SELECT DISTINCT name FROM named")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
