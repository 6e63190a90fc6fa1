"""What a request may write next: the engine asks before every token and tells what was chosen.

The one seam between the engine, which knows tokens, and a grammar, which knows what they spell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Constraint(Protocol):
    """The state of one request's grammar; belongs to that request alone.

    The engine calls ``mask`` and then ``accept``, once each for every token, on its own thread. An
    exception ends the request, not the engine.
    """

    def mask(self, scores: Tensor) -> Tensor:
        """Forbid tokens.

        Args:
            scores: (v,) float32 on the model's device, the caller's own copy. ``v`` may exceed the
                tokenizer's vocabulary: models pad it.

        Returns:
            The same shape with -inf for every forbidden token; at least one stays allowed (the end
            token, once the text is complete).
        """
        ...

    def accept(self, token: int) -> None:
        """Take note of the token that was chosen, the end token included."""
        ...
