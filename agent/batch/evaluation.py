"""A batch held against its gold columns: shares with intervals, by kind and by group, and beside a
baseline.

Intervals are percentile bootstraps over questions (Efron and Tibshirani 1993, chapter 13), seeded;
where all questions or none count as a hit, which leaves nothing to resample, the exact ones of
Clopper and Pearson (1934, doi:10.1093/biomet/26.4.404).
Knows not when an answer is right; see ``scoring``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.agent.batch.records import Item, Line
from retort.agent.batch.scoring import Score, score

RESAMPLES = 1000
CONFIDENCE = 0.95
SEED = 0

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share of questions, or a difference of two, with its interval."""

    value: float
    low: float
    high: float
    n: int
    """questions it is a share of"""

    def told(self) -> str:
        """As a table shows it: "0.82 (0.74 to 0.89)"."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Measures:
    """How a set of questions was answered. None where nothing is known to measure it by."""

    questions: int
    """with a gold answer or source, and answered in the file in whatever way"""
    insufficient: int
    """left undecided: abstained, or no choice made"""
    accuracy: Estimate | None
    """right, of all"""
    coverage: Estimate | None
    """attempted, of all"""
    precision: Estimate | None
    """right, of the attempted"""
    exact: Estimate | None
    """of texts: the answer's first statement is the gold text and nothing more"""
    citation_hits: Estimate | None
    """an answer cites a gold source"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A batch against its gold columns."""

    all: Measures
    kinds: Mapping[str, Measures]
    groups: Mapping[str, Measures]
    baseline: Measures | None = None
    """of the same questions in another file of answers"""
    gain: Estimate | None = None
    """accuracy less the baseline's, question by question"""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def evaluate(
    items: Sequence[Item],
    line: Callable[[str], Line | None],
    baseline: Callable[[str], Line | None] | None = None,
) -> Evaluation | None:
    """Hold answers against what is known.

    Args:
        items: the questions with their gold.
        line: gives the answer to a question by its id; None where there is none yet.
        baseline: the same of other answers, which are measured on the questions both have.

    Returns:
        None where no question has both an answer and something known about it.
    """
    scored = {item.id: found for item in items if (found := _score(item, line))}
    if not scored:
        return None
    scores = list(scored.values())
    others = {
        item.id: found
        for item in items
        if baseline and item.id in scored and (found := _score(item, baseline))
    }
    return Evaluation(
        all=measure(scores),
        kinds=_by(scores, lambda each: each.kind),
        groups=_by(scores, lambda each: each.group or "(none)")
        if any(each.group for each in scores)
        else {},
        baseline=measure(list(others.values())) if others else None,
        gain=_gain([(scored[name], other) for name, other in others.items()]),
    )


def measure(scores: Sequence[Score]) -> Measures:
    """The measures of some answers."""
    known = [each for each in scores if each.is_right is not None]
    right = np.array([bool(each.is_right) for each in known], bool)
    attempted = np.array([each.is_attempted for each in known], bool)
    texts = [each for each in known if each.kind == "text"]
    sources = [each for each in scores if each.is_source_cited is not None]
    return Measures(
        questions=len(scores),
        insufficient=sum(each.is_insufficient for each in scores),
        accuracy=share(right),
        coverage=share(attempted),
        precision=share(right, attempted),
        exact=share(np.array([each.is_exact for each in texts], bool)),
        citation_hits=share(np.array([bool(each.is_source_cited) for each in sources], bool)),
    )


def share(hits: Bits, among: Bits | None = None) -> Estimate | None:
    """The share of hits among some questions.

    Args:
        hits: (n,) bool.
        among: (n,) bool, those that count; all without it. They are resampled with the rest,
            because how many they are is chance as well.
    """
    counted = np.ones(len(hits), bool) if among is None else among
    if not counted.any():
        return None
    value, n = float(hits[counted].mean()), int(counted.sum())
    if value in (0, 1):
        edge = round(((1 - CONFIDENCE) / 2) ** (1 / n), 4)
        return Estimate(value, edge if value else 0.0, 1.0 if value else 1 - edge, n)
    drawn = _resampled(hits.astype(float), counted.astype(float))
    return _estimate(value, drawn, n)


def _gain(pairs: Sequence[tuple[Score, Score]]) -> Estimate | None:
    differences = np.array(
        [
            float(bool(own.is_right)) - float(bool(other.is_right))
            for own, other in pairs
            if own.is_right is not None
        ]
    )
    if not len(differences):
        return None
    drawn = _resampled(differences, np.ones(len(differences)))
    return _estimate(float(differences.mean()), drawn, len(differences))


def _resampled(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(RESAMPLES,) weighted means of resampled questions; those without weight left out."""
    chance = np.random.default_rng(SEED)
    means = []
    for _ in range(RESAMPLES):
        rows = chance.integers(len(values), size=len(values))
        if total := weights[rows].sum():
            means.append(values[rows] @ weights[rows] / total)
    return np.array(means)


def _estimate(value: float, drawn: NDArray[np.float64], n: int) -> Estimate:
    edge = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [edge, 1 - edge])
    return Estimate(round(value, 4), round(float(low), 4), round(float(high), 4), n)


def _score(item: Item, line: Callable[[str], Line | None]) -> Score | None:
    found = line(item.id)
    return score(item, found) if found else None


def _by(scores: Sequence[Score], key: Callable[[Score], str]) -> dict[str, Measures]:
    parts: dict[str, list[Score]] = {}
    for each in scores:
        parts.setdefault(key(each), []).append(each)
    return {name: measure(part) for name, part in sorted(parts.items())}
