"""Keys and values of a model's layers for rows that end at the same column.

transformers' own ``DynamicCache`` copies everything for every token and forgets what has left a
sliding window; this one writes into spare room and keeps all, so that any prefix can be taken out
again. Shorter rows are padded on the left with zeros, which the attention mask hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

SPARE = 256
"""columns added at a time, so that most tokens need no copy"""


class Layer(CacheLayerMixin):  # type: ignore[misc]
    """One layer: ``keys`` and ``values`` (rows, heads, room, d); ``used`` columns count."""

    is_sliding = False
    supports_early_init = False

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room, self.used = room, 0

    def lazy_initialization(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Make the room, on the device of the layer that asks."""
        self.keys, self.values = (_empty(like, like.shape[0], self.room) for like in (keys, values))
        self.is_initialized = True

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append columns; returns everything there is now."""
        if not self.is_initialized:
            self.lazy_initialization(keys, values)
        end = self.used + keys.shape[-2]
        if end > self.room:
            self.room = end + SPARE
            self.keys, self.values = (
                _filled(_empty(old, old.shape[0], self.room), old[:, :, : self.used])
                for old in (self.keys, self.values)
            )
        self.keys[:, :, self.used : end] = keys
        self.values[:, :, self.used : end] = values
        self.used = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Columns there will be, and the first of them."""
        return self.used + query_length, 0

    def get_seq_length(self) -> int:
        """Columns in use."""
        return self.used

    def get_max_length(self) -> int:
        """No limit."""
        return -1


class KeyValues(Cache):  # type: ignore[misc]
    """All layers of a model, as its forward pass takes them."""

    def __init__(self, layers: int, room: int) -> None:
        super().__init__(layers=[Layer(room) for _ in range(layers)])

    @property
    def width(self) -> int:
        """Columns in use."""
        used: list[int] = [layer.used for layer in self.layers]
        return max(used)

    @property
    def size_bytes(self) -> int:
        """Of all layers, spare room included."""
        tensors = (t for layer in self.layers if layer.is_initialized for t in _both(layer))
        return sum(t.numel() * t.element_size() for t in tensors)

    def prefix(self, columns: int, room: int) -> KeyValues:
        """A copy of the first columns, with room for more."""
        copy = KeyValues(len(self.layers), room)
        for new, old in zip(copy.layers, self.layers, strict=True):
            if old.is_initialized:
                new.update(*(t[:, :, :columns] for t in _both(old)))
        return copy

    def rearrange(self, keep: Sequence[int], joining: Sequence[KeyValues], width: int) -> None:
        """Drop rows, let others join below them, and cut or pad on the left.

        Args:
            keep: the rows that stay, by their numbers, in order.
            joining: each of one row.
            width: columns of the longest row that will be here.
        """
        for number, layer in enumerate(self.layers):
            others = [each.layers[number] for each in joining]
            if not layer.is_initialized and not any(each.is_initialized for each in others):
                continue
            layer.room = width + SPARE
            parts = [(_both(layer), layer.used, list(keep))] if keep else []
            parts += [(_both(each), each.used, [0]) for each in others]
            layer.keys, layer.values = (
                _stacked([(both[n], used, rows) for both, used, rows in parts], width, layer.room)
                for n in (0, 1)
            )
            layer.used, layer.is_initialized = width, True


def _both(layer: Layer) -> tuple[torch.Tensor, torch.Tensor]:
    return layer.keys, layer.values


def _empty(like: torch.Tensor, rows: int, room: int) -> torch.Tensor:
    return like.new_zeros((rows, like.shape[1], room, like.shape[3]))


def _filled(new: torch.Tensor, old: torch.Tensor) -> torch.Tensor:
    new[:, :, : old.shape[2]] = old
    return new


def _stacked(
    parts: Sequence[tuple[torch.Tensor, int, list[int]]], width: int, room: int
) -> torch.Tensor:
    """The named rows of each part below one another, each ending at column ``width``."""
    new = _empty(parts[0][0], sum(len(rows) for _, _, rows in parts), room)
    at = 0
    for tensor, used, rows in parts:
        columns = min(used, width)
        new[at : at + len(rows), :, width - columns : width] = tensor[
            rows, :, used - columns : used
        ]
        at += len(rows)
    return new
