"""Searching the structures of a dump: fingerprints on disk, mapped into memory, exact answers.

Two fingerprints of 2048 bits for each structure: Morgan of radius 2 for similarity, RDKit's pattern
fingerprint to screen for substructures. Both are stored word by word (32 words of 64 bits, each
word of all structures in one stretch), so a search reads only the words in which its query has
bits. Structures stand in the order of their Morgan bits, which bounds the Tanimoto coefficient:
with a bits in the query and b in a structure it is at most min(a, b) / max(a, b) (Swamidass and
Baldi 2007, https://doi.org/10.1021/ci600358f). Knows no database and no ChEMBL id but as numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from retort.tools import structures

Words = NDArray[np.uint64]

BITS = 2048
WORDS = BITS // 64
RADIUS = 2
BLOCK = 65_536
"""structures compared at a time: 0.5 MB of a word, which stays in the processor's cache"""
MATCHED = 256
"""structures matched between two looks at the clock"""

_morgan = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)


@dataclass(frozen=True, slots=True)
class Structures:
    """The structures of a file, in the order of their Morgan bits; n of them."""

    morgan: Words
    """(32, n)"""
    pattern: Words
    """(32, n)"""
    counts: NDArray[np.uint16]
    """(n,): Morgan bits of each, rising"""
    molregnos: NDArray[np.int64]
    """(n,)"""
    numbers: NDArray[np.int64]
    """(n,): of their ChEMBL ids"""
    smiles: NDArray[np.uint8]
    """canonical SMILES by RDKit, one after the other, ASCII"""
    ends: NDArray[np.int64]
    """(n,): where each ends in ``smiles``"""

    def __len__(self) -> int:
        return len(self.counts)

    def smiles_of(self, row: int) -> str:
        """The structure of one row."""
        start = int(self.ends[row - 1]) if row else 0
        return self.smiles[start : int(self.ends[row])].tobytes().decode("ascii")

    @classmethod
    def open(cls, folder: Path) -> Structures:
        """Map the files of a folder into memory."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in cls.__slots__}
        return cls(**arrays)

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Structures:
        """Structures in memory, from parts."""
        counts = np.concatenate([part.counts for part in parts])
        order = np.argsort(counts, kind="stable")
        texts = [text for part in parts for text in part.smiles]
        texts = [texts[row] for row in order]
        return cls(
            morgan=np.ascontiguousarray(np.concatenate([part.morgan for part in parts])[order].T),
            pattern=np.ascontiguousarray(np.concatenate([part.pattern for part in parts])[order].T),
            counts=counts[order],
            molregnos=np.concatenate([part.molregnos for part in parts])[order],
            numbers=np.concatenate([part.numbers for part in parts])[order],
            smiles=np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8),
            ends=np.cumsum([len(text) for text in texts], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Some described structures, in the order in which they came."""

    morgan: Words
    """(m, 32)"""
    pattern: Words
    """(m, 32)"""
    molregnos: NDArray[np.int64]
    numbers: NDArray[np.int64]
    smiles: list[str]

    @property
    def counts(self) -> NDArray[np.uint16]:
        """(m,): Morgan bits of each."""
        bits: NDArray[np.uint16] = np.bitwise_count(self.morgan).sum(axis=1, dtype=np.uint16)
        return bits


def describe(rows: Sequence[tuple[int, int, str]]) -> Part:
    """Fingerprint structures; one that RDKit cannot read is left out.

    Args:
        rows: molregno, number of the ChEMBL id, SMILES. The parent of a salt is described.
    """
    morgan, pattern, kept, smiles = [], [], [], []
    for molregno, number, text in rows:
        molecule, _ = structures.read_smiles(text)
        if molecule is None:
            continue
        parent = structures.standardise(molecule)
        morgan.append(_words(_morgan.GetFingerprint(parent)))
        pattern.append(_words(Chem.PatternFingerprint(parent, BITS)))
        kept.append((molregno, number))
        smiles.append(structures.canonical(parent))
    ids = np.array(kept, dtype=np.int64).reshape(-1, 2)
    return Part(
        morgan=np.array(morgan, dtype=np.uint64).reshape(-1, WORDS),
        pattern=np.array(pattern, dtype=np.uint64).reshape(-1, WORDS),
        molregnos=ids[:, 0],
        numbers=ids[:, 1],
        smiles=smiles,
    )


