"""How a model reads many texts: batches of like length, and the device and precision for them.

Shared by all encoders and by the cross-encoders of ``rerank``. Knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""called with (texts done, texts in all)"""

BATCH = 64
_GPU_ROOM_BYTES = 1 << 30


def of_like_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of texts, longest first, in batches, so that little is padding."""
    order = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


def encode_in_batches(
    texts: Sequence[str],
    dimension: int,
    embed: Callable[[list[str]], Vectors],
    progress: Progress | None,
) -> Vectors:
    """(n, d) float32: the rows that ``embed`` gives for each batch, in the order of the texts."""
    vectors = np.zeros((len(texts), dimension), np.float32)
    done = 0
    for batch in of_like_length([len(text) for text in texts]):
        vectors[batch] = embed([texts[number] for number in batch])
        done += len(batch)
        if progress:
            progress(done, len(texts))
    return vectors


def bulk_engine() -> tuple[str, torch.dtype]:
    """Device and precision for many texts on this machine.

    Half precision where the hardware computes in it: bfloat16 before float16, whose range some
    models trained in bfloat16 leave.
    """
    import torch

    if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] > _GPU_ROOM_BYTES:
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return "cpu", torch.bfloat16 if has_amx() else torch.float32
