"""A stack: the weighted sum of the members that an endpoint keeps. Knows no learner and no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retort.tools.predictors.conformal import Floats

MEMBERS = ("trees", "graph", "smiles")
"""What may be stacked: boosted trees, message-passing networks, SMILES transformer."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A weighted sum of members' outputs."""

    members: tuple[str, ...]
    weights: Floats
    """(members,) none negative"""
    intercept: float = 0.0

    def combine(self, outputs: Mapping[str, Floats]) -> Floats:
        """The sum (n,) float64 of outputs (n,) by member: transformed values, or log-odds."""
        columns = np.stack([np.asarray(outputs[name], np.float64) for name in self.members])
        return np.asarray(self.weights @ columns + self.intercept)

    def each(self, outputs: Mapping[str, Floats]) -> list[Floats]:
        """What the sum would be with all the weight on one member, for each of them."""
        total = float(self.weights.sum())
        return [total * np.asarray(outputs[name]) + self.intercept for name in self.members]
