"""Sentence encoders of the model hub or of a folder, read as their own configuration says.

Owns loading, the two towers of models such as MedCPT, and pooling; how a model wants to be used
stands in ``conventions``. Knows nothing of papers or libraries: it sees strings.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retort.retrieval.batches import Progress, Vectors, bulk_engine, encode_in_batches
from retort.retrieval.conventions import PLAIN, Convention, convention_of
from retort.retrieval.errors import OfflineError, RetortError

if TYPE_CHECKING:
    import torch

LONGEST = 512
"""tokens read of a text where the model does not say less; passages are seldom longer"""
_SIBLINGS = ("Query-Encoder", "Article-Encoder")
"""MedCPT's towers (Jin et al. 2023, doi:10.1093/bioinformatics/btad651): each names the other."""


class HubEncoder:
    """A model, or a pair of which one reads queries and the other passages.

    Args:
        spec: a folder, or a name on the hub; a pair is ``QUERIES+PASSAGES``. One tower of MedCPT
            brings the other. It is stored with the library, folders as absolute paths.
        offline: forbid downloads.

    Raises:
        OfflineError: the model is not on this machine and ``offline`` forbids to fetch it.
        RetortError: the model cannot be read, or the two towers do not fit together.
    """

    def __init__(self, spec: str, offline: bool = True) -> None:
        names = towers_of(spec)
        self.name = "+".join(names)
        towers = [_Tower(name, offline) for name in names]
        self._queries, self._passages = towers[0], towers[-1]
        self.dimension = self._passages.dimension
        self.digest = _joined([tower.digest for tower in towers])
        if self._queries.dimension != self.dimension:
            raise RetortError(
                f'"{self.name}" is no pair of encoders.',
                f"One gives {self._queries.dimension} numbers, the other {self.dimension}.",
                "Give two models that were trained together, queries first.",
            )

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, d) float32, unit norm; see `Encoder.encode`."""
        tower = self._passages
        return tower.encode(texts, tower.convention.passage_prefix, progress)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, d) float32, unit norm; see `Encoder.encode_queries`."""
        tower = self._queries
        return tower.encode(texts, tower.convention.query_prefix, None)


def towers_of(spec: str) -> tuple[str, ...]:
    """The models that a spec names: one, or that of the queries and that of the passages.

    >>> towers_of("ncbi/MedCPT-Article-Encoder")
    ('ncbi/MedCPT-Query-Encoder', 'ncbi/MedCPT-Article-Encoder')
    """
    if Path(spec).is_dir() or "+" not in spec:
        spec = _absolute(spec)
        query, article = _SIBLINGS
        head, name = spec[: -len(Path(spec).name)], Path(spec).name
        if re.search(f"({query}|{article})$", name):
            stem = re.sub(f"({query}|{article})$", "", name)
            return head + stem + query, head + stem + article
        return (spec,)
    first, _, second = spec.partition("+")
    return _absolute(first), _absolute(second)


def _absolute(spec: str) -> str:
    """A folder as a library can remember it from wherever it is opened; a hub name as it is."""
    return str(Path(spec).resolve()) if Path(spec).is_dir() else spec


def _joined(digests: list[str]) -> str:
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]


class _Tower:
    """One model with its tokenizer, on the device that suits bulk work."""

    def __init__(self, spec: str, offline: bool) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        try:
            self.convention = convention_of(spec, offline)
            tokenizer: Any = AutoTokenizer.from_pretrained(spec, local_files_only=offline)
            model: Any = AutoModel.from_pretrained(
                spec, local_files_only=offline, dtype=torch.float32
            )
        except (OSError, ValueError) as problem:
            raise cannot_load(spec, "text encoder", offline, problem) from problem
        self.digest = _digest_of(model, self.convention)
        self.dimension = int(model.config.hidden_size)
        self._tokenizer = tokenizer
        self._longest = longest(tokenizer, model, self.convention.longest)
        self._device, dtype = bulk_engine()
        self._model = model.to(self._device, dtype).eval()
        self._lock = threading.Lock()  # transformers' tokenizers keep their padding as state

    def encode(self, texts: Sequence[str], prefix: str, progress: Progress | None) -> Vectors:
        import torch

        def embed(batch: list[str]) -> Vectors:
            with self._lock:
                tokens = self._tokenizer(
                    [prefix + text for text in batch],
                    padding=True,
                    truncation=True,
                    max_length=self._longest,
                    return_tensors="pt",
                ).to(self._device)
            with torch.inference_mode():
                states = self._model(**tokens).last_hidden_state
                pooled = pool(states, tokens["attention_mask"], self.convention.pooling)
            vectors: Vectors = pooled.cpu().numpy()
            return vectors

        return encode_in_batches(texts, self.dimension, embed, progress)


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Token states to text vectors.

    Args:
        states: (n, length, d) of any precision.
        mask: (n, length) 1 for a token, 0 for padding at either end.
        pooling: ``mean`` of the tokens, ``cls`` (the first), or ``lasttoken``.

    Returns:
        (n, d) float32, unit norm.
    """
    import torch

    from retort.retrieval.minilm import mean_of_tokens

    if pooling == "mean":
        return mean_of_tokens(states, mask)
    places = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
    if pooling == "cls":
        place = places.masked_fill(mask == 0, mask.shape[1]).argmin(1)
    else:
        place = places.masked_fill(mask == 0, -1).argmax(1)
    chosen = states[torch.arange(len(states), device=states.device), place].float()
    return torch.nn.functional.normalize(chosen, dim=1)


def longest(tokenizer: Any, model: Any, said: int | None) -> int:
    """How many tokens are read: the least of what model, tokenizer and configuration allow.

    Some tokenizers state no limit, by way of a very large number.
    """
    positions = int(getattr(model.config, "max_position_embeddings", LONGEST))
    return min(int(tokenizer.model_max_length), positions, said or LONGEST, LONGEST)


def _digest_of(model: Any, convention: Convention) -> str:
    """SHA-256 over the float32 parameters, in the order of their names, and how they are used."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    if convention != PLAIN:
        digest.update(repr(convention).encode())
    return digest.hexdigest()[:16]


def cannot_load(spec: str, kind: str, offline: bool, problem: Exception) -> RetortError:
    """Why a model was not loaded, and what to do; ``kind`` is what it was wanted for."""
    if offline and not Path(spec).exists():
        return OfflineError(
            f'The {kind.removeprefix("text ")} "{spec}" is not on this machine.',
            "Downloads are not allowed: Retort is offline.",
            "Give the path of a downloaded model, allow downloads, or do without it.",
        )
    return RetortError(
        f'Cannot load "{spec}" as a {kind}.',
        " ".join(str(problem).split())[:300],
        "Give a model of that kind that transformers reads, or do without it.",
    )
