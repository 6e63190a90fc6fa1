"""Calculations for a whole file of structures: each row with its columns beside it.

Owns what a block of calculations is. How it is run, written and continued stands in
``result_files``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools import calculation_columns, result_files, structures
from retort.tools.calculation_columns import Column
from retort.tools.result_files import ERROR, Made, Outcome, Progress, Work
from retort.tools.structure_files import Row, StructureFile

PREFIX = "calculated_"
"""begins the names of our columns, so that nobody takes them for measured or predicted"""
BY = "calculated_by"
"""name of the column that says which RDKit"""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a result: the input's own, the calculations, who calculated, ``error``."""

    kept: tuple[str, ...]
    calculations: tuple[Column, ...]

    def header(self) -> list[str]:
        """The names of all columns."""
        return [*self.kept, *(f"{PREFIX}{c.name}" for c in self.calculations), BY, ERROR]

    def holds(self, cells: Sequence[str], kept: Sequence[str]) -> bool:
        """Whether a row of a result is of this RDKit and begins with these cells of the input."""
        return list(cells[: len(self.kept)]) == [*kept] and cells[-2] == structures.RDKIT


def calculate_file(
    source: StructureFile,
    output: Path,
    wanted: Sequence[str] = (),
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    workers: int = 1,
) -> Outcome:
    """Calculate for every structure of a file into a CSV file; arguments as ``result_files.write``.

    Args:
        source: the structures.
        output: CSV in UTF-8; one that is there is continued.
        wanted: names as ``calculation_columns.named`` takes them; none means the usual.
        progress: called with (rows done, rows in all, note).
        cancel: set it to stop.
        workers: processes.

    Raises:
        UsageError: the output is the input or another result.
        RetortError: an unknown name, or a file that cannot be read or written.
    """
    chosen = calculation_columns.named(wanted)
    names = [f"{PREFIX}{column.name}" for column in chosen]
    columns = Columns(result_files.kept_names(source.columns, [*names, BY]), chosen)
    hire = partial(_hired, [column.name for column in chosen])
    return result_files.write(
        source, output, columns, partial(_block, chosen), hire, progress, cancel, workers
    )


def _hired(names: Sequence[str]) -> Work:
    return partial(_block, calculation_columns.named(names))


def _block(columns: Sequence[Column], rows: list[Row]) -> Made:
    text, failed = [], 0
    for row in rows:
        try:
            if row.problem:
                raise row.problem
            ours, error = calculation_columns.texts(row.smiles, columns), ""
        except RetortError as problem:
            ours, error = [""] * len(columns), f"{problem.what} {problem.why}"
            failed += 1
        text.append(result_files.line([*row.cells, *ours, structures.RDKIT, error]))
    return Made("".join(text).encode("utf-8"), len(rows), failed)
