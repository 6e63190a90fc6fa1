"""Adapts a SMILES model of the hub to a table by low-rank updates.

Owns the steps and their rates; the model itself is ``smiles.hub``'s. Knows no folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from retort.tools.predictors.smiles.hub import AdaptedModel, Hub
from retort.tools.predictors.training import loop
from retort.tools.predictors.training.finetuning import BEND
from retort.tools.predictors.training.labels import Ints, Labels
from retort.tools.predictors.training.loop import Run, Schedule
from retort.tools.predictors.training.objective import Objective
from retort.tools.predictors.training.sequences import batches

BATCH = 32
RATE = 1e-3
ADAPTER_RATE = 0.5
"""learning rate of the updates as a share of the head's"""


@dataclass(frozen=True, slots=True)
class HubLearner:
    """Adapts one model of the hub."""

    hub: Hub

    def describe(self) -> dict[str, Any]:
        """What finds the model again, for the card.

        Raises:
            RetortError: there is no such model.
        """
        return self.hub.describe()

    def fit(self, labels: Labels, rows: Ints, epochs: int, run: Run) -> AdaptedModel:
        """Learn from some rows of the labels.

        Raises:
            RetortError: ``peft`` is not installed, the model cannot be loaded, or the training
                diverged.
        """
        torch.manual_seed(run.seed)
        model = self.hub.fresh(len(labels.tasks))
        objective = Objective.of(labels.values[rows], labels.kinds, BEND, from_rates=True)
        model.task_mean.copy_(torch.from_numpy(objective.mean))
        model.task_sd.copy_(torch.from_numpy(objective.sd))
        model.to(run.torch_device())
        smiles = [labels.smiles[row] for row in rows]
        lengths = np.array([len(text) for text in smiles])

        def order(epoch: int) -> list[Ints]:
            return batches(np.arange(len(rows)), lengths, BATCH, run.seed, epoch)

        def loss(chosen: Ints, rng: np.random.Generator) -> Tensor:
            return objective.loss(model([smiles[row] for row in chosen]), chosen)

        updates = [weights for weights in model.base.parameters() if weights.requires_grad]
        groups = [
            {"params": [*model.hidden.parameters(), *model.out.parameters()], "rate": 1.0},
            {"params": updates, "rate": ADAPTER_RATE},
        ]
        loop.train(model, order, loss, Schedule(epochs=epochs, rate=RATE), run, groups)
        return model
