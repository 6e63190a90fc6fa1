"""Reranking: a cross-encoder reads the query and a passage together, and says how well they fit.

Slow and better than two vectors, so only the best passages of a search are read again. Off unless
a model is named. Knows no library: it sees strings.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from retort.retrieval.batches import Vectors, bulk_engine, of_like_length
from retort.retrieval.errors import RetortError
from retort.retrieval.hub import cannot_load, longest


class Reranker(Protocol):
    """Scores passages for a query; a higher score is a better passage."""

    @property
    def name(self) -> str:
        """The spec that loads it again: a hub name, a path."""
        ...

    def scores(self, query: str, texts: Sequence[str]) -> Vectors:
        """(n,) float32, comparable within one query."""
        ...


def load_reranker(spec: str, offline: bool = True) -> Reranker:
    """The cross-encoder that a hub name or a folder names.

    Raises:
        OfflineError: the model is not on this machine and ``offline`` forbids to fetch it.
        RetortError: the model cannot be read, or it is no cross-encoder.
    """
    return CrossEncoder(spec, offline)


class CrossEncoder:
    """A sequence classifier over pairs: its one output, or the log odds of the second of two."""

    def __init__(self, spec: str, offline: bool = True) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self.name = str(Path(spec).resolve()) if Path(spec).is_dir() else spec
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(self.name, local_files_only=offline)
            model: Any
            model, told = AutoModelForSequenceClassification.from_pretrained(
                self.name, local_files_only=offline, dtype=torch.float32, output_loading_info=True
            )
        except (OSError, ValueError) as problem:
            raise cannot_load(spec, "cross-encoder", offline, problem) from problem
        labels = model.config.num_labels
        if labels > 2 or told["missing_keys"]:
            # Of a model that was never trained to classify, transformers makes the head up.
            why = f"It tells {labels} classes apart" if labels > 2 else "It has no trained head"
            raise RetortError(
                f'"{spec}" is no cross-encoder for search.',
                f"{why}; one or two trained outputs are needed.",
                "Give a model that was trained to rerank passages.",
            )
        self._tokenizer = tokenizer
        self._longest = longest(tokenizer, model, None)
        self._device, dtype = bulk_engine()
        self._model = model.to(self._device, dtype).eval()
        self._lock = threading.Lock()  # transformers' tokenizers keep their padding as state

    def scores(self, query: str, texts: Sequence[str]) -> Vectors:
        """(n,) float32; see `Reranker.scores`. Of a pair that is too long the passage is cut."""
        import torch

        found = np.zeros(len(texts), np.float32)
        for batch in of_like_length([len(text) for text in texts]):
            with self._lock:
                tokens = self._tokenizer(
                    [query] * len(batch),
                    [texts[number] for number in batch],
                    padding=True,
                    truncation="longest_first",
                    max_length=self._longest,
                    return_tensors="pt",
                ).to(self._device)
            with torch.inference_mode():
                logits = self._model(**tokens).logits.float().cpu().numpy()
            found[batch] = logits[:, -1] - (logits[:, 0] if logits.shape[1] == 2 else 0)
        return found
