"""What models say of a block of structures: arrays for those that can be read, errors for the rest.

Knows no model: what estimates is given. How an answer is told stands in ``saying`` and ``columns``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from retort.retrieval.errors import RetortError
from retort.tools.predictors.featurise import Features, featurise
from retort.tools.predictors.heads import Estimates
from retort.tools.predictors.records import Endpoint, Prediction

LIMITS = {"%": (0.0, 100.0)}
"""units whose values end somewhere"""


@dataclass(frozen=True, slots=True)
class Answers:
    """Estimates of several endpoints for structures."""

    smiles: tuple[str, ...]
    """as they were given"""
    read: tuple[Features | RetortError, ...]
    """features of each, or why there are none"""
    estimates: Mapping[str, Estimates]
    """by endpoint, of those with features, in their order; within ``LIMITS``"""

    @classmethod
    def of(
        cls,
        smiles: Sequence[str],
        endpoints: Sequence[Endpoint],
        estimate: Callable[[Sequence[Features]], Mapping[str, Estimates]],
    ) -> Answers:
        """Read structures and estimate those that can be read.

        Args:
            smiles: structures; salts are allowed.
            endpoints: what is wanted.
            estimate: gives estimates by endpoint of molecules, at least one.
        """
        read = tuple(map(_read, smiles))
        features = [item for item in read if isinstance(item, Features)]
        found = estimate(features) if features else {}
        return cls(
            smiles=tuple(smiles),
            read=read,
            estimates={
                endpoint.name: _within(found[endpoint.name], endpoint.unit)
                for endpoint in endpoints
                if found
            },
        )


class PropertyModels(Protocol):
    """What predicts endpoints: Retort's own models, or one of a user."""

    def endpoints(self) -> list[Endpoint]:
        """What can be predicted, with model cards."""

    def named(self, names: Sequence[str] | None) -> list[Endpoint]:
        """The endpoints that names or groups mean; all of them for no names."""

    def predict(
        self, smiles: Sequence[str], endpoints: Sequence[str] | None = None
    ) -> list[Prediction]:
        """One row per structure and endpoint, all endpoints of the first structure first."""

    def answer(self, smiles: Sequence[str], endpoints: Sequence[Endpoint]) -> Answers:
        """The same for endpoints of this object, as arrays."""


def _read(smiles: str) -> Features | RetortError:
    try:
        return featurise(smiles)
    except RetortError as error:
        return error


def _within(found: Estimates, unit: str) -> Estimates:
    if unit not in LIMITS:
        return found
    return replace(found, readings=found.readings.within(*LIMITS[unit]))
