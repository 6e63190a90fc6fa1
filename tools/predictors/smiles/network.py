"""The SMILES transformer: an encoder of tokens, and a head with one output per task.

Pre-norm (Xiong et al., ICML 2020, arXiv 2002.04745) with learnt positions. Owns the computation and
its arrays; knows no endpoint, no training and no file. Widths are read from the arrays, so that a
smaller or larger encoder needs no other code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from retort.retrieval.errors import RetortError
from retort.tools.predictors.smiles import tokens

HEAD_WIDTH = 64
"""of one attention head"""
BATCH = 256
FORMAT = 1
_META = "meta"
"""array that holds format and tasks as JSON in bytes"""

FloatArray = NDArray[np.float32]
Arrays = dict[str, NDArray[Any]]
M = TypeVar("M", bound=nn.Module)


class Block(nn.Module):
    """One layer: attention and a feed-forward network of four times the width, each added on.

    Attention is written out: on a CPU the backward pass of PyTorch's fused one is four times as
    slow for sequences as short as these. ReLU takes half the time of GELU there.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.before_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.before_feed = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """States (b, l, w) to states; the mask (b, 1, 1, l) is added to the attention scores."""
        rows, length, width = states.shape
        shape = (rows, length, 3, self.heads, HEAD_WIDTH)
        query, key, value = (
            self.qkv(self.before_attention(states)).view(shape).permute(2, 0, 3, 1, 4)
        )
        scores = (query * HEAD_WIDTH**-0.5) @ key.transpose(-1, -2) + mask
        mixed = (scores.softmax(-1).to(value.dtype) @ value).transpose(1, 2)
        states = states + self.out(mixed.reshape(rows, length, width))
        fed: Tensor = self.down(functional.relu(self.up(self.before_feed(states))))
        return states + fed


