"""Files to a library: one status per file, unchanged files skipped, one bad file never the end.

Owns the order of work and the report. Knows neither formats (``readers``) nor the store
(``library``).
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from retort.retrieval import chunks, starter
from retort.retrieval.ahead import Ahead
from retort.retrieval.errors import NotReadError, RetortError
from retort.retrieval.library import Library
from retort.retrieval.readers import Reading, archives, read
from retort.retrieval.records import Paper
from retort.retrieval.writing import Added, Writer

READING_RULE = "3"
"""Changes whenever a reader would read the same file differently; then files are read again."""

REASONS_KEPT = 20
"""reasons of skipped records kept per file; their number is always kept"""

STARTER_WAIT_SECONDS = 120
"""how long to wait for another process that is making the starter library"""

Progress = Callable[[int, int, str], None]
"""``progress(files done, files in all, what is being read)``"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileRow:
    """How one file went."""

    path: str
    status: str
    """``added``, ``unchanged``, ``failed``; ``ignored``: of a folder, and of a format not read"""
    papers: int = 0
    """records that are a paper of the library, which they may have been before; with ``merged``
    and ``skipped`` all that are in the file"""
    merged: int = 0
    """records of a paper that another record told of first, in this file or another one"""
    replaced: int = 0
    """records that took the place of another version of theirs"""
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


class _Unreadable(Exception):
    """A reader gave up on a file, while or after the first papers came out of it."""

    def __init__(self, error: RetortError) -> None:
        super().__init__(str(error))
        self.error = error


def add_paths(
    library: Library,
    paths: Sequence[Path],
    progress: Progress | None = None,
    ahead: Ahead | None = None,
) -> Report:
    """Add files, and the files of folders, to a library.

    A file is left alone when its content was read before; records that it had then and has no more
    are removed. What is interrupted goes on where it
    stopped: papers are committed batch by batch, a file is noted when all of it is in. A file that
    failed is tried again the next time.

    Args:
        library: where they go.
        paths: files or folders; hidden files and folders in them are left out.
        progress: called before each file, after each batch of its papers, and at the end.
        ahead: helpers that read and encode; what is added is the same with them.

    Raises:
        RetortError: another run is writing into the library, it cannot be written, or its encoder
            is not to be had. What a file does wrong is in its row and is no error.
    """
    named = {Path(os.path.realpath(path)) for path in paths}
    files = sorted(set(_files(paths)))
    rows: list[FileRow] = []
    own = library.encoder
    encoder = (lambda: ahead.encoder(own())) if ahead else own
    with library.writing(encoder=encoder) as writer:
        if ahead:
            ahead.expect(path for path in files if _is_changed(writer, path))
        for number, path in enumerate(files):

            def tell(text: str, number: int = number) -> None:
                if progress:
                    progress(number, len(files), text)

            tell(_printable(path.name))
            if archives.is_archive(path):
                rows.extend(_add_archive(writer, path, tell, ahead))
            else:
                name = _printable(path)
                rows.append(_add_file(writer, path, name, path in named, tell, ahead))
    if any(row.status == "added" for row in rows):
        library.refresh()
    if progress:
        progress(len(files), len(files), "")
    return Report(tuple(rows))


