"""The training molecules that a molecule resembles most: Tanimoto to a whole store at once.

Owns the fingerprints of all training molecules, in a layout made for one question: how much of a
fingerprint does each of them share? Knows rows, not structures, and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.featurise import MORGAN_SIZE, BitArray, FloatArray

COMMON = 0.05
"""share of the molecules from which on a bit is kept as a row of zeros and ones"""
_LONGEST = 255
"""a stored gap of this size goes on in the next byte"""

Rows = NDArray[np.int32]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class References:
    """Morgan fingerprints of n molecules, by bit instead of by molecule.

    Of a typical query two bits in three are common ones: rows of bytes that are added up. The rest
    are lists of the few molecules that have them. In memory this is some 170 bytes a molecule.
    """

    sizes: Rows
    """(n,) bits set in each"""
    common: NDArray[np.uint8]
    """(c, n) 0 or 1: the bits that at least ``COMMON`` of the molecules have"""
    row_of: Rows
    """(2048,) row of each bit in ``common``; -1 for a rare one"""
    rare: Rows
    """the molecules of the rare bits, bit by bit"""
    starts: Indices
    """(2049,) where the molecules of each bit begin in ``rare``"""

    @classmethod
    def of(cls, bits: BitArray) -> References:
        """The store of packed fingerprints (n, 32)."""
        rows, positions = np.nonzero(_unpacked(bits))
        return cls._sorted(len(bits), rows, positions)

    @classmethod
    def _sorted(cls, count: int, rows: Indices, positions: Indices) -> References:
        """The store of set bits, ordered by molecule."""
        frequency = np.bincount(positions, minlength=MORGAN_SIZE)
        is_common = frequency >= max(1.0, COMMON * count)
        row_of = np.where(is_common, np.cumsum(is_common) - 1, -1).astype(np.int32)
        inside = is_common[positions]
        common = np.zeros((int(is_common.sum()), count), dtype=np.uint8)
        common[row_of[positions[inside]], rows[inside]] = 1
        order = np.argsort(positions[~inside].astype(np.uint16), kind="stable")
        ends = np.cumsum(np.where(is_common, 0, frequency))
        return cls(
            sizes=np.bincount(rows, minlength=count).astype(np.int32),
            common=common,
            row_of=row_of,
            rare=rows[~inside][order].astype(np.int32),
            starts=np.concatenate([[0], ends]).astype(np.intp),
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def similarities(self, bits: BitArray) -> FloatArray:
        """Tanimoto of fingerprints to every molecule: (m, 32) -> (m, n) float32.

        Two fingerprints without any bit have similarity 0.
        """
        found = np.empty((len(bits), len(self)), dtype=np.float32)
        for row, query in enumerate(_unpacked(bits)):
            if row and np.array_equal(bits[row], bits[row - 1]):  # one molecule, asked repeatedly
                found[row] = found[row - 1]
            else:
                self._compare(np.flatnonzero(query), found[row])
        return found

    def _compare(self, positions: Indices, out: FloatArray) -> None:
        rows = self.row_of[positions]
        shared = np.zeros(len(self), dtype=np.min_scalar_type(len(self.common)))
        for row in rows[rows >= 0]:
            shared += self.common[row]
        lists = [self.rare[self.starts[at] : self.starts[at + 1]] for at in positions[rows < 0]]
        common = shared.astype(np.int32)
        if lists:
            common += np.bincount(np.concatenate(lists), minlength=len(self)).astype(np.int32)
        either = self.sizes + np.int32(len(positions)) - common
        np.divide(common, np.maximum(either, 1), out=out, casting="same_kind", dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The store by name, as it is kept on disk: some 40 bytes a molecule.

        All fingerprints in a row are one long line of bits; kept is how many zeros stand before
        each one, in one byte, and ``_LONGEST`` for so many zeros without a one behind them.
        """
        bits, rows = np.nonzero(self.common)
        names = np.flatnonzero(self.row_of >= 0)[bits]
        positions = np.concatenate([names, np.repeat(np.arange(MORGAN_SIZE), np.diff(self.starts))])
        line = np.sort(np.concatenate([rows, self.rare]).astype(np.int64) * MORGAN_SIZE + positions)
        gaps = np.diff(line, prepend=-1) - 1
        ends = np.cumsum(gaps // _LONGEST + 1)
        stored = np.full(int(ends[-1]) if len(ends) else 0, _LONGEST, dtype=np.uint8)
        stored[ends - 1] = gaps % _LONGEST
        return {"references.gaps": stored, "references.count": np.array([len(self)], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> References:
        """The store that ``arrays`` wrote."""
        gaps = arrays["references.gaps"].astype(np.int64)
        is_end = gaps < _LONGEST
        line = (np.cumsum(gaps + is_end) - 1)[is_end]
        rows, positions = np.divmod(line, MORGAN_SIZE)
        return cls._sorted(int(arrays["references.count"][0]), rows, positions)


def nearest(
    similarities: FloatArray, among: NDArray[np.integer], count: int
) -> tuple[Indices, FloatArray]:
    """The most similar among some molecules of a store.

    Args:
        similarities: (n, m) of n molecules to each of the store, 0 to 1.
        among: (k,) places of those in question.
        count: how many are wanted; all of them where these are fewer.

    Returns:
        Their places in ``among`` and similarities, (n, count), best first; of equals the first.
    """
    left = similarities.take(among, axis=1)
    shape = len(left), min(count, left.shape[1])
    places, best = np.empty(shape, dtype=np.intp), np.empty(shape, dtype=np.float32)
    each = np.arange(len(left))
    for rank in range(shape[1]):
        found = left.argmax(axis=1)
        places[:, rank], best[:, rank] = found, left[each, found]
        left[each, found] = -1.0
    return places, best


def _unpacked(bits: BitArray) -> NDArray[np.uint8]:
    return np.unpackbits(np.ascontiguousarray(bits).view(np.uint8), axis=-1)
