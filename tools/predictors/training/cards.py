"""The model card of an endpoint: all that a reader must know, as JSON. Measures nothing itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from retort.tools.predictors.conformal import CONFIDENCES
from retort.tools.predictors.domain import (
    FEWEST_WITH_ELEMENT,
    INSIDE,
    MARGIN,
    OUTSIDE,
    RANGED,
)
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.heads import Head
from retort.tools.predictors.training.boosting import Growth
from retort.tools.predictors.training.datasets import Dataset
from retort.tools.predictors.training.labels import FOLDS

MEMBER_WORDS = {
    "trees": "LightGBM on Morgan counts, RDKit descriptors and ErG pharmacophore pairs",
    "graph": "directed message-passing network with RDKit descriptors, multitask",
    "smiles": "SMILES transformer, pretrained here, fine-tuned multitask",
}
DOMAIN = (
    f"outside: Tanimoto to the nearest training molecule below {OUTSIDE}, an element in "
    f"fewer than {FEWEST_WITH_ELEMENT} training molecules, or {', '.join(RANGED)} more "
    f"than {MARGIN:.0%} beyond their range in training; borderline: Tanimoto below "
    f"{INSIDE}, or beyond their 0.5th to 99.5th percentile"
)
"""what the levels of the domain mean"""


def model_card(
    spec: Spec, found: Dataset, head: Head, scores: dict[str, Any], growth: Growth, drugs: int
) -> dict[str, Any]:
    """The card of an endpoint.

    Args:
        spec: what is predicted.
        found: the training set.
        head: the trained model.
        scores: out-of-fold scores, as ``evaluation.scores`` gives them.
        growth: how the trees were grown.
        drugs: approved drugs that percentiles refer to.
    """
    learnt = np.array([row.value for row in found.rows])
    rank_only = spec.task == "regression" and not (scores["r2"] or 0.0) > 0.0
    stack = head.full.stack
    return {
        "model": spec.model,
        "endpoint": spec.name,
        "label": spec.label,
        "family": spec.family,
        "kind": spec.task,
        "rank_only": rank_only,
        "measured": spec.measured,
        "unit": spec.unit,
        "positive_class": spec.positive,
        "transform": spec.transform_note,
        "input": (
            "the neutral parent and which counter-ions it came with"
            if spec.sees_form
            else "the neutral parent; counter-ions are left out"
        ),
        "sources": [
            {
                "name": source.name,
                "reference": source.reference,
                "licence": source.licence,
                "auxiliary": source.auxiliary,
                "agreement": source.agreement,
                **asdict(found.by_source[source.name]),
            }
            for source in spec.sources
        ],
        "counts": found.counts(),
        "range": [spec.published(float(edge)) for edge in (learnt.min(), learnt.max())],
        "stack": list(stack.members),
        "weights": {
            name: round(float(weight), 4)
            for name, weight in zip(stack.members, stack.weights, strict=True)
        },
        "members": {name: MEMBER_WORDS[name] for name in scores["members"]},
        "trees": asdict(growth),
        "split": (
            f"{FOLDS} scaffold folds; stack and calibration are judged on a fold that neither they "
            "nor the members saw; scores are means over "
            f"{len(scores['by_seed']['stack'])} such splits, coverage is of the first"
        ),
        "evaluation": scores,
        "interval": interval_note(spec),
        "domain": DOMAIN,
        "percentiles": (
            f"of this model's predictions for {drugs:,} approved drugs (phase 4 in ChEMBL, parents)"
        ),
        "reading": [asdict(band) for band in spec.bands],
        "reading_source": spec.bands_source,
        "faults": list(spec.faults),
        "licence": spec.licence,
    }


def interval_note(spec: Spec) -> str:
    """How an endpoint's intervals are made."""
    levels = " and ".join(f"{confidence:.0%}" for confidence in CONFIDENCES)
    if spec.task == "classification":
        return (
            f"{levels} of the probability: bootstrap refits of Platt scaling on out-of-fold "
            "outputs, with a slope that depends on similarity, widened to hold what each member "
            "alone would say; class sets are conformal at 90%, by similarity"
        )
    return (
        f"{levels} cross-conformal from out-of-fold errors on scaffold folds, by similarity to the "
        "nearest training molecule" + (", salts apart" if spec.sees_form else "")
    )
