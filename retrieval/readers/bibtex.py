"""BibTeX, record by record, whatever its exporter left unbalanced.

Streams. An entry ends where its braces balance, or where the next entry begins at the start of a
line: then it is kept as far as it can be read. Entries may share a key; a field may come twice.
``@string`` is applied to what follows it; ``@comment`` and ``@preamble`` are no records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retort.retrieval.readers.entry import Entry, given_first, to_paper
from retort.retrieval.readers.fields import RECORD_LIMIT
from retort.retrieval.readers.latex import to_unicode
from retort.retrieval.readers.lines import LINE_LIMIT, numbered, western
from retort.retrieval.readers.medline import heading
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

START = re.compile(r"\s*@\s*(?P<kind>[A-Za-z]+)\s*(?P<open>[{(])")
"""what begins an entry, at the start of a line"""
_NEXT = re.compile(r"@[A-Za-z]{2,30} ?[{(] ?(?:[^\s,{}()\"=]{0,200} ?,|[A-Za-z]{1,30} ?=)")
"""a line that begins an entry, even where the one before never ended"""
_INLINE_START = re.compile(r"@\s*(?P<kind>[A-Za-z]+)\s*(?P<open>[{(])")
_BRACKET = re.compile(r"\\.|[{}()]", re.DOTALL)
_NO_NAME = re.compile(r"[,{}\"#]")
_VALUE_SIGN = re.compile(r"\\.|[{}\"]", re.DOTALL)
_BARE = re.compile(r"[^\s,#{}\"]+")
_NO_RECORDS = ("comment", "preamble", "string")
_TITLE = ("title", "booktitle")
_JOURNAL = ("journal", "journaltitle", "booktitle", "series")
_KEYWORDS = ("keywords", "keyword", "author_keywords", "author-keywords", "key words")
_MESH = ("mesh", "mesh-terms", "mesh_terms")
_NOTES = ("note", "notes", "annote", "annotation")
_TYPES = ("document_type", "type", "publication_type")
_USED = frozenset((*_TITLE, *_JOURNAL, *_KEYWORDS, *_MESH, *_NOTES, *_TYPES)) | frozenset(
    "abstract author editor year date doi pmid pmcid pmc url label".split()
)


@dataclass(frozen=True, slots=True)
class _Block:
    line: int
    kind: str
    body: str
    """what stands between the outer brackets"""
    fault: str = ""


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each entry."""
    strings: dict[str, str] = {}
    for block in _blocks(path):
        if isinstance(block, Skip):
            yield block
        elif block.kind == "string":
            strings |= _fields(block.body, 0, strings)
        elif block.kind not in _NO_RECORDS:
            yield _record(block, strings)


def _blocks(path: Path) -> Iterator[_Block | Skip]:
    """The entries of a file as they stand; text between them is a comment and left out."""
    scan = _Scan()
    for number, line in numbered(path):
        if line is None:
            if scan.is_open:
                scan.fault = f"line {number}: longer than {LINE_LIMIT:,} characters"
            else:
                yield Skip(f"line {number}", f"longer than {LINE_LIMIT:,} characters")
            continue
        line = western(line)
        if scan.is_open and _NEXT.match(line):
            yield scan.close("braces: not balanced")
        yield from scan.feed(number, line + "\n")
    if scan.is_open:
        yield scan.close("braces: not balanced")


class _Scan:
    """Where the scan stands: outside an entry, or inside one and how deep."""

    def __init__(self) -> None:
        self.is_open = False
        self.fault = ""

    def feed(self, number: int, line: str) -> Iterator[_Block]:
        """Take one line; yield the entries that end in it."""
        at = 0
        while at < len(line):
            if not self.is_open:
                found = (START if at == 0 else _INLINE_START).search(line, at)
                if not found or (at == 0 and line[: found.start()].strip()):
                    return
                self._begin(number, found)
                at = found.end()
            end = self._end(line, at)
            self._keep(line[at:] if end is None else line[at:end])
            if end is None:
                return
            yield self.close(self.fault)
            at = end + 1

    def close(self, fault: str) -> _Block:
        """End the entry."""
        self.is_open = False
        return _Block(self._line, self._kind, "".join(self._parts), fault)

    def _begin(self, line: int, found: re.Match[str]) -> None:
        self.is_open, self.fault = True, ""
        self._line, self._kind = line, found["kind"].lower()
        self._closing, self._depth = ("}" if found["open"] == "{" else ")"), 0
        self._parts: list[str] = []
        self._room = RECORD_LIMIT

    def _end(self, line: str, at: int) -> int | None:
        for found in _BRACKET.finditer(line, at):
            sign = found[0]
            if sign == self._closing and self._depth == 0:
                return found.start()
            self._depth += (sign == "{") - (sign == "}" and self._depth > 0)
        return None

    def _keep(self, text: str) -> None:
        if len(text) > self._room:
            self.fault = f"record: longer than {RECORD_LIMIT:,} characters"
        self._parts.append(text[: self._room])
        self._room -= len(self._parts[-1])


