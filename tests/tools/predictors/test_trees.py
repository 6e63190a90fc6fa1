from __future__ import annotations

import numpy as np
import pytest

from retort.tools.predictors.records import Task
from retort.tools.predictors.training.boosting import Growth, grow
from retort.tools.predictors.trees import Forest


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_packed_trees_say_what_lightgbm_says(task: Task) -> None:
    rng = np.random.default_rng(0)
    matrix = np.round(rng.normal(0, 2, (300, 12)), 1).astype(np.float32)
    matrix[:, 4] = 1.0  # never differs, so that no booster sees it
    values = (matrix[:, 0] * matrix[:, 1] > 0).astype(float) + 0.01 * (matrix[:, 2] > 0)
    values = values if task == "regression" else (values > 0.5).astype(float)
    grown = grow(matrix, values.astype(np.float32), task, Growth(rounds=30))
    assert 4 not in grown.columns
    fresh = np.concatenate([matrix, rng.normal(0, 3, (200, 12)).astype(np.float32)])
    forest = grown.forest()
    np.testing.assert_allclose(forest.evaluate(fresh), grown.predict(fresh), atol=1e-5)
    again = Forest.from_arrays(forest.arrays())
    spread = forest.evaluate(fresh).std()
    assert np.abs(again.evaluate(fresh) - forest.evaluate(fresh)).max() < 1e-3 * spread
    kept = again.arrays()
    for name, array in Forest.from_arrays(kept).arrays().items():
        np.testing.assert_array_equal(array, kept[name])


def test_trees_without_a_split_are_constants() -> None:
    matrix = np.arange(120, dtype=np.float32).reshape(40, 3)
    grown = grow(matrix, np.full(40, 2.5, dtype=np.float32), "regression", Growth(rounds=3))
    np.testing.assert_allclose(grown.forest().evaluate(matrix[:2]), [2.5, 2.5], atol=1e-5)


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.normal(0, 1, (200, 5)).astype(np.float32)
    forest = grow(matrix, matrix[:, 0] ** 2, "regression", Growth(rounds=120)).forest()
    together = forest.evaluate(matrix)
    apart = [forest.evaluate(matrix[at : at + 1])[0] for at in range(0, 200, 20)]
    np.testing.assert_array_equal(together[::20], apart)


def test_one_seed_grows_one_forest_and_another_seed_another() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.normal(0, 1, (200, 5)).astype(np.float32)
    first, same, other = (
        grow(matrix, matrix[:, 0], "regression", Growth(rounds=10), seed).forest()
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.value, same.value)
    assert len(first.value) != len(other.value) or (first.value != other.value).any()
