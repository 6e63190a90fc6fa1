"""The records of a screening as a sequence: read from the file as they are asked for, not held.

Knows neither the file nor what a record is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from retort.agent.triage.records import Record

CHUNK = 1_000
"""records that are read at once"""


class Records(Sequence[Record]):
    """So many records.

    Args:
        read: gives those from one position up to another one; called again whenever one is wanted.
        count: how many there are.
    """

    def __init__(self, read: Callable[[int, int], list[Record]], count: int) -> None:
        self._read, self._count = read, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(self._count))]
        row = range(self._count)[at]
        return self._read(row, row + 1)[0]

    def __iter__(self) -> Iterator[Record]:
        for start in range(0, self._count, CHUNK):
            yield from self._read(start, min(start + CHUNK, self._count))
