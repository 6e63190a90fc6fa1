"""From training sets to checkpoints: members, stack, calibration, domain, percentiles, cards.

The order of the work, and what a model card says. Every step keeps what it has done in the work
folder, so that the same command goes on after a stop.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors import featurise
from retort.tools.predictors.checkpoint import Writer
from retort.tools.predictors.domain import Domain, ranged_columns
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.featurise import Features, Stacked
from retort.tools.predictors.groups import OFF_TARGET
from retort.tools.predictors.heads import Head
from retort.tools.predictors.networks import Networks
from retort.tools.predictors.references import Molecules
from retort.tools.predictors.training import datasets, evaluation, labels, members, stacking
from retort.tools.predictors.training.apart import apart
from retort.tools.predictors.training.boosting import Growth
from retort.tools.predictors.training.cards import model_card
from retort.tools.predictors.training.datasets import Dataset
from retort.tools.predictors.training.evaluation import Outcome, Split
from retort.tools.predictors.training.features import matrix
from retort.tools.predictors.training.members import Report, Teaching, Work
from retort.tools.predictors.training.structures import Structures

QUANTILES = np.arange(101)
SEED = 0
"""of the split that stacks and intervals are made on"""


@dataclass(frozen=True, slots=True)
class Group:
    """Endpoints that share a table of molecules: the ADMET ones, or the off-target panel."""

    name: str
    specs: tuple[Spec, ...]
    found: tuple[Dataset, ...]
    work: Work


ADMET, TARGETS = "admet", "targets"
"""names of the groups"""
GROWTHS: Mapping[str, Growth] = {ADMET: Growth(), TARGETS: Growth(rounds=200, boosters=1)}
"""The panel has many endpoints: smaller models of it keep the checkpoints small."""


def groups_of(specs: Sequence[Spec]) -> dict[str, tuple[Spec, ...]]:
    """Endpoints by the table of molecules that they share."""
    panel = tuple(spec for spec in specs if spec.family == OFF_TARGET)
    rest = tuple(spec for spec in specs if spec.family != OFF_TARGET)
    return {name: own for name, own in ((ADMET, rest), (TARGETS, panel)) if own}


def fit(
    data: Path,
    folder: Path,
    out: Path,
    specs: Sequence[Spec],
    teachings: Sequence[Teaching] = (),
    seeds: Sequence[int] = (SEED,),
    growths: Mapping[str, Growth] = GROWTHS,
    device: str = "auto",
    workers: int = 0,
    report: Report = lambda line: None,
) -> None:
    """Train endpoints and write their checkpoints.

    Args:
        data: holds ``molecules``.
        folder: the work folder; what is in it already is not done again.
        out: folder of the checkpoints.
        specs: the endpoints.
        teachings: the networks beside the trees, for the ADMET endpoints.
        seeds: splits on which the ADMET endpoints are scored, 0 among them. A network that is not
            stacked as a rule is scored on split 0 only, and so is the off-target panel.
        growths: how the trees of a group are grown.
        device: of the networks, as in ``loop.Run``.
        workers: processes; 0 takes all cores.
        report: takes lines of progress.

    Raises:
        RetortError: a data file is missing.
    """
    groups = []
    for name, own in groups_of(specs).items():
        groups.append(collect(name, own, data, folder, growths[name], workers, report))
        tasks = [spec.name for spec in own]
        members.tree_outputs(groups[-1].work, tasks, seeds if name == ADMET else (SEED,))
    for group in groups:
        for teaching in teachings if group.name == ADMET else ():
            for seed in seeds if teaching.kind in stacking.USUAL else (SEED,):
                members.network_outputs(group.work, teaching, seed, device)
    drugs = drugs_of(data, folder)
    report(f"{len(drugs):,} approved drugs for percentiles")
    write(groups, teachings, drugs, out, seeds)
    report(f"written to {out}")


def collect(
    name: str,
    specs: Sequence[Spec],
    data: Path,
    folder: Path,
    growth: Growth,
    workers: int = 0,
    report: Report = lambda line: None,
) -> Group:
    """Read the training sets of a group, without held-out molecules, and featurise them.

    Raises:
        RetortError: a data file is missing.
    """
    held_out = datasets.held_out_keys(data)
    structures = Structures(folder / "structures")
    found = []
    for spec in specs:
        found.append(datasets.load(spec, data, held_out, structures))
        report(f"{spec.name}: {found[-1].counts()}")
    table = labels.table(list(zip(specs, found, strict=True)))
    report(f"{name}: {len(table.smiles):,} structures, {int(table.measured().sum()):,} values")

    def progress(done: int, total: int, note: str) -> None:
        if done % 4096 < 256 or done == total:
            report(f"{name}: {note} {done:,}/{total:,}")

    featured = matrix(table.smiles, folder / f"{name}.features.npz", workers, progress)
    work = Work(table, featured, folder, growth, workers, report)
    return Group(name, tuple(specs), tuple(found), work)


def write(
    groups: Sequence[Group],
    teachings: Sequence[Teaching],
    drugs: Sequence[Features],
    out: Path,
    seeds: Sequence[int] = (SEED,),
) -> None:
    """Stack, calibrate and write every endpoint of groups whose members are trained.

    Args:
        groups: with their members trained.
        teachings: the networks that were taught on the ADMET endpoints.
        drugs: approved drugs, for the percentiles.
        out: folder of the checkpoints.
        seeds: splits on which the ADMET endpoints are scored, 0 among them.
    """
    writer = Writer(out)
    for group in groups:
        kinds = teachings if group.name == ADMET else ()
        shared: dict[str, dict[str, NDArray[Any]]] = {}
        for teaching in kinds:
            shared[teaching.kind] = members.weights_of(group.work, teaching, SEED)
        networks = Networks({kind: partial(shared.__getitem__, kind) for kind in shared})
        said = {kind: networks.outputs(kind, drugs) for kind in shared}
        kept: set[str] = set()
        rows = [row for found in group.found for row in found.rows]
        table = Molecules.of(
            group.work.matrix.bits, group.work.labels.keys, datasets.key_hashes(rows)
        )
        writer.arrays(f"{group.name}.molecules", table.arrays())
        known = Stacked.of(drugs)
        near = table.similarities(known.bits)
        for spec, found in zip(group.specs, group.found, strict=True):
            head, scores = endpoint(group, spec, found, kinds, seeds)
            asked = {kind: said[kind][spec.name] for kind in head.members}
            values = head.estimate(known, near, asked).readings.values
            head = replace(head, drug_quantiles=np.percentile(values, QUANTILES))
            kept.update(head.members)
            card = model_card(spec, found, head, scores, group.work.growth, len(drugs))
            writer.endpoint(spec.name, group.name, head.arrays(), card)
            group.work.report(
                f"{spec.name}: {scores['metric']} {scores['score']} {scores['score_interval']}, "
                f"members {scores['members']}, kept {card['stack']}, coverage {scores['coverage']}"
            )
        for kind in kept:
            writer.arrays(kind, shared[kind])
    writer.close(versions())


def endpoint(
    group: Group, spec: Spec, found: Dataset, teachings: Sequence[Teaching], seeds: Sequence[int]
) -> tuple[Head, dict[str, Any]]:
    """The head of an endpoint, without percentiles, and its scores."""
    work = group.work
    rows = work.labels.rows(spec.name)
    one = outcome(work, spec, teachings)
    full, alone, losses = evaluation.choose(one)
    again = [seed for seed in seeds if seed != SEED and group.name == ADMET]
    usual = [teaching for teaching in teachings if teaching.kind in stacking.USUAL]
    scores = evaluation.scores(one, losses, [split(work, spec, usual, seed) for seed in again])
    by_smiles = {row.smiles: row for row in found.rows}
    names = [source.name for source in spec.sources]
    own = [by_smiles[work.labels.smiles[row]] for row in rows]
    ranged = work.matrix.vectors(rows)[:, ranged_columns()]
    head = Head(
        forest=members.forest_of(work, spec.name),
        full=full,
        alone=alone,
        domain=Domain.fit([work.matrix.elements[row] for row in rows], ranged),
        transform=spec.transform,
        sees_form=spec.sees_form,
        rows=rows,
        measured=np.array([spec.published(row.value) for row in own]),
        sources=np.array([names.index(row.sources[0]) for row in own], dtype=np.uint8),
        drug_quantiles=np.empty(0),
    )
    return head, scores


def outcome(work: Work, spec: Spec, teachings: Sequence[Teaching]) -> Outcome:
    """What every member said of the scored molecules of an endpoint, out of fold."""
    column = work.labels.tasks.index(spec.name)
    rows = work.labels.rows(spec.name)
    scored = work.labels.primary[rows, column]
    folds = work.labels.folds(SEED)
    nearest, levels = apart([_seen(work, int(row)) for row in rows], folds[rows])
    return Outcome(
        spec=spec,
        values=work.labels.values[rows, column].astype(np.float64),
        folds=folds[rows],
        scaffolds=np.array([work.labels.scaffolds[row] for row in rows]),
        nearest=nearest,
        components=work.matrix.components[rows],
        levels=levels,
        outputs=_outputs(work, spec, teachings, SEED),
    ).part(scored)


def split(work: Work, spec: Spec, teachings: Sequence[Teaching], seed: int) -> Split:
    """What members said of the scored molecules of an endpoint on the split of another seed."""
    column, rows = work.labels.tasks.index(spec.name), work.labels.rows(spec.name)
    scored = work.labels.primary[rows, column]
    outputs = _outputs(work, spec, teachings, seed)
    return Split(
        work.labels.folds(seed)[rows][scored],
        {name: column[scored] for name, column in outputs.items()},
    )


def _outputs(
    work: Work, spec: Spec, teachings: Sequence[Teaching], seed: int
) -> dict[str, NDArray[np.float64]]:
    """Out-of-fold outputs (m,) by member for the rows of an endpoint."""
    outputs = {"trees": members.trees_of(work, spec.name, seed)}
    for teaching in teachings:
        outputs[teaching.kind] = members.network_of(work, teaching, spec.name, seed)
    return {name: out.astype(np.float64) for name, out in outputs.items()}


def _seen(work: Work, row: int) -> Features:
    """The features of a row, for the domain."""
    return Features(
        smiles=work.matrix.parents[row],
        vector=work.matrix.vectors(np.array([row]))[0],
        bits=work.matrix.bits[row],
        elements=work.matrix.elements[row],
        components=int(work.matrix.components[row]),
    )


def drugs_of(data: Path, folder: Path) -> list[Features]:
    """The features of approved drugs; one that RDKit cannot compute on is left out.

    Raises:
        RetortError: the list is missing.
    """
    return [
        featurise.featurise(text)
        for text in datasets.approved_drugs(data, Structures(folder / "structures"))
    ]


def versions() -> dict[str, str]:
    """Of the libraries that the numbers of a checkpoint depend on."""
    import lightgbm
    import torch
    from rdkit import rdBase

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "rdkit": str(rdBase.rdkitVersion),
        "lightgbm": str(lightgbm.__version__),
        "torch": str(torch.__version__),
    }
