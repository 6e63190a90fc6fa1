"""Text -> vectors: the bundled encoder, any encoder of the model hub or of a folder, one for tests.

Owns batching, precision and devices. Knows nothing of papers or libraries: it sees strings.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import minilm
from retort.retrieval.errors import OfflineError, RetortError

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""called with (texts done, texts in all)"""

BUNDLED = "bundled"
BATCH = 64
FEW = 16
"""up to so many texts are encoded in float32 on the CPU: a query wants no GPU woken up"""
_GPU_ROOM_BYTES = 1 << 30


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
        """(n, d) float32, unit norm, one row per text in the order given."""
        ...


def load_encoder(spec: str = BUNDLED, offline: bool = True) -> Encoder:
    """The encoder that a spec names.

    Args:
        spec: "bundled"; else a folder or a name on the model hub of any model that transformers'
            AutoModel reads (mean of the token states, unit norm).
        offline: forbid downloads.

    Raises:
        OfflineError: the model is not on this machine and ``offline`` forbids to fetch it.
        RetortError: the model cannot be read, or the bundled file is not the pinned one.
    """
    return BundledEncoder() if spec == BUNDLED else HubEncoder(spec, offline)


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

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, 384) float32, unit norm; see `Encoder.encode`."""
        import torch

        device, weights = ("cpu", self._weights) if len(texts) <= FEW else self._for_bulk()

        def embed(batch: list[str]) -> Vectors:
            encoded = self._tokenizer.encode_batch(batch)
            ids = torch.tensor([text.ids for text in encoded], device=device)
            mask = torch.tensor([text.attention_mask for text in encoded], device=device)
            with torch.inference_mode():
                vectors: Vectors = minilm.forward(weights, ids, mask).cpu().numpy()
            return vectors

        return _in_batches(texts, self.dimension, embed, progress)

    def _for_bulk(self) -> tuple[str, dict[str, torch.Tensor]]:
        with self._lock:
            if self._bulk is None:
                device, dtype = _bulk_engine()
                moved = {
                    name: tensor.to(device, dtype) if tensor.is_floating_point() else tensor
                    for name, tensor in self._weights.items()
                }
                self._bulk = device, moved
            return self._bulk


class HubEncoder:
    """Any text encoder that transformers' AutoModel reads: mean of the token states, unit norm."""

    def __init__(self, spec: str, offline: bool = True) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        if Path(spec).is_dir():
            spec = str(Path(spec).resolve())  # a library remembers it from wherever it is opened
        self.name = spec
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(spec, local_files_only=offline)
            model: Any = AutoModel.from_pretrained(
                spec, local_files_only=offline, dtype=torch.float32
            )
        except (OSError, ValueError) as problem:
            raise _cannot_load(spec, offline, problem) from problem
        self._device, self._dtype = _bulk_engine()
        self._tokenizer = tokenizer
        self.digest = _digest_of(model)
        self._model = model.to(self._device, self._dtype).eval()
        self.dimension = int(model.config.hidden_size)
        # Some tokenizers state no limit, by way of a very large number.
        self._longest = min(int(tokenizer.model_max_length), _positions(model), 512)
        self._lock = threading.Lock()  # transformers' tokenizers keep their padding as state

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, d) float32, unit norm; see `Encoder.encode`."""
        import torch

        def embed(batch: list[str]) -> Vectors:
            with self._lock:
                tokens = self._tokenizer(
                    batch,
                    padding=True,
                    truncation=True,
                    max_length=self._longest,
                    return_tensors="pt",
                ).to(self._device)
            with torch.inference_mode():
                states = self._model(**tokens).last_hidden_state
                pooled = minilm.mean_of_tokens(states, tokens["attention_mask"])
            vectors: Vectors = pooled.cpu().numpy()
            return vectors

        return _in_batches(texts, self.dimension, embed, progress)


class HashingEncoder:
    """Words hashed to signed directions: deterministic, instant, no weights. For tests."""

    def __init__(self, dimension: int = 64) -> None:
        self.name = f"hashing-{dimension}"
        self.dimension = dimension
        self.digest = f"hashing-{dimension}"

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, d) float32, unit norm; see `Encoder.encode`."""
        return _in_batches(texts, self.dimension, self._embed, progress)

    def _embed(self, batch: list[str]) -> Vectors:
        vectors = np.zeros((len(batch), self.dimension), np.float32)
        for vector, text in zip(vectors, batch, strict=True):
            vector[0] = 1e-3  # a text without words has a direction too
            for word in re.findall(r"\w+", text.lower()):
                digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
                vector[digest % self.dimension] += 1.0 if digest >> 63 else -1.0
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
        return unit


def _in_batches(
    texts: Sequence[str],
    dimension: int,
    embed: Callable[[list[str]], Vectors],
    progress: Progress | None,
) -> Vectors:
    """Encode texts of like length together, so that little is padding; results in their order."""
    vectors = np.zeros((len(texts), dimension), np.float32)
    order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        vectors[batch] = embed([texts[number] for number in batch])
        if progress:
            progress(start + len(batch), len(texts))
    return vectors


def _bulk_engine() -> tuple[str, torch.dtype]:
    """Device and precision for many texts on this machine."""
    import torch

    if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] > _GPU_ROOM_BYTES:
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return "cpu", torch.bfloat16 if has_amx() else torch.float32


def _positions(model: Any) -> int:
    return int(getattr(model.config, "max_position_embeddings", 512))


def _digest_of(model: Any) -> str:
    """SHA-256 over the float32 parameters, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _cannot_load(spec: str, offline: bool, problem: Exception) -> RetortError:
    if offline and not Path(spec).exists():
        return OfflineError(
            f'The encoder "{spec}" is not on this machine.',
            "Downloads are not allowed: Retort is offline.",
            "Give the path of a downloaded model, allow downloads, or use the bundled encoder.",
        )
    return RetortError(
        f'Cannot load "{spec}" as a text encoder.',
        " ".join(str(problem).split())[:300],
        "Give a model that transformers' AutoModel reads, or use the bundled encoder.",
    )
