from __future__ import annotations

import numpy as np
import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors.training import metrics

TRUTH = np.array([1.0, 0, 1, 0, 1])
ODDS = np.array([0.9, 0.1, 0.5, 0.5, 0.3])


def test_scores_are_those_of_the_textbook() -> None:
    assert metrics.auroc(TRUTH, ODDS) == pytest.approx((1 + 1 + 1 + 0.5 + 1 + 0) / 6)
    assert metrics.auprc(TRUTH, np.array([0.9, 0.1, 0.5, 0.6, 0.3])) == pytest.approx(
        (1 + 2 / 3 + 3 / 4) / 3
    )
    assert metrics.mae(TRUTH, TRUTH + 2) == 2.0
    assert metrics.r2(TRUTH, np.full(5, TRUTH.mean())) == pytest.approx(0.0)
    assert metrics.spearman(ODDS, ODDS**3) == pytest.approx(1.0)


def test_what_is_not_defined_is_not_a_number() -> None:
    same = np.ones(5)
    assert np.isnan([metrics.auroc(same, ODDS), metrics.auprc(same, ODDS)]).all()
    assert np.isnan([metrics.r2(same, ODDS), metrics.spearman(same, ODDS)]).all()


def test_whole_scaffolds_are_drawn() -> None:
    rng = np.random.default_rng(0)
    values, noise = rng.normal(size=200), rng.normal(size=200)
    few = np.repeat(np.array(["a", "b", "c", "d"]), 50)
    shared = values + np.repeat([0.0, 1.0, 2.0, 3.0], 50)
    low, high = metrics.bootstrap(values, shared[None], few, metrics.mae)
    assert low < 1.0 and high > 2.0
    each = np.arange(200).astype(str)
    splits = np.stack([values + noise, values + 2 * noise])
    low, high = metrics.bootstrap(values, splits[:1], each, metrics.mae)
    assert low < metrics.mae(values, values + noise) < high < low + 0.3
    assert metrics.bootstrap(values, splits[:1], each, metrics.mae) == (low, high)
    both = metrics.bootstrap(values, splits, each, metrics.mae)
    assert both == pytest.approx((1.5 * low, 1.5 * high)), "the mean of a score and its double"


def test_a_missing_package_is_told_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics.need_packages()
    monkeypatch.setattr(metrics, "find_spec", lambda name: None)
    with pytest.raises(RetortError, match=r"retort\[train\]"):
        metrics.need_packages()
