"""Predictions for a whole file of structures, written block by block; a rerun goes on.

Owns what a block of predictions is. How it is run, written and continued stands in
``result_files``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools import result_files
from retort.tools.predictors.answers import PropertyModels
from retort.tools.predictors.columns import Columns
from retort.tools.predictors.predictors import Predictors
from retort.tools.result_files import Made, Outcome, Progress, Work
from retort.tools.structure_files import Row, StructureFile
from retort.tools.workers import Spread

Load = Callable[[], PropertyModels]


def predict_file(
    predictors: PropertyModels,
    source: StructureFile,
    output: Path,
    endpoints: Sequence[str] | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    workers: int = 1,
    load: Load = Predictors.load,
    spread: Spread | None = None,
) -> Outcome:
    """Predict every structure of a file into a CSV file.

    The columns of the input come first, then those of each endpoint (``columns.FIELDS``): value,
    unit, 90 % interval, domain, similarity to the nearest training molecule (0 to 1), percentile
    among approved drugs and model; then ``error``. An output that is there already is continued
    after its last complete row.

    Args:
        predictors: the models.
        source: the structures.
        output: CSV in UTF-8.
        endpoints: names or groups; none means all.
        progress: called with (rows done, rows in all, note) at first and after each block.
        cancel: set it to stop; blocks in work are given up.
        workers: processes to spread blocks over, where there are ``FEWEST`` or more.
        load: loads ``predictors`` again in each of them. Can be pickled.
        spread: where else to spread them, be they few or many.

    Raises:
        UsageError: an unknown endpoint; or the output is the input, or is there already and is not
            the beginning of this result.
        RetortError: the input cannot be read to its end, the output cannot be written, or a block
            killed its process twice.
    """
    wanted = predictors.named(endpoints)
    columns = Columns.of(source.columns, wanted)
    hire = partial(_hired, load, columns.kept, [endpoint.name for endpoint in wanted])
    work = partial(_block, predictors, columns)
    return result_files.write(
        source, output, columns, work, hire, progress, cancel, workers, spread
    )


def _hired(load: Load, kept: Sequence[str], endpoints: Sequence[str]) -> Work:
    predictors = load()
    return partial(_block, predictors, Columns(tuple(kept), tuple(predictors.named(endpoints))))


def _block(predictors: PropertyModels, columns: Columns, rows: list[Row]) -> Made:
    readable = [row.smiles for row in rows if not row.problem]
    answers = predictors.answer(readable, columns.endpoints)
    made = zip(columns.texts(answers), answers.read, strict=True)
    text, failed = [], 0
    for row in rows:
        ours, item = (columns.blank(), row.problem) if row.problem else next(made)
        error = f"{item.what} {item.why}" if isinstance(item, RetortError) else ""
        failed += bool(error)
        text.append(columns.row(row.cells, ours, error))
    return Made("".join(text).encode("utf-8"), len(rows), failed)
