"""Dense search: exact up to some hundred thousand passages, then by inverted lists.

Beyond `EXACT_UP_TO` an inverted file with 8-bit scalar quantisation proposes, and the float16
vectors decide: whatever comes out is ranked by its exact inner product. How many lists are probed
is measured when the lists are made, against exact search. The only module that knows FAISS; it
knows positions and vectors, nothing else.

FAISS indexes are filled once and then only searched: adding to one while another thread searches it
is not safe, and its id maps fall out of step (faiss issues 255, 867, 5578). So what was added since
stands in an index of its own, and what was removed is masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.arrays import Column

Vectors = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

EXACT_UP_TO = 200_000
"""vectors of one segment that are compared one by one"""
WANTED_RECALL = 0.98
"""of the 100 nearest, on average over a sample"""
_RECALL_AT = 100
_SAMPLE = 256
_TRAINED_ON = 40
"""vectors per list from which k-means learns (FAISS asks for 39 at least)"""
_PROPOSED = 2
"""candidates for each vector asked for: 8 bits may confuse neighbours"""
_GATHERED = 20_000
"""allowed vectors up to which they are compared one by one, whatever index there is"""
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Lists:
    """An inverted file, and how well it finds."""

    index: Any
    """``faiss.IndexIVFScalarQuantizer``"""
    lists: int
    probes: int
    recall: float
    """share of the 100 nearest vectors of a sample that are found with so many probes"""


class VectorPart:
    """The vectors of one segment: n of unit norm. Safe to search from several threads.

    Args:
        vectors: (n, d) float16; read from a file as they are needed, or in memory.
        lists: an inverted file over them; None: they are compared one by one.
    """

    def __init__(self, vectors: Column, lists: Lists | None = None) -> None:
        self.vectors = vectors
        self.lists = lists
        self._index = lists.index if lists else _exact(vectors)

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> list[Ints]:
        """Numbers of at least the k nearest allowed vectors of each query, in no order."""
        import faiss

        count = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if count <= max(k, _GATHERED if self.lists else 0):
            every = np.arange(count) if allowed is None else np.flatnonzero(allowed)
            return [every] * len(queries)
        # The selector reads this array while FAISS searches: it must live as long.
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        chosen = {} if bits is None else {"sel": faiss.IDSelectorBitmap(bits)}
        if self.lists:
            k *= _PROPOSED
            # The nearest allowed ones lie in more lists where few are allowed.
            probes = min(int(np.ceil(self.lists.probes * len(self) / count)), self.lists.lists)
            parameters = faiss.SearchParametersIVF(nprobe=probes, **chosen)
        else:
            parameters = faiss.SearchParameters(**chosen) if chosen else None
        found = self._index.search(queries, min(k, len(self)), params=parameters)[1]
        return [row[row >= 0] for row in found]


class VectorIndex:
    """The vectors of several segments, one behind the other; some may have been removed.

    Args:
        parts: in the order of their segments.
        alive: (n,) False for passages that were removed.
    """

    def __init__(self, parts: Sequence[VectorPart], alive: Flags) -> None:
        self._parts = tuple(parts)
        self._offsets = np.cumsum([0, *map(len, parts)])
        self._alive = alive
        self._count = int(np.count_nonzero(alive))

    def __len__(self) -> int:
        return self._count

    def search(self, queries: Vectors, k: int, allowed: Flags | None = None) -> list[Ints]:
        """Positions of the k nearest vectors of each query, nearest first.

        Args:
            queries: (q, d) float32, unit norm.
            k: how many at most.
            allowed: (n,) passages that may be found; None: all.
        """
        may = self._alive if allowed is None else self._alive & allowed
        masked = self._count < len(self._alive) or allowed is not None
        proposed: list[list[Ints]] = [[] for _ in queries]
        for part, offset in zip(self._parts, self._offsets, strict=False):
            mask = may[offset : offset + len(part)] if masked else None
            if mask is not None and mask.all():
                mask = None
            for found, numbers in zip(proposed, part.search(queries, k, mask), strict=True):
                found.append(numbers + offset)
        return [
            self._nearest(query, np.sort(np.concatenate([np.zeros(0, np.int64), *found])), k)
            for query, found in zip(queries, proposed, strict=True)
        ]

    def similarity(self, query: Vectors, positions: Ints) -> Vectors:
        """Cosine of one query (d,) with the vectors at the given positions, (m,) float32."""
        cosines = np.zeros(len(positions), np.float32)
        for part, offset in zip(self._parts, self._offsets, strict=False):
            here = (positions >= offset) & (positions < offset + len(part))
            vectors = part.vectors[positions[here] - offset].astype(np.float32)
            # einsum, unlike BLAS, adds up each row alone: equal vectors have equal cosines.
            cosines[here] = np.einsum("nd,d->n", vectors, query)
        return cosines

    def _nearest(self, query: Vectors, positions: Ints, k: int) -> Ints:
        order = np.argsort(-self.similarity(query, positions), kind="stable")
        nearest: Ints = positions[order[:k]]
        return nearest


def make_lists(vectors: Column, seed: int = 0) -> Lists:
    """An inverted file over (n, d) vectors that finds `WANTED_RECALL` of the nearest.

    2 sqrt(n) lists: so many that a query reads a few per cent of the vectors, and few enough for
    k-means in a minute at a million.
    """
    import faiss

    count, dimension = vectors.shape
    lists = max(int(2 * np.sqrt(count)), 1)
    random = np.random.default_rng(seed)
    learnt_from = np.sort(random.choice(count, min(lists * _TRAINED_ON, count), replace=False))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # the vectors themselves are quantised, not what they differ by from the centroid
    )
    index.train(vectors[learnt_from].astype(np.float32))
    for block in _blocks(vectors):
        index.add(block)
    sample = np.sort(random.choice(count, min(_SAMPLE, count), replace=False))
    queries = vectors[sample].astype(np.float32)
    nearest = _exactly(vectors, queries, min(_RECALL_AT, count))
    probes, recall = max(lists // 64, 1), 0.0
    while True:
        part = VectorPart(vectors, Lists(index, lists, probes, recall))
        found = VectorIndex([part], np.ones(count, bool)).search(queries, _RECALL_AT)
        recall = float(np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)]))
        if recall >= WANTED_RECALL or probes == lists:
            return Lists(index, lists, probes, round(recall, 4))
        probes = min(int(probes * 1.5) + 1, lists)


def packed(lists: Lists) -> NDArray[np.uint8]:
    """An inverted file as bytes."""
    import faiss

    content: NDArray[np.uint8] = faiss.serialize_index(lists.index)
    return content


def unpacked(content: NDArray[np.uint8], lists: int, probes: int, recall: float) -> Lists:
    """The inverted file that was `packed`; its bytes must have been checked."""
    import faiss

    return Lists(faiss.deserialize_index(content), lists, probes, recall)


def _exact(vectors: Column) -> Any:
    """A flat index. A code of this quantiser is the float16 itself: nothing is lost."""
    import faiss

    count, dimension = vectors.shape
    index = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, count, _BLOCK):
        block = np.ascontiguousarray(vectors[start : start + _BLOCK])
        index.add_sa_codes(block.view(np.uint8))
    return index


def _exactly(vectors: Column, queries: Vectors, k: int) -> Ints:
    """(q, k) numbers of the nearest vectors, every one compared."""
    scores = np.zeros((len(queries), 0), np.float32)
    numbers = np.zeros((len(queries), 0), np.int64)
    start = 0
    for block in _blocks(vectors):
        scores = np.hstack([scores, queries @ block.T])
        here = np.arange(start, start + len(block))
        numbers = np.hstack([numbers, np.broadcast_to(here, (len(queries), len(block)))])
        best = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        scores = np.take_along_axis(scores, best, axis=1)
        numbers = np.take_along_axis(numbers, best, axis=1)
        start += len(block)
    return numbers


def _blocks(vectors: Column) -> Any:
    for start in range(0, len(vectors), _BLOCK):
        yield np.ascontiguousarray(vectors[start : start + _BLOCK], np.float32)
