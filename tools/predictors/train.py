"""Train every endpoint and write its checkpoint: ``python -m retort.tools.predictors.train``.

Seeded and on one thread: the same data and library versions give the same files.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from retort.retrieval.errors import RetortError
from retort.tools.predictors import checkpoint, datasets, evaluation
from retort.tools.predictors.datasets import Dataset, Report
from retort.tools.predictors.domain import FEWEST_WITH_ELEMENT, RANGED
from retort.tools.predictors.endpoints import SPECS, Spec
from retort.tools.predictors.featurise import Features
from retort.tools.predictors.fitting import FOLDS, Tick, fit
from retort.tools.predictors.heads import Head


def train(
    data: Path,
    out: Path,
    specs: Sequence[Spec] = SPECS,
    seeds: int | None = None,
    report: Report = lambda line: None,
) -> None:
    """Train endpoints and write their checkpoints with a manifest.

    Args:
        data: folder that holds ``molecules/tdc_admet`` and ``molecules/drughelper``.
        out: folder of the checkpoints.
        specs: the endpoints.
        seeds: repeats of the evaluation for the model card; what the endpoint says if None.
        report: takes lines of progress.

    Raises:
        RetortError: a data file is missing.
    """
    held_out = datasets.held_out_keys(data)
    drugs = list(datasets.approved_drugs(data))
    report(f"{len(drugs)} approved drugs for percentiles")
    entries = {}
    for spec in specs:
        found = datasets.load(spec, data, held_out)
        report(f"{spec.name}: {found.counts()}")
        repeats = seeds or spec.seeds
        tick = _ticker(spec.name, (repeats * FOLDS + 1) * FOLDS * spec.recipe.repeats, report)
        outcomes = [evaluation.outcome(spec, found.rows, seed, tick) for seed in range(repeats)]
        scores = evaluation.scores(spec, outcomes)
        report(f"{spec.name}: {scores['metric']} {scores['score']} {scores['score_interval']}")
        head = _with_percentiles(fit(spec, found.rows, 0, tick), drugs)
        card = model_card(spec, found, scores, len(drugs))
        hashes = datasets.key_hashes(found.rows)
        entries[spec.name] = checkpoint.write(out, spec.name, head, hashes, card)
    checkpoint.write_manifest(out, entries, _versions())
    report(f"written to {out}")


def _with_percentiles(head: Head, drugs: Sequence[Features]) -> Head:
    values = [estimate.value for estimate in head.estimate(drugs)]
    return replace(head, drug_quantiles=np.percentile(values, np.arange(101)))


def model_card(spec: Spec, found: Dataset, scores: dict[str, Any], drugs: int) -> dict[str, Any]:
    """Everything a reader must know about an endpoint's model, JSON-ready."""
    values = np.array([row.value for row in found.rows])
    return {
        "model": spec.model,
        "endpoint": spec.name,
        "label": spec.label,
        "kind": spec.task,
        "measured": spec.measured,
        "unit": spec.unit,
        "positive_class": spec.positive,
        "transform": spec.transform,
        "training_set": spec.source,
        "counts": found.counts(),
        "range": [round(float(values.min()), 3), round(float(values.max()), 3)],
        "learner": "LightGBM on Morgan counts (radius 2, 2,048) and RDKit descriptors",
        "input": (
            "the neutral parent and which counter-ions it came with"
            if spec.sees_form
            else "the neutral parent; counter-ions are left out"
        ),
        "recipe": asdict(spec.recipe),
        "ensemble": f"{FOLDS * spec.recipe.repeats} boosters, each without one scaffold fold",
        "interval": _interval_note(spec),
        "domain": (
            f"nearest training molecule Tanimoto {spec.domain_threshold} or more, elements seen in "
            f"{FEWEST_WITH_ELEMENT} or more training molecules, and {', '.join(RANGED)} within "
            "their 0.5th to 99.5th percentile in training"
        ),
        "evaluation": scores,
        "percentiles": (
            f"of this model's predictions for {drugs} approved drugs (phase 4 in ChEMBL, parents)"
        ),
        "reading": [asdict(band) for band in spec.bands],
        "reading_source": spec.bands_source,
        "faults": list(spec.faults),
        "licence": spec.licence,
    }


def _interval_note(spec: Spec) -> str:
    if spec.task == "classification":
        return (
            "90 % of the probability: 5th to 95th percentile over bootstrap refits of Platt "
            "scaling on out-of-fold predictions and over the ensemble; class sets are conformal"
        )
    return (
        "90 % cross-conformal from out-of-fold errors on scaffold folds, by similarity to the "
        "nearest training molecule" + (", salts apart" if spec.sees_form else "")
    )


def _versions() -> dict[str, str]:
    import lightgbm
    from rdkit import rdBase

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "rdkit": str(rdBase.rdkitVersion),
        "lightgbm": str(lightgbm.__version__),
    }


def _ticker(name: str, total: int, report: Report) -> Tick:
    """Counts boosters and reports every tenth."""
    started, done = time.monotonic(), 0

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 10 == 0 or done == total:
            report(f"{name}: {done}/{total} boosters, {time.monotonic() - started:.0f} s")

    return tick


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m retort.tools.predictors.train")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=checkpoint.SHIPPED)
    parser.add_argument("--seeds", type=int, help="repeats of the evaluation")
    options = parser.parse_args(arguments)
    try:
        train(
            options.data,
            options.out,
            seeds=options.seeds,
            report=lambda line: print(line, file=sys.stderr, flush=True),
        )
    except RetortError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
