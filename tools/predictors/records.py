"""The records of the predictors: an endpoint, how its values are read, and one prediction.

Knows nothing of models, files or RDKit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Task = Literal["regression", "classification"]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of an endpoint's values and what it means in plain words."""

    below: float | None
    """upper bound, exclusive, in the endpoint's unit; ``None`` for the last band"""
    text: str
    """ "soluble (-2 to 0 log mol/L)\" """


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A property that can be predicted, and everything a reader must know about its model."""

    name: str
    """what a caller asks for: ``solubility``"""
    label: str
    """in a sentence: "aqueous solubility\""""
    task: Task
    unit: str
    """ "log mol/L"; empty for a probability"""
    positive: str
    """name of the positive class; empty for regression"""
    model: str
    """name and version of the model: ``retort-solubility-1``"""
    bands: tuple[Band, ...]
    """how to read a value, in ascending order; the last has no upper bound"""
    bands_source: str
    """where the thresholds come from"""
    card: Mapping[str, Any] = field(default_factory=dict)
    """the model card: training set, scores, faults, licence"""

    def band(self, value: float) -> Band:
        """The band that a value falls into."""
        for band in self.bands:
            if band.below is None or value < band.below:
                return band
        raise ValueError(f"the bands of {self.name} have no last one")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: what ``retort predict --list --json`` shows."""
        return {
            "endpoint": self.name,
            "label": self.label,
            "kind": self.task,
            "unit": self.unit,
            "positive": self.positive,
            "model": self.model,
            "card": dict(self.card),
        }


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted value for one structure, or the reason why there is none."""

    smiles: str
    """the structure exactly as it was given"""
    endpoint: str
    unit: str
    model: str
    task: Task
    value: float | None = None
    """in ``unit``; for a classifier the probability of ``label``; ``None`` in a row of an error"""
    interval: tuple[float, float] | None = None
    """(lo, hi) at ``confidence``, in ``unit``"""
    confidence: float = 0.9
    in_domain: bool | None = None
    nearest_training_similarity: float | None = None
    """Tanimoto to the nearest training molecule, Morgan bits of radius 2, 0 to 1"""
    percentile_of_drugs: float | None = None
    """share of approved drugs with a lower predicted value, in percent"""
    label: str = ""
    """name of the positive class; empty for regression"""
    error: Mapping[str, str] | None = None
    """``{"what", "why", "next"}``"""
    reading: str = ""
    """the value in plain words with the source of the thresholds; not on the wire"""
    domain_note: str = ""
    """why it is inside or outside the domain; not on the wire"""
    form_note: str = ""
    """for a salt or a mixture, which form the value is of; not on the wire"""

    def as_dict(self) -> dict[str, Any]:
        """The prediction on the wire; ``label`` is there for classifiers only."""
        return {
            "smiles": self.smiles,
            "endpoint": self.endpoint,
            "value": self.value,
            **({"label": self.label} if self.task == "classification" else {}),
            "unit": self.unit,
            "interval": None if self.interval is None else list(self.interval),
            "confidence": self.confidence,
            "in_domain": self.in_domain,
            "nearest_training_similarity": self.nearest_training_similarity,
            "percentile_of_drugs": self.percentile_of_drugs,
            "model": self.model,
            "error": None if self.error is None else dict(self.error),
        }
