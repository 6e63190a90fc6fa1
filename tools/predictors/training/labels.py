"""The table that is learnt from: molecules by tasks, and its scaffold folds.

Knows no file and no model. One row is one structure; a value that was not measured is NaN.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.records import Task
from retort.tools.predictors.training.datasets import Dataset

FOLDS = 5

Ints = NDArray[np.int64]
Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Labels:
    """Measured values of many molecules for many tasks."""

    smiles: tuple[str, ...]
    """(n) canonical SMILES of the structure that is featurised"""
    keys: tuple[str, ...]
    """(n) first InChIKey block of the parent"""
    scaffolds: tuple[str, ...]
    """(n) group of each row in a scaffold split"""
    tasks: tuple[str, ...]
    """(t) names of the endpoints"""
    kinds: tuple[Task, ...]
    """(t)"""
    values: Values
    """(n, t) float32: transformed value, or 1.0 and 0.0 for classes; NaN where not measured"""
    primary: NDArray[np.bool_]
    """(n, t) whether a value counts in scores; one of an auxiliary set only trains"""

    def measured(self) -> NDArray[np.bool_]:
        """(n, t) where there is a value."""
        return ~np.isnan(self.values)

    def rows(self, task: str) -> Ints:
        """Rows (m,) that have a value for a task."""
        return np.flatnonzero(~np.isnan(self.values[:, self.tasks.index(task)]))

    def digest(self) -> str:
        """What identifies the table: a hash of its structures, tasks and values."""
        found = hashlib.sha256("\n".join((*self.smiles, *self.tasks)).encode())
        found.update(np.nan_to_num(self.values, nan=-1e9).tobytes())
        return found.hexdigest()[:12]

    def folds(self, seed: int) -> Ints:
        """Fold of each row, whole scaffolds together, every task spread evenly."""
        return scaffold_folds(self.scaffolds, self.measured(), seed)


def table(datasets: Sequence[tuple[Spec, Dataset]]) -> Labels:
    """The labels of several endpoints, each with its training set, in one table."""
    place: dict[str, int] = {}
    keys: list[str] = []
    scaffolds: list[str] = []
    for _, found in datasets:
        for row in found.rows:
            if row.smiles not in place:
                place[row.smiles] = len(place)
                keys.append(row.key)
                scaffolds.append(row.scaffold)
    values = np.full((len(place), len(datasets)), np.nan, dtype=np.float32)
    primary = np.zeros(values.shape, dtype=np.bool_)
    for column, (_, found) in enumerate(datasets):
        for row in found.rows:
            values[place[row.smiles], column] = row.value
            primary[place[row.smiles], column] = not row.auxiliary
    return Labels(
        smiles=tuple(place),
        keys=tuple(keys),
        scaffolds=tuple(scaffolds),
        tasks=tuple(spec.name for spec, _ in datasets),
        kinds=tuple(spec.task for spec, _ in datasets),
        values=values,
        primary=primary,
    )


def scaffold_folds(
    scaffolds: tuple[str, ...], measured: NDArray[np.bool_], seed: int, count: int = FOLDS
) -> Ints:
    """Split rows into folds by scaffold.

    Large groups are placed first, each where its tasks have least: the fold with the smallest sum
    over tasks of (share of the task there) x (share of the task in the group).

    Args:
        scaffolds: (n) group of each row.
        measured: (n, t) which values there are.
        seed: orders groups of one size and breaks ties.
        count: number of folds.

    Returns:
        (n,) fold of each row, 0 to ``count`` - 1.
    """
    names, group = np.unique(np.array(scaffolds), return_inverse=True)
    shares = np.zeros((len(names), measured.shape[1]))
    np.add.at(shares, group, measured / np.maximum(measured.sum(axis=0), 1))
    sizes = np.bincount(group, minlength=len(names))
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(names))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    loads = np.zeros((count, measured.shape[1]))
    fold_of_group = np.zeros(len(names), dtype=np.int64)
    noise = rng.random((len(names), count)) * 1e-4 * shares.mean()
    for one in order:
        fold = int(np.argmin(loads @ shares[one] + noise[one]))
        fold_of_group[one] = fold
        loads[fold] += shares[one]
    return fold_of_group[group]
