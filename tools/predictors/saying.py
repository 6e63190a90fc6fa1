"""Answers as predictions: records with their wording. Knows no model and no file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import isnan

from retort.retrieval.errors import RetortError
from retort.tools.predictors.answers import Answers
from retort.tools.predictors.featurise import Features
from retort.tools.predictors.heads import Estimates
from retort.tools.predictors.records import Endpoint, Neighbour, Prediction

CONFIDENCE = 0.9

Near = tuple[int, float, float, int]
"""A training molecule as ``heads.Neighbours.of`` gives it."""


def predictions(
    answers: Answers,
    endpoints: Sequence[Endpoint],
    neighbour: Callable[[Endpoint, Near], Neighbour],
    see_form: Collection[str] = (),
) -> Iterator[Prediction]:
    """One row per structure and endpoint, all endpoints of the first structure first.

    Args:
        answers: to these endpoints.
        endpoints: in the order wanted.
        neighbour: the record of a training molecule.
        see_form: names of those that tell a salt from its parent.
    """
    place = 0
    for smiles, item in zip(answers.smiles, answers.read, strict=True):
        if isinstance(item, RetortError):
            yield from (_blank(smiles, endpoint, item) for endpoint in endpoints)
            continue
        for endpoint in endpoints:
            found = answers.estimates[endpoint.name]
            near = tuple(neighbour(endpoint, one) for one in found.neighbours.of(place))
            form = _form(item, endpoint.name in see_form)
            yield _prediction(smiles, endpoint, found, place, near, form)
        place += 1


def _blank(smiles: str, endpoint: Endpoint, error: RetortError) -> Prediction:
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


def _form(features: Features, sees_form: bool) -> str:
    """Which form of a salt or a mixture the value is of."""
    if features.components == 1:
        return ""
    return "of the salt or mixture as given" if sees_form else f"of the parent {features.smiles}"


def _prediction(
    smiles: str,
    endpoint: Endpoint,
    found: Estimates,
    at: int,
    neighbours: tuple[Neighbour, ...],
    form_note: str,
) -> Prediction:
    """The row of the structure at a place of the estimates."""
    read, ranks = found.readings, endpoint.rank_only
    value = float(read.values[at])
    low, high = read.intervals[at].tolist()
    low_80, high_80 = read.intervals_80[at].tolist()
    positive, negative = read.classes[at].tolist()
    percentile = float(found.percentiles[at])
    nearest = neighbours[0].similarity
    near = f"nearest training molecule Tanimoto {nearest:.2f}"
    return Prediction(
        smiles=smiles,
        endpoint=endpoint.name,
        unit=endpoint.unit,
        model=endpoint.model,
        task=endpoint.task,
        value=None if ranks else value,
        interval=None if ranks else (low, high),
        confidence=CONFIDENCE,
        interval_80=None if ranks else (low_80, high_80),
        domain=found.judgement.level(at),
        nearest_training_similarity=nearest,
        percentile_of_drugs=None if isnan(percentile) else percentile,
        label=endpoint.positive,
        classes=_classes(endpoint, positive, negative),
        rank_only=ranks,
        neighbours=neighbours,
        reading="" if ranks else _reading(endpoint, value, (low, high), (positive, negative)),
        domain_note="; ".join((near, *found.judgement.complaints(at))),
        form_note=form_note,
    )


def _classes(endpoint: Endpoint, positive: bool, negative: bool) -> tuple[str, ...]:
    if endpoint.task == "regression":
        return ()
    named = ((endpoint.positive, positive), (endpoint.negative, negative))
    return tuple(name for name, is_held in named if is_held)


def _reading(
    endpoint: Endpoint, value: float, interval: tuple[float, float], classes: tuple[bool, bool]
) -> str:
    """The value in plain words, how far the interval reaches, and whose thresholds these are.

    Of an endpoint without thresholds only what is sure of its class.
    """
    words = []
    if endpoint.bands:
        words.append(endpoint.band(value).text)
        reach = [endpoint.band(edge) for edge in interval]
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
        words.append(sure[classes])
    source = f" (thresholds: {endpoint.bands_source})" if endpoint.bands else ""
    return "; ".join(words) + source