def add_starter(library: Library) -> None:
    """Bring the notes of this project into a library, where they are not yet in it.

    Of several processes that begin at once, one writes and the others wait for it.
    """
    notes = starter.notes()
    if library.missing(notes):
        with library.writing(wait_seconds=STARTER_WAIT_SECONDS) as writer:
            writer.add(notes)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to read; a folder that cannot be looked into stands for what is in it.

    Links to folders are not followed, so a loop of them has an end.
    """
    for path in paths:
        if not os.path.isdir(path):
            yield Path(os.path.realpath(path))
            continue
        closed: list[OSError] = []
        for folder, subfolders, names in os.walk(path, onerror=closed.append):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            for name in names:
                file = os.path.join(folder, name)
                if os.path.isfile(file) and not name.startswith("."):
                    yield Path(os.path.realpath(file))
        for problem in closed:
            yield Path(os.path.realpath(problem.filename))


def _is_changed(writer: Writer, path: Path) -> bool:
    """Whether a file will be read, as far as can be said before its turn."""
    try:
        return not archives.is_archive(path) and (
            writer.file_fingerprint(_printable(path)) != ("added", _fingerprint(path))
        )
    except _Unreadable:
        return False


def _add_archive(
    writer: Writer, path: Path, tell: Callable[[str], None], ahead: Ahead | None
) -> Iterator[FileRow]:
    """A row for each member, ``archive.zip!/member``, and one for the archive if it fails."""
    try:
        for member in _members(path):
            name = f"{_printable(path)}!/{_printable(member.name)}"
            tell(f"{_printable(path.name)}: {_printable(member.name)}")
            if member.path is not None:
                yield _add_file(writer, member.path, name, False, tell, ahead)
            elif member.refused is not None:
                yield _failed(writer, name, member.refused)
    except _Unreadable as problem:
        yield _failed(writer, _printable(path), problem.error)


def _members(path: Path) -> Iterator[archives.Member]:
    try:
        yield from archives.members(path)
    except RetortError as problem:
        raise _Unreadable(problem) from problem


def _failed(writer: Writer, name: str, problem: RetortError) -> FileRow:
    row = FileRow(name, "failed", error=problem.as_dict())
    writer.note_file(name, "", row.status, Added(), row.reasons, row.error)
    return row


def _add_file(
    writer: Writer,
    path: Path,
    name: str,
    is_named: bool,
    tell: Callable[[str], None],
    ahead: Ahead | None,
) -> FileRow:
    """Read one file, known to the library by its name; inside an archive that is not its path."""
    fingerprint = ""
    done, row = Added(), FileRow(name, "failed")
    try:
        fingerprint = _fingerprint(path)
        if writer.file_fingerprint(name) == ("added", fingerprint):
            return FileRow(name, "unchanged")
        reading = _read(path, ahead.read if ahead else read)
        papers: Iterable[Paper] = reading.papers
        if ahead:
            papers = ahead.papers(papers, partial(writer.new_of_file, name))
        done = writer.add_file(name, _papers(papers, path), _counting(reading, path, tell))
        row = _row(name, reading, done)
    except _Unreadable as problem:
        ignored = isinstance(problem.error, NotReadError) and not is_named
        told = {key: text.replace(str(path), name) for key, text in problem.error.as_dict().items()}
        row = FileRow(name, "ignored" if ignored else "failed", error=told)
    writer.note_file(name, fingerprint, row.status, done, row.reasons, row.error)
    return row


def _counting(
    reading: Reading, path: Path, tell: Callable[[str], None]
) -> Callable[[int], None] | None:
    total = len(reading.papers)
    if total < 2:
        return None
    return lambda done: tell(f"{_printable(path.name)}: {done:,} of {total:,}")


def _row(name: str, reading: Reading, done: Added) -> FileRow:
    return FileRow(
        name,
        "added",
        papers=done.records - done.merged,
        merged=done.merged,
        replaced=done.replaced,
        passages=done.passages,
        skipped=len(reading.skipped),
        reasons=tuple(f"{s.where}: {s.reason}" for s in reading.skipped[:REASONS_KEPT]),
    )


def _read(path: Path, by: Callable[[Path], Reading]) -> Reading:
    try:
        return by(path)
    except Exception as problem:  # whatever a reader stumbles over: the other files go on
        raise _Unreadable(_cause(path, problem)) from problem


def _papers(papers: Iterable[Paper], path: Path) -> Iterator[Paper]:
    """The papers of a file; large files are still being parsed here, and may have changed."""
    try:
        yield from papers
    except Exception as problem:
        raise _Unreadable(_cause(path, problem)) from problem


def _fingerprint(path: Path) -> str:
    """SHA-256 of the file's content and of the rules by which it is read and cut."""
    digest = hashlib.sha256(f"{READING_RULE} {chunks.RULE} ".encode())
    try:
        if not os.path.isdir(path) and os.path.exists(path) and not os.path.isfile(path):
            raise OSError("It is not a regular file")  # a pipe would be waited for
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as problem:
        raise _Unreadable(_cause(path, problem)) from problem
    return digest.hexdigest()


def _cause(path: Path, problem: Exception) -> RetortError:
    """Why a file could not be read, as its row tells it."""
    name = _printable(path.name)
    if isinstance(problem, RetortError):
        return problem
    if isinstance(problem, OSError):
        why = f"{problem.strerror or problem}."
        return RetortError(f"Cannot read {name}.", why, "Check the path and add it again.")
    _log.error("The reader failed on %s", path, exc_info=problem)
    return RetortError(
        f"Cannot read {name}.",
        f"The reader failed: {type(problem).__name__}: {problem}.",
        "Export the file again or in another format; the other files are not affected.",
    )


def _printable(path: Path | str) -> str:
    r"""A path as text that can be stored; bytes that are no text become ``\udc..``."""
    return str(path).encode("utf-8", "backslashreplace").decode()
