"""What a reader gives back: papers, skips, and the survey that counts both before anything is kept.

Knows no format. A large file is parsed twice, once to count and report and once to stream, so that
memory stays bounded and ``skipped`` is complete before the first paper is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError
from retort.retrieval.records import Paper, Section

KEPT_CHARACTERS = 16_000_000
"""papers of a file are held in memory up to this many characters of text; beyond, they stream"""

_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True)
class Skip:
    """One record, line or page that was left out."""

    where: str
    """``line 17``, ``record 3``, ``page 2``: where it stands in the file"""
    reason: str
    paper: Paper | None = field(default=None, compare=False, repr=False)
    """what can be told of it all the same: its ids and labels, for those who must count it"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of reading one file."""

    papers: Collection[Paper]
    """a tuple, or for a large file a ``PaperStream`` that parses the file anew on each pass"""
    skipped: tuple[Skip, ...]
    format: str
    """``jsonl``, ``medline``, ``pubmed-xml``, ``pdf``, ``markdown`` or ``text``"""


class PaperStream(Collection[Paper]):
    """The papers of a large file, parsed again on each pass; its length is known.

    Args:
        records: starts a fresh pass over the file.
        count: papers that the first pass found.
    """

    def __init__(self, records: Callable[[], Iterator[Paper | Skip]], count: int) -> None:
        self._records = records
        self._count = count

    def __iter__(self) -> Iterator[Paper]:
        return (storable(record) for record in self._records() if isinstance(record, Paper))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, paper: object) -> bool:
        return any(paper == other for other in self)


def storable(paper: Paper) -> Paper:
    """The paper with lone surrogates and NULs replaced by U+FFFD, one for one.

    SQLite cannot hold either; the replacement keeps every offset.
    """
    changed: dict[str, Any] = {}
    for each in fields(paper):
        value = getattr(paper, each.name)
        clean = _clean(value)
        if clean != value:
            changed[each.name] = clean
    return replace(paper, **changed) if changed else paper


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, tuple):
        return tuple(map(_clean, value))
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, Section):
        return replace(value, title=_clean(value.title))
    return value


def survey(path: Path, kind: str, records: Callable[[], Iterator[Paper | Skip]]) -> Reading:
    """Run once over the records: count, collect the skips, keep the papers if they are few.

    Args:
        path: the file, for messages.
        kind: the format's name.
        records: starts a pass over the file.

    Raises:
        RetortError: not one record could be read, or the file could not be opened.
    """
    kept: list[Paper] = []
    skipped: list[Skip] = []
    count = characters = 0
    try:
        for record in records():
            if isinstance(record, Skip):
                skipped.append(record)
                continue
            count += 1
            characters += len(record.text) + len(record.title)
            if characters <= KEPT_CHARACTERS:
                kept.append(storable(record))
            else:
                kept.clear()
    except OSError as error:
        raise RetortError(
            f"Cannot read {path}.", f"{error.strerror or error}.", "Check the file and try again."
        ) from error
    if count == 0:
        first = skipped[0] if skipped else Skip("the file", "it holds no record")
        raise RetortError(
            f"No record could be read from {path} ({kind}).",
            f"{len(skipped)} skipped; the first at {first.where}: {first.reason}.",
            "Correct the file, or export the records again.",
        )
    papers = tuple(kept) if characters <= KEPT_CHARACTERS else PaperStream(records, count)
    return Reading(papers, tuple(skipped), kind)
