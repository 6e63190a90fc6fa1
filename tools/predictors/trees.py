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
    right: NDArray[np.uint16]
    """(nodes,) distance to the right child, 0 in a leaf; the left child is the next node"""
    tree_sizes: NDArray[np.uint16]
    """(trees,) nodes of each tree"""
    member_sizes: NDArray[np.uint16]
    """(members,) trees of each booster"""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, as they are stored."""
        return {
            "trees.feature": self.feature,
            "trees.value": self.value,
            "trees.right": self.right,
            "trees.tree_sizes": self.tree_sizes,
            "trees.member_sizes": self.member_sizes,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Forest:
        """The forest that ``arrays`` wrote."""
        return cls(**{name: arrays[f"trees.{name}"] for name in cls.__slots__})

    def evaluate(self, matrix: FloatArray) -> NDArray[np.float64]:
        """Raw output of every booster.

        Args:
            matrix: (n, w) float32 features, finite.

        Returns:
            (n, members) float64: values, or log-odds for a classifier.
        """
        step = max(1, BATCH_CELLS // max(1, len(self.tree_sizes)))
        parts = [self._walk(matrix[at : at + step]) for at in range(0, len(matrix), step)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.member_sizes)))

    def _walk(self, matrix: FloatArray) -> NDArray[np.float64]:
        sizes = self.tree_sizes.astype(np.int64)
        starts = np.cumsum(sizes) - sizes
        here = np.arange(len(self.right))
        right = here + self.right
        left = here + (self.right > 0)
        nodes = np.broadcast_to(starts, (len(matrix), len(starts))).copy()
        rows = np.arange(len(matrix))[:, None]
        while True:
            goes_left = matrix[rows, self.feature[nodes]] <= self.value[nodes]
            following = np.where(goes_left, left[nodes], right[nodes])
            if np.array_equal(following, nodes):
                break
            nodes = following
        members = np.cumsum(self.member_sizes.astype(np.int64)) - self.member_sizes
        return np.add.reduceat(self.value[nodes].astype(np.float64), members, axis=1)


def pack(boosters: Sequence[Any]) -> Forest:
    """Pack trained LightGBM boosters.

    Args:
        boosters: ``lightgbm.Booster``, trained on float32 features without missing values.
    """
    nodes: list[tuple[int, float, int]] = []
    tree_sizes: list[int] = []
    member_sizes: list[int] = []
    for booster in boosters:
        trees = booster.dump_model()["tree_info"]
        member_sizes.append(len(trees))
        for tree in trees:
            before = len(nodes)
            _append(tree["tree_structure"], nodes)
            tree_sizes.append(len(nodes) - before)
    feature, value, right = zip(*nodes, strict=True)
    return Forest(
        feature=np.array(feature, dtype=np.uint16),
        value=np.array(value, dtype=np.float32),
        right=np.array(right, dtype=np.uint16),
        tree_sizes=np.array(tree_sizes, dtype=np.uint16),
        member_sizes=np.array(member_sizes, dtype=np.uint16),
    )


def _append(node: dict[str, Any], nodes: list[tuple[int, float, int]]) -> None:
    """Append a subtree in pre-order."""
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
