"""The records of the predictors: an endpoint, how its values are read, and one prediction.

Knows nothing of models, files or RDKit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Task = Literal["regression", "classification"]
Level = Literal["inside", "borderline", "outside"]
"""How near a molecule is to what a model was trained on."""


def shown(value: float) -> str:
    """A value as a reader sees it: two decimals, fewer for thousands, more for what is tiny."""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2g}" if 0 < size < 0.01 else f"{value:.2f}"


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
    """name of the positive class, a countable noun without article; empty for regression"""
    model: str
    """name and version of the model: ``retort-solubility-1``"""
    bands: tuple[Band, ...]
    """how to read a value, in ascending order; the last has no upper bound"""
    bands_source: str
    """where the thresholds come from"""
    card: Mapping[str, Any] = field(default_factory=dict)
    """the model card: training set, scores, faults, licence"""
    family: str = ""
    """what it belongs to: ``absorption``, ``toxicity`` ...; ``targets`` for the off-target panel"""
    rank_only: bool = False
    """its out-of-fold R2 is not positive: a rank among approved drugs is given, never a value"""

    @property
    def negative(self) -> str:
        """Name of the negative class: "no hERG blocker"; empty for regression."""
        return f"no {self.positive}" if self.positive else ""

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
            "family": self.family,
            "kind": self.task,
            "unit": self.unit,
            "positive": self.positive,
            "rank_only": self.rank_only,
            "model": self.model,
            "card": dict(self.card),
        }


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training molecule near the one asked for, with what was measured of it."""

    key: str
    """first block of its InChIKey (14 characters): says which molecule, not its stereochemistry"""
    similarity: float
    """Tanimoto, Morgan bits of radius 2, 0 to 1"""
    value: float
    """measured, in ``unit``; 1.0 and 0.0 for classes"""
    unit: str
    """empty for a class"""
    label: str = ""
    """the measured class in words ("no hERG blocker"); empty for regression"""
    source: str = ""
    """the training set and its reference"""
    smiles: str = ""
    """its structure, for a user's own model only: shipped models keep none"""
    name: str = ""
    """what it is called, where a database here knows its key"""

    @property
    def said(self) -> str:
        """The measured value in words: "1.90 log units", or the measured class."""
        return self.label or f"{shown(self.value)} {self.unit}".strip()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


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
    """in ``unit``; for a classifier the probability of ``label``; ``None`` in a row of an error and
    where ``rank_only``"""
    interval: tuple[float, float] | None = None
    """(lo, hi) at ``confidence``, in ``unit``"""
    confidence: float = 0.9
    interval_80: tuple[float, float] | None = None
    """(lo, hi) at 80 %, in ``unit``"""
    domain: Level | None = None
    nearest_training_similarity: float | None = None
    """Tanimoto to the nearest training molecule, Morgan bits of radius 2, 0 to 1"""
    percentile_of_drugs: float | None = None
    """share of approved drugs with a lower predicted value, in percent"""
    label: str = ""
    """name of the positive class; empty for regression"""
    classes: tuple[str, ...] = ()
    """which classes cannot be excluded at ``confidence``: one, both or none; regression: empty"""
    rank_only: bool = False
    """only ``percentile_of_drugs`` is given: the model ranks, it does not measure"""
    neighbours: tuple[Neighbour, ...] = ()
    """the nearest training molecules with their measured values, nearest first"""
    error: Mapping[str, str] | None = None
    """``{"what", "why", "next"}``"""
    reading: str = ""
    """the value in plain words with the source of the thresholds; not on the wire"""
    domain_note: str = ""
    """why it is inside or outside the domain; not on the wire"""
    form_note: str = ""
    """for a salt or a mixture, which form the value is of; not on the wire"""

    @property
    def in_domain(self) -> bool | None:
        """Whether it is no extrapolation: ``domain`` is not outside; ``None`` if unknown."""
        return None if self.domain is None else self.domain != "outside"

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
            "interval_80": None if self.interval_80 is None else list(self.interval_80),
            "classes": list(self.classes),
            "rank_only": self.rank_only,
            "in_domain": self.in_domain,
            "domain": self.domain,
            "nearest_training_similarity": self.nearest_training_similarity,
            "percentile_of_drugs": self.percentile_of_drugs,
            "neighbours": [neighbour.as_dict() for neighbour in self.neighbours],
            "model": self.model,
            "error": None if self.error is None else dict(self.error),
        }
