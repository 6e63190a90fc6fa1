"""Archives of papers: each member is read as its own file, from a copy with a name of our own.

ZIP, tar (plain, gzip, bzip2, xz) and single compressed files. Nothing is ever written to a path
that an archive names: a member is copied to a temporary folder and gone once it was read. Members
whose names leave their folder, links, devices, locked members and archives inside archives are
refused one by one; an archive that expands without measure is refused from there on.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from retort.retrieval.errors import RetortError

MEMBERS_LIMIT = 200_000
"""members of one archive"""
MEMBER_BYTES = 4_000_000_000
"""expanded, of one member"""
TOTAL_BYTES = 100_000_000_000
"""expanded, of one archive"""
RATIO_LIMIT = 200
"""expanded bytes for each byte of the archive; exports of papers stay below 30, and DEFLATE alone
reaches 1,032"""
FREE_BYTES = 50_000_000
"""expanded bytes before the ratio counts"""
_BLOCK = 1 << 16
_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_OFFICE = (b"word/", b"xl/", b"ppt/", b"epub", b"opendocument")
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
           NotImplementedError, RuntimeError, ValueError)  # fmt: skip
"""what the standard readers raise on a damaged or odd archive"""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    name: str
    """as the archive gives it"""
    path: Path | None
    """a temporary copy, there until the next member is asked for"""
    refused: RetortError | None = None
    """why it was not copied"""


Members = Generator[Member, None, None]


class _Meter:
    """Counts what an archive expands to, and stops it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self.total = 0

    def add(self, count: int) -> None:
        self.total += count
        is_bomb = self.total > FREE_BYTES and self.total > RATIO_LIMIT * self._size
        if is_bomb or self.total > TOTAL_BYTES:
            raise _refusal(
                str(self._path),
                f"It expands without measure: {self.total:,} bytes so far from {self._size:,}.",
            )


class _Metered:
    """An expanding stream, for ``tarfile``, that passes the meter."""

    def __init__(self, stream: IO[bytes], meter: _Meter) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int = _BLOCK) -> bytes:
        block = self._stream.read(size)
        self._meter.add(len(block))
        return block


def is_archive(path: Path) -> bool:
    """Whether a file is an archive or compressed, by its first bytes; Office files are not."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return _is_archive(file.read(4_096))
    except OSError:
        return False


def _is_archive(head: bytes) -> bool:
    if head.startswith(b"PK\x03\x04"):
        return not any(part in head for part in _OFFICE)
    return head[257:262] == b"ustar" or any(map(head.startswith, _COMPRESSED))


def members(path: Path) -> Iterator[Member]:
    """Yield the files of an archive, each there until the next one is asked for.

    Folders and hidden files are left out, as they are in folders.

    Raises:
        RetortError: the archive is damaged, or expands beyond what is reasonable; members before
            that were yielded.
    """
    with tempfile.TemporaryDirectory(prefix="retort-") as folder:
        try:
            with closing(_unpacked(path, Path(folder))) as found:
                for number, member in enumerate(found, 1):
                    if number > MEMBERS_LIMIT:
                        raise _refusal(str(path), f"It has more than {MEMBERS_LIMIT:,} members.")
                    if not _is_hidden(member.name):
                        yield member
        except _DAMAGE as error:
            raise RetortError(
                f"{path} cannot be unpacked.",
                f"The archive is damaged or cut short ({type(error).__name__}: {error}).",
                "Download it again; what was read before the damage is kept.",
            ) from error


def _unpacked(path: Path, folder: Path) -> Members:
    meter = _Meter(path)
    with path.open("rb") as file:
        head = file.read(4_096)
    if head.startswith(b"PK"):
        return _of_zip(path, folder, meter)
    for magic, opener in _COMPRESSED.items():
        if head.startswith(magic):
            return _of_compressed(path, opener, folder, meter)
    return _of_plain_tar(path, folder, meter)


def _of_zip(path: Path, folder: Path, meter: _Meter) -> Members:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
            why = _fault(entry.filename, "It is a link." if is_link else "")
            if entry.flag_bits & 1:
                why = why or "It is locked with a password."
            if why:
                yield Member(entry.filename, None, _refusal(entry.filename, why))
                continue
            with archive.open(entry) as stream, _copied(stream, entry.filename, folder, meter) as m:
                yield m


def _of_compressed(path: Path, opener: object, folder: Path, meter: _Meter) -> Members:
    with opener(path, "rb") as stream:  # type: ignore[operator]
        if stream.read(512)[257:262] == b"ustar":
            stream.seek(0)
            yield from _of_tar(_Metered(stream, meter), folder, _Meter(path))
            return
        stream.seek(0)
        name = path.stem if path.suffix.lower() in (".gz", ".bz2", ".xz") else path.name
        with _copied(stream, name, folder, meter) as member:
            yield member


def _of_plain_tar(path: Path, folder: Path, meter: _Meter) -> Members:
    with path.open("rb") as stream:
        yield from _of_tar(stream, folder, meter)


def _of_tar(stream: Any, folder: Path, meter: _Meter) -> Members:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            if entry.isdir():
                continue
            kind = "It is a link." if entry.issym() or entry.islnk() else "It is a device or pipe."
            why = _fault(entry.name, "" if entry.isreg() and not entry.issparse() else kind)
            content = None if why else archive.extractfile(entry)
            if content is None:
                yield Member(entry.name, None, _refusal(entry.name, why or kind))
                continue
            with content, _copied(content, entry.name, folder, meter) as member:
                yield member


def _fault(name: str, why: str) -> str:
    """Why a member is not read, going by its name and kind; empty where nothing is wrong."""
    parts = re.split(r"[/\\]", name)
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "Its name is an absolute path."
    if ".." in parts:
        return 'Its name leaves its folder ("..").'
    return "Its name holds a NUL." if "\x00" in name else why


def _is_hidden(name: str) -> bool:
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part != ".."]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


@contextmanager
def _copied(stream: IO[bytes], name: str, folder: Path, meter: _Meter) -> Iterator[Member]:
    """A member as a file of our own; only letters, digits and its suffix live on in its name."""
    last = re.split(r"[/\\]", name)[-1]
    path = folder / (re.sub(r"[^A-Za-z0-9._-]", "_", last)[-80:].lstrip(".-") or "member")
    refused = None
    with path.open("wb") as file:
        size = 0
        while block := stream.read(_BLOCK):
            meter.add(len(block))
            size += len(block)
            if not file.tell() and _is_archive(block[:4_096]):
                refused = _refusal(name, "It is an archive inside an archive.")
                break
            if size > MEMBER_BYTES:
                refused = _refusal(name, f"It is larger than {MEMBER_BYTES:,} bytes.")
                break
            file.write(block)
    try:
        yield Member(name, None if refused else path, refused)
    finally:
        path.unlink()


def _refusal(name: str, why: str) -> RetortError:
    return RetortError(
        f"{name} is refused.", why, "Unpack it yourself, look at it, and add the files."
    )
