"""How good the whole procedure is: trained on four fifths of the scaffolds, judged on the rest.

Everything is refitted inside each outer fold, trees, calibration and domain, so the scores are
those of what is shipped, on scaffolds it has not seen. Knows no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.datasets import Row
from retort.tools.predictors.domain import EDGES, similarity_bin
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.fitting import FOLDS, Tick, fit, scaffold_folds
from retort.tools.predictors.heads import Estimate

RESAMPLES = 1000
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was predicted for every row by a model that had not seen its scaffold."""

    values: Floats
    """(n,) measured"""
    estimates: tuple[Estimate, ...]
    scaffolds: tuple[str, ...]

    def column(self, name: str) -> Floats:
        """One field of the estimates, (n,)."""
        return np.array([getattr(estimate, name) for estimate in self.estimates])


def outcome(spec: Spec, rows: Sequence[Row], seed: int, tick: Tick = lambda: None) -> Outcome:
    """Predict every row by the head fitted to the other scaffold folds.

    Args:
        spec: the endpoint.
        rows: its training molecules.
        seed: of the outer folds and of everything inside.
        tick: called after every booster.
    """
    folds = scaffold_folds([row.scaffold for row in rows], 7919 + seed)
    estimates: dict[int, Estimate] = {}
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold).tolist()
        rest = np.flatnonzero(folds != fold).tolist()
        head = fit(spec, [rows[index] for index in rest], seed, tick)
        found = head.estimate([rows[index].features for index in held])
        estimates.update(zip(held, found, strict=True))
    return Outcome(
        values=np.array([row.value for row in rows]),
        estimates=tuple(estimates[index] for index in range(len(rows))),
        scaffolds=tuple(row.scaffold for row in rows),
    )


