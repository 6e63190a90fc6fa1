"""The shared table of training molecules: what the endpoints of a group were trained on.

Holds fingerprints and first InChIKey blocks, never structures. Knows no value: which rows an
endpoint has, and what was measured of them, stands with its head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.featurise import BitArray, FloatArray
from retort.tools.predictors.neighbours import References


def key_hash(key: str) -> int:
    """The first 8 bytes of a key's SHA-256, as a number: tells whether it is known, not which."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


KEY = 14
"""characters of a first InChIKey block"""


@dataclass(frozen=True, slots=True)
class Molecules:
    """Training molecules of a group of endpoints."""

    fingerprints: References
    keys: NDArray[np.str_]
    """(n,) first InChIKey block of each parent; "" where InChI cannot describe it"""
    hashes: NDArray[np.uint64]
    """sorted hashes of the keys of all forms of all molecules: whether one was trained on"""

    def similarities(self, bits: BitArray) -> FloatArray:
        """Tanimoto of fingerprints (m, 32) to every molecule, (m, n) float32."""
        return self.fingerprints.similarities(bits)

    def knows(self, keys: Iterable[str]) -> bool:
        """Whether a molecule with one of these keys was trained on."""
        wanted = np.array([key_hash(key) for key in keys], dtype=np.uint64)
        return bool(np.isin(wanted, self.hashes, assume_unique=False).any())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The table as named arrays."""
        letters = np.array([list(key.ljust(KEY).encode()) for key in self.keys], dtype=np.uint8)
        return {
            **self.fingerprints.arrays(),
            "keys": letters.reshape(-1, KEY),
            "hashes": self.hashes,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Molecules:
        """The table that ``arrays`` wrote."""
        keys = [bytes(row).decode().strip() for row in arrays["keys"]]
        return cls(References.from_arrays(arrays), np.array(keys, dtype=np.str_), arrays["hashes"])

    @classmethod
    def of(cls, bits: BitArray, keys: Sequence[str], hashes: NDArray[np.uint64]) -> Molecules:
        """The table of packed fingerprints (n, 32) with their keys; a SMILES is no key."""
        blocks = [key if len(key) == KEY and key.isalpha() else "" for key in keys]
        return cls(References.of(bits), np.array(blocks, dtype=np.str_), hashes)
