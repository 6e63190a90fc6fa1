"""Gradient-boosted trees of one task: LightGBM on counts, descriptors and pharmacophore pairs.

Owns how trees are grown; knows no file. Outputs are in the members' common scale: the transformed
value, or log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.featurise import FloatArray
from retort.tools.predictors.records import Task
from retort.tools.predictors.trees import Forest, pack

FEWEST_DIFFERENT = 3
"""training molecules that must differ in a column before it is looked at"""


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown, in LightGBM's terms; one choice for all endpoints, on scaffold folds."""

    learning_rate: float = 0.06
    rounds: int = 300
    num_leaves: int = 31
    max_depth: int = 8
    min_data_in_leaf: int = 5
    lambda_l2: float = 2.0
    feature_fraction: float = 0.2
    huber: float = 0.7
    """where the Huber loss turns from squares to absolute values, in standard deviations"""
    boosters: int = 2
    """that are averaged: every second one draws its thresholds (extremely randomised trees)"""


@dataclass(frozen=True, slots=True)
class Boosted:
    """Boosters of one task with what undoes the scaling of their target."""

    boosters: tuple[Any, ...]
    columns: NDArray[np.int64]
    """columns of the feature matrix that the boosters see"""
    mean: float
    spread: float

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Outputs (n,) float32 from the whole feature matrix (n, w)."""
        seen = matrix[:, self.columns]
        raw = [b.predict(seen, raw_score=True, num_threads=1) for b in self.boosters]
        return np.asarray(np.mean(raw, axis=0) * self.spread + self.mean, dtype=np.float32)

    def forest(self) -> Forest:
        """The boosters as one forest over the whole matrix, scaled back and averaged."""
        return pack(self.boosters, self.columns, self.spread, self.mean)


def grow(
    matrix: FloatArray, values: FloatArray, task: Task, growth: Growth, seed: int = 0
) -> Boosted:
    """Grow the trees of one task, on one thread.

    Args:
        matrix: (n, w) float32 features.
        values: (n,) transformed values, or 1.0 and 0.0.
        task: regression (Huber loss on the standardised value) or classification (log loss).
        growth: the settings.
        seed: of rows and columns that are drawn.
    """
    import lightgbm

    columns = np.flatnonzero((matrix != matrix[0]).sum(axis=0) >= FEWEST_DIFFERENT)
    target = np.asarray(values, dtype=np.float64)
    mean, spread = 0.0, 1.0
    if task == "regression":
        mean, spread = float(target.mean()), float(target.std()) or 1.0
        target = (target - mean) / spread
    data = lightgbm.Dataset(
        matrix[:, columns], target, params={"max_bin": 63, "verbose": -1}, free_raw_data=False
    )
    boosters = [
        lightgbm.train(_parameters(task, growth, seed, index), data, growth.rounds)
        for index in range(growth.boosters)
    ]
    return Boosted(tuple(boosters), columns, mean, spread)


def _parameters(task: Task, growth: Growth, seed: int, index: int) -> dict[str, Any]:
    return {
        "objective": "huber" if task == "regression" else "binary",
        "alpha": growth.huber,
        "learning_rate": growth.learning_rate,
        "num_leaves": growth.num_leaves,
        "max_depth": growth.max_depth,
        "min_data_in_leaf": growth.min_data_in_leaf,
        "lambda_l2": growth.lambda_l2,
        "feature_fraction": growth.feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 63,
        "use_missing": False,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "extra_trees": index % 2 == 1,
        "seed": 1000 * seed + index,
        "verbose": -1,
    }
