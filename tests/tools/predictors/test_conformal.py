from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retort.tools.predictors.conformal import Probabilities, Widths, conformal_quantile


@settings(max_examples=50)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=80), st.floats(0.5, 0.95))
def test_the_quantile_leaves_few_enough_scores_above(
    scores: list[float], confidence: float
) -> None:
    quantile = conformal_quantile(scores, confidence)
    if np.isfinite(quantile):
        assert quantile in scores
        assert sum(score <= quantile for score in scores) >= (len(scores) + 1) * confidence - 1e-9
    else:
        assert len(scores) < confidence / (1 - confidence) + 1e-9


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from(["normal", "laplace", "exponential"]))
def test_intervals_hold_new_values_as_often_as_they_say(seed: int, law: str) -> None:
    rng = np.random.default_rng(seed)
    draw = getattr(rng, law)
    scale = np.array([0.5, 2.0])
    old, new = rng.integers(0, 2, 1000), rng.integers(0, 2, 4000)
    widths = Widths.fit(draw(size=1000) * scale[old], old, 2)
    truth = draw(size=4000) * scale[new]
    low, high = widths.interval(np.zeros(4000), new).T
    held = (low <= truth) & (truth <= high)
    for chosen in (new == 0, new == 1):
        assert 0.82 <= held[chosen].mean() <= 0.98
    assert (widths.half_widths[:, 1] > 2 * widths.half_widths[:, 0]).all()
    narrow_low, narrow_high = widths.interval(np.zeros(4000), new, 0.8).T
    assert 0.72 <= ((narrow_low <= truth) & (truth <= narrow_high)).mean() <= 0.88
    assert ((low <= narrow_low) & (narrow_high <= high)).all()


def test_a_rare_category_takes_the_width_of_all() -> None:
    residuals = np.concatenate([np.linspace(-1, 1, 200), [50.0]])
    widths = Widths.fit(residuals, np.array([0] * 200 + [1]), 3)
    assert (widths.half_widths[:, 1] == widths.half_widths[:, 2]).all()
    assert (widths.half_widths[:, 1] < 2).all()


def test_too_few_residuals_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        Widths.fit(np.zeros(5), np.zeros(5, dtype=np.int64), 1)


def _classes(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, size)
    return odds, rng.random(size) < 1 / (1 + np.exp(-(2 * odds + 0.5)))


def _near(size: int) -> np.ndarray:
    return np.full(size, 0.5)


def _one_kind(size: int) -> tuple[np.ndarray, int]:
    return np.zeros(size, dtype=np.int64), 1


def test_probabilities_are_calibrated_and_intervals_hold_them() -> None:
    odds, positive = _classes(1, 400)
    fitted = Probabilities.fit(odds, _near(400), positive, np.arange(400) // 2, *_one_kind(400))
    fresh, truth = _classes(2, 4000)
    value = fitted.value(fresh, _near(4000))
    assert np.mean(value) == pytest.approx(truth.mean(), abs=0.05)
    exact = 1 / (1 + np.exp(-(2 * fresh + 0.5)))
    assert np.abs(value - exact).max() < 0.15
    wide, narrow = fitted.intervals(fresh, _near(4000))
    low, high = wide.T
    assert ((low <= value) & (value <= high)).all()
    assert ((low <= exact + 0.02) & (exact - 0.02 <= high)).mean() > 0.8
    narrow_low, narrow_high = narrow.T
    assert (narrow_high - narrow_low <= high - low + 1e-12).all()


def test_a_stranger_gets_a_probability_nearer_to_the_base_rate() -> None:
    rng = np.random.default_rng(6)
    odds, similarity = rng.normal(0, 2, 4000), rng.uniform(0.1, 1.0, 4000)
    knows = rng.random(4000) < similarity
    positive = np.where(knows, odds > 0, rng.random(4000) < 0.5)
    fitted = Probabilities.fit(odds, similarity, positive, np.arange(4000), *_one_kind(4000))
    near, far = fitted.value(np.array([3.0, 3.0]), np.array([0.9, 0.2]))
    assert near > 0.85 > 0.7 > far > 0.5


def test_class_sets_hold_each_class_as_often_as_they_say() -> None:
    odds, positive = _classes(3, 1000)
    fitted = Probabilities.fit(odds, _near(1000), positive, np.arange(1000), *_one_kind(1000))
    fresh, truth = _classes(4, 4000)
    sets = fitted.classes(fitted.value(fresh, _near(4000)), _one_kind(4000)[0])
    assert sets[truth, 0].mean() == pytest.approx(0.9, abs=0.04)
    assert sets[~truth, 1].mean() == pytest.approx(0.9, abs=0.04)


def test_class_sets_hold_in_each_category_of_its_own_noise() -> None:
    def drawn(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        kinds = rng.integers(0, 3, size)
        odds = rng.normal(0, 2, size)
        return odds, odds + rng.normal(0, 1, size) * np.array([0.2, 2.0, 2.0])[kinds] > 0, kinds

    odds, positive, kinds = drawn(7, 3000)
    kinds[kinds == 2] = 1
    few = np.flatnonzero(kinds == 1)[:10]
    kinds[few] = 2
    fitted = Probabilities.fit(odds, _near(3000), positive, np.arange(3000), kinds, 3)
    fresh, truth, kinds = drawn(8, 20_000)
    sets = fitted.classes(fitted.value(fresh, _near(20_000)), np.minimum(kinds, 1))
    holds = np.where(truth, sets[:, 0], sets[:, 1])
    assert holds[kinds == 0].mean() == pytest.approx(0.9, abs=0.03)
    assert holds[kinds > 0].mean() == pytest.approx(0.9, abs=0.03)
    assert fitted.positive_from[1] < fitted.positive_from[0], "where it errs more it excludes less"
    alone = Probabilities.fit(odds, _near(3000), positive, np.arange(3000), *_one_kind(3000))
    assert fitted.positive_from[2] == alone.positive_from[0], "too few of them: as for all"


def test_useless_scores_give_the_base_rate() -> None:
    rng = np.random.default_rng(5)
    positive = rng.random(300) < 0.7
    odds = np.where(positive, -1.0, 1.0) + rng.normal(0, 1, 300)
    fitted = Probabilities.fit(odds, _near(300), positive, np.arange(300), *_one_kind(300))
    value = fitted.value(np.array([-3.0, 3.0]), _near(2))
    assert value == pytest.approx(positive.mean(), abs=0.02)
