from __future__ import annotations

import numpy as np
import pytest

from retort.tools.predictors.endpoints import Recipe
from retort.tools.predictors.fitting import grow, scaffold_folds
from retort.tools.predictors.trees import Forest, pack


@pytest.mark.parametrize("objective", ["huber", "binary"])
def test_packed_trees_say_what_lightgbm_says(objective: str) -> None:
    rng = np.random.default_rng(0)
    matrix = np.round(rng.normal(0, 2, (300, 12)), 1).astype(np.float32)
    values = (matrix[:, 0] * matrix[:, 1] > 0).astype(float) + 0.01 * (matrix[:, 2] > 0)
    values = values if objective == "huber" else (values > 0.5).astype(float)
    recipe = Recipe(objective=objective, rounds=30)
    boosters = [grow(matrix, values, recipe, seed) for seed in (1, 2)]
    fresh = np.concatenate([matrix, rng.normal(0, 3, (200, 12)).astype(np.float32)])
    expected = np.stack([one.predict(fresh, raw_score=True) for one in boosters], axis=1)
    forest = pack(boosters)
    np.testing.assert_allclose(forest.evaluate(fresh), expected, atol=1e-5)
    again = Forest.from_arrays(forest.arrays())
    np.testing.assert_array_equal(again.evaluate(fresh), forest.evaluate(fresh))


def test_trees_without_a_split_are_constants() -> None:
    matrix = np.zeros((40, 3), dtype=np.float32)
    forest = pack([grow(matrix, np.full(40, 2.5), Recipe("regression", rounds=3), 0)])
    np.testing.assert_allclose(forest.evaluate(matrix[:2]), [[2.5], [2.5]], atol=1e-5)


def test_no_scaffold_is_in_two_folds_and_folds_are_even() -> None:
    groups = [f"s{index % 37}" for index in range(400)]
    folds = scaffold_folds(groups, seed=3)
    assert all(len({int(folds[i]) for i in range(400) if groups[i] == g}) == 1 for g in set(groups))
    assert np.bincount(folds, minlength=5).min() >= 60
    assert (folds == scaffold_folds(groups, seed=3)).all()
    assert (folds != scaffold_folds(groups, seed=4)).any()
