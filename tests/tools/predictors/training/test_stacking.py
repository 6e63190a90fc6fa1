from __future__ import annotations

import numpy as np
import pytest

from retort.tools.predictors.records import Task
from retort.tools.predictors.training import stacking

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0, 1, 400)
FOLDS = np.arange(400) % 5


def _member(error: float) -> np.ndarray:
    return TRUTH + RNG.normal(0, error, 400)


def test_a_harmful_member_is_left_out() -> None:
    classes = (TRUTH > 0).astype(np.float64)
    outputs = {"trees": 4 * _member(0.3), "graph": RNG.normal(0, 9, 400)}
    losses = stacking.choose(outputs, classes, FOLDS, "classification")[1]
    assert losses["trees"] < losses["graph"]
    better = {"trees": RNG.normal(0, 1, 400), "graph": _member(0.1), "smiles": _member(0.1)}
    stack, _ = stacking.choose(better, TRUTH, FOLDS, "regression")
    assert "smiles" in stack.members and stack.weights[-1] > 0.2


def test_a_member_that_adds_nothing_clear_is_not_added() -> None:
    outputs = {"trees": _member(0.3), "graph": _member(0.3), "smiles": RNG.normal(0, 1, 400)}
    stack, losses = stacking.choose(outputs, TRUTH, FOLDS, "regression")
    assert stack.members == ("trees", "graph")
    assert len(losses) == 7


def test_trees_alone_are_the_usual_set_without_networks() -> None:
    stack, _ = stacking.choose({"trees": _member(0.3)}, TRUTH, FOLDS, "regression")
    assert stack.members == ("trees",)


def test_two_members_with_errors_of_their_own_are_both_kept_by_their_worth() -> None:
    outputs = {"trees": _member(0.3), "graph": _member(0.6)}
    stack, _ = stacking.choose(outputs, TRUTH, FOLDS, "regression")
    assert stack.members == ("trees", "graph")
    assert stack.weights[0] > stack.weights[1] > 0
    assert stack.weights.sum() == pytest.approx(1.0)
    error = np.abs(stack.combine(outputs) - TRUTH).mean()
    assert error < np.abs(outputs["trees"] - TRUTH).mean()


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_weights_are_never_negative(task: Task) -> None:
    values = TRUTH if task == "regression" else (TRUTH > 0).astype(np.float64)
    outputs = {"trees": _member(0.1), "graph": -TRUTH}
    stack = stacking.fit(("trees", "graph"), outputs, values, task)
    assert (stack.weights >= 0).all() and stack.weights[1] == pytest.approx(0.0, abs=0.05)


def test_the_output_for_a_row_does_not_depend_on_its_own_value() -> None:
    outputs = {"trees": _member(0.3), "graph": _member(0.6)}
    changed = TRUTH.copy()
    changed[FOLDS == 0] += RNG.normal(0, 5, 80)
    usual = stacking.cross_fitted(outputs, TRUTH, FOLDS, "regression")
    other = stacking.cross_fitted(outputs, changed, FOLDS, "regression")
    np.testing.assert_array_equal(usual[FOLDS == 0], other[FOLDS == 0])
    assert (usual[FOLDS != 0] != other[FOLDS != 0]).any()


def test_one_member_alone_keeps_its_ranks_over_all_folds() -> None:
    outputs = {"trees": _member(1.0)}
    classes = (TRUTH > 0.8).astype(np.float64)
    found = stacking.cross_fitted(outputs, classes, FOLDS, "classification")
    np.testing.assert_array_equal(np.argsort(found), np.argsort(outputs["trees"]))