def _fields(body: str, at: int, strings: dict[str, str]) -> dict[str, str]:
    """Name -> raw value of each field; the first one counts where a name comes twice."""
    fields: dict[str, str] = {}
    while (sign := body.find("=", at)) >= 0:
        name = " ".join(_NO_NAME.split(body[at:sign])[-1].lower().split())
        value, at = _value(body, sign + 1, strings)
        fields.setdefault(name, value)
    return fields


def _value(body: str, at: int, strings: dict[str, str]) -> tuple[str, int]:
    """A value and where it ends: ``{..}``, ``".."``, a number or a name, joined by ``#``."""
    parts: list[str] = []
    while True:
        at = _past_blanks(body, at)
        sign = body[at : at + 1]
        if sign in ("{", '"') and sign:
            end = _closing(body, at)
            parts.append(body[at + 1 : end])
            at = end + 1
        elif bare := _BARE.match(body, at):
            parts.append(strings.get(bare[0].lower(), bare[0]))
            at = bare.end()
        at = _past_blanks(body, at)
        if body[at : at + 1] != "#":
            return "".join(parts), at
        at += 1


def _past_blanks(body: str, at: int) -> int:
    while at < len(body) and body[at].isspace():
        at += 1
    return at


def _closing(body: str, at: int) -> int:
    """Where the value that opens here closes; the end of the body where it never does."""
    is_quoted, depth = body[at] == '"', 0
    for found in _VALUE_SIGN.finditer(body, at + 1):
        sign = found[0]
        if depth == 0 and sign == ('"' if is_quoted else "}"):
            return found.start()
        depth += (sign == "{") - (sign == "}" and depth > 0)
    return len(body)


def _record(block: _Block, strings: dict[str, str]) -> Paper | Skip:
    key, comma, _ = block.body.partition(",")
    if not comma or any(sign in key for sign in '={}"'):
        key = comma = ""
    fields = _fields(block.body, len(key) + len(comma), strings)

    def first(*names: str) -> str:
        return next((text for name in names if (text := to_unicode(fields.get(name, "")))), "")

    extra = {name: to_unicode(value) for name, value in fields.items() if name not in _USED}
    return to_paper(
        Entry(
            f"line {block.line}",
            title=first(*_TITLE),
            abstract=first("abstract"),
            authors=_names(fields.get("author") or fields.get("editor", "")),
            years=[text for name in ("year", "date") if (text := first(name))],
            journal=first(*_JOURNAL) if first("title") else first("series"),
            dois=[_plain(fields[name]) for name in ("doi",) if name in fields],
            pmids=[text for text in (first("pmid"),) if text],
            pmcids=[text for text in (first("pmcid", "pmc"),) if text],
            links=[_plain(fields[name]) for name in ("url",) if name in fields],
            mesh=[heading(each) for each in _list(first(*_MESH))],
            keywords=_list(first(*_KEYWORDS)),
            publication_types=_list(first(*_TYPES)),
            label=first("label"),
            notes=[text for name in _NOTES if (text := first(name))],
            extra={"type": block.kind, "record_id": key.strip(), **extra},
            faults=[block.fault] if block.fault else [],
        )
    )


def _plain(text: str) -> str:
    r"""An identifier or address: no text to decode, but ``\_`` and ``\url{..}`` do occur."""
    return re.sub(r"\\url\b|[{}]|\\(?=[_%&#~$])", "", text).strip()


def _list(text: str) -> list[str]:
    separator = ";" if ";" in text else ","
    return [word for part in text.split(separator) if (word := part.strip())]


def _names(text: str) -> list[str]:
    """The names between the ``and`` outside braces; one wholly in braces is not turned around."""
    text = " ".join(text.split())
    names: list[str] = []
    start = depth = 0
    pieces: list[str] = []
    for found in re.finditer(r"\\.|[{}]| and(?= )", text):
        sign = found[0]
        depth += (sign == "{") - (sign == "}" and depth > 0)
        if depth == 0 and sign == " and":
            pieces.append(text[start : found.start()])
            start = found.end()
    for piece in [*pieces, text[start:]]:
        name = piece.strip()
        is_whole = name.startswith("{") and _closing(name, 0) == len(name) - 1
        shown = to_unicode(name)
        if shown and shown != "others":
            names.append(shown if is_whole else given_first(shown))
    return names
