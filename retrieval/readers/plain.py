"""Plain text: one file, one paper. The first line is its title when it is short enough to be one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from retort.retrieval.readers.identity import identify
from retort.retrieval.readers.lines import whole
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

TITLE_CHARACTERS = 250


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield the one paper of a text file; its text is the file's, line ends as ``\\n``."""
    text = whole(path).strip()
    first = text.split("\n", 1)[0].strip()
    title = first if 0 < len(first) <= TITLE_CHARACTERS else path.stem
    identity = identify(text)
    yield Paper(identity.paper_id, identity.source_id, title, text)
