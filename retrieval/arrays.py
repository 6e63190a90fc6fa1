"""Arrays in one file, memory-mapped, of which no byte is used before its checksum was compared.

A gigabyte is too much to read at each start and too much to trust unread: the file is checked in
blocks, each when something in it is first asked for. Knows bytes and arrays; knows nothing of what
they mean.
"""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypedDict

import numpy as np
import xxhash
from numpy.typing import DTypeLike, NDArray

BLOCK_BYTES = 1 << 14
"""bytes per checksum. Few, since a query reads hundreds of vectors here and there, and the first in
a block pays for all of it."""
_ALIGNMENT = 64

Array = NDArray[Any]
Allocate = Callable[[str, tuple[int, ...], DTypeLike], Array]
"""``allocate(name, shape, dtype)`` gives a zeroed array to be filled"""


class Column(Protocol):
    """What is read of a long array, whether it stands in memory or in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As that of an array."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, places: slice | NDArray[np.int64], /) -> Array: ...


class Place(TypedDict):
    """Where an array lies in its file."""

    dtype: str
    shape: list[int]
    offset: int


class Layout(TypedDict):
    """What is known of a file besides its content; goes into a manifest."""

    file: str
    bytes: int
    arrays: dict[str, Place]
    xxh3: str
    """of each block: the lower half of its 64-bit XXH3, eight hexadecimal digits. Damage goes by
    unnoticed once in four thousand million blocks; CRC-32 would take ten times as long."""


class DamagedError(Exception):
    """A file is not as it was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged")
        self.path = path


def in_memory(name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Arrays that live as long as the process; see `Allocate`."""
    return np.zeros(shape, dtype)


class Draft:
    """A file of arrays while it is being written; it has no name until `publish`."""

    def __init__(self, folder: Path, name: str) -> None:
        handle, path = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        os.close(handle)
        self._path = Path(path)
        self._name = name
        self._size = 0
        self._arrays: dict[str, Place] = {}

    def allocate(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Room for an array in the file; see `Allocate`.

        Raises:
            OSError: there is no room on the disk.
        """
        kind = np.dtype(dtype)
        offset, length = self._size, max(math.prod(shape) * kind.itemsize, 1)
        self._size += length + -length % _ALIGNMENT
        # A hole in a mapped file kills the process when the disk is full; so the room is taken.
        with self._path.open("r+b") as file:
            _reserve(file.fileno(), offset, self._size - offset)
        self._arrays[name] = Place(dtype=kind.str, shape=list(shape), offset=offset)
        if not math.prod(shape):
            return np.zeros(shape, kind)
        return np.memmap(self._path, kind, "r+", offset, shape)

    def publish(self) -> Layout:
        """Put the file in its place, whole and on the disk.

        Raises:
            OSError: it cannot be written.
        """
        sums = bytearray()
        with self._path.open("r+b") as file:
            os.fsync(file.fileno())
            while block := file.read(BLOCK_BYTES):
                sums += _sum(block).to_bytes(4)
        os.replace(self._path, self._path.parent / self._name)
        flush_folder(self._path.parent)
        return Layout(file=self._name, bytes=self._size, arrays=self._arrays, xxh3=sums.hex())

    def discard(self) -> None:
        """Remove the file unless it was published."""
        with contextlib.suppress(OSError):
            self._path.unlink()


@contextlib.contextmanager
def drafting(folder: Path, name: str) -> Iterator[Draft]:
    """A draft that is gone after the block unless it was published."""
    draft = Draft(folder, name)
    try:
        yield draft
    finally:
        draft.discard()


class ArrayFile:
    """The arrays of one file. Raises `DamagedError` wherever it is not as it was written."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.path = folder / layout["file"]
        self.layout = layout
        self._sums = np.frombuffer(bytes.fromhex(layout["xxh3"]), ">u4")
        try:
            if self.path.stat().st_size != layout["bytes"]:
                raise DamagedError(self.path)
            # A slice of an array is made in a tenth of the time that one of a memmap takes.
            self._content = np.memmap(self.path, np.uint8, "r").view(np.ndarray)
        except (OSError, ValueError) as problem:
            raise DamagedError(self.path) from problem
        # Threads may check one block twice; that does no harm.
        self._checked = np.zeros(len(self._sums), bool)

    def column(self, name: str) -> StoredColumn:
        """An array whose blocks are checked as they are read."""
        return StoredColumn(self, name)

    def array(self, name: str) -> Array:
        """A whole array, checked."""
        column = StoredColumn(self, name)
        return column[0 : len(column)]

    def check(self, first: int, last: int) -> None:
        """Check the blocks of bytes ``first`` to ``last - 1``."""
        self.check_blocks(np.arange(first // BLOCK_BYTES, -(-last // BLOCK_BYTES)))

    def check_blocks(self, blocks: NDArray[np.int64]) -> None:
        """Compare those of the blocks that were not compared before."""
        for block in blocks[~self._checked[blocks]]:
            content = self._content[block * BLOCK_BYTES : (block + 1) * BLOCK_BYTES]
            if _sum(content.data) != self._sums[block]:
                raise DamagedError(self.path)
            self._checked[block] = True

    def check_all(self) -> None:
        """Compare every block, those already compared too."""
        self._checked[:] = False
        self.check(0, self.layout["bytes"])

    def map(self, place: Place) -> Array:
        """The array at a place, unchecked."""
        kind, shape = np.dtype(place["dtype"]), tuple(place["shape"])
        length = math.prod(shape) * kind.itemsize
        content: Array = self._content[place["offset"] : place["offset"] + length]
        return content.view(kind).reshape(shape)


class StoredColumn:
    """An array in a file; what is taken out of it has been checked. See `Column`."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        place = file.layout["arrays"][name]
        self._file = file
        self._values = file.map(place)
        self._offset = place["offset"]
        self.shape = self._values.shape
        self._stride = self._values.itemsize * math.prod(self.shape[1:])

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, places: slice | NDArray[np.int64]) -> Array:
        if isinstance(places, slice):
            first, last, _ = places.indices(len(self))
            if last > first:
                self._file.check(*self._bytes(first, last))
            return self._values[first:last]
        begin = self._offset + places.astype(np.int64) * self._stride
        blocks = np.concatenate([begin, begin + self._stride - 1]) // BLOCK_BYTES
        self._file.check_blocks(np.unique(blocks))
        return self._values[places]

    def _bytes(self, first: int, last: int) -> tuple[int, int]:
        return self._offset + first * self._stride, self._offset + last * self._stride


def replace(path: Path, content: bytes) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one, whole."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Bring the names of a folder to the disk."""
    if os.name == "nt":  # Windows has no handle on a folder to flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sum(block: bytes | memoryview) -> int:
    return int(xxhash.xxh3_64_intdigest(block)) & 0xFFFFFFFF


def _reserve(handle: int, offset: int, length: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, offset, length)
        return
    os.lseek(handle, offset, os.SEEK_SET)
    while length > 0:
        length -= os.write(handle, bytes(min(length, 1 << 20)))
