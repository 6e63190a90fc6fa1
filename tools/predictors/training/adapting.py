"""A model of a user's own column: its error estimated on unseen scaffolds, then a folder.

Owns the order of the work and what the card says. How a network learns stands in ``finetuning`` and
``lora``, the format of the folder in ``own_folder``; what was written is asked through ``own``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from retort.retrieval.errors import UsageError
from retort.tools.predictors import own_folder
from retort.tools.predictors.domain import Domain
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.featurise import Features, FloatArray, featurise
from retort.tools.predictors.neighbours import References
from retort.tools.predictors.own import FAMILY, MEMBER, Network, named_as
from retort.tools.predictors.smiles.hub import Hub
from retort.tools.predictors.smiles.network import Encoder
from retort.tools.predictors.smiles.network import Network as Transformer
from retort.tools.predictors.training import (
    evaluation,
    finetuning,
    metrics,
    pretraining,
    stacking,
)
from retort.tools.predictors.training.apart import apart, ranged
from retort.tools.predictors.training.cards import DOMAIN, interval_note
from retort.tools.predictors.training.evaluation import Outcome
from retort.tools.predictors.training.labels import FOLDS, Ints, Labels, scaffold_folds
from retort.tools.predictors.training.loop import Run, Schedule
from retort.tools.predictors.training.lora import HubLearner
from retort.tools.predictors.training.measurements import Measurements

BATCH = 32
STEPS = 600
"""steps that a small table is learnt for unless told otherwise"""
EPOCHS = (5, 40)
"""fewest and most epochs that make up these steps"""


class Learner(Protocol):
    """What learns a table."""

    def describe(self) -> dict[str, Any]:
        """What finds its encoder again, for the card."""

    def fit(self, labels: Labels, rows: Ints, epochs: int, run: Run) -> Network:
        """Learn from some rows."""


@dataclass(frozen=True, slots=True)
class RetortLearner:
    """Fine-tunes Retort's own encoder as a whole."""

    encoder: Encoder

    def describe(self) -> dict[str, Any]:
        """It is kept whole, so nothing has to be found again."""
        return {"kind": "retort"}

    def fit(self, labels: Labels, rows: Ints, epochs: int, run: Run) -> Transformer:
        """Learn from some rows."""
        settings = finetuning.Settings(schedule=Schedule(epochs=epochs, rate=1e-3), batch=BATCH)
        return finetuning.fit(labels, rows, self.encoder, settings, run)


def learner(encoder: str, offline: bool = False, trust_remote_code: bool = False) -> Learner:
    """What learns a table.

    Args:
        encoder: ``retort``, a file or folder that ``retort predictors pretrain`` made, or
            ``hf:NAME_OR_PATH``.
        offline: fetch nothing.
        trust_remote_code: run code that comes with a hub model.

    Raises:
        RetortError: there is no such encoder.
    """
    if encoder.startswith("hf:"):
        return HubLearner(Hub(encoder.removeprefix("hf:"), offline, trust_remote_code))
    if encoder == "retort":
        return RetortLearner(pretraining.load(pretraining.SHIPPED))
    if not Path(encoder).exists():
        raise UsageError(
            f"No encoder named {encoder!r}.",
            "It is neither retort, nor hf:NAME_OR_PATH, nor a file or folder.",
            "Leave --encoder out for Retort's own.",
        )
    return RetortLearner(pretraining.load(Path(encoder)))