class Encoder(nn.Module):
    """Token numbers (b, l) to states (b, l, w).

    Args:
        vocabulary: number of tokens.
        width: of a state, a multiple of 64.
        depth: layers.
    """

    def __init__(self, vocabulary: int, width: int, depth: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(tokens.MAX_TOKENS, width)
        blocks = [Block(width) for _ in range(depth)]
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.LayerNorm(width)
        for weights in self.parameters():
            if weights.dim() == 2:
                nn.init.normal_(weights, std=0.02)
        for block in blocks:
            for projection in (block.out, block.down):
                nn.init.normal_(projection.weight, std=0.02 / (2 * depth) ** 0.5)

    @property
    def width(self) -> int:
        """Length of a state."""
        return self.embedding.embedding_dim

    def forward(self, numbers: Tensor) -> Tensor:
        """States (b, l, w) of token numbers (b, l); padding is not attended to."""
        places = torch.arange(numbers.shape[1], device=numbers.device)
        states = self.embedding(numbers) + self.positions(places)
        if torch.is_autocast_enabled(numbers.device.type):
            states = states.to(torch.get_autocast_dtype(numbers.device.type))
        padding = (numbers == tokens.PAD)[:, None, None, :]
        mask = torch.zeros_like(padding, dtype=states.dtype).masked_fill(padding, -1e4)
        for block in self.blocks:
            states = block(states, mask)
        final: Tensor = self.last(states)
        return final

    def arrays(self) -> Arrays:
        """The weights by name, in half precision."""
        return _arrays(self)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Encoder:
        """The encoder whose ``arrays`` these are, on the CPU.

        Raises:
            RetortError: they are of another format, of another vocabulary, or some are missing.
        """
        try:
            return _filled(cls.shaped_as(arrays), arrays)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise _damaged(error) from error

    @classmethod
    def shaped_as(cls, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> Encoder:
        """A fresh encoder of the size that ``arrays`` have.

        Raises:
            ValueError: they were made for another vocabulary.
            KeyError: they are no encoder's.
        """
        vocabulary, width = arrays[f"{prefix}embedding.weight"].shape
        if vocabulary != len(tokens.shipped().tokens):
            raise ValueError(f"{vocabulary} tokens, not {len(tokens.shipped().tokens)}")
        blocks = prefix + "blocks."
        places = {name[len(blocks) :].split(".")[0] for name in arrays if name.startswith(blocks)}
        return cls(vocabulary, width, len(places))


def readout(states: Tensor, numbers: Tensor) -> Tensor:
    """(b, 2w): the state of ``<cls>`` beside the mean over all tokens."""
    real = (numbers != tokens.PAD).to(states.dtype)[..., None]
    return torch.cat([states[:, 0], (states * real).sum(1) / real.sum(1)], dim=1)


class Network(nn.Module):
    """An encoder and a head: molecules to one number per task.

    Regression tasks are learnt as z-scores and classes as log-odds around those of the training
    set; ``predict`` answers in the scale of the labels.

    Args:
        encoder: shared by all tasks.
        tasks: their names, in the order of the columns.
        hidden: width of the head.
        dropout: share of the readout and of the hidden layer that is dropped in training.
    """

    def __init__(
        self, encoder: Encoder, tasks: Sequence[str], hidden: int = 256, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.encoder = encoder
        self.dropout = dropout
        self.hidden = nn.Linear(2 * encoder.width, hidden)
        self.out = nn.Linear(hidden, len(self.tasks))
        self.task_mean: Tensor
        self.task_sd: Tensor
        self.register_buffer("task_mean", torch.zeros(len(self.tasks)))
        self.register_buffer("task_sd", torch.ones(len(self.tasks)))

    def forward(self, numbers: Tensor) -> Tensor:
        """(b, t) float32 of token numbers (b, l): z-scores, and log-odds less ``task_mean``."""
        found = readout(self.encoder(numbers), numbers)
        found = functional.dropout(found, self.dropout, self.training)
        found = functional.relu(self.hidden(found))
        out: Tensor = self.out(functional.dropout(found, self.dropout, self.training))
        return out.float()

    def predict(self, smiles: Sequence[str], batch: int = BATCH) -> FloatArray:
        """Values of regression tasks in their labels' unit and log-odds of classes.

        Computed in what ``torch.autocast`` says around the call. A molecule is filled up to a
        length that is its own, so that its value does not depend on its neighbours.

        Args:
            smiles: (n) canonical SMILES of parents; longer ones than ``tokens.MAX_TOKENS`` are
                cut off.
            batch: molecules at a time.

        Returns:
            (n, tasks) float32.
        """
        encoded = [tokens.shipped().encode(text) for text in smiles]
        lengths = np.array([tokens.padded_length(len(one)) for one in encoded], dtype=np.int64)
        predicted = np.empty((len(encoded), len(self.tasks)), dtype=np.float32)
        device = self.out.weight.device
        self.eval()
        with torch.inference_mode():
            for length in np.unique(lengths):
                (found,) = np.nonzero(lengths == length)
                for start in range(0, len(found), batch):
                    rows = found[start : start + batch]
                    numbers = tokens.padded([encoded[row] for row in rows])
                    out = self(torch.from_numpy(numbers).to(device))
                    predicted[rows] = (out * self.task_sd + self.task_mean).cpu().numpy()
        return predicted

    def arrays(self) -> Arrays:
        """Everything that makes the network: weights in float16, scales in float32, the names."""
        meta = json.dumps({"format": FORMAT, "tasks": self.tasks}).encode()
        scales = {name: buffer.cpu().numpy() for name, buffer in self.named_buffers()}
        return _arrays(self) | scales | {_META: np.frombuffer(meta, dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Network:
        """The network whose ``arrays`` these are, on the CPU.

        Raises:
            RetortError: they are of another format, of another vocabulary, or some are missing.
        """
        try:
            meta = json.loads(arrays[_META].tobytes())
            if meta["format"] != FORMAT:
                raise ValueError(f"format {meta['format']}, not {FORMAT}")
            encoder = Encoder.shaped_as(arrays, "encoder.")
            network = cls(encoder, meta["tasks"], len(arrays["hidden.bias"]))
            return _filled(network, {n: array for n, array in arrays.items() if n != _META})
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise _damaged(error) from error


def _damaged(error: Exception) -> RetortError:
    return RetortError(
        "Cannot read the SMILES network.",
        f"Its arrays are damaged or of another version: {error}.",
        "Install Retort again, or train it anew.",
    )


def _arrays(module: nn.Module) -> Arrays:
    return {
        name: weights.detach().cpu().numpy().astype(np.float16)
        for name, weights in module.state_dict().items()
    }


def _filled(module: M, arrays: Mapping[str, NDArray[Any]]) -> M:
    """The module with these weights, ready to predict."""
    weights = {name: torch.from_numpy(a.astype(np.float32)) for name, a in arrays.items()}
    module.load_state_dict(weights)
    return module.eval()
