"""The feature matrix of a table of molecules, computed once in several processes and kept.

Knows no endpoint. What a molecule looks like is ``featurise``'s.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors import featurise
from retort.tools.predictors.featurise import MORGAN_SIZE, BitArray, FloatArray

CHUNK = 256


@dataclass(frozen=True, slots=True)
class Matrix:
    """Features of many molecules."""

    counts: NDArray[np.uint8]
    """(n, 2048) Morgan counts"""
    rest: FloatArray
    """(n, w - 2048) float32: descriptors, ErG, form"""
    bits: BitArray
    """(n, 32) uint64"""
    parents: tuple[str, ...]
    """(n) canonical SMILES of the parents"""
    elements: tuple[frozenset[int], ...]
    """(n) atomic numbers present"""
    components: NDArray[np.int64]
    """(n,) components of the structure as written"""

    def vectors(self, rows: NDArray[np.int64]) -> FloatArray:
        """What the trees see of some rows, (m, w) float32."""
        return np.hstack([self.counts[rows].astype(np.float32), self.rest[rows]])

    def descriptors(self) -> FloatArray:
        """What the networks see beside the structure: RDKit descriptors, (n, d) float32."""
        return self.rest[:, : len(featurise.descriptor_names())]


def matrix(
    smiles: Sequence[str],
    cache: Path,
    workers: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Matrix:
    """Features of structures, from the cache where it holds them.

    Args:
        smiles: canonical SMILES, readable.
        cache: an npz file; written at the end.
        workers: processes; 0 takes all cores.
        progress: takes (molecules done, in all, note).
    """
    if cache.is_file():
        with np.load(cache) as kept:
            if str(kept["digest"]) == featurise.digest() and tuple(kept["smiles"]) == tuple(smiles):
                return _matrix({name: kept[name] for name in kept.files})
    chunks = [list(smiles[at : at + CHUNK]) for at in range(0, len(smiles), CHUNK)]
    parts, done = [], 0
    with ProcessPoolExecutor(workers or os.cpu_count(), get_context("spawn")) as pool:
        for part in pool.map(_chunk, chunks):
            parts.append(part)
            done += len(part["parents"])
            if progress:
                progress(done, len(smiles), "featurising")
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = cache.with_suffix(".new.npz")
    np.savez(fresh, digest=featurise.digest(), smiles=np.array(smiles), **arrays)  # type: ignore[arg-type]
    os.replace(fresh, cache)
    return _matrix(arrays)


def _matrix(arrays: dict[str, NDArray[np.generic]]) -> Matrix:
    return Matrix(
        counts=np.asarray(arrays["counts"], dtype=np.uint8),
        rest=np.asarray(arrays["rest"], dtype=np.float32),
        bits=np.asarray(arrays["bits"], dtype=np.uint64),
        parents=tuple(map(str, arrays["parents"])),
        elements=tuple(frozenset(map(int, text.split())) for text in arrays["elements"]),
        components=np.asarray(arrays["components"], dtype=np.int64),
    )


def _chunk(smiles: list[str]) -> dict[str, NDArray[np.generic]]:
    found = [featurise.featurise(text) for text in smiles]
    vectors = featurise.stack(found)
    return {
        "counts": vectors[:, :MORGAN_SIZE].astype(np.uint8),
        "rest": vectors[:, MORGAN_SIZE:],
        "bits": np.array([item.bits for item in found]),
        "parents": np.array([item.smiles for item in found]),
        "elements": np.array([" ".join(map(str, sorted(item.elements))) for item in found]),
        "components": np.array([item.components for item in found]),
    }
