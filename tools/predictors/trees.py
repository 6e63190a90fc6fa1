"""Gradient-boosted trees as plain arrays: packed from LightGBM, evaluated with NumPy.

A trained booster becomes arrays that safetensors can hold, so that a prediction needs no LightGBM
(whose import pulls in scikit-learn and SciPy and takes over a second) and no parsing. Splits are
exact for float32 features: thresholds are rounded down to float32, which no float32 value can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.featurise import FloatArray

BATCH_CELLS = 4_000_000
"""molecules x trees walked at once; bounds memory"""


@dataclass(frozen=True, slots=True)
class Forest:
    """Several boosters over the same features. Trees lie one after the other, each in pre-order."""

    feature: NDArray[np.uint16]
    """(nodes,) column that a node looks at; 0 in a leaf"""
    value: FloatArray
    """(nodes,) threshold (left if ``x <= value``), or a leaf's output"""
    left: NDArray[np.int32]
    """(nodes,) left child: the next node; a leaf is its own child"""
    right: NDArray[np.int32]
    """(nodes,) right child; a leaf is its own child"""
    roots: NDArray[np.int32]
    """(trees,) first node of each tree"""
    members: NDArray[np.int32]
    """(members,) first tree of each booster"""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, as they are stored: right children as distances, 0 in a leaf."""
        distance = self.right - np.arange(len(self.right))
        return {
            "trees.feature": self.feature,
            "trees.value": self.value,
            "trees.right": distance.astype(np.uint16),
            "trees.roots": self.roots,
            "trees.members": self.members,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Forest:
        """The forest that ``arrays`` wrote."""
        distance = arrays["trees.right"].astype(np.int32)
        here = np.arange(len(distance), dtype=np.int32)
        return cls(
            feature=arrays["trees.feature"],
            value=arrays["trees.value"],
            left=here + (distance > 0).astype(np.int32),
            right=here + distance,
            roots=arrays["trees.roots"],
            members=arrays["trees.members"],
        )

    def evaluate(self, matrix: FloatArray) -> NDArray[np.float64]:
        """Raw output of every booster.

        Args:
            matrix: (n, w) float32 features, finite.

        Returns:
            (n, members) float64: values, or log-odds for a classifier.
        """
        step = max(1, BATCH_CELLS // max(1, len(self.roots)))
        parts = [self._walk(matrix[at : at + step]) for at in range(0, len(matrix), step)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.members)))

    def _walk(self, matrix: FloatArray) -> NDArray[np.float64]:
        nodes = np.broadcast_to(self.roots, (len(matrix), len(self.roots)))
        rows = np.arange(len(matrix))[:, None]
        while True:
            goes_left = matrix[rows, self.feature[nodes]] <= self.value[nodes]
            following = np.where(goes_left, self.left[nodes], self.right[nodes])
            if np.array_equal(following, nodes):
                break
            nodes = following
        return np.add.reduceat(self.value[nodes].astype(np.float64), self.members, axis=1)


def pack(boosters: Sequence[Any]) -> Forest:
    """Pack trained LightGBM boosters.

    Args:
        boosters: ``lightgbm.Booster``, trained on float32 features without missing values.
    """
    nodes: list[tuple[int, float, int]] = []
    roots: list[int] = []
    members: list[int] = []
    for booster in boosters:
        members.append(len(roots))
        for tree in booster.dump_model()["tree_info"]:
            roots.append(len(nodes))
            _append(tree["tree_structure"], nodes)
    feature, value, right = zip(*nodes, strict=True)
    return Forest.from_arrays(
        {
            "trees.feature": np.array(feature, dtype=np.uint16),
            "trees.value": np.array(value, dtype=np.float32),
            "trees.right": np.array(right, dtype=np.uint16),
            "trees.roots": np.array(roots, dtype=np.int32),
            "trees.members": np.array(members, dtype=np.int32),
        }
    )


def _append(node: dict[str, Any], nodes: list[tuple[int, float, int]]) -> None:
    """Append a subtree in pre-order: column, threshold or output, distance to the right child."""
    if "split_feature" not in node:
        nodes.append((0, float(node["leaf_value"]), 0))
        return
    here = len(nodes)
    nodes.append((0, 0.0, 0))
    _append(node["left_child"], nodes)
    distance = len(nodes) - here
    _append(node["right_child"], nodes)
    nodes[here] = (int(node["split_feature"]), _rounded_down(float(node["threshold"])), distance)


def _rounded_down(threshold: float) -> float:
    """The largest float32 that is not above a threshold."""
    nearest = np.float32(threshold)
    if float(nearest) > threshold:
        nearest = np.nextafter(nearest, np.float32(-np.inf))
    return float(nearest)
