"""A user's own table of structures and one measured column, as labels to learn from.

Owns what a cell means, what is left out and why a table is refused. Knows no model.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import structures
from retort.tools.predictors import featurise
from retort.tools.predictors.records import Task
from retort.tools.predictors.training.labels import Labels
from retort.tools.structure_files import StructureFile, open_structures

FEWEST = 30
"""molecules below which nothing is learnt: an error estimated on fewer says nothing"""
FEWEST_OF_A_CLASS = 8

CLASSES = {
    **dict.fromkeys(("0", "0.0", "false", "no", "inactive", "negative"), 0.0),
    **dict.fromkeys(("1", "1.0", "true", "yes", "active", "positive"), 1.0),
}
"""Cells that say a class, in any case."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """One column of a table, one row per molecule."""

    labels: Labels
    """of one task, named as the column"""
    counts: dict[str, int]
    """rows of the table and what became of them"""
    source: str
    """name of the table's file"""

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.labels.kinds[0]


def read(
    path: Path,
    target: str,
    smiles_column: str | None = None,
    task: Literal["auto", "regression", "classification"] = "auto",
) -> Measurements:
    """Read a table; repeated measurements of one parent become their median.

    Args:
        path: CSV, TSV or SD file.
        target: name of the column to learn.
        smiles_column: name of the column of structures; found by itself if None.
        task: ``auto`` takes a column of two classes (0 and 1, yes and no, active and inactive) for
            a classification and any other for a regression.

    Raises:
        UsageError: there is no such file or column; lists the columns.
        RetortError: there is too little to learn from in it.
    """
    file = open_structures(path, smiles_column)
    place = _column(file, target)
    filled = [(row.smiles, row.cells[place].strip()) for row in file.rows() if not row.problem]
    counts = Counter({"rows": file.count(), "empty": sum(not cell for _, cell in filled)})
    filled = [(smiles, cell) for smiles, cell in filled if cell]
    is_class = all(cell.lower() in CLASSES for _, cell in filled)
    kind: Task = "classification" if is_class else "regression"
    if task != "auto":
        kind = task
    numbers = [(smiles, _number(cell, kind)) for smiles, cell in filled]
    valued = [(smiles, value) for smiles, value in numbers if value is not None]
    counts["not a number"] = len(filled) - len(valued)
    if not valued:
        example = f' ("{structures.clipped(filled[0][1], 30)}")' if filled else ""
        wanted = "numbers" if kind == "regression" else "classes (0 and 1, yes and no ...)"
        raise UsageError(
            f"The column {target} of {path} holds no {wanted}.",
            f"{counts['empty']:,} of its cells are empty, {len(filled):,} are something else"
            f"{example}.",
            "Name another column: --target NAME",
        )
    labels, unreadable, reason = _labels(valued, target, kind)
    counts["unreadable"] = unreadable + counts["rows"] - counts["empty"] - len(filled)
    counts["training_molecules"] = len(labels.smiles)
    _check(path, target, labels, counts, reason)
    return Measurements(labels, dict(counts), path.name)


def _column(file: StructureFile, target: str) -> int:
    lowered = [column.lower() for column in file.columns]
    if target.lower() not in lowered:
        raise UsageError(
            f"{file.path} has no column named {target!r}.",
            f"Its columns are: {', '.join(file.columns)}.",
            "Name the one to learn: --target NAME",
        )
    if target in file.columns:
        return file.columns.index(target)
    return lowered.index(target.lower())


def _number(cell: str, kind: Task) -> float | None:
    """The value of a cell; None where it says none (">10", "n.d.")."""
    if kind == "classification":
        return CLASSES.get(cell.lower())
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _labels(
    rows: list[tuple[str, float]], target: str, kind: Task
) -> tuple[Labels, int, RetortError | None]:
    """Labels, how many structures are unreadable, and why the first of them is."""
    found: dict[str, list[float]] = defaultdict(list)
    known: dict[str, tuple[str, str]] = {}
    unreadable, reason = 0, None
    for text, value in rows:
        try:
            written = structures.molecule_from_smiles(text)
        except RetortError as error:
            unreadable, reason = unreadable + 1, reason or error
            continue
        parent = structures.standardise(written)
        smiles = structures.canonical(parent)
        if smiles not in known:
            key = structures.first_block(structures.inchikey(parent)) or smiles
            known[smiles] = (key, featurise.scaffold(parent))
        found[smiles].append(value)
    merged = {smiles: median(values) for smiles, values in found.items()}
    if kind == "classification":  # 0.5: the measurements contradict each other
        merged = {smiles: value for smiles, value in merged.items() if value != 0.5}
    smiles_of_rows = tuple(merged)
    labels = Labels(
        smiles=smiles_of_rows,
        keys=tuple(known[smiles][0] for smiles in smiles_of_rows),
        scaffolds=tuple(known[smiles][1] for smiles in smiles_of_rows),
        tasks=(target,),
        kinds=(kind,),
        values=np.array(list(merged.values()), dtype=np.float32).reshape(-1, 1),
        primary=np.ones((len(merged), 1), dtype=np.bool_),
    )
    return labels, unreadable, reason


def _check(
    path: Path, target: str, labels: Labels, counts: Counter[str], reason: RetortError | None
) -> None:
    what = f"Cannot learn {target} from {path}."
    values = labels.values[:, 0]
    if not len(values) and reason:
        why = f"None of its {counts['unreadable']:,} structures can be read; the first: {reason}"
        raise RetortError(what, why, "Name the column of structures: --smiles-column NAME")
    if len(values) < FEWEST:
        raise RetortError(
            what,
            f"It has {len(values):,} molecules with a value; at least {FEWEST} are needed.",
            "Add measurements, or use retort predict.",
        )
    if values.min() == values.max():
        why = f"Every molecule has the same value ({values[0]:g})."
        raise RetortError(what, why, "Name a column that differs between molecules.")
    if labels.kinds[0] == "classification":
        fewest = int(min(values.sum(), len(values) - values.sum()))
        if fewest < FEWEST_OF_A_CLASS:
            why = f"One class has {fewest} molecules; at least {FEWEST_OF_A_CLASS} are needed."
            raise RetortError(what, why, "Add molecules of the rare class.")
