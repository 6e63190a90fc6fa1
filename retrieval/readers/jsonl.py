"""JSON Lines in the style of BEIR: ``{"_id", "title", "text", "metadata"}``, one record per line.

Streams. The text is kept exactly as it stands in the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retort.retrieval.readers.identity import identify, year_of
from retort.retrieval.readers.lines import LINE_LIMIT, numbered
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

TEXT_FIELDS = ("text", "abstract")
_ID_FIELDS = ("_id", "id")
_OWN_FIELDS = frozenset(
    "_id id title text abstract metadata authors year journal doi pmid pmcid url retracted"
    " retraction mesh keywords publication_types has_abstract".split()
)
_METADATA_CHARACTERS = 2_000


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each line that is not blank."""
    for number, line in numbered(path):
        where = f"line {number}"
        if line is None:
            yield Skip(where, f"longer than {LINE_LIMIT:,} characters")
        elif line.strip():
            yield _record(where, line)


def _record(where: str, line: str) -> Paper | Skip:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        return Skip(where, f"not UTF-8 at character {error.start + 1}")
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        return Skip(where, f"not JSON: {error.msg} at character {error.pos + 1}")
    except (RecursionError, ValueError) as error:
        return Skip(where, f"not usable JSON: {type(error).__name__}")
    if not isinstance(values, dict):
        return Skip(where, f"a JSON {type(values).__name__}, not a record")
    extra = values.get("metadata")
    extra = extra if isinstance(extra, dict) else {}
    title = _string(values, ("title",)).strip()
    text = _string(values, TEXT_FIELDS)
    if not text.strip():
        text = title
    if not text:
        names = ", ".join(sorted(map(str, values))[:8]) or "none"
        return Skip(where, f"neither title nor text (fields: {names})")
    return _paper(values, extra, title, text)


def _paper(values: Mapping[str, Any], extra: Mapping[str, Any], title: str, text: str) -> Paper:
    def either(name: str) -> str:
        return _string(values, (name,)) or _string(extra, (name,))

    def listed(name: str) -> tuple[str, ...]:
        return _names(values.get(name) or extra.get(name))

    def says(name: str, truth: bool) -> bool:
        return values.get(name) is truth or extra.get(name) is truth

    has_text = bool(_string(values, TEXT_FIELDS).strip())

    identity = identify(
        f"{title}\n{text}",
        own_id=_string(values, _ID_FIELDS).strip(),
        pmid=either("pmid"),
        pmcid=either("pmcid"),
        doi=either("doi"),
        url=either("url"),
    )
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=text,
        authors=listed("authors"),
        year=year_of(either("year")),
        journal=either("journal"),
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        retracted=says("retracted", True) or bool(either("retraction")),
        retraction=either("retraction"),
        mesh=listed("mesh"),
        keywords=listed("keywords"),
        publication_types=listed("publication_types"),
        has_abstract=has_text and not says("has_abstract", False),
        metadata=_metadata(values, extra),
    )


def _string(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of the fields that holds a text or a number, as text; empty where none does."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(name for part in value.split(";") if (name := part.strip()))
    if isinstance(value, list):
        return tuple(name.strip() for name in value if isinstance(name, str) and name.strip())
    return ()


def _metadata(values: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, str]:
    """Other short fields as text; long ones (sentence lists, vectors) are not metadata."""
    kept: dict[str, str] = {}
    for name, value in (*values.items(), *extra.items()):
        if name in _OWN_FIELDS or value is None or value == "":
            continue
        if isinstance(value, list):
            value = "; ".join(str(item) for item in value if not isinstance(item, dict | list))
        if isinstance(value, str | int | float) and 0 < len(shown := str(value)):
            if len(shown) <= _METADATA_CHARACTERS:
                kept[name] = shown
    return kept
