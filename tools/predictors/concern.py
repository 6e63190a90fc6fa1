"""Which predictions a chemist reads first: what would speak against a drug, and how much.

A rule of thumb that only orders; what a value means stands in its reading. Knows no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from retort.tools.predictors.groups import OFF_TARGET
from retort.tools.predictors.records import Endpoint, Prediction

Concern = Literal["high", "some", "little", "none"]
"""``none``: the endpoint speaks neither for nor against a drug (a volume of distribution)"""

WORSE: Mapping[str, Literal["high", "low"]] = {
    "solubility": "low",
    "lipophilicity": "high",
    "caco2": "low",
    "hia": "low",
    "pgp_inhibition": "high",
    "bioavailability": "low",
    "ppb": "high",
    "cyp2c9_inhibition": "high",
    "cyp2d6_inhibition": "high",
    "cyp3a4_inhibition": "high",
    "half_life": "low",
    "clearance_hepatocyte": "high",
    "clearance_microsome": "high",
    "ld50": "high",
    "herg": "high",
    "ames": "high",
    "dili": "high",
    "clintox": "high",
}
"""The side of an oral drug's profile that is worse. Endpoints of the Tox21 set are all worse when
high; those that are not named here are for information."""

HIGH_PERCENTILE = 90.0
SOME_PERCENTILE = 75.0
"""share of approved drugs that are predicted better, in percent, from which a regression value is
of high, and of some concern"""


def concern(endpoint: Endpoint, row: Prediction) -> Concern:
    """How much a prediction speaks against a drug.

    A class is of high concern where only the adverse one is left at 90 % confidence, of some where
    it is the more probable one. A value or a rank is judged by the share of approved drugs that are
    predicted better.
    """
    side = _side(endpoint)
    if side is None or row.percentile_of_drugs is None:
        return "none"
    if row.value is not None and endpoint.task == "classification":
        adverse = endpoint.positive if side == "high" else endpoint.negative
        chance = row.value if side == "high" else 1.0 - row.value
        if chance < 0.5:
            return "little"
        return "high" if row.classes == (adverse,) else "some"
    worse = _worse_than(side, row)
    if worse >= HIGH_PERCENTILE:
        return "high"
    return "some" if worse >= SOME_PERCENTILE else "little"


def by_concern(
    pairs: Sequence[tuple[Endpoint, Prediction]],
) -> list[tuple[Endpoint, Prediction]]:
    """Predictions in the order of concern; within one, the nearer to training before strangers."""
    levels = ("high", "some", "little", "none")

    def rank(pair: tuple[Endpoint, Prediction]) -> tuple[int, bool, float]:
        endpoint, row = pair
        side = _side(endpoint)
        worse = _worse_than(side, row) if side else 0.0
        return levels.index(concern(endpoint, row)), row.domain == "outside", -worse

    return sorted(pairs, key=rank)


def _side(endpoint: Endpoint) -> Literal["high", "low"] | None:
    if endpoint.name.startswith("tox21_"):
        return "high"
    return None if endpoint.family == OFF_TARGET else WORSE.get(endpoint.name)


def _worse_than(side: Literal["high", "low"], row: Prediction) -> float:
    """Share of approved drugs that are predicted better, in percent."""
    percentile = row.percentile_of_drugs or 0.0
    return percentile if side == "high" else 100.0 - percentile
