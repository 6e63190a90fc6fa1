"""Text -> vectors: what an encoder is, the bundled one, one for tests, and how a spec names one.

Other models stand in ``hub``. Knows nothing of papers or libraries: it sees strings.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from retort.retrieval import minilm
from retort.retrieval.batches import Progress, Vectors, bulk_engine, encode_in_batches

if TYPE_CHECKING:
    import torch

BUNDLED = "bundled"
FEW = 16
"""up to so many texts are encoded in float32 on the CPU: a query wants no GPU woken up"""
REMEMBERED = 64
"""texts encoded alone that are remembered: the steps of a turn read one question several times"""


class Encoder(Protocol):
    """Turns texts into vectors whose dot product is their similarity (cosine)."""

    @property
    def name(self) -> str:
        """The spec that loads it again: "bundled", a hub name, a path."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers per vector."""
        ...

    @property
    def digest(self) -> str:
        """Tells two encoders of one name apart: vectors of different digests never meet."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """What is searched: (n, d) float32, unit norm, one row per text in the order given."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """What is asked, which some models read in another way; else as `encode`."""
        ...


def load_encoder(spec: str = BUNDLED, offline: bool = True) -> Encoder:
    """The encoder that a spec names.

    Args:
        spec: "bundled"; else a folder or a name on the model hub of any model that transformers'
            AutoModel reads, or two of them as ``QUERIES+PASSAGES`` (see `hub`).
        offline: forbid downloads.

    Raises:
        OfflineError: the model is not on this machine and ``offline`` forbids to fetch it.
        RetortError: the model cannot be read, or the bundled file is not the pinned one.
    """
    if spec == BUNDLED:
        return BundledEncoder()
    from retort.retrieval.hub import HubEncoder

    return HubEncoder(spec, offline)


class BundledEncoder:
    """all-MiniLM-L6-v2 (22.7 M parameters, 384 dimensions, 256 tokens), checked by its hash.

    Many texts go through a CUDA device where there is one with room, in bfloat16 there and on CPUs
    with AMX (cosine to float32 >= 0.9999), else in float32.
    """

    name = BUNDLED
    dimension = minilm.DIMENSION
    digest = minilm.SHA256[:16]

    def __init__(self) -> None:
        at = minilm.folder()
        self._weights = minilm.weights(at)
        self._tokenizer = minilm.tokenizer(at)
        self._bulk: tuple[str, dict[str, torch.Tensor]] | None = None
        self._lock = threading.Lock()
        self._alone = lru_cache(REMEMBERED)(lambda text: self._encode([text]))

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, 384) float32, unit norm; see `Encoder.encode`."""
        if len(texts) == 1:  # among others its last digit may differ, by what pads the batch
            vector = self._alone(texts[0]).copy()
            if progress:
                progress(1, 1)
            return vector
        return self._encode(texts, progress)

    def _encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        import torch

        device, weights = ("cpu", self._weights) if len(texts) <= FEW else self._for_bulk()

        def embed(batch: list[str]) -> Vectors:
            encoded = self._tokenizer.encode_batch(batch)
            ids = torch.tensor([text.ids for text in encoded], device=device)
            mask = torch.tensor([text.attention_mask for text in encoded], device=device)
            with torch.inference_mode():
                vectors: Vectors = minilm.forward(weights, ids, mask).cpu().numpy()
            return vectors

        return encode_in_batches(texts, self.dimension, embed, progress)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `encode`: this model reads both alike."""
        return self.encode(texts)

    def _for_bulk(self) -> tuple[str, dict[str, torch.Tensor]]:
        with self._lock:
            if self._bulk is None:
                device, dtype = bulk_engine()
                moved = {
                    name: tensor.to(device, dtype) if tensor.is_floating_point() else tensor
                    for name, tensor in self._weights.items()
                }
                self._bulk = device, moved
            return self._bulk


class HashingEncoder:
    """Words hashed to signed directions: deterministic, instant, no weights. For tests."""

    def __init__(self, dimension: int = 64) -> None:
        self.name = f"hashing-{dimension}"
        self.dimension = dimension
        self.digest = f"hashing-{dimension}"

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, d) float32, unit norm; see `Encoder.encode`."""
        return encode_in_batches(texts, self.dimension, self._embed, progress)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `encode`."""
        return self.encode(texts)

    def _embed(self, batch: list[str]) -> Vectors:
        vectors = np.zeros((len(batch), self.dimension), np.float32)
        for vector, text in zip(vectors, batch, strict=True):
            vector[0] = 1e-3  # a text without words has a direction too
            for word in re.findall(r"\w+", text.lower()):
                digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
                vector[digest % self.dimension] += 1.0 if digest >> 63 else -1.0
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
        return unit
