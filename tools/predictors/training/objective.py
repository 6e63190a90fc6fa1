"""What a network of several tasks learns: targets, the weight of each value, the loss.

Both kinds of network are taught through it. Knows no network, no molecule and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.records import Task
from retort.tools.predictors.training.labels import Ints

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Objective:
    """Targets and weights of n molecules by t tasks, and their loss."""

    mean: FloatArray
    """(t,) of a regression task; of a class the log-odds that outputs are counted from"""
    sd: FloatArray
    """(t,) of a regression task; 1 for classes"""
    targets: FloatArray
    """(n, t) z-scores and classes, 0 where not measured"""
    weights: FloatArray
    """(n, t) 1 / sqrt(values of the task), so that small tasks count; 0 where not measured;
    together as many as molecules"""
    classes: NDArray[np.bool_]
    """(t,) which tasks are classes"""
    bend: float
    """standard deviations of error up to which the regression loss is square; 0: never"""

    @classmethod
    def of(
        cls,
        values: FloatArray,
        kinds: Sequence[Task],
        bend: float,
        from_rates: bool,
        precision: type[np.floating] = np.float64,
    ) -> Objective:
        """The objective of labels (n, t), NaN where not measured; a task may have none.

        Args:
            values: transformed values, or 1.0 and 0.0 for classes.
            kinds: (t) of the tasks.
            bend: 0 for the absolute error, else Huber's loss (Ann. Math. Statist. 1964, 35, 73).
            from_rates: let a network's output for a class begin at the class's share in the labels,
                instead of at one half.
            precision: of means and z-scores, so that a seed gives the network that it gave before.
        """
        classes = np.array([kind == "classification" for kind in kinds])
        measured = ~np.isnan(values)
        counts = measured.sum(axis=0)
        numbers = np.where(classes | (counts == 0), 0.0, values.astype(precision))
        mean = np.nanmean(numbers, axis=0)
        sd = deviation(numbers).astype(precision)
        targets = np.nan_to_num((values.astype(precision) - mean) / sd)
        if from_rates:
            rate = (np.nansum(values, axis=0, dtype=np.float64) + 0.5) / (counts + 1.0)
            rate = np.clip(rate, 0.01, 0.99)
            mean = np.where(classes, np.log(rate / (1 - rate)), mean)
        weights = measured / np.sqrt(np.maximum(counts, 1))
        weights *= len(values) / max(float(weights.sum()), 1e-12)
        return cls(
            mean=mean.astype(np.float32),
            sd=sd.astype(np.float32),
            targets=targets.astype(np.float32),
            weights=weights.astype(np.float32),
            classes=classes,
            bend=bend,
        )

    def loss(self, out: Tensor, rows: Ints) -> Tensor:
        """Mean over a batch: cross entropy of classes, absolute or Huber error of z-scores.

        Args:
            out: (b, t) what the network says of these rows.
            rows: (b,) their places in the labels.
        """
        import torch
        from torch.nn import functional

        device = out.device
        target = torch.from_numpy(self.targets[rows]).to(device)
        weight = torch.from_numpy(self.weights[rows]).to(device)
        is_class = torch.from_numpy(self.classes).to(device)
        odds = out + torch.from_numpy(np.where(self.classes, self.mean, 0)).to(device)
        entropy = functional.binary_cross_entropy_with_logits(
            odds, target.clamp(0, 1), reduction="none"
        )
        error = functional.smooth_l1_loss(out, target, reduction="none", beta=self.bend)
        return (torch.where(is_class, entropy, error) * weight).sum() / len(rows)


def deviation(columns: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standard deviation of each column without its NaN; 1 where all values are the same."""
    varies = np.nanmin(columns, axis=0) < np.nanmax(columns, axis=0)
    return np.where(varies, np.nanstd(columns, axis=0, dtype=np.float64), 1.0)
