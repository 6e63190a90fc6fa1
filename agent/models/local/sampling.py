"""The choice of the next token: greedy, or drawn with the request's own random numbers."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from retort.agent.models.local.constraint import Constraint


class Sampler:
    """One request's choices; two requests never share random numbers.

    Args:
        config: the model's ``GenerationConfig``: temperature, top_k, top_p, min_p.
        seed: greedy when 0.
        constraint: what may be written.
    """

    def __init__(self, config: Any, seed: int, constraint: Constraint | None) -> None:
        self._constraint = constraint
        self._random = torch.Generator().manual_seed(seed) if seed else None
        self._warpers = _warpers(config)

    @property
    def is_plain(self) -> bool:
        """Whether the highest score is the choice, so that all rows can be looked at at once."""
        return self._random is None and self._constraint is None

    def pick(self, scores: torch.Tensor) -> int:
        """The next token.

        Args:
            scores: (v,) float32; not changed.
        """
        if self._constraint:
            scores = self._constraint.mask(scores.clone())
        if self._random is None:
            token = int(scores.argmax())
        else:
            chances = self._warpers(None, scores[None]).softmax(-1)[0].cpu()
            token = int(torch.multinomial(chances, 1, generator=self._random))
        if self._constraint:
            self._constraint.accept(token)
        return token


def _warpers(config: Any) -> Any:
    """The library's own, those that the configuration asks for."""
    asked = (
        (TemperatureLogitsWarper, config.temperature, float),
        (TopKLogitsWarper, config.top_k, int),
        (TopPLogitsWarper, config.top_p, float),
        (MinPLogitsWarper, config.min_p, float),
    )
    idle = {TopKLogitsWarper: (0,)}  # for the others 1 changes nothing, and 0 means "not set"
    return LogitsProcessorList(
        warper(kind(value))
        for warper, value, kind in asked
        if value is not None and value not in idle.get(warper, (0, 1))
    )
