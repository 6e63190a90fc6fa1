"""A directed message-passing network for many endpoints at once, with descriptors beside the graph.

The idea is Chemprop's (Yang et al., J. Chem. Inf. Model. 2019, 59, 3370): messages live on directed
bonds, so that none runs straight back to where it came from. Owns the network, its arrays and its
predictions; knows no file, no endpoint's unit and nothing of training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from retort.retrieval.errors import RetortError
from retort.tools.predictors.graph import graphs
from retort.tools.predictors.graph.graphs import (
    ATOM_CODES,
    BOND_CODES,
    Batch,
    Codes,
    Graph,
    Sums,
)

FloatArray = NDArray[np.float32]

WINSOR = 5.0
"""standard deviations at which descriptors are cut off"""


FORMAT = 1
_META = "meta"
"""array that holds format, size and tasks as JSON in bytes"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a network is."""

    hidden: int = 300
    """width of a message"""
    depth: int = 3
    """bonds that a message travels at most"""
    width: int = 300
    """width of the layers behind the graph"""
    layers: int = 2
    """how many of them"""
    dropout: float = 0.1
    """share of a molecule's vector that is left out at random in training"""


class _Summed(torch.autograd.Function):
    """Sums of rows, forwards and backwards without scattered writes: fast and deterministic."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, *sums: Tensor) -> Tensor:
        columns, starts, *ctx.transposed = sums
        return functional.embedding_bag(columns, rows, starts, mode="sum")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        columns, starts = ctx.transposed
        rows = gradients[0].contiguous()
        return functional.embedding_bag(columns, rows, starts, mode="sum"), *[None] * 4


def _summed(rows: Tensor, sums: Sequence[Tensor]) -> Tensor:
    out: Tensor = _Summed.apply(rows, *sums)  # type: ignore[no-untyped-call]
    return out


class Network(nn.Module):
    """Molecules to one number per task.

    It learns a regression task as a z-score and a class as log-odds; ``predict`` answers in the
    scale of the labels.

    Args:
        size: depth and widths.
        tasks: names, in the order of the columns.
        descriptors: width of the descriptors.
    """

    descriptor_mean: Tensor
    descriptor_sd: Tensor
    task_mean: Tensor
    task_sd: Tensor

    def __init__(self, size: Size, tasks: Sequence[str], descriptors: int) -> None:
        super().__init__()
        self.size = size
        self.tasks = tuple(tasks)
        hidden = size.hidden
        self.edge = nn.Linear(ATOM_CODES + BOND_CODES, hidden, bias=False)
        self.message = nn.Linear(hidden, hidden, bias=False)
        self.atom = nn.Linear(ATOM_CODES, hidden)
        self.received = nn.Linear(hidden, hidden, bias=False)
        self.norm = nn.LayerNorm(2 * hidden)
        widths = [2 * hidden + descriptors, *[size.width] * size.layers]
        self.layers = nn.ModuleList(map(nn.Linear, widths, widths[1:]))
        self.out = nn.Linear(widths[-1], len(self.tasks))
        for name, start in (
            ("descriptor_mean", torch.zeros(descriptors)),
            ("descriptor_sd", torch.ones(descriptors)),
            ("task_mean", torch.zeros(len(self.tasks))),
            ("task_sd", torch.ones(len(self.tasks))),
        ):
            self.register_buffer(name, start)

    def forward(self, batch: Batch, descriptors: FloatArray) -> Tensor:
        """z-scores and log-odds.

        Args:
            batch: n molecules.
            descriptors: (n, d) float32, as they come.

        Returns:
            (n, tasks) float32.
        """
        device = self.out.weight.device
        start = self.edge(_one_hot(batch.edges, ATOM_CODES + BOND_CODES, device))
        messages = functional.relu(start)
        previous = _tensors(batch.previous, device)
        for _ in range(self.size.depth - 1):
            gathered = _summed(messages, previous)
            messages = torch.addmm(start, gathered, self.message.weight.t()).relu_()
        received = self.received(_summed(messages, _tensors(batch.incoming, device)))
        atoms = self.atom(_one_hot(batch.atoms, ATOM_CODES, device)).add_(received).relu_()
        total = _summed(atoms.float(), _tensors(batch.molecules, device))
        sizes = torch.from_numpy(batch.sizes).to(device)
        vector = self.norm(torch.cat([total / sizes, total / sizes.sqrt()], dim=1))
        beside = torch.from_numpy(descriptors).to(device)
        beside = (beside - self.descriptor_mean) / self.descriptor_sd
        vector = torch.cat([vector, beside.clamp(-WINSOR, WINSOR)], dim=1)
        for layer in self.layers:
            vector = functional.dropout(vector, self.size.dropout, self.training)
            vector = functional.relu(layer(vector))
        out: Tensor = self.out(functional.dropout(vector, self.size.dropout, self.training))
        return out.float()

    def predict(
        self, molecules: Sequence[Graph], descriptors: FloatArray, batch: int = 256
    ) -> FloatArray:
        """Values of regression tasks in their labels' unit and log-odds of classes.

        Computed in float32, or in what ``torch.autocast`` says around the call.

        Args:
            molecules: (n) graphs.
            descriptors: (n, d) float32, as they come.
            batch: molecules at a time.

        Returns:
            (n, tasks) float32.
        """
        parts = []
        self.eval()
        with torch.inference_mode():
            for first in range(0, len(molecules), batch):
                chosen = slice(first, first + batch)
                out = self(graphs.batch(molecules[chosen]), descriptors[chosen])
                parts.append((out * self.task_sd + self.task_mean).cpu().numpy())
        return np.concatenate([np.empty((0, len(self.tasks)), dtype=np.float32), *parts])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that makes the network: weights in float16, scales in float32, the rest."""
        meta = {"format": FORMAT, "size": asdict(self.size), "tasks": self.tasks}
        scales = dict(self.named_buffers())
        return {
            name: tensor.cpu().numpy().astype(np.float32 if name in scales else np.float16)
            for name, tensor in self.state_dict().items()
        } | {_META: np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Network:
        """The network that ``arrays`` describes, on the CPU.

        Raises:
            RetortError: the arrays are of another format, or some are missing.
        """
        try:
            meta = json.loads(arrays[_META].tobytes())
            if meta["format"] != FORMAT:
                raise ValueError(f"format {meta['format']}, not {FORMAT}")
            network = cls(Size(**meta["size"]), meta["tasks"], len(arrays["descriptor_mean"]))
            network.load_state_dict(
                {
                    name: torch.from_numpy(array.astype(np.float32))
                    for name, array in arrays.items()
                    if name != _META
                }
            )
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise RetortError(
                "Cannot read the message-passing network.",
                f"Its arrays are damaged or of another version: {error}.",
                "Install Retort again.",
            ) from error
        return network.eval()


def _tensors(sums: Sums, device: torch.device) -> list[Tensor]:
    arrays = (sums.columns, sums.starts, sums.transposed_columns, sums.transposed_starts)
    return [torch.from_numpy(array).to(device) for array in arrays]


def _one_hot(codes: Codes, width: int, device: torch.device) -> Tensor:
    """(n, width) zeros with a one at each code, in the precision that is computed in."""
    cast = torch.is_autocast_enabled(device.type)
    precision = torch.get_autocast_dtype(device.type) if cast else torch.float32
    index = torch.from_numpy(codes).to(device).long()
    return torch.zeros(len(codes), width, dtype=precision, device=device).scatter_(1, index, 1.0)
