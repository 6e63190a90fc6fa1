"""Files to a library: one status per file, unchanged files skipped, one bad file never the end.

Owns the order of work and the report. Knows neither formats (``readers``) nor the store (``library``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retort.retrieval import chunks, starter
from retort.retrieval.errors import RetortError
from retort.retrieval.library import Library
from retort.retrieval.readers import read

READING_RULE = "1"
"""Changes whenever a reader would read the same file differently; then files are read again."""

SKIPS_REPORTED = 20
"""reasons of skipped records kept per file; their number is always kept"""

Progress = Callable[[int, int, str], None]
"""``progress(done, total, text)``"""


@dataclass(frozen=True, slots=True)
class FileRow:
    """How one file went."""

    path: str
    status: str
    """``added``, ``unchanged`` or ``failed``"""
    papers: int = 0
    """papers in the file, those that were in the library before included"""
    passages: int = 0
    """passages that were new"""
    skipped: int = 0
    """records that could not be read"""
    reasons: tuple[str, ...] = ()
    """why, for the first of them"""
    error: dict[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The row on the wire."""
        return asdict(self) | {"reasons": list(self.reasons)}


@dataclass(frozen=True, slots=True)
class Report:
    """How all files went, in the order they were taken."""

    files: tuple[FileRow, ...]


def add_paths(library: Library, paths: Iterable[Path], progress: Progress | None = None) -> Report:
    """Add files, and the files of folders, to a library.

    A file is left alone when its content was read before. What is interrupted goes on where it
    stopped: papers are committed batch by batch, a file is noted when all of it is in.

    Args:
        library: where they go.
        paths: files or folders; hidden files and folders in them are left out.
        progress: called before each file and at the end.
    """
    files = sorted(set(_files(paths)))
    rows: list[FileRow] = []
    for number, path in enumerate(files):
        if progress:
            progress(number, len(files), path.name)
        rows.append(_add_file(library, path))
    if any(row.status == "added" for row in rows):
        library.refresh()
    if progress:
        progress(len(files), len(files), "")
    return Report(tuple(rows))


def add_starter(library: Library) -> None:
    """Bring the notes of this project into a library, where they are not yet in it."""
    library.add(starter.notes())


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            for item in sorted(path.rglob("*")):
                inside = item.relative_to(path).parts
                if item.is_file() and not any(part.startswith(".") for part in inside):
                    yield item.resolve()
        else:
            yield path.resolve()


def _add_file(library: Library, path: Path) -> FileRow:
    name = str(path)
    try:
        fingerprint = _fingerprint(path)
        if library.file_fingerprint(name) == ("added", fingerprint):
            return FileRow(name, "unchanged")
        row = _read_file(library, path)
    except OSError as error:
        fingerprint = ""
        row = _failed(name, RetortError(f"Cannot read {path.name}.", f"{error.strerror}.", ""))
    library.note_file(name, fingerprint, row.as_dict())
    return row


def _read_file(library: Library, path: Path) -> FileRow:
    try:
        reading = read(path)
    except RetortError as error:
        return _failed(str(path), error)
    added = library.add(reading.papers)
    reasons = [f"{skip.where}: {skip.reason}" for skip in reading.skipped[:SKIPS_REPORTED]]
    return FileRow(
        str(path),
        "added",
        papers=added.added + added.replaced + added.unchanged,
        passages=added.passages,
        skipped=len(reading.skipped),
        reasons=tuple(reasons),
    )


def _failed(path: str, error: RetortError) -> FileRow:
    return FileRow(path, "failed", error=error.as_dict())


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256(f"{READING_RULE} {chunks.RULE} ".encode())
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
