"""Fine-tunes the SMILES transformer on the tasks of a table of labels, all at once.

Owns the recommended settings. Knows no file; the loss is ``objective``'s, the steps are ``loop``'s.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from retort.tools.predictors.smiles.network import Encoder, Network
from retort.tools.predictors.training import loop
from retort.tools.predictors.training.labels import Ints, Labels
from retort.tools.predictors.training.loop import Run, Schedule
from retort.tools.predictors.training.objective import Objective
from retort.tools.predictors.training.sequences import Sequences, batches

BEND = 0.5
"""standard deviations of error up to which the regression loss is square"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a network is built and trained."""

    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=5, rate=1e-3))
    encoder_rate: float = 0.3
    """learning rate of the encoder as a share of the head's"""
    batch: int = 64
    """molecules per step"""
    respelt: float = 0.5
    """share of the molecules that are spelt at random"""
    hidden: int = 256
    """width of the head"""
    dropout: float = 0.1


def fit(labels: Labels, rows: Ints, encoder: Encoder, settings: Settings, run: Run) -> Network:
    """Train one network; the same seed on the same machine gives the same network.

    Args:
        labels: n molecules by t tasks.
        rows: (m,) which molecules to learn from; nothing is read of the others.
        encoder: where it starts; left as it is.
        settings: of the network and the schedule.
        run: seed, device, folder, progress.

    Returns:
        The network, on the run's device.

    Raises:
        RetortError: the folder holds another run, or the training diverged.
    """
    device = run.torch_device()
    torch.manual_seed(run.seed)
    network = Network(copy.deepcopy(encoder), labels.tasks, settings.hidden, settings.dropout)
    sequences = Sequences.of(tuple(labels.smiles[row] for row in rows))
    lengths = sequences.lengths()
    objective = Objective.of(labels.values[rows], labels.kinds, BEND, from_rates=True)
    network.task_mean.copy_(torch.from_numpy(objective.mean))
    network.task_sd.copy_(torch.from_numpy(objective.sd))
    network.to(device)

    def order(epoch: int) -> list[Ints]:
        return batches(np.arange(len(rows)), lengths, settings.batch, run.seed, epoch)

    def loss(chosen: Ints, rng: np.random.Generator) -> Tensor:
        numbers = sequences.batch(chosen, rng, settings.respelt)
        out = network(torch.from_numpy(numbers).to(device))
        return objective.loss(out, chosen)

    head = [*network.hidden.parameters(), *network.out.parameters()]
    groups = [
        {"params": head, "rate": 1.0},
        {"params": list(network.encoder.parameters()), "rate": settings.encoder_rate},
    ]
    loop.train(network, order, loss, settings.schedule, run, groups)
    return network
