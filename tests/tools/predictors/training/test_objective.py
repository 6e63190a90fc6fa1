from __future__ import annotations

import numpy as np
import pytest
import torch

from retort.tools.predictors.training.objective import Objective

NAN = float("nan")
KINDS = ("regression", "classification")


def test_unmeasured_values_weigh_nothing_and_small_tasks_more() -> None:
    values = np.full((100, 2), NAN, dtype=np.float32)
    values[:, 0] = np.arange(100)
    values[:4, 1] = [0, 1, 0, 1]
    objective = Objective.of(values, KINDS, 0.5, from_rates=True)
    assert objective.weights.sum() == pytest.approx(100)
    assert objective.weights[0, 1] == pytest.approx(5 * objective.weights[0, 0])
    assert not objective.weights[4:, 1].any()
    assert objective.mean == pytest.approx([49.5, 0.0])
    assert objective.sd[1] == 1.0


def test_a_task_without_values_and_one_without_spread_are_no_trouble() -> None:
    values = np.array([[NAN, 0.1], [NAN, 0.1], [NAN, 0.1]], dtype=np.float32)
    objective = Objective.of(values, ("regression", "regression"), 0, from_rates=False)
    assert objective.sd.tolist() == [1.0, 1.0]
    assert not objective.targets.any() and not objective.weights[:, 0].any()


def test_outputs_of_a_class_are_counted_from_its_share() -> None:
    values = np.array([[1.0], [0.0], [0.0], [0.0]], dtype=np.float32)
    rare = Objective.of(values, ("classification",), 0, from_rates=True)
    even = Objective.of(values, ("classification",), 0, from_rates=False)
    assert rare.mean == pytest.approx(np.log(0.3 / 0.7)) and even.mean == [0.0]
    silent = torch.zeros(4, 1)
    assert float(even.loss(silent, np.arange(4))) == pytest.approx(np.log(2))
    assert float(rare.loss(silent, np.arange(4))) < np.log(2)


@pytest.mark.parametrize(("bend", "cost"), [(0.0, 1.5), (0.5, 1.25), (2.0, 0.5625)])
def test_the_error_is_absolute_or_bent(bend: float, cost: float) -> None:
    values = np.array([[-1.0], [1.0]], dtype=np.float32)
    objective = Objective.of(values, ("regression",), bend, from_rates=False)
    out = torch.from_numpy(objective.targets) + 1.5
    assert float(objective.loss(out, np.arange(2))) == pytest.approx(cost)


@pytest.mark.parametrize("bend", [0.0, 0.5])
def test_a_right_answer_costs_nothing(bend: float) -> None:
    values = np.array([[1.0, 1.0], [3.0, NAN], [5.0, 0.0]], dtype=np.float32)
    objective = Objective.of(values, KINDS, bend, from_rates=True)
    rows = np.arange(3)
    right = torch.from_numpy(objective.targets.copy())
    right[:, 1] = torch.tensor([40.0, -7.0, -40.0])
    assert float(objective.loss(right, rows)) == pytest.approx(0.0, abs=1e-5)
    assert float(objective.loss(-right, rows)) > 1.0
