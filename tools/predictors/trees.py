"""Gradient-boosted trees as plain arrays: packed from LightGBM, evaluated with NumPy.

A trained booster becomes arrays that safetensors can hold, so that a prediction needs no LightGBM
(whose import pulls in scikit-learn and SciPy and takes over a second) and no parsing. Splits are
exact for float32 features: thresholds are rounded down to float32, which no float32 value can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.featurise import FloatArray

BATCH_CELLS = 20_000
"""molecules x trees walked at once; what fits a processor's cache"""


@dataclass(frozen=True, slots=True)
class Forest:
    """The mean of several boosters. Trees lie one after the other, each in pre-order."""

    feature: NDArray[np.int32]
    """(nodes,) column that a node looks at; 0 in a leaf"""
    value: FloatArray
    """(nodes,) threshold (left if ``x <= value``), or what a leaf adds to the output"""
    children: NDArray[np.int32]
    """(2 x nodes,) left and right child of each node; a leaf is its own child"""
    roots: NDArray[np.int32]
    """(trees,) first node of each tree"""
    depth: int
    """most splits between a root and a leaf"""
    offset: float
    """added to the sum of the leaves"""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, as they are stored: splits apart from leaves, these in float16.

        Right children are distances, 0 in a leaf.
        """
        distance = self.children[1::2] - np.arange(len(self.value))
        splits = distance > 0
        return {
            "trees.right": distance.astype(
                np.uint8 if distance.max(initial=0) < 256 else np.uint16
            ),
            "trees.feature": self.feature[splits].astype(np.uint16),
            "trees.threshold": self.value[splits],
            "trees.leaf": self.value[~splits].astype(np.float16),
            "trees.roots": self.roots,
            "trees.shape": np.array([self.depth, self.offset], dtype=np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Forest:
        """The forest that ``arrays`` wrote."""
        distance = arrays["trees.right"]
        splits = distance > 0
        feature = np.zeros(len(distance), dtype=np.int32)
        value = np.empty(len(distance), dtype=np.float32)
        feature[splits], value[splits] = arrays["trees.feature"], arrays["trees.threshold"]
        value[~splits] = arrays["trees.leaf"]
        depth, offset = arrays["trees.shape"].tolist()
        return cls(
            feature=feature,
            value=value,
            children=_children(distance),
            roots=arrays["trees.roots"],
            depth=int(depth),
            offset=offset,
        )

    def evaluate(self, matrix: FloatArray) -> NDArray[np.float64]:
        """Output for every molecule.

        Args:
            matrix: (n, w) float32 features, finite.

        Returns:
            (n,) float64: values, or log-odds for a classifier.
        """
        step = max(1, BATCH_CELLS // max(1, len(self.roots)))
        found = np.empty(len(matrix))
        for at in range(0, len(matrix), step):
            found[at : at + step] = self._walk(np.ascontiguousarray(matrix[at : at + step]))
        return found + self.offset

    def _walk(self, matrix: FloatArray) -> NDArray[np.float64]:
        nodes = np.broadcast_to(self.roots, (len(matrix), len(self.roots)))
        first = (np.arange(len(matrix), dtype=np.int32) * matrix.shape[1])[:, None]
        cells = matrix.ravel()
        for _ in range(self.depth):
            seen = cells.take(self.feature.take(nodes) + first)
            nodes = self.children.take(2 * nodes + (seen > self.value.take(nodes)))
        return np.asarray(self.value.take(nodes).sum(axis=1, dtype=np.float64))


def pack(
    boosters: Sequence[Any], columns: NDArray[np.int64], spread: float = 1.0, mean: float = 0.0
) -> Forest:
    """Pack trained LightGBM boosters into one forest that gives ``spread`` x their mean + ``mean``.

    Args:
        boosters: ``lightgbm.Booster``, trained on float32 features without missing values.
        columns: column of the whole feature matrix for each feature of the boosters.
        spread: standard deviation of the target that they were trained on.
        mean: its mean.
    """
    nodes: list[tuple[int, float, int]] = []
    roots: list[int] = []
    depth = 0
    for booster in boosters:
        for tree in booster.dump_model()["tree_info"]:
            roots.append(len(nodes))
            depth = max(depth, _append(tree["tree_structure"], nodes, spread / len(boosters)))
    feature, value, distance = (np.array(part) for part in zip(*nodes, strict=True))
    return Forest(
        feature=np.where(distance > 0, columns[feature], 0).astype(np.int32),
        value=value.astype(np.float32),
        children=_children(distance),
        roots=np.array(roots, dtype=np.int32),
        depth=depth,
        offset=float(mean),
    )


def _children(distance: NDArray[Any]) -> NDArray[np.int32]:
    """Left and right children from the distances to the right ones, which are 0 in leaves."""
    here = np.arange(len(distance))
    pairs = np.stack([here + (distance > 0), here + distance.astype(np.int64)], axis=1)
    return pairs.ravel().astype(np.int32)


def _append(node: dict[str, Any], nodes: list[tuple[int, float, int]], scale: float) -> int:
    """Append a subtree in pre-order: column, threshold or output, distance to the right child.

    Returns:
        Its depth in splits.
    """
    if "split_feature" not in node:
        nodes.append((0, scale * float(node["leaf_value"]), 0))
        return 0
    here = len(nodes)
    nodes.append((0, 0.0, 0))
    left = _append(node["left_child"], nodes, scale)
    distance = len(nodes) - here
    right = _append(node["right_child"], nodes, scale)
    nodes[here] = (int(node["split_feature"]), _rounded_down(float(node["threshold"])), distance)
    return 1 + max(left, right)


def _rounded_down(threshold: float) -> float:
    """The largest float32 that is not above a threshold."""
    nearest = np.float32(threshold)
    if float(nearest) > threshold:
        nearest = np.nextafter(nearest, np.float32(-np.inf))
    return float(nearest)
