"""The corpus of pretraining: parents' canonical SMILES and their descriptors as regression targets.

Owns the sample, the removal of held-out molecules and the scale of the targets; knows no network.
The work is done in shards, each a file of the work folder that is written whole: a run that was
killed goes on with the same command.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.predictors import featurise
from retort.tools.predictors.smiles import tokens

SHARD = 2_000
"""Strings per shard: some ten seconds of work."""

MAX_TOKENS = 120
"""Longest SMILES that is kept, in tokens."""

TAILS = (0.001, 0.999)
"""Quantiles beyond which a descriptor is winsorised."""

Advance = Callable[[int, int, str], None]
"""``advance(done, total, note)``"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How raw descriptors become targets: clipped to ``[low, high]``, then z-scored."""

    names: tuple[str, ...]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    """standard deviation, 1 where a descriptor is constant"""

    @classmethod
    def of(cls, names: tuple[str, ...], raw: NDArray[np.float32]) -> Scale:
        """The scale of raw descriptors, (n, d)."""
        low, high = np.quantile(raw, TAILS, axis=0).astype(np.float32)
        clipped = np.clip(raw, low, high).astype(np.float64)
        spread = clipped.std(axis=0)
        spread[spread < 1e-6] = 1.0
        return cls(names, low, high, clipped.mean(0).astype("f4"), spread.astype("f4"))

    def apply(self, raw: NDArray[np.float32]) -> NDArray[np.float16]:
        """Targets (n, d) float16 of raw descriptors (n, d)."""
        scaled = (np.clip(raw, self.low, self.high) - self.mean) / self.spread
        return scaled.astype(np.float16)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is pretrained on."""

    smiles: tuple[str, ...]
    """(n,) canonical SMILES of parents, each once, in random order"""
    targets: NDArray[np.float16]
    """(n, d) descriptors, winsorised and z-scored"""
    names: tuple[str, ...]
    """(d,) names of the descriptors"""

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """The corpus that ``build`` left in a folder.

        Raises:
            RetortError: there is none.
        """
        try:
            smiles = (folder / "smiles.txt").read_text(encoding="ascii").splitlines()
            names = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["names"]
            targets = np.load(folder / "targets.npy", mmap_mode="r")
        except (OSError, ValueError) as error:
            why = f"There is no whole corpus in {folder}: {error}."
            raise RetortError("Cannot pretrain.", why, "Build the corpus first.") from error
        return cls(tuple(smiles), targets, tuple(names))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a work folder holds shards of; a larger corpus goes on where a smaller one ended."""

    source: str
    """SHA-256 of the file of strings"""
    held_out: str
    """SHA-256 of the held-out keys"""
    seed: int
    """of the order in which strings are taken"""
    featuriser: str
    """``featurise.digest()``"""


def build(
    source: Path,
    held_out: frozenset[str],
    work: Path,
    size: int,
    seed: int = 0,
    processes: int = 2,
    advance: Advance = lambda done, total, note: None,
    stop: threading.Event | None = None,
) -> Corpus | None:
    """Make the corpus in ``work``, or go on with it.

    Args:
        source: gzipped text, one SMILES a line.
        held_out: first InChIKey blocks; a molecule with any such key in ``structure_keys`` is left
            out.
        work: folder of shards and result.
        size: strings to sample, rounded up to whole shards; the corpus is smaller by what is
            unreadable, held out, too long or there already.
        seed: of the sample.
        processes: workers.
        advance: takes shards done, shards in all and a note.
        stop: once set, no further shard is begun.

    Returns:
        The corpus, or None where it was stopped before its end.

    Raises:
        RetortError: no such source, or the folder holds another corpus.
    """
    if not source.is_file():
        raise RetortError("Cannot build the corpus.", f"{source} is missing.", "Check --data.")
    work.mkdir(parents=True, exist_ok=True)
    keys = "\n".join(sorted(held_out)).encode()
    plan = Plan(
        hashlib.sha256(source.read_bytes()).hexdigest(),
        hashlib.sha256(keys).hexdigest(),
        seed,
        featurise.digest(),
    )
    _claim(work / "plan.json", plan)
    jobs = list(_shards(source, work, size, seed))
    todo = [job for job in jobs if not job[0].exists()]
    with get_context("spawn").Pool(processes, _begin, (held_out,)) as pool:
        for done, _ in enumerate(pool.imap_unordered(_make_shard, todo), len(jobs) - len(todo) + 1):
            advance(done, len(jobs), "")
            if stop is not None and stop.is_set() and done < len(jobs):
                return None
    return _joined(work, [path for path, _ in jobs], plan)


