"""Plain text: one file, one paper. A short first line is its title."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from retort.retrieval.readers.identity import identify
from retort.retrieval.readers.lines import whole
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

TITLE_CHARACTERS = 250


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield the one paper of a text file; its text is the file's, every line end a line feed."""
    text = whole(path).strip()
    first = text.split("\n", 1)[0].strip()
    title = first if 0 < len(first) <= TITLE_CHARACTERS else path.stem
    identity = identify(path.read_bytes())
    yield Paper(identity.paper_id, identity.source_id, title, text)
