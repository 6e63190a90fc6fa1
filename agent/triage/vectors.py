"""The encoder's vectors of many records: read once, kept in a cache that can be made again.

Owns what a file of vectors holds. Knows no ranking.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retort.agent.triage import cache
from retort.agent.triage.features import Vectors

if TYPE_CHECKING:
    from retort.retrieval.encode import Encoder

CHUNK = 256
"""texts that the encoder reads before it is asked whether to go on"""


def read(
    texts: Sequence[str],
    encoder: Encoder,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Vectors | None:
    """The vectors of texts, from the cache where they were read before.

    Args:
        texts: n of them.
        encoder: reads them.
        folder: of the cache; None keeps nothing.
        progress: called with the texts done and all.
        should_stop: asked now and then.

    Returns:
        (n, d) float32, unit norm; None where it was to stop.
    """
    shape = (len(texts), encoder.dimension)
    file = _file(texts, encoder, folder) if folder else None
    vectors = _kept(file, shape) if file else None
    if vectors is not None:
        return vectors
    vectors = np.zeros(shape, np.float32)
    for start in range(0, len(texts), CHUNK):
        if should_stop():
            return None
        vectors[start : start + CHUNK] = encoder.encode(texts[start : start + CHUNK])
        if progress:
            progress(min(start + CHUNK, len(texts)), len(texts))
    if file:
        _keep(file, vectors)
    return vectors


def _file(texts: Sequence[str], encoder: Encoder, folder: Path) -> Path:
    digest = hashlib.sha256(encoder.digest.encode())
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return folder / f"{digest.hexdigest()[:32]}.npy"


def _kept(file: Path, shape: tuple[int, int]) -> Vectors | None:
    """Vectors of an earlier run; None where there are none, or they are damaged."""
    content = cache.read(file)
    if content is None:
        return None
    try:
        vectors: Vectors = np.load(io.BytesIO(content), allow_pickle=False).astype(np.float32)
    except ValueError:
        return None
    return vectors if vectors.shape == shape else None


def _keep(file: Path, vectors: Vectors) -> None:
    """In half precision: a cosine is off by less than a thousandth."""
    content = io.BytesIO()
    np.save(content, vectors.astype(np.float16), allow_pickle=False)
    cache.keep(file, content.getvalue())
