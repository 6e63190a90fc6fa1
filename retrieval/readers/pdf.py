"""PDF through pypdf: the text layer, page by page, made readable once and then final.

How lines become paragraphs is the business of ``layout``. The reference list is left out. Knows no
optical character recognition: a scan without a text layer is refused.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError
from retort.retrieval.readers.identity import clean_doi, identify, year_of
from retort.retrieval.readers.layout import (
    WORD,
    join_pages,
    lines_of,
    reflow,
    sections_of,
    without_references,
)
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

FEWEST_LETTERS = 20
"""a PDF with fewer letters on all its pages has no text layer worth the name"""
YEAR_REACH = 1_500
"""characters at the top of the first page, above the abstract, where its year is looked for"""
ISSUE_LAG = 2
_YEAR = re.compile(r"(?<![\d.,/-])(19[5-9]\d|20\d\d)(?![\d/-]|,\d)")
_HEADED = re.compile(r"^(?:abstract|summary|introduction)\b", re.IGNORECASE | re.MULTILINE)
_INFORMATION = {"title": "/Title", "author": "/Author", "made": "/CreationDate"}
_NOT_A_TITLE = re.compile(
    r"^untitled|^microsoft word|^powerpoint|^slide \d|\.(docx?|pdf|tex|dvi|indd|qxd|rtf)$|^doi:",
    re.I,
)


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a skip for each page that cannot be read, then the paper.

    Raises:
        RetortError: the file is damaged, needs a password, or has no text layer.
    """
    with _quiet():
        reader = _open(path)
        pages, skips = _pages(reader, path)
        information = _information(reader)
        heading = _largest(reader)
    yield from skips
    text, starts = join_pages(pages)
    if sum(character.isalpha() for character in text) < FEWEST_LETTERS:
        raise RetortError(
            f"{path} has no text to read.",
            f"Its {len(pages)} page(s) hold no text layer: it is probably a scan.",
            f"Add a text layer, for example with `ocrmypdf {path.name} {path.stem}-text.pdf`,"
            " and add the new file.",
        )
    yield _paper(path, text, starts, information, heading)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back pypdf, which warns once per font and page."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _open(path: Path) -> Any:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    locked = ""
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            locked = "It cannot be opened without its password."
        else:
            len(reader.pages)
    except DependencyError as error:
        locked = f"Its kind of encryption is not read here ({_short(error)})."
    except Exception as error:  # pypdf meets damage with every kind of exception
        raise RetortError(
            f"{path} cannot be read as a PDF.",
            f"The file is damaged or cut short ({_short(error)}).",
            "Download it again, or repair it, for example with `qpdf IN.pdf OUT.pdf`.",
        ) from error
    if locked:
        raise RetortError(
            f"{path} is encrypted.", locked, "Save a copy without a password and add that."
        )
    return reader


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:160]}".rstrip(": ")


def _pages(reader: Any, path: Path) -> tuple[list[str], list[Skip]]:
    """The text of each page (empty where there is none), and what could not be read."""
    raw: list[str] = []
    skips: list[Skip] = []
    for number in range(len(reader.pages)):
        try:
            raw.append(reader.pages[number].extract_text() or "")
        except Exception as error:  # one bad page must not lose the paper
            raw.append("")
            skips.append(Skip(f"page {number + 1}", f"no text could be read ({_short(error)})"))
    if raw and len(skips) == len(raw):
        raise RetortError(
            f"{path} cannot be read as a PDF.",
            f"Not one of its {len(raw)} page(s) could be read: {skips[0].reason}.",
            "Download it again, or print it to a new PDF.",
        )
    lines = [lines_of(page) for page in raw]
    words = Counter(word.lower() for page in lines for line in page for word in WORD.findall(line))
    return [reflow(page, words) for page in lines], skips


def _information(reader: Any) -> dict[str, str]:
    """Title, author and date from the document information; empty where it is missing or broken."""
    try:
        found = reader.metadata or {}
        return {
            name: " ".join(str(found.get(key) or "").split()) for name, key in _INFORMATION.items()
        }
    except Exception:  # a broken information dictionary is no reason to lose the paper
        return dict.fromkeys(_INFORMATION, "")


def _largest(reader: Any) -> str:
    """The text in the largest type on the first page, where a title usually stands."""
    runs: list[tuple[float, str]] = []

    def visit(text: str, _cm: Any, tm: Any, _font: Any, size: float) -> None:
        if text.strip():
            runs.append((round(abs(size * (tm[3] or tm[1] or 1.0)), 1), text))

    try:
        reader.pages[0].extract_text(visitor_text=visit)
    except Exception:  # the title is a nicety
        return ""
    sizes: dict[float, str] = {}
    for size, text in runs:
        sizes[size] = sizes.get(size, "") + text
    for size in sorted(sizes, reverse=True):
        title = " ".join(lines_of(" ".join(sizes[size].split("\n")))).strip()
        if _is_title(title):
            return title
    return ""


def _is_title(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return 15 <= len(text) <= 300 and letters > 10 and " " in text and not _NOT_A_TITLE.search(text)


def _paper(
    path: Path, text: str, starts: tuple[int, ...], information: dict[str, str], heading: str
) -> Paper:
    first_line = next((line for line in text.split("\n") if _is_title(line)), path.stem)
    title = information["title"] if _is_title(information["title"]) else heading or first_line
    first_page = text[: starts[1] if len(starts) > 1 else len(text)]
    dois = {clean_doi(found).lower() for found in re.findall(r"10\.\d{4,9}/\S+", first_page)}
    identity = identify(path.read_bytes(), doi=dois.pop() if len(dois) == 1 else "")
    authors = re.split(r"\s*;\s*|\s*,\s+(?:and\s+)?|\s+and\s+", information["author"])
    body, moved = without_references(text, starts)
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=body,
        sections=sections_of(body),
        page_starts=moved,
        authors=tuple(name for name in authors if name),
        year=_year(first_page, year_of(information["made"].removeprefix("D:")[:4])),
        doi=identity.doi,
        url=identity.url,
        metadata={"references": "omitted"} if len(body) < len(text) else {},
    )


def _year(first_page: str, made: int | None) -> int | None:
    """The latest year above the abstract that is not after the file was made.

    Volumes are dated up to ``ISSUE_LAG`` years after the file of an article.
    """
    top = _HEADED.split(first_page, maxsplit=1)[0][:YEAR_REACH]
    years = [int(year) for year in _YEAR.findall(top)]
    return max((year for year in years if not made or year <= made + ISSUE_LAG), default=None)
