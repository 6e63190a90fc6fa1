"""Text files as lines and as wholes: encodings, line ends, and a bound on the length of a line.

Knows no format. UTF-8 first (with or without a byte order mark), UTF-16 by its mark, and Windows
code page 1252 for bytes that are not UTF-8.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from retort.retrieval.errors import RetortError

LINE_LIMIT = 50_000_000
"""characters; a longer line is never held in memory"""
TEXT_LIMIT = 100_000_000
"""bytes; the largest file that is read as one document"""


def encoding_of(head: bytes) -> str:
    """The encoding that the first bytes announce; ``utf-8-sig`` (UTF-8, mark allowed) otherwise."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def numbered(path: Path, limit: int = LINE_LIMIT) -> Iterator[tuple[int, str | None]]:
    """Yield (line number from 1, line without its end); ``None`` stands for a line over the limit.

    Bytes that are not UTF-8 arrive as lone surrogates (``surrogateescape``): see ``western``.
    Damaged UTF-16, which has no such escape, becomes U+FFFD.
    """
    with path.open("rb") as raw:
        encoding = encoding_of(raw.read(4))
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    with path.open(encoding=encoding, errors=errors) as stream:
        number = 0
        while line := stream.readline(limit + 1):
            number += 1
            if len(line) > limit and not line.endswith("\n"):
                while (rest := stream.readline(limit)) and not rest.endswith("\n"):
                    pass
                yield number, None
            else:
                yield number, line.removesuffix("\n")


def western(line: str) -> str:
    """The line with its bytes that are not UTF-8 read as Windows code page 1252."""
    if line.isascii():
        return line
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        raw = line.encode("utf-8", "surrogateescape")
        return raw.decode("cp1252", "replace")
    return line


def whole(path: Path) -> str:
    """The text of a file that is one document, every line end a line feed.

    Raises:
        RetortError: the file is over ``TEXT_LIMIT`` bytes.
    """
    size = path.stat().st_size
    if size > TEXT_LIMIT:
        raise RetortError(
            f"{path} is too large to be one document.",
            f"It has {size:,} bytes; the limit for one text is {TEXT_LIMIT:,}.",
            "Split it, or give it as JSONL with one record per line.",
        )
    raw = path.read_bytes()
    try:
        text = raw.decode(encoding_of(raw[:4]))
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
