"""The learned part of the planner: which kinds of question a question is (several at once).

A logistic regression per intent over the encoder's vector of the masked question and a few flags
(what entities.py recognised). Owns features and weights. Knows no tool and no conversation.
Trained by ``python -m retort.agent.models.embedded.train``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from retort.agent.models.embedded.entities import Entities

Array = npt.NDArray[np.float32]

INTENTS = (
    "identity",
    "properties",
    "rules",
    "alerts",
    "charge",
    "similarity",
    "series",
    "substructure",
    "conversion",
    "efficiency",
    "conformers",
    "mechanism",
    "drugs_for_target",
    "indications",
    "disease_drugs",
    "warnings",
    "activities",
    "selectivity",
    "structure_activity",
    "similar_compounds",
    "compounds_with",
    "target_info",
    "document",
    "prediction",
    "literature",
    "out_of_scope",
)
FLAGS = (
    "molecule",
    "two molecules",
    "structure",
    "target",
    "variant",
    "pattern",
    "property",
    "rule",
    "endpoint",
    "activity type",
    "limit",
    "refers back",
    "three molecules",
    "document",
    "amount",
    "wanted unit",
    "disease",
)
_FLAG_WEIGHT = np.float32(0.35)
"""a flag's length beside a vector of unit norm"""
WEIGHTS = Path(__file__).parent / "weights" / "planner.safetensors"


class SentenceEncoder(Protocol):
    """What is needed of an encoder: texts -> (n, d) float32, unit norm."""

    def encode(self, texts: Sequence[str]) -> Array:
        """Encode ``texts``."""
        ...


def flags(entities: Entities) -> Array:
    """(len(FLAGS),) float32 of 0 and 1: what was recognised."""
    e = entities
    kinds = {mention.kind for mention in e.mentions}
    return np.array(
        [
            bool(e.molecules),
            len(e.molecules) > 1,
            "structure" in kinds,
            "target" in kinds,
            "variant" in kinds,
            "pattern" in kinds,
            bool(e.properties),
            bool(e.rules),
            bool(e.endpoints),
            bool(e.activity_types),
            e.max_value_nm is not None or e.min_pchembl is not None,
            e.refers_back,
            len(e.molecules) > 2,
            "document" in kinds,
            bool(e.amounts) and e.max_value_nm is None,
            bool(e.amounts and e.wanted_unit),
            bool(e.disease),
        ],
        dtype=np.float32,
    )


def features(questions: Sequence[Entities], encoder: SentenceEncoder) -> Array:
    """(n, d + len(FLAGS)) float32 for questions that were read."""
    vectors = np.asarray(encoder.encode([question.masked for question in questions]))
    marks = np.stack([flags(question) for question in questions])
    return np.hstack([vectors.astype(np.float32), _FLAG_WEIGHT * marks])


@dataclass(frozen=True, slots=True, eq=False)
class IntentClassifier:
    """Weights and thresholds; one logistic regression per intent."""

    weights: Array
    """(len(INTENTS), d + len(FLAGS))"""
    bias: Array
    """(len(INTENTS),)"""
    thresholds: Array
    """(len(INTENTS),) probabilities from which an intent counts"""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """Read weights from a safetensors file."""
        from safetensors.numpy import load_file

        tensors = load_file(path)
        return cls(tensors["weights"], tensors["bias"], tensors["thresholds"])

    def save(self, path: Path = WEIGHTS, metadata: dict[str, str] | None = None) -> None:
        """Write weights as a safetensors file."""
        from safetensors.numpy import save_file

        tensors: dict[str, Any] = {
            "weights": self.weights,
            "bias": self.bias,
            "thresholds": self.thresholds,
        }
        save_file(tensors, path, metadata=metadata)

    def probabilities(self, x: Array) -> Array:
        """(n, len(INTENTS)) for (n, d + len(FLAGS)) features."""
        logits = x @ self.weights.T + self.bias
        p: Array = (1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
        return p

    def classify(self, question: Entities, encoder: SentenceEncoder) -> dict[str, float]:
        """Intent -> probability over its threshold; from 1.0 on the intent counts."""
        row = self.probabilities(features([question], encoder))[0]
        ratios = row / self.thresholds
        return {name: round(float(ratio), 4) for name, ratio in zip(INTENTS, ratios, strict=True)}
