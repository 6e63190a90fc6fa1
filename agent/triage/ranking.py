"""The order in which records are worth reading: what the criteria say, and what labels have taught.

Two linear support vector machines learn from the labels, one over words and one over the encoder's
vectors; the score of the criteria is a prior that fades as relevant records are found. Owns the
formula and its constants. Knows no store, no page, no stopping rule.

The constants were chosen on seven reviews (``benchmarks/triage.py``), where their neighbours do
about as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retort.agent.triage.features import Features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

C = 0.11
"""of both machines: regularised strongly, since labels are few and features many"""
BALANCE = 9.8
"""weight of all relevant records together, relative to all irrelevant ones; C and this are those of
ASReview's published default"""
PRIOR = 2.0
"""weight of the criteria's score before anything relevant is found"""
FADING = 10.0
"""relevant records after which the criteria weigh half as much"""
RISING = 20.0
"""relevant records after which the vectors weigh half as much as the words, where no criteria led
to the first labels: from few labels drawn by chance a plane among vectors is worse than one among
words. Whichever review is left out, the others choose this without criteria, and whole weight from
the start with them."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What the criteria say of n records, in standard deviations; zeros where none were written."""

    first: Floats
    """(n,) until something relevant is found: to the score of the criteria as one query comes the
    soft minimum over them, -ln sum exp -s, since a record has to meet each"""
    lasting: Floats
    """(n,) beside the labels, which know better than a minimum what of the criteria matters"""

    @classmethod
    def none(cls, count: int) -> Prior:
        """No criteria."""
        return cls(np.zeros(count), np.zeros(count))

    def __bool__(self) -> bool:
        """Whether the criteria tell any records apart."""
        return bool(self.first.any())


def order(features: Features, prior: Prior, rows: Ints, is_relevant: Flags) -> Floats:
    """Scores of all records: the higher, the sooner worth reading.

    Args:
        features: of all n records.
        prior: what the criteria say.
        rows: (m,) labelled records.
        is_relevant: (m,) their labels.

    Returns:
        (n,) comparable within one call only.
    """
    relevant = int(is_relevant.sum())
    weight = PRIOR * FADING / (FADING + relevant)
    if relevant in (0, len(rows)):
        return weight * prior.first
    scores = standardised(_learnt(features.words, rows, is_relevant))
    if features.vectors is not None:
        share = 1.0 if prior else relevant / (RISING + relevant)
        scores = scores + share * standardised(_learnt(features.vectors, rows, is_relevant))
    return scores + weight * prior.lasting


def standardised(scores: NDArray[np.floating]) -> Floats:
    """Scores with mean 0 and standard deviation 1; zeros where all are the same."""
    values = np.asarray(scores, np.float64)
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def _learnt(matrix: object, rows: Ints, is_relevant: Flags) -> Floats:
    """Distances from the plane between relevant and irrelevant, (n,)."""
    from sklearn.svm import LinearSVC

    relevant = int(is_relevant.sum())
    irrelevant = len(rows) - relevant
    weights = np.where(is_relevant, BALANCE * irrelevant / relevant, 1.0)
    machine = LinearSVC(C=C, dual="auto", random_state=0)
    machine.fit(matrix[rows], is_relevant, sample_weight=weights / weights.mean())  # type: ignore[index]
    return np.asarray(machine.decision_function(matrix), np.float64)
