"""What a file is, from its first bytes; what is not read is refused by name.

The suffix decides nothing, with one exception: content that could be Markdown as well as plain text
is Markdown when the file is named so.
"""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

from retort.retrieval.errors import NotReadError, RetortError
from retort.retrieval.readers import bibtex, ris
from retort.retrieval.readers.delimited import find_header
from retort.retrieval.readers.foreign import name_binary, name_text
from retort.retrieval.readers.jats import ROOTS as JATS_ROOTS
from retort.retrieval.readers.lines import encoding_of
from retort.retrieval.readers.pubmed import ROOTS as PUBMED_ROOTS
from retort.retrieval.readers.trials import looks_like_trials

HEAD_BYTES = 65_536
FEWEST_WORDS = 5
"""a text with fewer words is no document"""
READ_FORMATS = (
    "JSONL, MEDLINE/.nbib, RIS, BibTeX, CSV and TSV tables with a title or abstract column,"
    " PubMed XML, JATS/PMC XML, ClinicalTrials.gov JSON, PDF, HTML, Markdown and plain text"
)
_PAGE_TAGS = frozenset(
    "html head body main div section p h1 h2 h3 span table meta title script link".split()
)
_SAMPLE = 60
"""lines looked at"""
_MEDLINE_TAG = re.compile(r"(?:PMID- |OWN - |STAT- |PMC - |FAU - |(?:TI|AB|JT|DP|BTI)  ?- )\S")
_ENTRIES = frozenset(
    "article book booklet collection comment conference dataset inbook incollection inproceedings"
    " manual mastersthesis misc online patent phdthesis preamble proceedings report software string"
    " techreport thesis unpublished".split()
)
"""kinds of BibTeX and BibLaTeX entries"""
_MARKDOWN_SUFFIXES = (".md", ".markdown")
_MARKDOWN_LINE = re.compile(r"#{1,6} +\S")


def sniff(path: Path) -> str:
    """The name of the format of a file, a key of ``retort.retrieval.readers.FORMATS``.

    Raises:
        RetortError: no such file, a folder, empty, too short, or of a format that is not read; the
            message names what it looks like.
    """
    if path.is_dir():
        raise RetortError(f"{path} is a folder.", "One file at a time is read here.")
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise RetortError(
            f"There is no file {path}.", "", "Check the path; quote it if it has spaces."
        ) from error
    except OSError as error:
        raise RetortError(
            f"Cannot open {path}.", f"{error.strerror or error}.", "Check its permissions."
        ) from error
    if not head:
        raise RetortError(f"{path} is empty.", "It has zero bytes.", "Download or export it again.")
    if b"%PDF-" in head[:1024]:
        return "pdf"
    foreign = name_binary(head)
    if foreign:
        raise _refusal(path, foreign)
    return _sniff_text(path, _decode(head), is_cut=len(head) == HEAD_BYTES)


def _decode(head: bytes) -> str:
    """The head as text; a character cut in two at its end is dropped."""
    encoding = encoding_of(head)
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        return decoder.decode(head, final=len(head) < HEAD_BYTES).lstrip("\ufeff")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _sniff_text(path: Path, text: str, is_cut: bool) -> str:
    lines = text.splitlines()
    filled = [line for line in lines if line.strip()][:_SAMPLE]
    if not filled:
        raise RetortError(
            f"{path} is empty.", "It holds nothing but white space.", "Export it again."
        )
    start = filled[0].lstrip()
    if re.match(r"<(?!\d+>)", start):  # "<1>" is how some number their records
        return _sniff_markup(path, text)
    if looks_like_trials(text):
        return "clinical-trials"
    if _is_jsonl(filled, is_cut=len(lines) == 1):
        return "jsonl"
    is_torn = is_cut and len(lines) > 1  # the last line says nothing of how many cells it has
    if citations := _sniff_citations(lines[:-1] if is_torn else lines, filled):
        return citations
    foreign = name_text(text, filled)
    if foreign:
        raise _refusal(path, foreign)
    if len(text.split()) < FEWEST_WORDS:
        raise RetortError(
            f"{path} is too short to be a document.",
            f"It holds {len(text.strip())} characters: {text.strip()[:40]!r}.",
            "Download or export it again; it may be a broken copy.",
        )
    headed = sum(bool(_MARKDOWN_LINE.match(line)) for line in lines)
    if start == "---" or _MARKDOWN_LINE.match(start) or headed >= 2:
        return "markdown"
    return "markdown" if path.suffix.lower() in _MARKDOWN_SUFFIXES else "text"


def _sniff_citations(lines: list[str], filled: list[str]) -> str:
    """The citation format that the first lines belong to; empty where none."""
    if any(map(ris.START.match, filled)):
        return "ris"
    entries = [found["kind"].lower() for line in filled if (found := bibtex.START.match(line))]
    is_quoted = any(line.startswith("```") for line in filled)
    if not is_quoted and _ENTRIES.intersection(entries):
        return "bibtex"
    if sum(bool(_MEDLINE_TAG.match(line)) for line in filled) >= 2:
        return "medline"
    return "table" if find_header(lines) else ""


def _is_jsonl(filled: list[str], is_cut: bool) -> bool:
    """Whether lines of the head are JSON records; some bad lines among them do no harm."""
    objects = [line for line in filled if line.lstrip().startswith("{")]
    if is_cut and objects and re.match(r"\s*\{\s*\"[^\"]+\"\s*:", objects[0]):
        return len(objects[0]) > HEAD_BYTES // 2 or _is_record(objects[0])
    return 4 * len(objects) >= len(filled) and any(map(_is_record, objects))


def _is_record(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _sniff_markup(path: Path, text: str) -> str:
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", text, flags=re.DOTALL)
    doctype = re.match(r"\s*<!DOCTYPE\s+([\w:.-]+)[^\[>]*(\[.*?\]\s*)?>", bare, flags=re.DOTALL)
    element = re.search(r"<([A-Za-z_][\w:.-]*)", bare[doctype.end() :] if doctype else bare)
    root = doctype[1] if doctype else element[1] if element else ""
    local = root.rpartition(":")[2]
    if local in PUBMED_ROOTS:
        return "pubmed-xml"
    if local in JATS_ROOTS and not _is_page(bare):
        return "jats"
    if _is_page(text) or (local.lower() in _PAGE_TAGS and element):
        return "html"
    known = {
        "collection": "BioC XML",
        "TEI": "TEI XML",
        "svg": "a drawing (SVG)",
        "rdf:RDF": "RDF",
    }
    name = known.get(root) or known.get(root.lower()) or f"XML with the root element <{root}>"
    raise _refusal(path, name if root else "markup without an element")


def _is_page(text: str) -> bool:
    return re.search(r"<!DOCTYPE\s+html|<html[\s>]", text[:4_000], re.IGNORECASE) is not None


def _refusal(path: Path, looks_like: str) -> NotReadError:
    return NotReadError(
        f"{path} is not read.",
        f"By its content it is {looks_like}; the formats read are {READ_FORMATS}.",
        "Export or convert it to one of these.",
    )
