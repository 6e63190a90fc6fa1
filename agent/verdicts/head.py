"""The head as it ships: loads its weights at the first use, judges pairs on the CPU.

Where torch, the encoder or the weights are missing there is no head, and nothing is judged. Owns
the file and the tokens; knows neither answers nor citations.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retort.agent.verdicts.labels import LABELS
from retort.agent.verdicts.measures import probabilities
from retort.agent.verdicts.signs import signs
from retort.retrieval import minilm
from retort.retrieval.errors import RetortError

if TYPE_CHECKING:
    import torch

    from retort.agent.verdicts.network import Network

    Tokenizer = Callable[
        [Sequence[tuple[str, str]]], tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    ]

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parent / "weights" / "verdict.safetensors"
LONGEST = 128
"""tokens of statement and evidence together; longer evidence is cut"""


class Head:
    """The loaded network. Safe to use from several threads.

    Args:
        path: of the weights.

    Raises:
        RetortError: the encoder is not the one that the weights were trained over, or a file
            cannot be read.
    """

    def __init__(self, path: Path = WEIGHTS) -> None:
        from safetensors import SafetensorError, safe_open

        from retort.agent.verdicts.network import Network

        at = minilm.folder()
        try:
            with safe_open(path, "pt") as file:
                known: dict[str, str] = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}
        except (OSError, SafetensorError) as problem:
            raise RetortError(f"Cannot read {path}.", str(problem)) from problem
        if known.get("encoder") != minilm.SHA256:
            raise RetortError(
                f"The weights {path.name} belong to another encoder.",
                f"They name {known.get('encoder')}, the bundled one is {minilm.SHA256}.",
                "python -m retort.agent.verdicts.train",
            )
        self._network: Network = Network(minilm.weights(at)).load(arrays)
        self._tokens = tokenizer(at)

    def probabilities(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """(n, 3) calibrated probabilities, in the order of ``LABELS``.

        Args:
            texts: statement and evidence, n of them.
        """
        import torch

        if not texts:
            return np.zeros((0, len(LABELS)))
        with torch.inference_mode():
            seen = torch.from_numpy(np.stack([signs(*pair) for pair in texts]))
            logits = self._network(*self._tokens(texts), seen).double().numpy()
        return probabilities(logits)


_lock = threading.Lock()


def shared() -> Head | None:
    """The shipped head, loaded once; None where it cannot be had, which the log explains."""
    with _lock:
        return _load()


@cache
def _load() -> Head | None:
    if find_spec("torch") is None:
        log.info("no support verdicts: torch is not installed")
        return None
    try:
        return Head()
    except RetortError as problem:
        log.warning("no support verdicts: %s", problem)
        return None


def tokenizer(at: Path) -> Tokenizer:
    """Pairs of texts -> token ids, token types and mask, each (n, length)."""
    import torch

    words = minilm.tokenizer(at)
    words.enable_truncation(LONGEST, strategy="longest_first")

    def tokens(
        texts: Sequence[tuple[str, str]],
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        read = words.encode_batch(list(texts))
        return (
            torch.tensor([item.ids for item in read]),
            torch.tensor([item.type_ids for item in read]),
            torch.tensor([item.attention_mask for item in read]),
        )

    return tokens
