"""The networks that are stacked with the trees: loaded once, asked once per molecule for all tasks.

Needs PyTorch, which is imported at the first use; where it is missing the trees answer alone. Knows
no endpoint's calibration.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.featurise import (
    MORGAN_SIZE,
    Features,
    FloatArray,
    descriptor_names,
    stack,
)

if TYPE_CHECKING:
    import torch

    from retort.tools.predictors.graph.graphs import Graph
    from retort.tools.predictors.graph.network import Network as GraphNetwork
    from retort.tools.predictors.smiles.network import Network as SmilesNetwork

Arrays = Mapping[str, NDArray[Any]]
Reader = Callable[[], Arrays]
KEPT = 4_096
"""molecules whose outputs are remembered"""


def available() -> bool:
    """Whether PyTorch is installed."""
    return find_spec("torch") is not None


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """bfloat16 on GPUs and on CPUs with instructions for it; elsewhere plain float32."""
    import torch

    if device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported():
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def split(arrays: Arrays) -> list[dict[str, NDArray[Any]]]:
    """The arrays of each network of a file: their names begin with "0/", "1/" ..."""
    found: dict[int, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        place, _, own = name.partition("/")
        found.setdefault(int(place), {})[own] = array
    return [found[place] for place in sorted(found)]


def joined(parts: Sequence[Arrays]) -> dict[str, NDArray[Any]]:
    """What ``split`` takes apart."""
    return {f"{n}/{name}": array for n, part in enumerate(parts) for name, array in part.items()}


class Networks:
    """Graph networks and SMILES transformers, each kind averaged over its members.

    Args:
        read: gives the arrays of ``graph`` or ``smiles``; called once each, at the first use.
    """

    def __init__(self, read: Mapping[str, Reader]) -> None:
        self._read = dict(read)
        self._lock = threading.Lock()
        self._loaded: dict[str, list[Any]] = {}
        self._kept: dict[str, OrderedDict[str, FloatArray]] = {name: OrderedDict() for name in read}

    def outputs(self, kind: str, features: Sequence[Features]) -> dict[str, Floats]:
        """Outputs (n,) by task of one kind of network.

        Args:
            kind: ``graph`` or ``smiles``.
            features: n molecules; the parent and its descriptors are looked at. One whose graph
                cannot be made has NaN.
        """
        with self._lock:
            members, kept = self._members(kind), self._kept[kind]
            new = {item.smiles: item for item in features if item.smiles not in kept}
            if new:
                ask = _ask_graphs if kind == "graph" else _ask_transformers
                rows = ask(members, list(new.values()))
                kept.update(zip(new, rows, strict=True))
            table = np.array([kept[item.smiles] for item in features], dtype=np.float64)
            while len(kept) > KEPT:
                kept.popitem(last=False)
        return _by_task(members, table)

    def of_graphs(self, graphs: Sequence[Graph], features: Sequence[Features]) -> dict[str, Floats]:
        """Outputs (n,) by task of the graph networks for graphs as they are given.

        Args:
            graphs: n graphs, which need not be whole molecules; none is remembered.
            features: n molecules, of which only the descriptors are looked at.
        """
        with self._lock:
            members = self._members("graph")
            table = _of_graphs(members, graphs, descriptors(features))
        return _by_task(members, table.astype(np.float64))

    def _members(self, kind: str) -> list[Any]:
        if kind not in self._loaded:
            load = _graphs if kind == "graph" else _transformers
            self._loaded[kind] = load(split(self._read[kind]()))
        return self._loaded[kind]


def _by_task(members: Sequence[Any], table: Floats) -> dict[str, Floats]:
    return {task: table[:, at] for at, task in enumerate(members[0].tasks)}


def _graphs(parts: Sequence[Arrays]) -> list[GraphNetwork]:
    from retort.tools.predictors.graph.network import Network

    return [Network.from_arrays(part).eval() for part in parts]


def _transformers(parts: Sequence[Arrays]) -> list[SmilesNetwork]:
    from retort.tools.predictors.smiles.network import Network

    return [Network.from_arrays(part).eval() for part in parts]


def _ask_graphs(members: Sequence[GraphNetwork], features: Sequence[Features]) -> FloatArray:
    from retort.tools.predictors.graph.graphs import graph_from_smiles

    graphs: dict[int, Graph] = {}
    for place, item in enumerate(features):
        with suppress(RetortError):  # rare parents that RDKit writes but cannot read
            graphs[place] = graph_from_smiles(item.smiles)
    found = np.full((len(features), len(members[0].tasks)), np.nan, dtype=np.float32)
    if graphs:
        beside = descriptors([features[place] for place in graphs])
        found[list(graphs)] = _of_graphs(members, list(graphs.values()), beside)
    return found


def _of_graphs(
    members: Sequence[GraphNetwork], graphs: Sequence[Graph], beside: FloatArray
) -> FloatArray:
    with autocast(members[0].out.weight.device):
        found: FloatArray = np.mean([one.predict(graphs, beside) for one in members], axis=0)
    return found


def _ask_transformers(members: Sequence[SmilesNetwork], features: Sequence[Features]) -> FloatArray:
    smiles = [item.smiles for item in features]
    with autocast(members[0].out.weight.device):
        found: FloatArray = np.mean([one.predict(smiles) for one in members], axis=0)
    return found


def descriptors(features: Sequence[Features]) -> FloatArray:
    """What the graph networks see beside the graph: (n, d) float32 RDKit descriptors."""
    return stack(features)[:, MORGAN_SIZE : MORGAN_SIZE + len(descriptor_names())]
