from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from retort.retrieval.errors import RetortError
from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.training import pretraining
from retort.tools.predictors.training.corpus import Corpus
from retort.tools.predictors.training.loop import Run, Schedule
from retort.tools.predictors.training.pretraining import Settings

SMILES = tuple("C" * chain + tail for chain in range(1, 26) for tail in ("O", "N", "F", "Cl"))
SETTINGS = Settings(width=64, depth=1, batch=16, schedule=Schedule(epochs=30, rate=5e-3))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Chains, with their z-scored length and whether there is an oxygen as descriptors."""
    raw = np.array([[text.count("C"), "O" in text] for text in SMILES], dtype=np.float64)
    targets = ((raw - raw.mean(0)) / raw.std(0)).astype(np.float16)
    order = np.random.default_rng(0).permutation(len(SMILES))
    return Corpus(tuple(SMILES[row] for row in order), targets[order], ("length", "oxygen"))


def test_an_encoder_learns_tokens_and_descriptors(corpus: Corpus, tmp_path: Path) -> None:
    _, before = pretraining.pretrain(
        corpus, replace(SETTINGS, schedule=Schedule(epochs=1, rate=0.0)), Run()
    )
    folder = tmp_path / "run"
    encoder, after = pretraining.pretrain(corpus, SETTINGS, Run(folder=folder))
    assert after.tokens < before.tokens / 2
    assert after.descriptors > 0.8 > before.descriptors
    read = pretraining.load(folder)
    for name, array in encoder.arrays().items():
        np.testing.assert_array_equal(array, read.arrays()[name])
    assert (folder / "encoder.json").is_file()


def test_a_run_that_is_done_is_not_done_again(corpus: Corpus, tmp_path: Path) -> None:
    quick = replace(SETTINGS, schedule=Schedule(epochs=1, rate=1e-3))
    steps: list[int] = []
    first, _ = pretraining.pretrain(corpus, quick, Run(folder=tmp_path))
    again, _ = pretraining.pretrain(
        corpus, quick, Run(folder=tmp_path, progress=lambda done, *_: steps.append(done))
    )
    assert not steps
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])


def test_masked_tokens_are_those_that_are_told() -> None:
    numbers = tokens.padded([tokens.shipped().encode("CCCCCCCCCC")] * 200)
    seen, hidden = pretraining.mask(numbers, np.random.default_rng(0), rows=0.5)
    assert (seen[hidden] == tokens.MASK).all()
    assert (seen[~hidden] == numbers[~hidden]).all()
    assert not hidden[:, 0].any() and not hidden[:, 11:].any()
    masked = hidden.any(axis=1)
    assert 0.35 < masked.mean() < 0.65
    assert 0.25 < hidden[masked, 1:11].mean() < 0.37


def test_no_encoder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="Cannot read an encoder"):
        pretraining.load(tmp_path)


def test_the_token_head_shares_the_embedding() -> None:
    model = pretraining.Pretrainer(SETTINGS, 2)
    scores, values = model(torch.tensor([[1, 5, 6]]), torch.tensor([[False, True, False]]))
    assert scores.shape == (1, len(tokens.shipped().tokens))
    assert values.shape == (1, 2)
    assert model.tell.weight is model.encoder.embedding.weight
