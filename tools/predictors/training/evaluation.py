"""How good an endpoint's model is on scaffolds that it has not seen.

Judges out-of-fold outputs, with weights and calibration made on the other folds each time. Knows no
file and no learner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats, Ints, Probabilities, Widths
from retort.tools.predictors.domain import EDGES, similarity_bins
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.heads import CATEGORIES, Calibrated, Readings, categories, readings
from retort.tools.predictors.records import Band
from retort.tools.predictors.stack import Stack
from retort.tools.predictors.training import stacking
from retort.tools.predictors.training.metrics import METRICS, bootstrap, r2

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Split:
    """What members said of the scored molecules on another split into scaffold folds."""

    folds: Ints
    """(n,) scaffold fold"""
    outputs: Mapping[str, Floats]
    """(n,) out-of-fold outputs by member; one may be missing that ``Outcome`` has"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of every scored molecule of an endpoint by models that had not seen it."""

    spec: Spec
    values: Floats
    """(n,) measured, in the learnt scale"""
    folds: Ints
    """(n,) scaffold fold"""
    scaffolds: NDArray[np.str_]
    """(n,)"""
    nearest: Floats
    """(n,) Tanimoto to the nearest molecule of the other folds"""
    components: Ints
    """(n,) of the structure as written"""
    levels: NDArray[np.str_]
    """(n,) level of the domain that the other folds make"""
    outputs: Mapping[str, Floats]
    """(n,) out-of-fold outputs by member"""

    def part(self, chosen: Mask) -> Outcome:
        """The same for some of the molecules."""
        return Outcome(
            self.spec,
            self.values[chosen],
            self.folds[chosen],
            self.scaffolds[chosen],
            self.nearest[chosen],
            self.components[chosen],
            self.levels[chosen],
            {name: column[chosen] for name, column in self.outputs.items()},
        )

    def kinds(self) -> Ints:
        """(n,) category of each molecule's interval and class set."""
        return categories(self.nearest, self.components, self.spec.sees_form)


def calibrated(one: Outcome, stack: Stack) -> Calibrated:
    """A stack with a calibration made on all molecules of an outcome."""
    combined = stack.combine(one.outputs)
    if one.spec.task == "classification":
        truth = one.values == 1.0
        groups = (one.scaffolds, one.kinds(), CATEGORIES)
        return Calibrated(stack, Probabilities.fit(combined, one.nearest, truth, *groups))
    return Calibrated(stack, Widths.fit(one.values - combined, one.kinds(), CATEGORIES))


def choose(one: Outcome) -> tuple[Calibrated, Calibrated, dict[str, float]]:
    """The stack that is shipped, the trees alone, and the loss of every set of members."""
    stack, losses = stacking.choose(one.outputs, one.values, one.folds, one.spec.task)
    alone = stacking.fit(("trees",), one.outputs, one.values, one.spec.task)
    return calibrated(one, stack), calibrated(one, alone), losses


def cross_fitted(one: Outcome) -> Readings:
    """Values and intervals (n) for every molecule, with all of it made without its own fold."""
    count = len(one.values)
    values, bounds = np.empty(count), np.empty((2, count, 2))
    classes = np.empty((count, 2), dtype=np.bool_)
    for fold in np.unique(one.folds):
        held = one.folds == fold
        rest = one.part(~held)
        stack, _ = stacking.choose(rest.outputs, rest.values, rest.folds, one.spec.task)
        use = calibrated(rest, stack)
        here = one.part(held)
        found = readings(use, here.outputs, here.nearest, here.kinds(), one.spec.transform)
        values[held] = found.values
        bounds[0, held], bounds[1, held] = found.intervals, found.intervals_80
        classes[held] = found.classes
    return Readings(values, bounds[0], bounds[1], classes)


