"""Out-of-fold outputs of every member, and the members that are shipped; each kept when done.

Owns what is trained on which rows, and the work folder where a stopped run finds what it had. Knows
no calibration and no card. Member i of a seed never sees the rows of its fold.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors import networks
from retort.tools.predictors.featurise import FloatArray
from retort.tools.predictors.training.boosting import Growth, grow
from retort.tools.predictors.training.features import Matrix
from retort.tools.predictors.training.labels import FOLDS, Ints, Labels
from retort.tools.predictors.training.loop import Run
from retort.tools.predictors.trees import Forest

REPORT_SECONDS = 15.0

Report = Callable[[str], None]
Kind = Literal["graph", "smiles"]


@dataclass(frozen=True, slots=True)
class Teaching:
    """How one kind of network is trained: an identity to tell results apart, and the training.

    ``fit`` takes (work, rows, run) and gives a network; ``ask`` takes (network, work, rows) and
    gives its outputs (m, t).
    """

    kind: Kind
    identity: str
    shipped: int
    """networks of the folds that are shipped, averaged; the trees are grown again on all rows, but
    a network is too costly to be trained once more"""
    fit: Callable[[Work, Ints, Run], Any]
    ask: Callable[[Any, Work, Ints], FloatArray]


@dataclass(frozen=True, slots=True)
class Work:
    """What the members are trained on, and where what they give is kept."""

    labels: Labels
    matrix: Matrix
    folder: Path
    growth: Growth = field(default_factory=Growth)
    workers: int = 0
    """processes; 0 takes all cores"""
    report: Report = lambda line: None

    def kept(self, member: str, *identity: object) -> Path:
        """The file of one result: its name carries a hash of all that it depends on."""
        text = "|".join(map(str, identity))
        return self.folder / member / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"


def tree_outputs(work: Work, tasks: Iterable[str], seeds: Iterable[int]) -> None:
    """Grow the trees of tasks on the scaffold folds of seeds, several processes at once.

    What is kept already is left alone; read the outputs with ``trees_of`` and ``forest_of``.
    """
    jobs: list[tuple[str, int | None]] = [(task, seed) for seed in seeds for task in tasks]
    jobs += [(task, None) for task in tasks]
    jobs = [job for job in jobs if not _tree_file(work, *job).is_file()]
    jobs.sort(key=lambda job: (job[1] not in (0, None), -len(work.labels.rows(job[0]))))
    if not jobs:
        return
    global _work
    _work = work
    with ProcessPoolExecutor(work.workers or os.cpu_count(), get_context("fork")) as pool:
        for done, name in enumerate(pool.map(_trees, jobs), 1):
            work.report(f"trees {done}/{len(jobs)}: {name}")


_work: Work
_teaching: Teaching
"""what forked processes train; inherited, so that the matrix is not copied"""


def _trees(job: tuple[str, int | None]) -> str:
    task, seed = job
    work = _work
    rows, values, kind = _training(work.labels, task)
    vectors = work.matrix.vectors(rows)
    target = _tree_file(work, task, seed)
    if seed is None:
        _write(target, grow(vectors, values, kind, work.growth).forest().arrays())
        return f"{task}, all molecules"
    folds = work.labels.folds(seed)[rows]
    outputs = np.empty(len(rows), dtype=np.float32)
    for fold in range(FOLDS):
        held = folds == fold
        grown = grow(vectors[~held], values[~held], kind, work.growth, seed * FOLDS + fold)
        outputs[held] = grown.predict(vectors[held])
    _write(target, {"outputs": outputs})
    return f"{task}, seed {seed}"


def trees_of(work: Work, task: str, seed: int) -> FloatArray:
    """Out-of-fold outputs (m,) of the trees for the rows of a task."""
    return np.asarray(_read(_tree_file(work, task, seed))["outputs"], dtype=np.float32)


def forest_of(work: Work, task: str) -> Forest:
    """The trees of a task grown on all its rows."""
    return Forest.from_arrays(_read(_tree_file(work, task, None)))


def network_outputs(work: Work, teaching: Teaching, seed: int, device: str = "auto") -> None:
    """Train a network on each of the scaffold folds of a seed.

    On a CPU several are trained at once, each on one core. What is kept already is left alone;
    read the results with ``network_of`` and ``weights_of``.
    """
    jobs = [f for f in range(FOLDS) if not _network_file(work, teaching, seed, f).is_file()]
    if not jobs:
        return
    global _work, _teaching
    _work, _teaching = work, teaching
    if Run(device=device).torch_device().type != "cpu":
        for fold in jobs:
            work.report(_network((seed, fold, device, 0)))
        return
    context = get_context("fork")
    with ProcessPoolExecutor(work.workers or os.cpu_count(), context) as pool:
        for line in pool.map(_network, [(seed, fold, device, 1) for fold in jobs]):
            work.report(line)


def _network(job: tuple[int, int, str, int]) -> str:
    import torch

    seed, fold, device, threads = job
    work, teaching = _work, _teaching
    if threads:
        torch.set_num_threads(threads)
    target = _network_file(work, teaching, seed, fold)
    name = f"{teaching.kind} fold {fold}, seed {seed}"
    folds = work.labels.folds(seed)
    shown = time.monotonic()

    def progress(done: int, total: int, note: str) -> None:
        nonlocal shown
        if time.monotonic() - shown > REPORT_SECONDS or done == total:
            shown = time.monotonic()
            work.report(f"{name}: step {done:,}/{total:,}, {note}")

    run = Run(seed * FOLDS + fold, device, target.with_suffix(""), progress)
    network = teaching.fit(work, np.flatnonzero(folds != fold), run)
    outputs = teaching.ask(network, work, np.flatnonzero(folds == fold))
    _write(target, {"outputs": outputs, **networks.joined([network.arrays()])})
    return f"{name}: done"


def network_of(work: Work, teaching: Teaching, task: str, seed: int) -> FloatArray:
    """Out-of-fold outputs (m,) of a kind of network for the rows of a task."""
    folds = work.labels.folds(seed)
    found = np.empty(len(folds), dtype=np.float32)
    column = work.labels.tasks.index(task)
    for fold in range(FOLDS):
        kept = _read(_network_file(work, teaching, seed, fold))
        found[folds == fold] = kept["outputs"][:, column]
    return found[work.labels.rows(task)]


def weights_of(work: Work, teaching: Teaching, seed: int) -> dict[str, NDArray[Any]]:
    """The arrays of the networks that are shipped, as ``networks.split`` takes them."""
    parts = []
    for fold in range(teaching.shipped):
        kept = _read(_network_file(work, teaching, seed, fold))
        del kept["outputs"]
        parts += networks.split(kept)
    return networks.joined(parts)


def _network_file(work: Work, teaching: Teaching, seed: int, fold: int) -> Path:
    split = hashlib.sha256(work.labels.folds(seed).tobytes()).hexdigest()
    digest = work.labels.digest()
    return work.kept(teaching.kind, seed, fold, teaching.identity, digest, split)


def _training(labels: Labels, task: str) -> tuple[Ints, FloatArray, Any]:
    rows, column = labels.rows(task), labels.tasks.index(task)
    return rows, labels.values[rows, column], labels.kinds[column]


def _tree_file(work: Work, task: str, seed: int | None) -> Path:
    rows, values, _ = _training(work.labels, task)
    names = hashlib.sha256("\n".join(work.labels.smiles[row] for row in rows).encode())
    names.update(values.tobytes())
    if seed is not None:
        names.update(work.labels.folds(seed)[rows].tobytes())
    return work.kept("trees", task, seed, names.hexdigest(), asdict(work.growth))


def _write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(fresh, **arrays)  # type: ignore[arg-type]
    os.replace(fresh, path)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}
