"""Lexical and dense scores of the same passages -> one score.

For the bundled encoder the sum is learnt (``weights/query_map.md``): the lexical side is the share
of the most that the query's terms can give, the dense side has a weight, and a matrix turns the
vector of what is asked towards the passages that answer. The matrix was learnt on abstracts and
counts for short papers only. A score is the same whatever else is found. Other encoders get what
needs no learning: each side stretched to 0..1 over the candidates. Owns the file of what is learnt;
knows no library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError

Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights" / "query_map.safetensors"
SHORT = 2
"""passages of a short paper at most. The matrix was learnt on abstracts; 97.8 % of those are one
passage, 99.7 % one or two, and a full text is hardly ever so short."""


@dataclass(frozen=True, slots=True)
class QueryMap:
    """The dense side of a learnt score: weight * q d, and for passages of short papers + q A d."""

    weight: float
    """of the cosine, beside the lexical share"""
    matrix: Floats
    """(d, d) A"""


@cache
def query_map(encoder: str, path: Path = WEIGHTS) -> QueryMap | None:
    """What was learnt for an encoder.

    Args:
        encoder: digest of the encoder that made the vectors.
        path: of the weights.

    Returns:
        None where none was learnt for this encoder.

    Raises:
        RetortError: the file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            if (file.metadata() or {}).get("encoder") != encoder:
                return None
            matrix = file.get_tensor("matrix").astype(np.float32)
            return QueryMap(float(file.get_tensor("weight")[0]), matrix)
    except (OSError, SafetensorError) as problem:
        raise RetortError(
            f"Cannot read {path}.", str(problem), "Install Retort again; the file is part of it."
        ) from problem


def learnt(lexical: Floats, bound: float, dense: Floats) -> Floats:
    """(n,) scores of passages, those of a good answer near 1.

    Args:
        lexical: (n,) their BM25.
        bound: the most that BM25 can give for this query; 0 where no term of it is known.
        dense: (n,) their dense side, see `QueryMap`.
    """
    return (lexical / np.float32(bound or 1) + dense) / np.float32(2)


def plain(lexical: Floats, dense: Floats) -> Floats:
    """(n,) scores of passages, 0 to 1: the mean of both sides, each stretched to that range."""
    return (_unit_range(lexical) + _unit_range(dense)) / np.float32(2)


def _unit_range(scores: Floats) -> Floats:
    low, high = float(scores.min()), float(scores.max())
    spread = high - low
    return (scores - low) / spread if spread > 0 else np.zeros_like(scores)
