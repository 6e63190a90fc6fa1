"""One file per format; what a file is is decided by its content.

``read`` is the one door. It knows neither chunks nor the library: a file goes in, papers with final
text come out, and every record that was left out is named with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from retort.retrieval.readers import (
    bibtex,
    delimited,
    html,
    jats,
    jsonl,
    markdown,
    medline,
    pdf,
    plain,
    pubmed,
    ris,
    trials,
)
from retort.retrieval.readers.reading import PaperStream, Reading, Skip, survey
from retort.retrieval.readers.sniff import sniff
from retort.retrieval.records import Paper

__all__ = ["FORMATS", "PaperStream", "Reading", "Skip", "read", "sniff"]

FORMATS: Mapping[str, Callable[[Path], Iterator[Paper | Skip]]] = {
    "jsonl": jsonl.records,
    "medline": medline.records,
    "ris": ris.records,
    "bibtex": bibtex.records,
    "table": delimited.records,
    "pubmed-xml": pubmed.records,
    "jats": jats.records,
    "clinical-trials": trials.records,
    "html": html.records,
    "pdf": pdf.records,
    "markdown": markdown.records,
    "text": plain.records,
}
"""Format name (as ``sniff`` gives it) -> the function that yields its papers and skips."""


def read(path: Path) -> Reading:
    """Read one file of papers.

    Args:
        path: a file; its suffix plays no part, except to tell Markdown from plain text when the
            content fits both.

    Returns:
        The papers (small files at once, large ones streamed from disk on each pass), the records
        that were skipped, with line or page and reason, and the name of the format.

    Raises:
        RetortError: the file as a whole is missing, empty, damaged, of a format that is not read,
            or holds no readable record.
    """
    path = Path(path)
    kind = sniff(path)
    reader = FORMATS[kind]
    return survey(path, kind, lambda: reader(path))
