"""Scores of predictions against measurements, and how sure they are.

Needs the extra ``train`` (scikit-learn, SciPy). Knows no model, no molecule and no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.endpoints import Metric

RESAMPLES = 500
Measure = Callable[[Floats, Floats], float]


def need_packages() -> None:
    """Refuse early where scores could not be computed at the end.

    Raises:
        RetortError: scikit-learn is not installed.
    """
    if find_spec("sklearn") is None:
        raise RetortError(
            "Cannot score predictions.",
            "The package scikit-learn is not installed.",
            'pip install "retort[train]"',
        )


def mae(values: Floats, predicted: Floats) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(values - predicted)))


def r2(values: Floats, predicted: Floats) -> float:
    """Coefficient of determination; NaN where all values are the same."""
    total = float(np.sum((values - values.mean()) ** 2))
    return float(1 - np.sum((values - predicted) ** 2) / total) if total else float("nan")


def spearman(values: Floats, predicted: Floats) -> float:
    """Correlation of ranks, ties at their mean; NaN where either side does not vary."""
    from scipy.stats import rankdata

    if np.ptp(values) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(values), rankdata(predicted))[0, 1])


def auroc(values: Floats, predicted: Floats) -> float:
    """Area under the ROC curve, ties counted half; NaN where there is one class only."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(values, predicted)) if np.ptp(values) else float("nan")


def auprc(values: Floats, predicted: Floats) -> float:
    """Average precision; NaN where there is one class only."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(values, predicted)) if np.ptp(values) else float("nan")


METRICS: Mapping[Metric, Measure] = {
    "MAE": mae,
    "Spearman": spearman,
    "AUROC": auroc,
    "AUPRC": auprc,
}
"""Each takes measured and predicted values (n,), of classes 1.0 and 0.0 and any score."""


def bootstrap(
    values: Floats,
    predicted: Floats,
    scaffolds: NDArray[np.str_],
    measure: Measure,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of a score: 2.5th and 97.5th percentile over samples of whole scaffolds.

    Args:
        values: (n,) measured.
        predicted: (s, n) predictions on s splits; the score is the mean over them.
        scaffolds: (n,) scaffold of each molecule.
        measure: the score.
        seed: of the samples.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(scaffolds, kind="stable")
    names = scaffolds[order]
    members = np.split(order, np.flatnonzero(names[1:] != names[:-1]) + 1)
    found = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        found.append(np.mean([measure(values[drawn], split[drawn]) for split in predicted]))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)
