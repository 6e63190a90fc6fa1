"""How far each molecule of a training set is from those of the other folds.

What intervals and the domain are judged on: a model asked about a stranger. Knows no value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.domain import LEVELS, Domain, ranged_columns
from retort.tools.predictors.featurise import Features, FloatArray, Stacked
from retort.tools.predictors.neighbours import References
from retort.tools.predictors.training.labels import Ints


def ranged(molecules: Sequence[Features]) -> FloatArray:
    """(n, 5) the descriptors whose range makes the domain."""
    columns = ranged_columns()
    return np.array([item.vector[columns] for item in molecules], dtype=np.float32)


def apart(molecules: Sequence[Features], folds: Ints) -> tuple[Floats, NDArray[np.str_]]:
    """Nearness to the other folds, and the level of the domain that they make.

    Args:
        molecules: n of them.
        folds: (n,) fold of each.

    Returns:
        (n,) Tanimoto to the nearest molecule of another fold, and (n,) levels.
    """
    nearest = np.zeros(len(molecules))
    levels = np.empty(len(molecules), dtype="U10")
    bits = np.array([item.bits for item in molecules])
    columns = ranged(molecules)
    for fold in np.unique(folds):
        held, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        others = References.of(bits[rest])
        domain = Domain.fit([molecules[at].elements for at in rest.tolist()], columns[rest])
        for at in held.tolist():
            nearest[at] = others.similarities(bits[at : at + 1]).max()
        strangers = Stacked.of([molecules[at] for at in held.tolist()])
        levels[held] = np.array(LEVELS)[domain.judge(strangers, nearest[held]).levels]
    return nearest, levels