def scores(spec: Spec, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The scores of an endpoint over several seeds, JSON-ready.

    Returns:
        ``metric`` and ``score`` (mean over seeds) with ``score_interval`` (95 %, bootstrap over
        whole scaffolds), ``score_by_seed``, ``coverage`` and what else the task knows.
    """
    judge = _regression if spec.task == "regression" else _classification
    metric, measure = ("MAE", _mae) if spec.task == "regression" else ("AUROC", _auroc)
    by_seed = [measure(one.values, one.column("value")) for one in outcomes]
    first = outcomes[0]
    centre = measure(first.values, first.column("value"))
    spread = _bootstrap(first.values, first.column("value"), first.scaffolds, measure)
    mean = float(np.mean(by_seed))
    details = [judge(spec, one) for one in outcomes]
    return {
        "metric": metric,
        "score": round(mean, 4),
        "score_interval": [round(mean + edge - centre, 4) for edge in spread],
        "score_by_seed": [round(score, 4) for score in by_seed],
        "seeds": len(outcomes),
        "split": f"{FOLDS} scaffold folds, everything refitted inside each",
        **_averaged(details),
    }


def _averaged(details: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean over seeds of nested dictionaries of numbers with equal keys; NaN becomes None."""
    merged: dict[str, Any] = {}
    for key, first in details[0].items():
        column = [detail[key] for detail in details]
        if isinstance(first, dict):
            merged[key] = _averaged(column)
            continue
        known = [value for value in column if not np.isnan(value)]
        digits = None if isinstance(first, int) else 4
        merged[key] = round(float(np.mean(known)), digits) if known else None
    return merged


def _regression(spec: Spec, one: Outcome) -> dict[str, Any]:
    values, predicted = one.values, one.column("value")
    errors = np.abs(values - predicted)
    covered = (one.column("low") <= values) & (values <= one.column("high"))
    residual, total = np.sum((values - predicted) ** 2), np.sum((values - values.mean()) ** 2)

    def part(chosen: Mask) -> dict[str, float]:
        if not chosen.any():
            return {"molecules": 0, "mae": float("nan"), "coverage": float("nan")}
        return {
            "molecules": int(chosen.sum()),
            "mae": float(errors[chosen].mean()),
            "coverage": float(covered[chosen].mean()),
        }

    return {
        "rmse": float(np.sqrt(residual / len(values))),
        "r2": float(1 - residual / total),
        "coverage": float(covered.mean()),
        "mean_interval_width": float(np.mean(one.column("high") - one.column("low"))),
        **_parts(one, part),
    }


def _classification(spec: Spec, one: Outcome) -> dict[str, Any]:
    truth, odds = one.values == 1.0, one.column("value")
    keeps = np.array([estimate.classes for estimate in one.estimates])
    holds_truth = np.where(truth, keeps[:, 0], keeps[:, 1])
    single = keeps[:, 0] != keeps[:, 1]

    def part(chosen: Mask) -> dict[str, float]:
        if not chosen.any():
            return {"molecules": 0, "brier": float("nan"), "coverage": float("nan")}
        return {
            "molecules": int(chosen.sum()),
            "brier": float(np.mean((odds[chosen] - truth[chosen]) ** 2)),
            "coverage": float(holds_truth[chosen].mean()),
        }

    bands: dict[str, dict[str, float]] = {}
    lower = -np.inf
    for band in spec.bands:
        upper = np.inf if band.below is None else band.below
        inside = (odds >= lower) & (odds < upper)
        rate = float(truth[inside].mean()) if inside.any() else float("nan")
        bands[band.text] = {"molecules": int(inside.sum()), "observed_rate": rate}
        lower = upper
    return {
        "brier": float(np.mean((odds - truth) ** 2)),
        "base_rate": float(truth.mean()),
        "coverage": float(holds_truth.mean()),
        "coverage_positive": float(keeps[truth, 0].mean()),
        "coverage_negative": float(keeps[~truth, 1].mean()),
        "decided": float(single.mean()),
        "calibration_groups_in_interval": _calibrated(one, truth),
        "bands": bands,
        **_parts(one, part),
    }


def _calibrated(one: Outcome, truth: Mask) -> float:
    """Share of ten groups of equal size, by probability, whose rate lies in their mean interval."""
    low, high = one.column("low"), one.column("high")
    groups = np.array_split(np.argsort(one.column("value"), kind="stable"), 10)
    held = [low[g].mean() <= truth[g].mean() <= high[g].mean() for g in groups if len(g)]
    return float(np.mean(held))


def _parts(one: Outcome, part: Callable[[Mask], dict[str, float]]) -> dict[str, Any]:
    """Scores by similarity bin, and inside and outside the domain."""
    bins = np.array([similarity_bin(estimate.nearest) for estimate in one.estimates])
    inside = np.array([not estimate.complaints for estimate in one.estimates])
    edges = ("0", *(str(edge) for edge in EDGES), "1")
    return {
        "by_similarity": {
            f"{edges[index]} to {edges[index + 1]}": part(bins == index)
            for index in range(len(EDGES) + 1)
        },
        "in_domain": part(inside),
        "out_of_domain": part(~inside),
    }


def _mae(values: Floats, predicted: Floats) -> float:
    return float(np.mean(np.abs(values - predicted)))


def _auroc(values: Floats, predicted: Floats) -> float:
    """Probability that a positive is ranked above a negative, ties counted half."""
    positive, negative = predicted[values == 1.0], np.sort(predicted[values != 1.0])
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, side="left")
    upto = np.searchsorted(negative, positive, side="right")
    return float((below + upto).mean() / 2 / len(negative))


def _bootstrap(
    values: Floats,
    predicted: Floats,
    scaffolds: Sequence[str],
    measure: Callable[[Floats, Floats], float],
) -> tuple[float, float]:
    """2.5th and 97.5th percentile of a score over samples of whole scaffolds."""
    rng = np.random.default_rng(0)
    order = np.argsort(np.array(scaffolds), kind="stable")
    names = np.array(scaffolds)[order]
    members = np.split(order, np.flatnonzero(names[1:] != names[:-1]) + 1)
    found = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        found.append(measure(values[drawn], predicted[drawn]))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)
