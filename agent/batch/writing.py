"""The file of answers: one line per answer, safe on the disk before the next; one writer at a time.

Owns the file's lock, what it holds, and its repair after a kill. Knows no question.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from retort.agent.batch.records import Line, Stamp
from retort.retrieval.errors import RetortError, UsageError

_BEGINS = b'{"id": "'
"""how every line begins; what ends within a line and begins otherwise was not written here"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer in the file, without its text."""

    start: int
    """first byte of its line"""
    end: int
    """one past its last byte, the line's end left out"""
    status: str
    question: str
    row: dict[str, Any] | None
    """what else its row set; None where a line does not say it"""
    stamp: Stamp


class Answers:
    """The answers in a file, open for more.

    Made by ``open``; use it as a context, so that the lock is given back. A line that a kill left
    unfinished is cut off; it was never reported as saved.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.kept: dict[str, Kept] = {}
        """by id, in the order of the file"""
        self._file = descriptor

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Self:
        """Open a file of answers; unless it is only read, make it with its folder, and lock it.

        Raises:
            UsageError: it is no file of answers.
            RetortError: it cannot be read or written, or another run writes to it.
        """
        try:
            if read_only:
                descriptor = os.open(path, os.O_RDONLY)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            verb = "read" if read_only else "write"
            raise UsageError(
                f"Cannot {verb} the answers in {path}.", f"{error.strerror}.", "Give another file."
            ) from error
        answers = cls(path, descriptor)
        try:
            if not read_only:
                answers._lock(descriptor)
            answers._index(repair=not read_only)
        except BaseException:
            answers.close()
            raise
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; another run may write to it."""
        os.close(self._file)

    def add(self, line: Line) -> None:
        """Append an answer; when this returns, it is on the disk.

        Raises:
            RetortError: it could not be written; the file is as it was.
        """
        start = os.lseek(self._file, 0, os.SEEK_END)
        text = json.dumps(line, ensure_ascii=False).encode()
        try:
            _write(self._file, text + b"\n")
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, start)
            raise RetortError(
                f"Cannot write the answers to {self.path}.",
                f"{error.strerror}. Everything before this answer is saved.",
                "Make room and run the same command again; it goes on where it stopped.",
            ) from error
        self._keep(line, start, start + len(text))

    def line(self, answer_id: str) -> Line:
        """An answer as it is stored.

        Raises:
            KeyError: there is none with this id.
        """
        kept = self.kept[answer_id]
        found: Line = json.loads(os.pread(self._file, kept.end - kept.start, kept.start))
        return found

    def get(self, answer_id: str) -> Line | None:
        """An answer as it is stored; None where there is none with this id."""
        return self.line(answer_id) if answer_id in self.kept else None

    def drop_failed(self) -> None:
        """Take out the answers with status ``failed``; a kill meanwhile leaves the file as it was.

        Raises:
            RetortError: the file cannot be written anew.
        """
        good = [kept for kept in self.kept.values() if kept.status != "failed"]
        if len(good) == len(self.kept):
            return
        new = self.path.with_name(f"{self.path.name}.tmp")
        try:
            descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
            try:
                self._lock(descriptor)  # whoever opens the new file finds it locked as well
                for kept in good:
                    line = os.pread(self._file, kept.end - kept.start, kept.start)
                    _write(descriptor, line + b"\n")
                os.fsync(descriptor)
                os.replace(new, self.path)
            except BaseException:
                os.close(descriptor)
                new.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise RetortError(
                f"Cannot write {new}.",
                f"{error.strerror}. {self.path} is as it was.",
                "Make room and run the same command again.",
            ) from error
        os.close(self._file)
        self._file = descriptor
        self.kept = {}
        self._index()

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RetortError(
                f"Another run writes its answers to {self.path}.",
                "Two runs at the same time would answer questions twice.",
                "Wait until it is done, or give another --output file.",
            ) from None

    def _index(self, repair: bool = True) -> None:
        """Find the answers in the file; cut off an unfinished last line, or pass over it."""
        for number, (start, text) in enumerate(_lines(self._file), 1):
            end = start + len(text.rstrip(b"\n"))
            try:
                self._keep(json.loads(text), start, end)
            except (ValueError, KeyError, TypeError):
                if not text.endswith(b"\n") and text.startswith(_BEGINS[: len(text)]):
                    if repair:
                        os.ftruncate(self._file, start)
                    return
                raise UsageError(
                    f"{self.path} holds something else than answers.",
                    f"Line {number} is none: not written by retort batch, or edited since.",
                    "Give another --output file.",
                ) from None
            if repair and not text.endswith(b"\n"):
                os.lseek(self._file, 0, os.SEEK_END)
                _write(self._file, b"\n")

    def _keep(self, line: Line, start: int, end: int) -> None:
        stamp = Stamp(line["model"], line["settings_digest"])
        self.kept[line["id"]] = Kept(
            start, end, line["status"], line["question"], line.get("row"), stamp
        )


def _write(descriptor: int, text: bytes) -> None:
    """All of it: the operating system may take less at a time."""
    view = memoryview(text)
    while view:
        view = view[os.write(descriptor, view) :]


def _lines(descriptor: int) -> Iterator[tuple[int, bytes]]:
    """Each line with the position of its first byte."""
    start = 0
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        for text in file:
            yield start, text
            start += len(text)
