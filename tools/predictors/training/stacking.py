"""Which members an endpoint keeps and with what weights, judged on scaffolds they have not seen.

Works on out-of-fold outputs only. Knows no molecule, no learner and no file. Stacking with
non-negative weights follows Breiman 1996, Mach. Learn. 24, 49.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from retort.tools.predictors.conformal import Floats, Ints
from retort.tools.predictors.records import Task
from retort.tools.predictors.stack import Stack

USUAL = ("trees", "graph")
"""What is stacked unless another set is clearly better; without its networks, the trees alone."""
CLEARLY = 2.0
"""standard errors (of the loss, paired by molecule) by which another set must be better: with
dozens of endpoints, one would often be better by chance"""
WORTH = 0.005
"""share of the usual set's loss that another must save besides: a network costs time and space"""
PRIOR = 10.0
"""molecules' worth of pull towards equal weights; what small sets lean on"""


def choose(
    outputs: Mapping[str, Floats], values: Floats, folds: Ints, task: Task
) -> tuple[Stack, dict[str, float]]:
    """The stack of an endpoint.

    Every set of members is weighted on four fifths of the folds and judged on the fifth. The usual
    set is kept unless another one's loss is lower by ``CLEARLY`` standard errors and by ``WORTH``;
    the best of these is taken. Weights are then made on all rows.

    Args:
        outputs: (n,) out-of-fold outputs by member.
        values: (n,) transformed values, or 1.0 and 0.0.
        folds: (n,) scaffold fold of each row.
        task: squared error for regression, log loss for classification.

    Returns:
        The stack, and the mean cross-fitted loss of every set by its name ("trees+graph").
    """
    sets = [names for size in range(1, len(outputs) + 1) for names in combinations(outputs, size)]
    losses = {names: _losses(names, outputs, values, folds, task) for names in sets}
    usual = tuple(name for name in USUAL if name in outputs) or sets[0]
    gains = {names: losses[usual] - own for names, own in losses.items()}
    least = WORTH * losses[usual].mean()
    clear = [
        names
        for names, gain in gains.items()
        if gain.mean() > max(least, CLEARLY * gain.std() / np.sqrt(len(values)))
    ]
    kept = max(clear, key=lambda names: gains[names].mean(), default=usual)
    named = {"+".join(names): float(own.mean()) for names, own in losses.items()}
    return fit(kept, outputs, values, task), named


def cross_fitted(outputs: Mapping[str, Floats], values: Floats, folds: Ints, task: Task) -> Floats:
    """Output (n,) of the stack for every row, chosen and weighted without the row's own fold.

    Weights are scaled to sum to 1 and the intercept is left out: both differ a little from fold to
    fold, and to a score of ranks over all folds (AUROC) that would be noise, while a calibrated
    probability has them back.
    """
    found = np.empty(len(values))
    for fold in np.unique(folds):
        rest, held = folds != fold, folds == fold
        others = {name: column[rest] for name, column in outputs.items()}
        stack, _ = choose(others, values[rest], folds[rest], task)
        total = float(stack.weights.sum())
        weights = stack.weights / total if total > 0 else np.full(len(stack.members), 1.0)
        plain = Stack(stack.members, weights)
        found[held] = plain.combine({name: column[held] for name, column in outputs.items()})
    return found


def fit(
    members: tuple[str, ...], outputs: Mapping[str, Floats], values: Floats, task: Task
) -> Stack:
    """Weights of given members: least squares with weights that sum to 1, or logistic regression.

    Weights are not negative and are pulled towards equal ones by ``PRIOR``.
    """
    from scipy.optimize import minimize

    columns = np.stack([np.asarray(outputs[name], np.float64) for name in members], axis=1)
    count, equal = len(members), 1.0 / len(members)
    if task == "regression":
        if count == 1:
            return Stack(members, np.ones(1))
        scale = max(float(np.std(values)), 1e-9)
        columns, target = columns / scale, values / scale

        def squares(weights: Floats) -> tuple[float, Floats]:
            error = columns @ weights - target
            pull = weights - equal
            cost = float(error @ error + PRIOR * pull @ pull)
            return cost, 2 * (columns.T @ error + PRIOR * pull)

        found = minimize(
            squares,
            np.full(count, equal),
            jac=True,
            bounds=[(0.0, 1.0)] * count,
            constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1.0},
            method="SLSQP",
        )
        return Stack(members, np.clip(found.x, 0.0, 1.0) / max(float(found.x.sum()), 1e-9))

    def log_loss(point: Floats) -> tuple[float, Floats]:
        odds = columns @ point[:-1] + point[-1]
        pull = point[:-1] - equal
        cost = float(np.logaddexp(0.0, odds).sum() - values @ odds + PRIOR * pull @ pull)
        error = 1.0 / (1.0 + np.exp(-np.clip(odds, -500, 500))) - values
        return cost, np.append(columns.T @ error + 2 * PRIOR * pull, error.sum())

    start = np.append(np.full(count, equal), 0.0)
    bounds = [(0.0, None)] * count + [(None, None)]
    found = minimize(log_loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    return Stack(members, found.x[:-1], float(found.x[-1]))


def _losses(
    members: tuple[str, ...],
    outputs: Mapping[str, Floats],
    values: Floats,
    folds: Ints,
    task: Task,
) -> Floats:
    """Loss (n,) of every row, with weights made on the other folds."""
    found = np.empty(len(values))
    for fold in np.unique(folds):
        rest, held = folds != fold, folds == fold
        stack = fit(members, {m: outputs[m][rest] for m in members}, values[rest], task)
        out = stack.combine({m: outputs[m][held] for m in members})
        if task == "regression":
            found[held] = (out - values[held]) ** 2
        else:
            found[held] = np.logaddexp(0.0, out) - values[held] * out
    return found