def scores(
    one: Outcome, losses: Mapping[str, float], others: Sequence[Split] = ()
) -> dict[str, Any]:
    """Everything that a model card says about quality, JSON-ready.

    Args:
        one: what intervals, class sets and all that follows from them are judged on.
        losses: of every set of members, for the record.
        others: further splits, over which scores are averaged.

    Returns:
        ``metric`` with ``score``, the mean over the splits, and ``score_interval`` (95 %, bootstrap
        over whole scaffolds) of the stack before calibration; the same metric of each member;
        ``by_seed``, both on each split; ``coverage`` of the intervals overall, by similarity and
        by level of the domain; and what else the task knows.
    """
    spec, measure = one.spec, METRICS[one.spec.metric]
    splits = (Split(one.folds, one.outputs), *others)

    def published(learnt: Floats) -> Floats:
        return np.power(10.0, learnt) if spec.transform == "log10" else learnt

    truth = published(one.values)
    combined = np.stack(
        [
            published(stacking.cross_fitted(split.outputs, one.values, split.folds, spec.task))
            for split in splits
        ]
    )
    by_seed = {
        name: [measure(truth, published(s.outputs[name])) for s in splits if name in s.outputs]
        for name in one.outputs
    }
    by_seed["stack"] = [measure(truth, split) for split in combined]
    means = {name: _mean(np.array(found)) for name, found in by_seed.items()}
    low, high = bootstrap(truth, combined, one.scaffolds, measure)
    judge = _regression if spec.task == "regression" else _classification
    return {
        "metric": spec.metric,
        "score": means.pop("stack"),
        "score_interval": [_rounded(low), _rounded(high)],
        "members": means,
        "by_seed": {name: [_rounded(score) for score in found] for name, found in by_seed.items()},
        "losses": {name: _rounded(loss) for name, loss in losses.items()},
        "molecules": len(truth),
        **judge(one, truth, cross_fitted(one), combined[0]),
    }


def _regression(one: Outcome, truth: Floats, found: Readings, out: Floats) -> dict[str, Any]:
    errors = np.abs(truth - found.values)
    predicted = out
    covered = _inside(truth, found.intervals)
    learnt = np.log10(np.maximum(predicted, 1e-12)) if one.spec.transform == "log10" else predicted

    def part(chosen: Mask) -> dict[str, Any]:
        return {
            "molecules": int(chosen.sum()),
            "mae": _mean(errors[chosen]),
            "coverage": _mean(covered[chosen]),
        }

    return {
        "r2": _rounded(r2(one.values, learnt)),
        "r2_scale": "log10" if one.spec.transform == "log10" else "as published",
        "mae": _mean(errors),
        "spearman": _rounded(METRICS["Spearman"](truth, predicted)),
        "coverage": _mean(covered),
        "coverage_80": _mean(_inside(truth, found.intervals_80)),
        "mean_interval_width": _mean(found.intervals[:, 1] - found.intervals[:, 0]),
        **_parts(one, part),
    }


def _classification(one: Outcome, truth: Floats, found: Readings, out: Floats) -> dict[str, Any]:
    positive, odds = truth == 1.0, found.values
    keeps = found.classes
    holds = np.where(positive, keeps[:, 0], keeps[:, 1])

    def part(chosen: Mask) -> dict[str, Any]:
        return {
            "molecules": int(chosen.sum()),
            "brier": _mean((odds[chosen] - positive[chosen]) ** 2),
            "coverage": _mean(holds[chosen]),
        }

    return {
        "auroc": _rounded(METRICS["AUROC"](truth, out)),
        "auprc": _rounded(METRICS["AUPRC"](truth, out)),
        "brier": _mean((odds - positive) ** 2),
        "base_rate": _mean(positive),
        "coverage": _mean(holds),
        "coverage_positive": _mean(keeps[positive, 0]),
        "coverage_negative": _mean(keeps[~positive, 1]),
        "decided": _mean(keeps[:, 0] != keeps[:, 1]),
        "bands": _observed(one.spec.bands, odds, positive),
        **_parts(one, part),
    }


def _observed(bands: Sequence[Band], odds: Floats, positive: Mask) -> dict[str, Any]:
    """How often the positive class was seen among molecules of each band of probability."""
    found, lower = {}, -np.inf
    for band in bands:
        upper = np.inf if band.below is None else band.below
        inside = (odds >= lower) & (odds < upper)
        found[band.text] = {
            "molecules": int(inside.sum()),
            "observed_rate": _mean(positive[inside]),
        }
        lower = upper
    return found


def _parts(one: Outcome, part: Callable[[Mask], dict[str, Any]]) -> dict[str, Any]:
    """Scores by similarity bin, and by level of the domain."""
    bins = similarity_bins(one.nearest)
    edges = ("0", *(str(edge) for edge in EDGES), "1")
    names = [f"{low} to {high}" for low, high in pairwise(edges)]
    return {
        "by_similarity": {name: part(bins == index) for index, name in enumerate(names)},
        "by_domain": {
            level: part(one.levels == level) for level in ("inside", "borderline", "outside")
        },
    }


def _inside(values: Floats, intervals: Floats) -> Mask:
    return np.asarray((intervals[:, 0] <= values) & (values <= intervals[:, 1]))


def _mean(column: NDArray[Any]) -> float | None:
    """The mean, rounded; None of nothing."""
    return _rounded(float(np.mean(column))) if len(column) else None


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
