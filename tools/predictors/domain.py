"""Whether a molecule resembles what a model was trained on: similarity, elements, ranges.

Keeps fingerprint bits of the training molecules, never their structures. Knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.featurise import (
    MORGAN_SIZE,
    BitArray,
    Features,
    FloatArray,
    descriptor_names,
)

RANGED = ("MolWt", "MolLogP", "TPSA", "NumRotatableBonds", "RingCount")
"""Descriptors whose range in the training set is kept."""
FEWEST_WITH_ELEMENT = 5
"""training molecules that must hold an element before the model is trusted with it"""
EDGES = (0.3, 0.4, 0.5, 0.7)
"""similarity bins of the intervals: below 0.3, 0.3 to 0.4 ... 0.7 and above"""


def similarities(bits: BitArray, others: BitArray) -> FloatArray:
    """Tanimoto of one packed fingerprint to many: (32,) and (n, 32) -> (n,) float32."""
    return _tanimoto(bits, others, _sizes(others))


def _sizes(bits: BitArray) -> NDArray[np.int64]:
    return np.asarray(np.bitwise_count(bits).sum(axis=1), dtype=np.int64)


def _tanimoto(bits: BitArray, others: BitArray, sizes: NDArray[np.int64]) -> FloatArray:
    common = np.bitwise_count(others & bits).sum(axis=1, dtype=np.int64)
    either = sizes + np.bitwise_count(bits).sum(dtype=np.int64) - common
    return np.where(either > 0, common / np.maximum(either, 1), 0.0).astype(np.float32)


def similarity_bin(similarity: float) -> int:
    """Index of the similarity bin, 0 to ``len(EDGES)``."""
    return int(np.searchsorted(EDGES, similarity, side="right"))


def ranged_columns() -> list[int]:
    """Columns of ``Features.vector`` that hold the descriptors of ``RANGED``."""
    return [MORGAN_SIZE + descriptor_names().index(name) for name in RANGED]


@dataclass(frozen=True, slots=True)
class Domain:
    """The applicability domain of one model."""

    bits: BitArray
    """(n, 32) uint64: fingerprints of the training molecules"""
    sizes: NDArray[np.int64]
    """(n,) bits set in each"""
    elements: frozenset[int]
    """atomic numbers the model has seen often enough"""
    ranges: FloatArray
    """(5, 2) float32: 0.5th and 99.5th percentile of ``RANGED`` in the training set"""
    threshold: float
    """Tanimoto to the nearest training molecule below which a prediction is an extrapolation"""

    @classmethod
    def fit(cls, features: Sequence[Features], threshold: float) -> Domain:
        """The domain of a model trained on these molecules."""
        counts: dict[int, int] = {}
        for item in features:
            for element in item.elements:
                counts[element] = counts.get(element, 0) + 1
        columns = np.array([item.vector for item in features])[:, ranged_columns()]
        bits = np.array([item.bits for item in features])
        return cls(
            bits=bits,
            sizes=_sizes(bits),
            elements=frozenset(e for e, n in counts.items() if n >= FEWEST_WITH_ELEMENT),
            ranges=np.percentile(columns, [0.5, 99.5], axis=0).T.astype(np.float32),
            threshold=threshold,
        )

    def nearest(self, features: Features) -> float:
        """Tanimoto similarity to the nearest training molecule."""
        return float(_tanimoto(features.bits, self.bits, self.sizes).max())

    def complaints(self, features: Features, nearest: float) -> list[str]:
        """Why a molecule is outside the domain; empty when it is inside."""
        found = []
        if nearest < self.threshold:
            found.append(f"less than {self.threshold:.2f} to any training molecule")
        foreign = sorted(features.elements - self.elements)
        if foreign:
            found.append(f"elements rare or absent in training: {', '.join(map(symbol, foreign))}")
        values = features.vector[ranged_columns()]
        for name, value, (low, high) in zip(RANGED, values, self.ranges, strict=True):
            if not low <= value <= high:
                found.append(f"{name} {value:.4g} outside {low:.4g} to {high:.4g} of training")
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, as they are stored; bits as the sorted positions of those set."""
        dense = np.unpackbits(self.bits.view(np.uint8), axis=1)
        return {
            "domain.positions": np.nonzero(dense)[1].astype(np.uint16),
            "domain.counts": dense.sum(axis=1).astype(np.uint16),
            "domain.elements": np.array(sorted(self.elements), dtype=np.uint8),
            "domain.ranges": self.ranges,
            "domain.threshold": np.array([self.threshold], dtype=np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Domain:
        """The domain that ``arrays`` wrote."""
        counts = arrays["domain.counts"]
        dense = np.zeros((len(counts), MORGAN_SIZE), dtype=np.uint8)
        dense[np.repeat(np.arange(len(counts)), counts), arrays["domain.positions"]] = 1
        return cls(
            bits=np.packbits(dense, axis=1).view(np.uint64),
            sizes=counts.astype(np.int64),
            elements=frozenset(int(number) for number in arrays["domain.elements"]),
            ranges=arrays["domain.ranges"],
            threshold=float(arrays["domain.threshold"][0]),
        )


def symbol(atomic_number: int) -> str:
    """The element's symbol; "*" for a wildcard atom."""
    from rdkit import Chem

    return str(Chem.GetPeriodicTable().GetElementSymbol(atomic_number))
