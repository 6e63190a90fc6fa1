from __future__ import annotations

import numpy as np
import pytest
import torch

from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.smiles.network import Encoder
from retort.tools.predictors.training.finetuning import Settings, fit
from retort.tools.predictors.training.labels import Labels
from retort.tools.predictors.training.loop import Run, Schedule

SMILES = tuple("C" * chain + tail for chain in range(1, 26) for tail in ("O", "N", "F", "Cl"))
NAN = float("nan")


@pytest.fixture(scope="module")
def labels() -> Labels:
    """Length of the chain, known for half; whether there is oxygen; a task without values."""
    values = np.full((len(SMILES), 3), NAN, dtype=np.float32)
    values[:, 0] = [50.0 + 3.0 * text.count("C") for text in SMILES]
    values[::2, 0] = NAN
    values[:, 1] = [text.endswith("O") for text in SMILES]
    return Labels(
        smiles=SMILES,
        keys=SMILES,
        scaffolds=SMILES,
        tasks=("length", "oxygen", "empty"),
        kinds=("regression", "classification", "regression"),
        values=values,
        primary=~np.isnan(values),
    )


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder(len(tokens.shipped().tokens), width=64, depth=1)


def test_it_learns_several_tasks_from_the_rows_it_is_given(
    labels: Labels, encoder: Encoder
) -> None:
    rows = np.flatnonzero(np.arange(len(SMILES)) % 5 != 0)
    start = {name: array.copy() for name, array in encoder.arrays().items()}
    settings = Settings(
        schedule=Schedule(epochs=40, rate=3e-3), encoder_rate=1.0, batch=16, hidden=32
    )
    network = fit(labels, rows, encoder, settings, Run())
    unseen = np.setdiff1d(np.arange(len(SMILES)), rows)
    predicted = network.predict([SMILES[row] for row in unseen])
    truth = np.array([50.0 + 3.0 * SMILES[row].count("C") for row in unseen])
    assert np.abs(predicted[:, 0] - truth).mean() < 8.0
    has_oxygen = np.array([SMILES[row].endswith("O") for row in unseen])
    assert predicted[has_oxygen, 1].min() > predicted[~has_oxygen, 1].max()
    assert np.isfinite(predicted).all()
    for name, array in encoder.arrays().items():
        np.testing.assert_array_equal(array, start[name])


def test_the_same_seed_gives_the_same_network(labels: Labels, encoder: Encoder) -> None:
    settings = Settings(schedule=Schedule(epochs=1, rate=1e-3), hidden=8)
    rows = np.arange(50)
    first, second, other = (
        fit(labels, rows, encoder, settings, Run(seed=seed)).predict(SMILES[:5])
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
