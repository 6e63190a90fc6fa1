"""The starter ChEMBL file: well-studied drugs in the schema of ChEMBL, built from reviewed tables.

Owns the tables beside it (TSV, one fact per line, sources in README.md) and how they become one
SQLite file. Does not know how the file is queried. Names for a gazetteer come straight from the
tables, without building anything.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib import resources
from pathlib import Path

from retort.retrieval.errors import RetortError

RELEASE = "RETORT_STARTER_1"
"""the ``name`` in the ``version`` table; what answers cite as the release"""

TABLES = (
    "drugs",
    "synonyms",
    "other_names",
    "targets",
    "mechanisms",
    "indications",
    "docs",
    "assays",
    "activities",
)


def rows(table: str) -> Iterator[dict[str, str]]:
    """The rows of one shipped table, every value as text.

    Args:
        table: one of ``TABLES``.
    """
    text = _text(f"{table}.tsv")
    yield from csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)


def split(cell: str) -> list[str]:
    """The values of a cell that holds several, in order; none for an empty cell."""
    return cell.split("|") if cell else []


@cache
def names() -> tuple[tuple[str, str], ...]:
    """The names of every drug that a sentence may hold, with its ChEMBL id: preferred names first.

    ``other_names`` are left out: pack names, formulations and catalogue numbers ("Relief",
    "40 mg") are found when they are asked for, and not read into a sentence.
    """
    preferred = [(row["name"], row["chembl_id"]) for row in rows("drugs")]
    return tuple(preferred + [(row["synonym"], row["chembl_id"]) for row in rows("synonyms")])


@cache
def target_names() -> tuple[tuple[str, str], ...]:
    """Every name of every target with its id: gene symbols, preferred names and other names.

    A name that several targets share (EGFR is also a member of a family) comes with the single
    human protein first.
    """

    def place(row: dict[str, str]) -> tuple[bool, bool]:
        return row["target_type"] != "SINGLE PROTEIN", row["organism"] != "Homo sapiens"

    return tuple(
        (name, row["chembl_id"])
        for row in sorted(rows("targets"), key=place)
        for name in (*split(row["genes"]), row["name"], *split(row["aliases"]))
    )


@cache
def content_hash() -> str:
    """SHA-256 (hex) over the tables, the schema and the code that builds them."""
    digest = hashlib.sha256()
    for name in (*(f"{table}.tsv" for table in TABLES), "schema.sql", "__init__.py", "filling.py"):
        digest.update(name.encode() + b"\0" + _text(name).encode() + b"\0")
    return digest.hexdigest()


def path_for(cache: Path) -> Path:
    """The starter file in a cache folder, built when it is not there yet.

    Args:
        cache: folder for rebuildable files; made when missing.

    Returns:
        ``cache/chembl_starter_<hash8>.sqlite``. Another version of the tables gets another
        name, so a file that exists is complete and current. Two processes may ask at the same time.
    """
    path = cache / f"chembl_starter_{content_hash()[:8]}.sqlite"
    return path if path.is_file() else build(path)


def build(path: Path) -> Path:
    """Build the starter file, replacing what is at ``path`` in one step.

    The file is written beside its place and moved there when it is whole: a reader sees the old
    file, or none, or the new one, and of two builders the last wins with the same content.

    Args:
        path: where the SQLite file goes; its folder is made when missing.

    Returns:
        ``path``.

    Raises:
        RetortError: the folder cannot be written, or the disk is full.
    """
    from retort.tools.chembl.starter.filling import fill

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error
    os.close(handle)
    part = Path(name)
    try:
        with closing(sqlite3.connect(part)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")  # the move below is the commit
            connection.execute("PRAGMA foreign_keys = ON")
            connection.executescript(_text("schema.sql"))
            fill(connection)
        part.chmod(0o644)
        part.replace(path)
    except (OSError, sqlite3.OperationalError) as error:
        raise _cannot_write(path, str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _cannot_write(path: Path, why: str) -> RetortError:
    return RetortError(
        f"Cannot write the starter ChEMBL file to {path.parent}.",
        f"{why}.",
        "Make room there, or set RETORT_HOME to a folder that can be written.",
    )


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
