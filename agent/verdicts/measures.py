"""How good verdicts are: macro-F1, the confusion table, AUC, calibration. Knows no model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.agent.verdicts.labels import LABELS


@dataclass(frozen=True, slots=True)
class Measured:
    """Verdicts against annotations."""

    pairs: int
    macro_f1: float
    interval: tuple[float, float]
    """of macro-F1 at 95 %, by 1,000 bootstrap samples of the pairs"""
    f1: tuple[float, float, float]
    """in the order of ``LABELS``"""
    accuracy: float
    auc: float
    """supported v contradicted, among the pairs annotated as one of them"""
    evidence_auc: float
    """evidence of either kind v none"""
    calibration_error: float
    """expected, over ten bins of the probability of the verdict"""
    confusion: tuple[tuple[int, ...], ...]
    """rows: annotated, columns: judged, both in the order of ``LABELS``"""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def measured(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> Measured:
    """Hold calibrated logits (n, 3) against labels (n,)."""
    p = probabilities(logits)
    judged = p.argmax(axis=1)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(labels), (1000, len(labels)))
    spread = [f1_scores(judged[draw], labels[draw]).mean() for draw in draws]
    either = labels < 2
    f1 = f1_scores(judged, labels)
    size = len(LABELS)
    table = np.bincount(labels * size + judged, minlength=size * size).reshape(size, size)
    low, high = np.percentile(spread, [2.5, 97.5])
    return Measured(
        pairs=len(labels),
        macro_f1=round(float(f1.mean()), 3),
        interval=(round(float(low), 3), round(float(high), 3)),
        f1=(round(float(f1[0]), 3), round(float(f1[1]), 3), round(float(f1[2]), 3)),
        accuracy=round(float((judged == labels).mean()), 3),
        auc=round(auc((logits[:, 0] - logits[:, 1])[either], labels[either] == 0), 3),
        evidence_auc=round(auc(1 - p[:, 2], either), 3),
        calibration_error=round(_calibration_error(p, labels), 3),
        confusion=tuple(tuple(int(count) for count in row) for row in table),
    )


def probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return p


def f1_scores(judged: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """(3,) F1 of each label, 0 where neither annotated nor judged."""
    found = []
    for label in range(len(LABELS)):
        hits = float(((judged == label) & (labels == label)).sum())
        found.append(2 * hits / max(1.0, float((judged == label).sum() + (labels == label).sum())))
    return np.array(found)


def auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative, ties counted half."""
    above = scores[positive][:, None] - scores[~positive][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def _calibration_error(p: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [
        (bins == at).mean() * abs(sure[bins == at].mean() - right[bins == at].mean())
        for at in range(10)
        if (bins == at).any()
    ]
    return float(sum(gaps))
