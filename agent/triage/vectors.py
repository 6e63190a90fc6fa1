"""The encoder's vectors of many records: read once, kept in a cache that can be made again.

Owns the files of the cache. Knows no ranking.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retort.agent.triage.features import Vectors

if TYPE_CHECKING:
    from retort.retrieval.encode import Encoder

log = logging.getLogger(__name__)

CHUNK = 256
"""texts that the encoder reads before it is asked whether to go on"""


def read(
    texts: Sequence[str],
    encoder: Encoder,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Vectors | None:
    """The vectors of texts, from the cache where they were read before.

    Args:
        texts: n of them.
        encoder: reads them.
        cache: folder; None keeps nothing.
        progress: called with the texts done and all.
        should_stop: asked now and then.

    Returns:
        (n, d) float32, unit norm; None where it was to stop.
    """
    shape = (len(texts), encoder.dimension)
    file = _file(texts, encoder, cache) if cache else None
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


def _file(texts: Sequence[str], encoder: Encoder, cache: Path) -> Path:
    digest = hashlib.sha256(encoder.digest.encode())
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return cache / f"{digest.hexdigest()[:32]}.npy"


def _kept(file: Path, shape: tuple[int, int]) -> Vectors | None:
    """Vectors of an earlier run; None where there are none, or they are damaged."""
    try:
        content = file.read_bytes()
        if file.with_suffix(".sha256").read_text() != hashlib.sha256(content).hexdigest():
            return None
        vectors: Vectors = np.load(file, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError):
        return None
    return vectors if vectors.shape == shape else None


def _keep(file: Path, vectors: Vectors) -> None:
    """In half precision: a cosine is off by less than a thousandth."""
    temporary = file.with_suffix(".tmp.npy")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(temporary, vectors.astype(np.float16), allow_pickle=False)
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
        file.with_suffix(".sha256").write_text(digest)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        log.exception("the vectors could not be kept")