def similar(
    among: Structures, query: Any, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every structure of at least a similarity, best first, then by ChEMBL number.

    Args:
        among: where it is sought.
        query: an RDKit molecule.
        threshold: lowest Tanimoto coefficient, above 0.

    Returns:
        Rows of ``among``, and their similarities.
    """
    words = _words(_morgan.GetFingerprint(query))
    bits = int(np.bitwise_count(words).sum())
    low = np.searchsorted(among.counts, math.ceil(threshold * bits - 1e-9), side="left")
    high = np.searchsorted(among.counts, math.floor(bits / threshold + 1e-9), side="right")
    rows, scores = [], []
    for start in range(int(low), int(high), BLOCK):
        stop = min(start + BLOCK, int(high))
        shared = np.zeros(stop - start, dtype=np.uint16)
        for word in np.flatnonzero(words):
            shared += np.bitwise_count(among.morgan[word, start:stop] & words[word])
        score = shared / (bits + among.counts[start:stop].astype(np.float64) - shared)
        near = np.flatnonzero(score >= threshold - 1e-9)
        rows.append(near + start)
        scores.append(score[near])
    found = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    score = np.concatenate(scores) if scores else np.zeros(0)
    order = np.lexsort((among.numbers[found], -score))
    return found[order], score[order]


def screened(among: Structures, query: Any) -> NDArray[np.int64]:
    """Rows whose pattern fingerprint does not exclude the query, by ChEMBL number."""
    words = _words(Chem.PatternFingerprint(query, BITS))
    left: NDArray[np.int64] | None = None
    for word in np.argsort(-np.bitwise_count(words).astype(np.int64), kind="stable"):
        if not words[word]:
            break
        column = among.pattern[word] if left is None else among.pattern[word][left]
        passed = np.flatnonzero((column & words[word]) == words[word])
        left = passed if left is None else left[passed]
    rows = np.arange(len(among), dtype=np.int64) if left is None else left
    return rows[np.argsort(among.numbers[rows], kind="stable")]


def holding(
    among: Structures, rows: NDArray[np.int64], query: Any, seconds: float
) -> tuple[list[int], int]:
    """Those of the rows that hold a query, as far as the time allows.

    Args:
        among: where it is sought.
        rows: candidates, from ``screened``.
        query: an RDKit molecule or pattern.
        seconds: time after which it stops.

    Returns:
        Matching rows in their order, and how many rows were looked at.
    """
    deadline = time.monotonic() + seconds
    found: list[int] = []
    for start in range(0, len(rows), MATCHED):
        if start and time.monotonic() > deadline:
            return found, start
        for row in rows[start : start + MATCHED]:
            if _trusted(among.smiles_of(int(row))).HasSubstructMatch(query):
                found.append(int(row))
    return found, len(rows)


def query_molecule(pattern: str) -> tuple[Any, str]:
    """What a text asks for as a substructure, and in which sense.

    A SMILES without brackets is a structure: its elements and bonds are sought, its aromaticity
    perceived, so that both Kekulé forms of benzene mean benzene. Anything else is SMARTS.

    Raises:
        RetortError: it is neither.
    """
    if "[" not in pattern:
        molecule, _ = structures.read_smiles(pattern)
        if molecule is not None:
            return molecule, "structure (elements and bonds)"
    return structures.pattern_from_smarts(pattern), "SMARTS"


def _trusted(smiles: str) -> Any:
    """A molecule from RDKit's own SMILES; nothing is perceived again but the rings."""
    molecule = Chem.MolFromSmiles(smiles, _UNTOUCHED)
    molecule.UpdatePropertyCache(False)
    Chem.FastFindRings(molecule)
    return molecule


def _untouched() -> Any:
    parameters = Chem.SmilesParserParams()
    parameters.sanitize = False
    parameters.removeHs = False
    return parameters


_UNTOUCHED = _untouched()


def _words(fingerprint: Any) -> Words:
    return np.frombuffer(DataStructs.BitVectToBinaryText(fingerprint), dtype=np.uint64)
