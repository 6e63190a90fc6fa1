from __future__ import annotations

import numpy as np

from retort.tools.predictors.training.labels import scaffold_folds


def _random(seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    rng = np.random.default_rng(seed)
    scaffolds = tuple(f"s{index}" for index in rng.zipf(1.5, 600).clip(max=300))
    return scaffolds, rng.random((600, 3)) < [0.9, 0.4, 0.1]


def test_a_scaffold_is_never_split() -> None:
    scaffolds, measured = _random(1)
    folds = scaffold_folds(scaffolds, measured, 0)
    for name in set(scaffolds):
        assert len({fold for fold, own in zip(folds, scaffolds, strict=True) if own == name}) == 1


def test_every_task_is_spread_over_the_folds() -> None:
    scaffolds = tuple(f"s{index % 200}" for index in range(600))
    measured = np.random.default_rng(0).random((600, 3)) < [0.9, 0.4, 0.1]
    folds = scaffold_folds(scaffolds, measured, 0)
    for task in range(3):
        share = np.bincount(folds[measured[:, task]], minlength=5) / measured[:, task].sum()
        assert share.min() > 0.12
        assert share.max() < 0.28


def test_a_seed_gives_one_split_and_another_seed_another() -> None:
    scaffolds, measured = _random(2)
    first = scaffold_folds(scaffolds, measured, 0)
    assert (first == scaffold_folds(scaffolds, measured, 0)).all()
    assert (first != scaffold_folds(scaffolds, measured, 1)).any()
