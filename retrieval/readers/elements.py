"""XML as a stream of record elements, from files that nobody vouches for.

No DTD is fetched, no entity that a file defines is expanded, nothing is nested or grows without
bound; what is forbidden is a ``RetortError``. Named characters (``&alpha;``), which a DTD would
define, are those of HTML, the ISO sets of JATS among them; a name that is not known stays as it
stands. Where the XML breaks, reading goes on at the next record.

Works on expat itself, which alone tells where it stopped and holds one record at a time. Knows no
vocabulary; tags and attributes come without their namespace.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from retort.retrieval.errors import RetortError
from retort.retrieval.readers.reading import Skip

DEPTH_LIMIT = 100
"""levels of nesting; records of PubMed stay below 20, articles of PMC below 50"""
RECORD_BYTES = 64_000_000
"""a single record with more is never held in memory"""
RECORD_ELEMENTS = 1_000_000
"""elements in one record; the longest tables of PMC stay well below"""
_BLOCK = 65_536
_BETWEEN = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_TAG_MISMATCH,
        expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
        expat.errors.XML_ERROR_MISPLACED_XML_PI,
    )
)
"""what is wrong between the records of exports put together in one file; no record is lost"""
_RESUMED = b"<resumed>"
"""stands for the root that was left behind when reading goes on after a break"""


def elements(path: Path, names: Collection[str]) -> Iterator[Element | Skip]:
    """Yield each outermost element of the given names; memory holds one at a time.

    A break in the XML costs the record that it is in: a skip tells its line and what is wrong, and
    the records before and behind it are kept.

    Args:
        path: an XML file.
        names: local names of the elements that are records.

    Raises:
        RetortError: the file defines entities, refers to outside ones, nests without end, or holds
            a record too large for memory.
    """
    start = lines = 0
    with path.open("rb") as file:
        while True:
            records = _Records(path, names)
            if start:
                records.feed(_RESUMED)
            file.seek(start)
            try:
                yield from records.read(file)
                return
            except (LookupError, ValueError) as error:
                yield Skip("the XML declaration", f"its encoding cannot be read: {error}")
                return
            except expat.ExpatError as error:
                error_code = error.code
                lines += error.lineno - 1
                stopped = start + records.position - (len(_RESUMED) if start else 0)
                reason = f"the XML breaks off at column {error.offset + 1}: {_reason(error)}"
                skip = Skip(f"line {lines + 1}", reason)
            following = _next_start(file, max(stopped, start + 1), names)
            between = not records.is_open and error_code in _BETWEEN
            if not between or (following is None and not start):
                yield skip
            if following is None:
                return
            start, passed = following
            lines += passed


class _Records:
    """The events of expat made into elements, for as long as a record is open."""

    def __init__(self, path: Path, names: Collection[str]) -> None:
        self._path = path
        self._names = names
        self._depth = self._record_depth = self._count = self._bytes = 0
        self._builder: TreeBuilder | None = None
        self._done: list[Element] = []
        self._parser = parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.UseForeignDTD(True)  # an undefined entity is then asked for, and no error
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.SkippedEntityHandler = self._named
        parser.EntityDeclHandler = self._forbid
        parser.UnparsedEntityDeclHandler = self._forbid
        parser.ExternalEntityRefHandler = self._forbid

    @property
    def position(self) -> int:
        """Bytes fed before the place where parsing stopped."""
        return max(self._parser.ErrorByteIndex, 0)

    @property
    def is_open(self) -> bool:
        """Whether parsing stopped inside a record."""
        return self._builder is not None

    def feed(self, block: bytes) -> None:
        self._parser.Parse(block, False)

    def read(self, file: BinaryIO) -> Iterator[Element]:
        """The records of a file from where it stands."""
        while block := file.read(_BLOCK):
            broken: expat.ExpatError | None = None
            try:
                self.feed(block)
            except expat.ExpatError as error:
                broken = error
            finished, self._done = self._done, []
            yield from finished
            if broken:
                raise broken
            self._bytes = self._bytes + len(block) if self.is_open and not finished else 0
            if self._bytes > RECORD_BYTES:
                self._refuse(f"One record in it is larger than {RECORD_BYTES:,} bytes.")
        self._parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        tag = name.rpartition("}")[2]
        if self._builder is None and tag in self._names:
            self._builder = TreeBuilder()
            self._record_depth, self._count = self._depth, 0
        if self._depth > DEPTH_LIMIT:
            self._refuse(f"Its XML is nested more than {DEPTH_LIMIT} levels deep.")
        if self._builder is not None:
            self._count += 1
            if self._count > RECORD_ELEMENTS:
                self._refuse(f"One record in it has over {RECORD_ELEMENTS:,} elements.")
            local = {key.rpartition("}")[2]: value for key, value in attributes.items()}
            self._builder.start(tag, local)

    def _end(self, name: str) -> None:
        if self._builder is not None:
            self._builder.end(name.rpartition("}")[2])
            if self._depth == self._record_depth:
                self._done.append(self._builder.close())
                self._builder = None
        self._depth -= 1

    def _data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)

    def _named(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            self._data(html.entities.html5.get(f"{name};", f"&{name};"))

    def _forbid(self, *_: object) -> NoReturn:
        self._refuse(
            "Its XML defines or fetches entities, which no export of papers does and which can be"
            " used to harm."
        )

    def _refuse(self, why: str) -> NoReturn:
        next = "Export the records again from their source."
        raise RetortError(f"{self._path} is refused.", why, next)


def _reason(error: expat.ExpatError) -> str:
    return expat.ErrorString(error.code) or "unknown damage"


def _next_start(file: BinaryIO, start: int, names: Collection[str]) -> tuple[int, int] | None:
    """Where the next record begins, at or behind an offset, and the line ends before it."""
    tag = re.compile(rb"<(?:%s)[\s>]" % "|".join(map(re.escape, names)).encode())
    longest = max(map(len, names)) + 2
    file.seek(start)
    held, passed = b"", 0
    while block := file.read(_BLOCK):
        held += block
        if found := tag.search(held):
            return start + found.start(), passed + held.count(b"\n", 0, found.start())
        kept = held[-longest:]
        start += len(held) - len(kept)
        passed += held.count(b"\n") - kept.count(b"\n")
        held = kept
    return None
