"""Fitting: rows to a head. Scaffold folds, LightGBM, out-of-fold calibration.

The shipped ensemble consists of the fold models themselves, so the errors that the intervals are
made from are errors on scaffolds that a model never saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats, Ints, Probabilities, Widths
from retort.tools.predictors.datasets import Row
from retort.tools.predictors.domain import Domain, similarities
from retort.tools.predictors.endpoints import Recipe, Spec
from retort.tools.predictors.featurise import FloatArray
from retort.tools.predictors.heads import CATEGORIES, Head, category, matrix_of
from retort.tools.predictors.trees import pack

FOLDS = 5
Tick = Callable[[], None]
"""called after every booster"""


def scaffold_folds(groups: Sequence[str], seed: int, count: int = FOLDS) -> Ints:
    """Fold of each row: whole groups together, large groups first, sizes about equal.

    Args:
        groups: scaffold of each row.
        seed: breaks ties and orders groups of one size.
        count: number of folds.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    rng = np.random.default_rng(seed)
    names = sorted(members)
    names = [names[index] for index in rng.permutation(len(names))]
    folds = np.zeros(len(groups), dtype=np.int64)
    sizes = np.zeros(count)
    for name in sorted(names, key=lambda name: -len(members[name])):
        smallest = int(np.argmin(sizes + rng.random(count) / 2))
        folds[members[name]] = smallest
        sizes[smallest] += len(members[name])
    return folds


def grow(matrix: FloatArray, values: Floats, recipe: Recipe, seed: int) -> Any:
    """Train one LightGBM booster, on one thread."""
    import lightgbm

    parameters = {
        "objective": recipe.objective,
        "alpha": recipe.alpha,
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.num_leaves,
        "min_data_in_leaf": recipe.min_data_in_leaf,
        "lambda_l2": recipe.lambda_l2,
        "feature_fraction": recipe.feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "extra_trees": recipe.extra_trees,
        "max_bin": 63,
        "use_missing": False,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "seed": seed,
        "verbose": -1,
    }
    return lightgbm.train(parameters, lightgbm.Dataset(matrix, values), recipe.rounds)


def fit(spec: Spec, rows: Sequence[Row], seed: int, tick: Tick = lambda: None) -> Head:
    """Train an endpoint.

    Args:
        spec: the endpoint; its recipe says how many splits and trees.
        rows: the training molecules.
        seed: of the splits, the trees and the bootstrap.
        tick: called after every booster.

    Returns:
        A head without percentiles (``drug_quantiles`` is empty).
    """
    features = [row.features for row in rows]
    values = np.array([row.value for row in rows])
    matrix = matrix_of(features, spec.sees_form)
    boosters = []
    out_of_fold = np.zeros(len(rows))
    for repeat in range(spec.recipe.repeats):
        folds = scaffold_folds([row.scaffold for row in rows], seed + 1000 * repeat)
        for fold in range(FOLDS):
            held = folds == fold
            booster = grow(matrix[~held], values[~held], spec.recipe, seed + fold)
            out_of_fold[held] += booster.predict(matrix[held], raw_score=True, num_threads=1)
            boosters.append(booster)
            tick()
    out_of_fold /= spec.recipe.repeats
    return Head(
        forest=pack(boosters),
        domain=Domain.fit(features, spec.domain_threshold),
        calibration=_calibration(spec, rows, values, out_of_fold, seed),
        sees_form=spec.sees_form,
        drug_quantiles=np.empty(0),
    )


def _calibration(
    spec: Spec, rows: Sequence[Row], values: Floats, out_of_fold: Floats, seed: int
) -> Widths | Probabilities:
    scaffolds = np.array([row.scaffold for row in rows])
    if spec.task == "classification":
        return Probabilities.fit(out_of_fold, values == 1.0, scaffolds, seed)
    folds = scaffold_folds(scaffolds.tolist(), seed)
    categories = [
        category(float(near), row.features.components, spec.sees_form)
        for near, row in zip(_nearest_in_other_folds(rows, folds), rows, strict=True)
    ]
    return Widths.fit(values - out_of_fold, np.array(categories), CATEGORIES)


def _nearest_in_other_folds(rows: Sequence[Row], folds: Ints) -> NDArray[np.float32]:
    """Tanimoto of each row to the nearest row that its fold's model was trained on."""
    bits = np.array([row.features.bits for row in rows])
    nearest = np.zeros(len(rows), dtype=np.float32)
    for fold in np.unique(folds):
        others = bits[folds != fold]
        for index in np.flatnonzero(folds == fold):
            nearest[index] = similarities(bits[index], others).max()
    return nearest
