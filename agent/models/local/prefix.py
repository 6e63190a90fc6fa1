"""Prompts whose keys and values are kept, so that the next one computes only what is new.

The system prompt, the tools and the earlier turns of a conversation come again with every step.
Knows tokens and their memory, not what they say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retort.agent.models.local.cache import KeyValues

WORTH = 16
"""tokens; a shorter common prefix is not worth its copy"""


@dataclass(frozen=True, slots=True)
class _Kept:
    tokens: tuple[int, ...]
    cache: KeyValues


class PrefixStore:
    """The prompts used last, up to a limit of memory; not safe for threads: the engine's alone.

    Args:
        limit_bytes: of keys and values in all; 0 keeps nothing.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._kept: list[_Kept] = []  # the one used last stands last

    @property
    def size_bytes(self) -> int:
        """Of what is kept now."""
        return sum(kept.cache.size_bytes for kept in self._kept)

    def find(self, tokens: Sequence[int], room: int) -> tuple[KeyValues | None, int]:
        """A copy of the longest common prefix with a kept prompt, and its length.

        At least the last token is left to compute, since its scores are needed.

        Args:
            tokens: the new prompt.
            room: columns that the copy has.
        """
        lengths = [common_length(kept.tokens, tokens[:-1]) for kept in self._kept]
        best = max(range(len(lengths)), key=lengths.__getitem__, default=-1)
        if best < 0 or lengths[best] < WORTH:
            return None, 0
        self._kept.append(self._kept.pop(best))
        return self._kept[-1].cache.prefix(lengths[best], room), lengths[best]

    def keep(self, tokens: Sequence[int], cache: KeyValues) -> None:
        """Keep a prompt; the cache is this store's from now on. What it extends is let go."""
        new = _Kept(tuple(tokens), cache)
        size = cache.size_bytes
        if size > self.limit_bytes:
            return
        self._kept = [
            kept for kept in self._kept if common_length(kept.tokens, tokens) < len(kept.tokens)
        ]
        self._kept.append(new)
        while self.size_bytes > self.limit_bytes:
            self._kept.pop(0)

    def clear(self) -> None:
        """Let all go."""
        self._kept.clear()


def common_length(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two prompts begin with in common."""
    a, b = tuple(a), tuple(b)
    return bisect_left(range(min(len(a), len(b))), True, key=lambda n: a[: n + 1] != b[: n + 1])
