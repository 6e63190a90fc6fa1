"""One estimate as a prediction: the record with its wording. Knows no model and no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isnan

from retort.retrieval.errors import RetortError
from retort.tools.predictors.featurise import Features
from retort.tools.predictors.heads import Estimate
from retort.tools.predictors.records import Endpoint, Neighbour, Prediction

CONFIDENCE = 0.9
LIMITS = {"%": (0.0, 100.0)}
"""units whose values end somewhere"""


def blank(smiles: str, endpoint: Endpoint, error: RetortError) -> Prediction:
    """The row of a structure that cannot be predicted."""
    return Prediction(
        smiles=smiles,
        endpoint=endpoint.name,
        unit=endpoint.unit,
        model=endpoint.model,
        task=endpoint.task,
        label=endpoint.positive,
        error=error.as_dict(),
    )


def prediction(
    smiles: str,
    endpoint: Endpoint,
    estimate: Estimate,
    features: Features,
    neighbours: Sequence[Neighbour],
    sees_form: bool,
) -> Prediction:
    """The row of a structure.

    Args:
        smiles: as it was given.
        endpoint: what is predicted.
        estimate: what the head says.
        features: of the structure.
        neighbours: the nearest training molecules.
        sees_form: whether the endpoint tells a salt from its parent.
    """
    estimate = _within(estimate, LIMITS.get(endpoint.unit, (-inf, inf)))
    form = ""
    if features.components > 1:
        form = (
            "of the salt or mixture as given" if sees_form else f"of the parent {features.smiles}"
        )
    ranks = endpoint.rank_only
    return Prediction(
        smiles=smiles,
        endpoint=endpoint.name,
        unit=endpoint.unit,
        model=endpoint.model,
        task=endpoint.task,
        value=None if ranks else estimate.value,
        interval=None if ranks else estimate.interval,
        confidence=CONFIDENCE,
        interval_80=None if ranks else estimate.interval_80,
        domain=estimate.level,
        nearest_training_similarity=estimate.nearest,
        percentile_of_drugs=None if isnan(estimate.percentile) else estimate.percentile,
        label=endpoint.positive,
        classes=_classes(endpoint, estimate),
        rank_only=ranks,
        neighbours=tuple(neighbours),
        reading="" if ranks else reading(endpoint, estimate),
        domain_note="; ".join(
            (f"nearest training molecule Tanimoto {estimate.nearest:.2f}", *estimate.complaints)
        ),
        form_note=form,
    )


def _within(estimate: Estimate, limits: tuple[float, float]) -> Estimate:
    """The estimate with its value and intervals cut off where no measured value can be."""
    low, high = limits
    value, *edges = (
        min(max(number, low), high)
        for number in (estimate.value, *estimate.interval, *estimate.interval_80)
    )
    return replace(
        estimate,
        value=value,
        interval=(edges[0], edges[1]),
        interval_80=(edges[2], edges[3]),
    )


def _classes(endpoint: Endpoint, estimate: Estimate) -> tuple[str, ...]:
    if endpoint.task == "regression":
        return ()
    names = (endpoint.positive, endpoint.negative)
    return tuple(name for name, held in zip(names, estimate.classes, strict=True) if held)


def reading(endpoint: Endpoint, estimate: Estimate) -> str:
    """The value in plain words, how far the interval reaches, and whose thresholds these are.

    Of an endpoint without thresholds only what is sure of its class.
    """
    words = []
    if endpoint.bands:
        words.append(endpoint.band(estimate.value).text)
        reach = [endpoint.band(edge) for edge in estimate.interval]
        if endpoint.task == "regression" and reach[0] != reach[1]:
            kinds = [band.text.split(" (")[0] for band in reach]
            words.append(f"the interval reaches from {kinds[0]} to {kinds[1]}")
    if endpoint.task == "classification":
        sure = {
            (True, True): "at 90 % confidence neither class can be excluded",
            (True, False): f"at 90 % confidence: {endpoint.positive}",
            (False, True): f"at 90 % confidence: {endpoint.negative}",
            (False, False): "it resembles neither class of the training set",
        }
        words.append(sure[estimate.classes])
    source = f" (thresholds: {endpoint.bands_source})" if endpoint.bands else ""
    return "; ".join(words) + source
