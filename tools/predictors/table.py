"""Predictions for a whole file of structures, written block by block; a rerun goes on.

Owns the columns of the result and where a result that is there already ends. Every row of the
input gives one row, in order, with its cells exactly as they came. Memory is bounded by one block.
"""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import structures
from retort.tools.predictors.predictors import Predictors
from retort.tools.predictors.records import Endpoint, Prediction
from retort.tools.structure_files import Row, StructureFile

BLOCK = 256
"""rows predicted, written and flushed to disk together: what a kill can cost"""

FIELDS = ("", "_unit", "_lo", "_hi", "_in_domain", "_nearest_training_similarity", "_percentile")
"""What follows ``predicted_ENDPOINT`` in the names of its columns, the model's name last."""

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


def predict_file(
    predictors: Predictors,
    source: StructureFile,
    output: Path,
    endpoints: Sequence[str] | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Outcome:
    """Predict every structure of a file into a CSV file.

    The columns of the input come first, then for each endpoint its value, unit, 90 % interval,
    domain flag, similarity to the nearest training molecule (0 to 1), percentile among approved
    drugs and model, then ``error``. An output that is there already is continued after its last
    complete row.

    Args:
        predictors: the models.
        source: the structures.
        output: CSV in UTF-8.
        endpoints: names; none means all.
        progress: called with (rows done, rows in all, note) after each block.
        cancel: set it to stop after the block in work.

    Raises:
        UsageError: an unknown endpoint; or the output is the input, or is there already and is not
            the beginning of this result.
        RetortError: the input cannot be read to its end, or the output cannot be written.
    """
    _refuse_same(source.path, output)
    wanted = predictors.named(endpoints)
    header = [*_kept_names(source.columns, wanted), *_names(wanted), "error"]
    total = source.count()
    rows = source.rows()
    resumed, failed, size = _standing(output, header, rows, wanted)
    done = resumed
    with _continued(output, size) as file:
        if not size:
            _write(file, output, [header])
        while not (cancel and cancel.is_set()) and (block := list(islice(rows, BLOCK))):
            lines = _predicted(predictors, block, wanted)
            _write(file, output, lines)
            done += len(block)
            failed += sum(bool(line[-1]) for line in lines)
            if progress:
                progress(done, total, f"{failed} failed" if failed else "")
    return Outcome(total, done, failed, resumed)


def _names(wanted: Sequence[Endpoint]) -> list[str]:
    return [f"predicted_{e.name}{field}" for e in wanted for field in (*FIELDS, "_model")]


def _kept_names(columns: Sequence[str], wanted: Sequence[Endpoint]) -> list[str]:
    """The input's own columns; one that has the name of a column of ours becomes ``input_...``."""
    taken = {*_names(wanted), "error"}
    return [f"input_{name}" if name in taken else name for name in columns]


def _predicted(
    predictors: Predictors, block: Sequence[Row], wanted: Sequence[Endpoint]
) -> list[list[str]]:
    problems = [row.problem or _problem(row.smiles) for row in block]
    readable = [row.smiles for row, problem in zip(block, problems, strict=True) if not problem]
    found = iter(predictors.predict(readable, [endpoint.name for endpoint in wanted]))
    lines = []
    for row, problem in zip(block, problems, strict=True):
        values = [None if problem else next(found) for _ in wanted]
        cells = [
            cell
            for endpoint, value in zip(wanted, values, strict=True)
            for cell in _cells(endpoint, value)
        ]
        error = problem.as_dict() if problem else values[0] and values[0].error
        lines.append([*row.cells, *cells, f"{error['what']} {error['why']}" if error else ""])
    return lines


def _problem(smiles: str) -> RetortError | None:
    """Why a text is not predicted: it is no structure, or one that is too large to compute on."""
    try:
        structures.molecule_from_smiles(smiles)
    except RetortError as error:
        return error
    return None


def _cells(endpoint: Endpoint, row: Prediction | None) -> list[str]:
    """One endpoint's cells; unit and model always stand there, so that a column is of one kind."""
    unit = endpoint.unit or f"probability of {endpoint.positive}"
    if row is None or row.interval is None:
        return ["", unit, *[""] * (len(FIELDS) - 2), endpoint.model]
    numbers = (row.nearest_training_similarity, row.percentile_of_drugs)
    return [
        _number(row.value),
        unit,
        *map(_number, row.interval),
        str(row.in_domain).lower(),
        *map(_number, numbers),
        endpoint.model,
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _refuse_same(source: Path, output: Path) -> None:
    if output.exists() and output.samefile(source):
        raise UsageError(
            "The output is the input.",
            f"{source} would be written over.",
            "Give another --output file.",
        )


def _standing(
    output: Path, header: list[str], rows: Iterator[Row], wanted: Sequence[Endpoint]
) -> tuple[int, int, int]:
    """What of this result is in the output: its rows, those with an error, their bytes.

    Takes as many ``rows`` as are done. A half-written last row (a kill) does not count.
    """
    if not output.exists() or not output.stat().st_size:
        return 0, 0, 0
    blank = [cell for endpoint in wanted for cell in _cells(endpoint, None)]
    done = failed = size = 0
    with output.open("rb") as raw:
        for number, (cells, end) in enumerate(_complete(raw, output, header), -1):
            if number < 0:
                size = end
                continue
            row = next(rows, None)
            kept = len(row.cells) if row else 0
            ours = zip(blank, cells[kept:], strict=False)
            if (
                row is None
                or (*row.cells,) != (*cells[:kept],)
                or any(b and b != c for b, c in ours)
            ):
                raise _other(output, f"Its row {number + 1} is not that row of the input")
            done, failed, size = done + 1, failed + bool(cells[-1]), end
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
            if names and not _line(header).startswith(last.decode("utf-8", "replace")):
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
    """The output, cut to its first ``size`` bytes, open for what follows."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        file = output.open("ab")
        if file.seekable() and file.tell() > size:
            file.truncate(size)
        return file
    except OSError as error:
        raise RetortError(
            f"Cannot write {output}.", f"{error.strerror}.", "Give another --output file."
        ) from error


def _write(file: BinaryIO, output: Path, lines: Sequence[Sequence[str]]) -> None:
    try:
        file.write("".join(map(_line, lines)).encode("utf-8"))
        file.flush()
        if output.is_file():
            os.fsync(file.fileno())
    except OSError as error:
        raise RetortError(
            f"Cannot write {output}.",
            f"{error.strerror}. The rows before are saved.",
            "Make room and run the same command again; it goes on where it stopped.",
        ) from error


def _line(cells: Sequence[str]) -> str:
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
