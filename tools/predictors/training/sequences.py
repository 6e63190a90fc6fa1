"""SMILES as training data of a sequence network: encoded once, re-spelled at random, in batches.

Knows no network and no loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.smiles import tokens
from retort.tools.structures import silenced

POOL = 50
"""Batches that are drawn together and sorted by length among themselves."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Many molecules as token numbers."""

    smiles: tuple[str, ...]
    """(n) canonical SMILES"""
    encoded: tuple[tuple[int, ...], ...]
    """(n) their tokens"""

    @classmethod
    def of(cls, smiles: tuple[str, ...]) -> Sequences:
        """The molecules in the shipped vocabulary."""
        encode = tokens.shipped().encode
        return cls(smiles, tuple(tuple(encode(text)) for text in smiles))

    def lengths(self) -> Ints:
        """(n,) tokens of each."""
        return np.array([len(sequence) for sequence in self.encoded], dtype=np.int64)

    def batch(self, rows: Ints, rng: np.random.Generator, share: float = 0.0) -> Ints:
        """Token numbers (b, l) of some rows, a ``share`` of them spelt at random.

        Random spellings are an augmentation: Bjerrum 2017, arXiv 1703.07076.
        """
        respelt = rng.random(len(rows)) < share
        seeds = rng.integers(1, 2**31 - 1, len(rows))
        return tokens.padded(
            [
                self._respelt(row, int(seed)) if anew else self.encoded[row]
                for row, anew, seed in zip(rows.tolist(), respelt, seeds, strict=True)
            ]
        )

    def _respelt(self, row: int, seed: int) -> Sequence[int]:
        """Another spelling; the usual one where RDKit does not read its own canonical SMILES."""
        from rdkit import Chem

        with silenced():
            molecule = Chem.MolFromSmiles(self.smiles[row])
        if molecule is None:
            return self.encoded[row]
        return tokens.shipped().encode(Chem.MolToRandomSmilesVect(molecule, 1, seed)[0])


def batches(rows: Ints, lengths: Ints, size: int, seed: int, epoch: int) -> list[Ints]:
    """The rows of an epoch in batches of like length, in an order that follows from the seed.

    Args:
        rows: (m,) rows to learn from.
        lengths: (n,) length of every row.
        size: rows of a batch.
        seed: of the run.
        epoch: from 0.
    """
    rng = np.random.default_rng((seed, epoch))
    shuffled = rng.permutation(rows)
    made: list[Ints] = []
    for start in range(0, len(shuffled), POOL * size):
        pool = shuffled[start : start + POOL * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        made += [pool[at : at + size] for at in range(0, len(pool), size)]
    return [made[index] for index in rng.permutation(len(made))]
