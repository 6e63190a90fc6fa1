from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from retort.retrieval.errors import RetortError
from retort.tools.predictors.training import loop
from retort.tools.predictors.training.loop import Run, Schedule, train

INPUT = torch.linspace(-1, 1, 32)[:, None]
TARGET = 3 * INPUT + 1
SCHEDULE = Schedule(epochs=30, rate=0.1)


def _model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Linear(1, 1)


def _train(model: torch.nn.Module, run: Run, stop_at: int | None = None) -> None:
    steps = 0

    def loss(batch: Any, rng: np.random.Generator) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == stop_at:
            raise KeyboardInterrupt
        noise = torch.tensor(rng.normal(0, 0.01, len(batch)), dtype=torch.float32)[:, None]
        return torch.nn.functional.mse_loss(model(INPUT[batch]).float(), TARGET[batch] + noise)

    def order(epoch: int) -> list[Any]:
        shuffled = np.random.default_rng(epoch).permutation(32)
        return list(shuffled.reshape(4, 8))

    train(model, order, loss, SCHEDULE, run)


def test_it_learns_a_line() -> None:
    model = _model()
    _train(model, Run(device="cpu"))
    assert model.weight.item() == pytest.approx(3, abs=0.3)
    assert model.bias.item() == pytest.approx(1, abs=0.3)


def test_a_run_that_was_stopped_ends_where_the_unbroken_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    unbroken, broken, resumed = _model(), _model(), _model()
    _train(unbroken, Run(device="cpu"))
    with pytest.raises(KeyboardInterrupt):
        _train(broken, Run(device="cpu", folder=tmp_path), stop_at=50)
    seen: list[int] = []
    run = Run(device="cpu", folder=tmp_path, progress=lambda done, total, note: seen.append(done))
    _train(resumed, run)
    assert torch.equal(resumed.weight, unbroken.weight)
    assert seen[-1] == 120


def test_a_state_of_another_run_is_refused(tmp_path: Path) -> None:
    _train(_model(), Run(device="cpu", folder=tmp_path))
    with pytest.raises(RetortError, match="another schedule, seed or data"):
        _train(_model(), Run(device="cpu", folder=tmp_path, seed=1))


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RetortError, match="no CUDA device"):
        Run(device="cuda").torch_device()


def test_the_logs_can_be_read_by_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    _train(_model(), Run(device="cpu", folder=tmp_path))
    assert list(tmp_path.glob("events.out.tfevents*"))