def adapt(
    measured: Measurements,
    by: Learner,
    output: Path,
    run: Run,
    epochs: int | None = None,
    unit: str = "",
) -> dict[str, Any]:
    """Estimate the error on unseen scaffolds, learn the whole table and write the folder.

    A run that was killed goes on with the same table, encoder and settings.

    Args:
        measured: the table.
        by: what learns it.
        output: folder to write, for ``own.OwnModel``; what was adapted there before is replaced.
        run: seed, device and progress; its folder is ignored.
        epochs: passes over the table; by its size if None.
        unit: of the values, as a reader shall see it.

    Returns:
        The card.

    Raises:
        RetortError: scikit-learn is missing, or the training diverged.
    """
    metrics.need_packages()
    labels = measured.labels
    wanted = -(-STEPS * BATCH // len(labels.smiles))
    epochs = epochs or min(max(wanted, EPOCHS[0]), EPOCHS[1])
    described = by.describe()
    work = output / f".work-{_digest(measured, described, epochs, run)}"
    folds, split = _folds(labels, run.seed)
    parts = np.unique(folds)
    predicted = np.empty(len(labels.smiles), dtype=np.float32)
    for number, fold in enumerate(parts):
        rows, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        network = by.fit(labels, rest, epochs, _part(run, work, number, len(parts) + 1))
        predicted[rows] = network.predict([labels.smiles[row] for row in rows])[:, 0]
    everything = np.arange(len(labels.smiles))
    network = by.fit(labels, everything, epochs, _part(run, work, len(parts), len(parts) + 1))
    molecules = [featurise(text) for text in labels.smiles]
    one = _outcome(measured, unit, molecules, folds, predicted)
    stack, losses = stacking.choose(one.outputs, one.values, folds, measured.task)
    card = {
        "target": labels.tasks[0],
        "kind": measured.task,
        "unit": unit,
        "source": measured.source,
        "encoder": described,
        "counts": measured.counts,
        "range": [float(f"{edge:.6g}") for edge in (one.values.min(), one.values.max())],
        "split": split,
        "evaluation": _scores(one, losses),
        "interval": interval_note(one.spec),
        "domain": DOMAIN,
        "epochs": epochs,
        "seed": run.seed,
    }
    reference = {
        **References.of(np.array([item.bits for item in molecules])).arrays(),
        **Domain.fit([item.elements for item in molecules], ranged(molecules)).arrays(),
        **evaluation.calibrated(one, stack).arrays(MEMBER),
    }
    own_folder.write(output, card, network.arrays(), reference, _rows(labels, folds, predicted))
    shutil.rmtree(work, ignore_errors=True)
    return card


def _outcome(
    measured: Measurements,
    unit: str,
    molecules: Sequence[Features],
    folds: Ints,
    predicted: FloatArray,
) -> Outcome:
    """What was said of each molecule out of fold, in the form in which endpoints are judged."""
    target, is_class = measured.labels.tasks[0], measured.task == "classification"
    nearest, levels = apart(molecules, folds)
    return Outcome(
        spec=Spec(
            name=named_as(target),
            label=target,
            aliases=(),
            task=measured.task,
            unit=unit,
            positive=target if is_class else "",
            family=FAMILY,
            version=1,
            measured=measured.source,
            transform="none",
            transform_note="the median of repeated values",
            sources=(),
            faults=(),
            bands=(),
            bands_source="",
            sees_form=False,
            metric="AUROC" if is_class else "MAE",
        ),
        values=measured.labels.values[:, 0].astype(np.float64),
        folds=folds,
        scaffolds=np.array(measured.labels.scaffolds),
        nearest=nearest,
        components=np.ones(len(molecules), dtype=np.int64),
        levels=levels,
        outputs={MEMBER: predicted.astype(np.float64)},
    )


def _scores(one: Outcome, losses: Mapping[str, float]) -> dict[str, Any]:
    """As on every card, and what a model that knows nothing would score."""
    nothing = 0.5
    if one.spec.task == "regression":
        median = np.full_like(one.values, np.median(one.values))
        nothing = round(metrics.mae(one.values, median), 4)
    found = evaluation.scores(one, losses)
    return {**found, "score_knowing_nothing": nothing}


def _folds(labels: Labels, seed: int) -> tuple[Ints, str]:
    """Folds by scaffold; of single molecules where scaffolds are too few to hold some back.

    Classes are spread evenly, and outside every fold there are both.
    """
    values, spread = labels.values[:, 0], labels.measured()
    is_class = labels.kinds[0] == "classification"
    if is_class:
        spread = np.stack([values == 0, values == 1], axis=1)
    folds = scaffold_folds(labels.scaffolds, spread, seed)
    rests = [values[folds != fold] for fold in range(FOLDS)]
    has_both = all(np.ptp(rest) > 0 for rest in rests) if is_class else True
    if has_both and len(set(labels.scaffolds)) >= 2 * FOLDS:
        return folds, f"{FOLDS} scaffold folds"
    folds = scaffold_folds(labels.smiles, spread, seed)
    return folds, f"{FOLDS} random folds: there are too few scaffolds to hold some back"


def _part(run: Run, work: Path, number: int, count: int) -> Run:
    """One of several trainings: its own folder, and its share of the progress."""
    told = run.progress
    if told is None:
        return replace(run, folder=work / str(number))

    def progress(done: int, total: int, note: str) -> None:
        which = "whole table" if number == count - 1 else f"fold {number + 1}"
        told(number * total + done, count * total, f"{which}, {note}")

    return replace(run, folder=work / str(number), progress=progress)


def _digest(measured: Measurements, described: Mapping[str, Any], epochs: int, run: Run) -> str:
    labels = measured.labels
    told = json.dumps([labels.smiles, labels.tasks, described, epochs, run.seed])
    return hashlib.sha256(told.encode() + labels.values.tobytes()).hexdigest()[:12]


def _rows(labels: Labels, folds: Ints, predicted: FloatArray) -> list[tuple[object, ...]]:
    """The cells of ``own_folder.COLUMNS``."""
    values = [f"{value:.7g}" for value in labels.values[:, 0]]
    said = [f"{value:.6g}" for value in predicted]
    return list(zip(labels.smiles, labels.keys, values, folds.tolist(), said, strict=True))