def _claim(path: Path, plan: Plan) -> None:
    wanted = asdict(plan)
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != wanted:
        why = f"{path.parent} holds shards of another source, list of held-out molecules or seed."
        raise RetortError("Cannot build the corpus.", why, "Name another work folder.")
    path.write_text(json.dumps(wanted, indent=1), encoding="utf-8")


def _shards(source: Path, work: Path, size: int, seed: int) -> Iterator[tuple[Path, list[str]]]:
    with gzip.open(source, "rt", encoding="ascii") as file:
        strings = file.read().split()
    random.Random(seed).shuffle(strings)
    for number, start in enumerate(range(0, min(size, len(strings)), SHARD)):
        yield work / f"shard-{number:05d}.npz", strings[start : start + SHARD]


_HELD_OUT: frozenset[str] = frozenset()


def _begin(held_out: frozenset[str]) -> None:
    """What a worker does first; an interrupt is its parent's to heed."""
    global _HELD_OUT
    _HELD_OUT = held_out
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _make_shard(job: tuple[Path, list[str]]) -> None:
    """Write one shard: canonical SMILES, raw descriptors, and what became of the others."""
    path, strings = job
    fates: Counter[str] = Counter()
    smiles: list[str] = []
    rows: list[NDArray[np.float32]] = []
    for text in strings:
        made = _row(text)
        fates[made if isinstance(made, str) else "kept"] += 1
        if not isinstance(made, str):
            smiles.append(made[0])
            rows.append(made[1])
    width = len(featurise.descriptor_names())
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        raw = np.array(rows, dtype=np.float32).reshape(-1, width)
        np.savez(file, smiles=np.array(smiles, dtype="S"), raw=raw, fates=json.dumps(fates))
    os.replace(partial, path)


def _row(text: str) -> tuple[str, NDArray[np.float32]] | str:
    """The canonical SMILES and descriptors of a string, or why there are none."""
    try:
        written = structures.molecule_from_smiles(text)
    except RetortError:
        return "unreadable"
    if _HELD_OUT.intersection(featurise.structure_keys(written)):
        return "held out"
    parent = structures.standardise(written)
    smiles = structures.canonical(parent)
    if len(tokens.split(smiles)) > MAX_TOKENS:
        return "too long"
    return smiles, featurise.described(parent)


def _joined(work: Path, shards: list[Path], plan: Plan) -> Corpus:
    fates: Counter[str] = Counter()
    rows: dict[str, NDArray[np.float32]] = {}
    for path in shards:
        shard: Any = np.load(path)
        fates.update(json.loads(str(shard["fates"])))
        for smiles, raw in zip(shard["smiles"].astype(str), shard["raw"], strict=True):
            rows.setdefault(str(smiles), raw)
    fates["duplicate"] = fates["kept"] - len(rows)
    fates["kept"] = len(rows)
    raw = np.array(list(rows.values()), dtype=np.float32)
    scale = Scale.of(featurise.descriptor_names(), raw)
    np.save(work / "targets.npy", scale.apply(raw))
    (work / "smiles.txt").write_text("\n".join(rows) + "\n", encoding="ascii")
    card: dict[str, Any] = {"plan": asdict(plan), "counts": dict(fates)}
    card |= {"names": scale.names, "low": scale.low.tolist(), "high": scale.high.tolist()}
    card |= {"mean": scale.mean.tolist(), "spread": scale.spread.tolist()}
    (work / "corpus.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
    return Corpus.load(work)
