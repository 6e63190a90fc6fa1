"""Training: phrasings are well formed, patterns fill, the regression learns what can be learnt."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from retort.agent.models.embedded.classifier import FLAGS, INTENTS, WEIGHTS, IntentClassifier
from retort.agent.models.embedded.phrasings import read_phrasings
from retort.agent.models.embedded.train import choose_thresholds, examples, fill, fit


def test_every_phrasing_names_known_intents_and_can_be_filled() -> None:
    rng = random.Random(0)
    phrasings = read_phrasings()
    assert len({p.family for p in phrasings}) == len(phrasings) >= 400
    for phrasing in phrasings:
        assert set(phrasing.intents) <= set(INTENTS)
        text = fill(phrasing.pattern, rng)
        assert text and "{" not in text and "|" not in text


def test_examples_cover_every_intent_and_repeat_for_a_seed() -> None:
    rows = examples(read_phrasings(), seed=3, per_pattern=2)
    assert rows == examples(read_phrasings(), seed=3, per_pattern=2)
    assert set().union(*(row.intents for row in rows)) == set(INTENTS)
    assert any(len(row.intents) == 3 for row in rows)


def test_the_regression_separates_what_is_separable() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5)).astype(np.float32)
    y = (x[:, :2] > 0).astype(np.float32)
    weights, bias = fit(x, y, steps=300)
    p = IntentClassifier(weights, bias, np.ones(2, np.float32)).probabilities(x)
    thresholds = choose_thresholds(p, y)
    assert ((p >= thresholds) == (y > 0)).mean() > 0.97


def test_weights_are_small_fit_the_features_and_survive_saving(tmp_path: Path) -> None:
    shipped = IntentClassifier.load()
    assert WEIGHTS.stat().st_size < 1_000_000
    assert shipped.weights.shape == (len(INTENTS), 384 + len(FLAGS))
    shipped.save(tmp_path / "again.safetensors")
    again = IntentClassifier.load(tmp_path / "again.safetensors")
    assert np.array_equal(again.weights, shipped.weights)
    assert np.array_equal(again.thresholds, shipped.thresholds)
