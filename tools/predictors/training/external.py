"""How good a predictor is on somebody's own measurements that it was not trained on.

Knows no learner: it asks a predictor as any user does. Molecules of the training sets are told
apart by their keys and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.predictors import featurise
from retort.tools.predictors.endpoints import Metric
from retort.tools.predictors.predictors import Predictors
from retort.tools.predictors.training.metrics import METRICS

FEWEST = 20
"""molecules below which no score is given"""


def judge(
    predictors: Predictors, name: str, measured: Sequence[tuple[str, float]]
) -> dict[str, Any]:
    """Score one endpoint on measured molecules.

    Args:
        predictors: the models.
        name: of the endpoint.
        measured: SMILES and value in the endpoint's unit, or 1.0 and 0.0 for classes.

    Returns:
        JSON-ready: what became of the molecules, the scores, the share of measured values inside
        the 90 % intervals (of classes inside the class sets), all and by level of the domain.

    Raises:
        UsageError: an unknown endpoint.
        RetortError: fewer than ``FEWEST`` molecules can be scored.
    """
    endpoint = predictors.named([name])[0]
    fates: Counter[str] = Counter()
    fresh: list[tuple[str, float]] = []
    for smiles, value in measured:
        try:
            keys = featurise.structure_keys(structures.molecule_from_smiles(smiles))
        except RetortError:
            fates["unreadable"] += 1
            continue
        if predictors.trained_on(endpoint.name, keys):
            fates["trained on"] += 1
        else:
            fresh.append((smiles, value))
    if len(fresh) < FEWEST:
        raise RetortError(
            f"Cannot evaluate {endpoint.name} on {len(fresh)} molecules.",
            f"At least {FEWEST} that can be read and were not trained on are needed; "
            f"{fates['trained on']} were trained on, {fates['unreadable']} cannot be read.",
            "Give a larger table.",
        )
    rows = predictors.predict([smiles for smiles, _ in fresh], [endpoint.name])
    truth = np.array([value for _, value in fresh])
    ranks = endpoint.rank_only
    said = [row.percentile_of_drugs if ranks else row.value for row in rows]
    values = np.array(said, dtype=np.float64)
    levels = np.array([row.domain for row in rows])
    held = np.zeros(len(rows), dtype=np.bool_)
    for at, row in enumerate(rows):
        if endpoint.task == "classification":
            held[at] = (endpoint.positive if truth[at] else endpoint.negative) in row.classes
        elif row.interval is not None:
            held[at] = row.interval[0] <= truth[at] <= row.interval[1]

    def scores(chosen: np.ndarray) -> dict[str, Any]:
        found: dict[str, Any] = {"molecules": int(chosen.sum())}
        if chosen.sum() < FEWEST:
            return found
        wanted: tuple[Metric, ...] = ("MAE", "Spearman")
        if endpoint.task == "classification":
            wanted = ("AUROC", "AUPRC")
        for metric in wanted:
            if not (ranks and metric == "MAE"):
                score = METRICS[metric](truth[chosen], values[chosen])
                found[metric] = None if np.isnan(score) else round(score, 4)
        if not ranks:
            found["coverage"] = round(float(held[chosen].mean()), 4)
        return found

    return {
        "endpoint": endpoint.name,
        "model": endpoint.model,
        "unit": endpoint.unit,
        "rows": len(measured),
        "unreadable": fates["unreadable"],
        "trained_on": fates["trained on"],
        **scores(np.ones(len(rows), dtype=np.bool_)),
        "by_domain": {
            level: scores(levels == level) for level in ("inside", "borderline", "outside")
        },
    }
