"""Markdown: one file, one paper; headings become sections, a metadata block becomes fields.

The body is cleaned once (see ``markup``) and is then final. Headings are not part of the stored
text: each section's title carries its path ("Methods > Genotyping"). The reference list is left
out, since a line of it is no evidence for anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.identity import identify, year_of
from retort.retrieval.readers.lines import whole
from retort.retrieval.readers.markup import plain
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

_HEADING = re.compile(r"(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*")
_LABEL = re.compile(r"\*\*([^*:]{3,80}):\*\*\s*")
_PAIR = re.compile(r"(?:- )?([A-Za-z][A-Za-z _-]{0,30}):\s*(.*)")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_BLOCK = re.compile(r"\s*(?:\||[-+*]\s|\d+[.)]\s|>)")
_BULLET = re.compile(r"^\s*[+*]\s+")
REFERENCES = re.compile(
    r"(?:\d+\.?\s*)?(?:list of )?(?:references?|bibliography|literature cited|works cited)"
    r"(?: and notes| cited| list)?\W*",
    re.IGNORECASE,
)
_FIELDS = frozenset("id title authors author journal date year doi pmid pmcid url".split())
LABEL_LEVEL = 7
"""a line that is only a bold label stands below every heading"""
REPEATED_CHARACTERS = 60
"""a block at least this long that has stood in the paper before is not stored twice"""


@dataclass(slots=True)
class _Document:
    """A Markdown file taken apart."""

    title: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    """keys in lower case"""
    parts: list[tuple[str, list[str]]] = field(default_factory=list)
    """(heading path, raw lines)"""
    references: bool = False


@dataclass(slots=True)
class _Line:
    """A line of the result: wrapped lines of the file joined, marks still in it."""

    text: str
    is_code: bool = False


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield the one paper of a Markdown file."""
    document = _parse(whole(path))
    title = document.title or plain(document.fields.get("title", "")) or path.stem
    repeated: list[str] = []
    seen: set[str] = set()
    bodies = [(name, _body(lines, seen, repeated)) for name, lines in document.parts]
    text, sections = compose(bodies)
    text = text or title
    fields = document.fields
    identity = identify(
        path.read_bytes(),
        own_id=fields.get("id", ""),
        pmid=fields.get("pmid", ""),
        pmcid=fields.get("pmcid", ""),
        doi=fields.get("doi", ""),
        url=plain(fields.get("url", "")),
    )
    metadata = {name: plain(value) for name, value in fields.items() if name not in _FIELDS}
    if document.references:
        metadata["references"] = "omitted"
    if repeated:
        metadata["repeated_blocks"] = f"{len(repeated)} omitted"
    names = plain(fields.get("authors", fields.get("author", "")))
    yield Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=text,
        sections=sections,
        authors=tuple(name for part in re.split(r"[;,]", names) if (name := part.strip())),
        year=year_of(fields.get("date", fields.get("year", ""))),
        journal=plain(fields.get("journal", "")),
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        metadata=metadata,
    )


def _parse(text: str) -> _Document:
    document = _Document()
    lines = _front_matter(text.split("\n"), document)
    path: list[tuple[int, str]] = []
    current: list[str] = []
    document.parts.append(("", current))
    omitted_level = 0
    in_metadata = False
    fence = ""
    for line in lines:
        marker = _FENCE.match(line)
        if marker and (not fence or marker[1].startswith(fence)):
            fence = "" if fence else marker[1]
        found = None if fence else _heading(line)
        if found is None:
            pair = _PAIR.fullmatch(plain(line)) if in_metadata else None
            if pair:
                document.fields.setdefault(pair[1].strip().lower(), pair[2].strip())
            elif not omitted_level:
                current.append(line)
            continue
        level, name = found
        if omitted_level and level > omitted_level:
            continue
        omitted_level = 0
        in_metadata = name.lower() == "metadata"
        if level == 1 and not document.title and not path:
            document.title = name
            continue
        path = [(other, title) for other, title in path if other < level]
        if REFERENCES.fullmatch(name):
            document.references = True
            omitted_level = level
            continue
        if not in_metadata:
            path.append((level, name))
        current = []
        document.parts.append((" > ".join(title for _, title in path if title), current))
    return document


def _heading(line: str) -> tuple[int, str] | None:
    """Level and title of a heading line, or of a line that is only a bold label."""
    found = _HEADING.fullmatch(line)
    if found:
        return len(found[1]), plain(found[2] or "")
    label = _LABEL.fullmatch(line)
    return (LABEL_LEVEL, plain(label[1])) if label else None


def _front_matter(lines: list[str], document: _Document) -> list[str]:
    """Take the ``---`` block at the top, where there is one, into the fields."""
    if lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:200]):
        return lines
    end = next(at for at in range(1, len(lines)) if lines[at].strip() == "---")
    for line in lines[1:end]:
        name, colon, value = line.partition(":")
        if colon and name.strip() and value.strip():
            value = value.strip().strip("\"'").removeprefix("[").removesuffix("]")
            document.fields[name.strip().lower()] = value
    return lines[end + 1 :]


def _body(lines: list[str], seen: set[str], repeated: list[str]) -> str:
    """The blocks of a part: paragraphs on one line each, rows of tables and lists as lines."""
    blocks: list[list[_Line]] = [[]]
    fence = ""
    for line in lines:
        marker = _FENCE.match(line)
        if marker and (not fence or marker[1].startswith(fence)):
            fence = "" if fence else marker[1]
            blocks.append([])
        elif fence:
            blocks[-1].append(_Line(line.rstrip(), is_code=True))
        elif _is_rule(line):
            continue
        elif not line.strip():
            blocks.append([])
        elif blocks[-1] and not _BLOCK.match(line):
            blocks[-1][-1].text += " " + line.strip()
        else:
            blocks[-1].append(_Line(_BULLET.sub("- ", line)))
    kept = []
    for block in blocks:
        shown = [line.text if line.is_code else plain(line.text) for line in block]
        text = "\n".join(line for line in shown if line).strip()
        if len(text) >= REPEATED_CHARACTERS and text in seen:
            repeated.append(text)
        elif text:
            seen.add(text)
            kept.append(text)
    return "\n\n".join(kept)


def _is_rule(line: str) -> bool:
    """A horizontal rule (``---``, ``* * *``) or the line under the head of a table."""
    marks = "".join(line.split())
    if "|" in marks:
        return "-" in marks and not marks.strip("|:-")
    return len(marks) >= 3 and len(set(marks)) == 1 and marks[0] in "-*_"
