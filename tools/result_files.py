"""A result beside every row of a file of structures, written block by block; a rerun goes on.

Owns the run: what of a result is there already, blocks worked on here or by several processes, and
written in order; and the CSV that is written. Every row of the input gives one row, with its cells
exactly as they came. Memory is bounded by a few blocks a process, however long the file. Knows
nothing of what the results are.
"""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.structure_files import Row, StructureFile
from retort.tools.workers import Spread, WorkerDied, mapped

BLOCK = 128
"""rows worked on, written and flushed to disk together: what a kill can cost of each process"""
FEWEST = 8
"""blocks left from which on starting processes is worth the seconds that it takes"""
ERROR = "error"
"""name of the last column"""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What stands in the result when a run ends."""

    total: int
    """rows of the input"""
    done: int
    """rows of the result"""
    failed: int
    """of these, rows with an error"""
    resumed: int
    """of these, rows that were there before this run"""


@dataclass(frozen=True, slots=True)
class Made:
    """A block of the result."""

    text: bytes
    """its rows as CSV in UTF-8"""
    rows: int
    failed: int


Work = Callable[[list[Row]], Made]


class Columns(Protocol):
    """What a result's columns must know of themselves."""

    def header(self) -> list[str]:
        """The names of all columns, ``error`` last."""

    def holds(self, cells: Sequence[str], kept: Sequence[str]) -> bool:
        """Whether a row of a result is of this kind and begins with these cells of the input."""


def write(
    source: StructureFile,
    output: Path,
    columns: Columns,
    work: Work,
    hire: Callable[[], Work],
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    workers: int = 1,
    spread: Spread | None = None,
) -> Outcome:
    """Write the result of every row of a file; an output that is there already is continued.

    Args:
        source: the structures.
        output: CSV in UTF-8; what follows its last complete row is made anew.
        columns: of the result.
        work: gives the rows of a block.
        hire: gives ``work`` again in another process. Can be pickled.
        progress: called with (rows done, rows in all, note) at first and after each block.
        cancel: set it to stop; blocks in work are given up.
        workers: processes to spread blocks over, where there are ``FEWEST`` or more.
        spread: where else to spread them, be they few or many.

    Raises:
        UsageError: the output is the input, or is there already and is not the beginning of this
            result.
        RetortError: the input cannot be read to its end, the output cannot be written, or a block
            killed its process twice.
    """
    _refuse(source.path, output)
    total = source.count()
    rows = source.rows()
    resumed, failed, size = _standing(output, columns, rows)
    done = resumed
    blocks = iter(lambda: list(islice(rows, BLOCK)), [])
    few = total - resumed < FEWEST * BLOCK
    here = not spread and (workers == 1 or few)
    with _continued(output, size) as file:
        if not size:
            _write(file, output, line(columns.header()).encode())
        if progress:
            progress(done, total, "")
        afar = spread or mapped
        made = map(work, blocks) if here else afar(hire, blocks, workers, cancel)
        try:
            while not (cancel and cancel.is_set()) and (block := next(made, None)):
                _write(file, output, block.text)
                done += block.rows
                failed += block.failed
                if progress:
                    progress(done, total, f"{failed} failed" if failed else "")
        except WorkerDied as error:
            raise _died(error, done) from error
    return Outcome(total, done, failed, resumed)


def kept_names(columns: Sequence[str], ours: Iterable[str]) -> tuple[str, ...]:
    """The input's columns; one that has the name of a column of ours begins with ``input_``."""
    taken = {*ours, ERROR}
    kept: list[str] = []
    for column in columns:
        name = column
        while name in taken or (name != column and name in (*columns, *kept)):
            name = f"input_{name}"
        kept.append(name)
    return tuple(kept)


def line(cells: Sequence[str]) -> str:
    """A row as CSV (RFC 4180), with a bare line feed at its end."""
    return ",".join(map(quoted, cells)) + "\n"


def quoted(cell: str) -> str:
    """A cell as CSV."""
    if any(sign in cell for sign in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _died(error: WorkerDied, done: int) -> RetortError:
    killed = error.exit_code is not None and error.exit_code < 0
    how = f"was killed by signal {-(error.exit_code or 0)}" if killed else "ended by itself"
    return RetortError(
        f"The process that worked on rows {done + 1:,} to {done + BLOCK:,} ended twice.",
        f"It {how}; most often memory was short. The rows before are saved.",
        "Run the same command again with --workers 1; it goes on where it stopped.",
    )


def _refuse(source: Path, output: Path) -> None:
    if output.is_dir():
        raise UsageError(
            f"{output} is a folder.", "The result is one file.", "Give another --output file."
        )
    if output.exists() and output.samefile(source):
        raise UsageError(
            "The output is the input.",
            f"{source} would be written over.",
            "Give another --output file.",
        )


def _standing(output: Path, columns: Columns, rows: Iterator[Row]) -> tuple[int, int, int]:
    """What of this result is in the output: its rows, those with an error, their bytes.

    Takes as many ``rows`` as are done. A half-written last row (a kill) does not count.
    """
    if not output.exists() or not output.stat().st_size:
        return 0, 0, 0
    done = failed = size = 0
    with output.open("rb") as raw:
        for number, (cells, end) in enumerate(_complete(raw, output, columns.header())):
            row = next(rows, None) if number else None
            if number and not (row and columns.holds(cells, row.cells)):
                raise _other(output, f"Its row {number} is not that row of the input")
            done, failed, size = number, failed + bool(number and cells[-1]), end
    return done, failed, size


def _complete(raw: BinaryIO, output: Path, header: list[str]) -> Iterator[tuple[list[str], int]]:
    """The rows of a result that were written whole, the header first, each with where it ends."""
    position, last = 0, b"\n"

    def lines() -> Iterator[str]:
        nonlocal position, last
        for last in raw:
            position += len(last)
            yield last.decode("utf-8", "replace")

    reader = csv.reader(lines(), strict=True)
    names = header
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            cells = ["?"] if raw.read(1) else None
        if cells is None or not last.endswith(b"\n"):
            if names and not line(header).startswith(last.decode("utf-8", "replace")):
                raise _other(output, "It is no table")
            return
        if cells != (names or cells) or len(cells) != len(header):
            raise _other(output, f"What ends at byte {position:,} is no row of this one")
        names = []
        yield cells, position


def _other(output: Path, why: str) -> UsageError:
    return UsageError(
        f"{output} is there and holds another result.",
        f"{why}; nothing was written.",
        "Give another --output file, or remove this one.",
    )


def _continued(output: Path, size: int) -> BinaryIO:
    """The output, cut to its first ``size`` bytes, open for what follows; without a buffer."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        file = output.open("ab", buffering=0)
        if file.seekable() and file.tell() > size:
            file.truncate(size)
        return file
    except OSError as error:
        raise RetortError(
            f"Cannot write {output}.",
            f"{error.filename}: {error.strerror}.",
            "Give another --output file.",
        ) from error


def _write(file: BinaryIO, output: Path, text: bytes) -> None:
    try:
        while text:
            text = text[file.write(text) :]
        if output.is_file():
            os.fsync(file.fileno())
    except OSError as error:
        raise RetortError(
            f"Cannot write {output}.",
            f"{error.strerror}. The rows before are saved.",
            "Make room and run the same command again; it goes on where it stopped.",
        ) from error
