"""Trains the message-passing network on the tasks of a table of labels, all at once.

Owns the recommended settings. Knows no file; the loss is ``objective``'s, the steps are ``loop``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from retort.tools.predictors.graph.graphs import Graph, batch
from retort.tools.predictors.graph.network import FloatArray, Network, Size
from retort.tools.predictors.training import loop
from retort.tools.predictors.training.labels import Ints, Labels
from retort.tools.predictors.training.loop import Run, Schedule
from retort.tools.predictors.training.objective import Objective, deviation

WINSOR = 0.5
"""percent of a descriptor's values that are cut off at either end before its mean and deviation"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a network is built and trained."""

    size: Size = field(default_factory=Size)
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=12, rate=1.5e-3))
    batch: int = 128
    """molecules per step"""


def fit(
    labels: Labels,
    molecules: Sequence[Graph],
    descriptors: FloatArray,
    rows: Ints,
    settings: Settings,
    run: Run,
) -> Network:
    """Train one network; the same seed on the same machine gives the same network.

    Args:
        labels: n molecules by t tasks.
        molecules: (n) their graphs.
        descriptors: (n, d) float32.
        rows: (m,) which molecules to learn from; nothing is read of the others.
        settings: of the network and the schedule.
        run: seed, device, folder, progress.

    Returns:
        The network, on the run's device.

    Raises:
        RetortError: the folder holds another run, or the training diverged.
    """
    device = run.torch_device()
    torch.manual_seed(run.seed)
    network = Network(settings.size, labels.tasks, descriptors.shape[1])
    objective = Objective.of(
        labels.values[rows], labels.kinds, bend=0, from_rates=False, precision=np.float32
    )
    _set_descriptor_scales(network, descriptors[rows])
    network.task_mean.copy_(torch.from_numpy(objective.mean))
    network.task_sd.copy_(torch.from_numpy(objective.sd))
    network.to(device)

    def order(epoch: int) -> list[Ints]:
        shuffled = np.random.default_rng((run.seed, epoch)).permutation(len(rows))
        return np.array_split(shuffled, -(-len(rows) // settings.batch))

    def loss(chosen: Ints, rng: np.random.Generator) -> Tensor:
        found = rows[chosen]
        out = network(batch([molecules[row] for row in found]), descriptors[found])
        return objective.loss(out, chosen)

    loop.train(network, order, loss, settings.schedule, run)
    return network


def _set_descriptor_scales(network: Network, descriptors: FloatArray) -> None:
    """Mean and deviation of winsorised descriptors into the network."""
    low, high = np.percentile(descriptors, [WINSOR, 100 - WINSOR], axis=0)
    cut = np.clip(descriptors, low, high)
    sd = np.where(low < high, deviation(cut), deviation(descriptors))
    network.descriptor_mean.copy_(torch.from_numpy(cut.mean(axis=0, dtype=np.float64)))
    network.descriptor_sd.copy_(torch.from_numpy(sd))
