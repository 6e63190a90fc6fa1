"""Saved web pages of articles: the visible words of the main part, headings as sections.

Metadata come from the ``citation_*`` tags (Highwire Press, as Google Scholar asks publishers for)
and Dublin Core. Menus, forms, scripts and the reference list are left out. Parsed by lexbor through
selectolax, by the rules by which browsers mend broken pages; no link of a page is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError
from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.flow import LINE, PARAGRAPH, raised, settled
from retort.retrieval.readers.identity import identify, year_of
from retort.retrieval.readers.lines import TEXT_LIMIT, encoding_of
from retort.retrieval.readers.markdown import REFERENCES
from retort.retrieval.readers.markup import CITATION
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

FEWEST_LETTERS = 20
"""a page with fewer letters shows nothing: it is drawn by its scripts"""
_LEFT_OUT = frozenset(
    "script style noscript template svg iframe object nav aside form button select textarea input"
    " dialog canvas audio video head header footer".split()
)
_BLOCKS = frozenset(
    "p div section article main ul ol dl table figure figcaption caption blockquote pre hr address"
    " details summary h1 h2 h3 h4 h5 h6 tbody thead tfoot center fieldset".split()
)
_LINES = frozenset(("br", "tr", "li", "dt", "dd"))
_HEADING = re.compile(r"h[1-6]")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]+)", re.IGNORECASE)
_CITED = re.compile(r"#(?:[\w.:-]*?)(?:bib|ref|cit|cr|rf|b|r)[\w.:-]*\d+[\w.:-]*$", re.IGNORECASE)
_NUMBERS = re.compile(r"\[?\s*\d{1,4}[a-z]?(?:\s*[,–-]\s*\d{1,4}[a-z]?)*\s*\]?")
DEPTH_LIMIT = 5_000
"""levels of nesting; the parser's time grows with the square of them"""
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_UNCLOSED = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd td th tr tbody"
    " thead tfoot option optgroup colgroup rp rt html head body".split()
)
"""tags that need no closing tag"""
_MAIN = ("article", "main", "[role=main]", "#main-content", "#content")
MAIN_SHARE = 0.3
"""of the page's words: an ``article`` with fewer is a teaser, not the main part"""


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield the one paper of a page.

    Raises:
        RetortError: the file is too large for one page, or shows no words without its scripts.
    """
    from selectolax.lexbor import LexborHTMLParser

    raw = path.read_bytes() if path.stat().st_size <= TEXT_LIMIT else b""
    source = _decoded(raw)
    if _depth(source) > DEPTH_LIMIT:
        raise RetortError(
            f"{path} is refused.",
            f"Its elements are nested more than {DEPTH_LIMIT:,} levels deep.",
            "Save the page again, or its PDF.",
        )
    page = LexborHTMLParser(source)
    meta = _meta(page)
    headline = page.css_first("h1")
    name = page.css_first("title")
    shown = [_words(node) for node in (headline, name) if node is not None]
    title = _first(meta, "citation_title", "dc.title", "og:title") or next(filter(None, shown), "")
    text, sections = compose(_parts(_main(page), title))
    if sum(character.isalpha() for character in text) < FEWEST_LETTERS:
        raise RetortError(
            f"{path} has no text to read.",
            f"It is larger than {TEXT_LIMIT:,} bytes."
            if not raw
            else "The page shows no words without its scripts.",
            "Save the article's own page, or its PDF, and add that.",
        )
    yield _paper(raw, meta, title or path.stem, text, sections)


def _paper(raw: bytes, meta: dict[str, list[str]], title: str, text: str, sections: Any) -> Paper:
    identity = identify(
        raw,
        pmid=_first(meta, "citation_pmid"),
        pmcid=_first(meta, "citation_pmcid"),
        doi=_first(meta, "citation_doi", "dc.identifier", "prism.doi"),
        url=_first(meta, "citation_public_url", "og:url", "citation_abstract_html_url"),
    )
    words = meta.get("citation_keywords") or meta.get("keywords") or []
    keywords = (word.strip() for line in words for word in re.split(r"[;,]", line))
    kind = _first(meta, "citation_article_type", "dc.type")
    dates = ("citation_publication_date", "citation_date", "citation_online_date", "dc.date")
    is_retracted = re.match(r"\W*retracted(?: article)?\s*[:\]]", title, re.IGNORECASE)
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=text,
        sections=sections,
        authors=_authors(meta),
        year=year_of(_first(meta, *dates)),
        journal=_first(meta, "citation_journal_title", "prism.publicationname"),
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        retracted=bool(is_retracted),
        keywords=tuple(dict.fromkeys(word for word in keywords if word)),
        publication_types=(kind,) if kind else (),
    )


def _decoded(raw: bytes) -> str:
    """The page as text: by its mark, by what its head declares, as UTF-8, as code page 1252."""
    declared = _CHARSET.search(raw[:4_096])
    for encoding in (declared[1].decode() if declared else "", encoding_of(raw[:4])):
        try:
            return raw.decode(encoding) if encoding else raw.decode("utf-8-sig")
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("cp1252", "replace")


def _depth(source: str) -> int:
    """The most elements that are open at once, those that need no closing tag left out."""
    depth = deepest = 0
    for closing, tag in _TAG.findall(source):
        if tag.lower() not in _UNCLOSED:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _meta(page: Any) -> dict[str, list[str]]:
    """Name of each meta tag, in lower case -> its values in order."""
    found: dict[str, list[str]] = {}
    for tag in page.css("meta[content]"):
        name = (tag.attributes.get("name") or tag.attributes.get("property") or "").lower()
        value = " ".join((tag.attributes.get("content") or "").split())
        if name and value:
            found.setdefault(name.replace("dcterms.", "dc."), []).append(value)
    return found


def _first(meta: dict[str, list[str]], *names: str) -> str:
    return next((meta[name][0] for name in names if name in meta), "")


def _authors(meta: dict[str, list[str]]) -> tuple[str, ...]:
    """Names as "Given Family", from one tag each or from one for all."""
    names = meta.get("citation_author") or meta.get("dc.creator") or []
    names = names or re.split(r"\s*;\s*", _first(meta, "citation_authors"))
    turned = []
    for name in names:
        family, comma, given = name.partition(", ")
        turned.append(f"{given} {family}" if comma else name)
    return tuple(name for name in turned if name)


def _main(page: Any) -> Any:
    """The element that holds the article: the largest of the usual ones, else the body."""
    whole = len(page.body.text()) if page.body is not None else 0
    found = [node for mark in _MAIN for node in page.css(mark)]
    largest = max(found, key=lambda node: len(node.text()), default=None)
    is_main = largest is not None and len(largest.text()) >= MAIN_SHARE * whole
    return largest if is_main else page.body


def _words(node: Any) -> str:
    return " ".join(node.text().split())


def _parts(root: Any, title: str) -> list[tuple[str, str]]:
    """(heading path, text) in reading order, without the title and the reference list."""
    path: list[tuple[int, str]] = []
    parts: list[tuple[str, str]] = []
    text: list[str] = []
    omitted = 0

    def close() -> None:
        if not omitted:
            parts.append((" > ".join(name for _, name in path), settled("".join(text))))
        text.clear()

    for piece in _pieces(root):
        if isinstance(piece, str):
            text.append(piece)
            continue
        close()
        level, name = piece
        if omitted and level > omitted:
            continue
        omitted = level if REFERENCES.fullmatch(name) else 0
        if name != title:
            path = [(above, other) for above, other in path if above < level] + [(level, name)]
    close()
    return parts


def _pieces(root: Any) -> Iterator[str | tuple[int, str]]:
    """The page in reading order: marked text, and (level, words) for each heading.

    Walks without recursion: a hostile page nests deeper than Python's stack.
    """
    node = root
    before = ""
    while node is not None:
        tag = node.tag
        inner = None
        if tag == "-text":
            before = re.sub("[\x01\x02]", "", node.text_content or "")
            yield before
        elif _HEADING.fullmatch(tag):
            if name := _words(node):
                yield int(tag[1]), name
        elif tag == "sup" or (tag == "a" and _is_citation(node)):
            words = _words(node)
            before = raised(before, _cited(node, words) if tag == "sup" else CITATION)
            yield before
        elif tag not in _LEFT_OUT and not _is_hidden(node):
            yield _mark(tag)
            inner = node.first_child
        following = inner
        while following is None and node is not None and node.mem_id != root.mem_id:
            following = node.next
            if following is None:
                node = node.parent
                yield _mark(node.tag) if node is not None else ""
        if following is None:
            return
        node = following


def _mark(tag: str) -> str:
    """What stands before and behind an element."""
    if tag in _BLOCKS:
        return PARAGRAPH
    if tag in ("td", "th"):
        return " | "
    return LINE if tag in _LINES else ""


def _is_citation(node: Any) -> bool:
    target = node.attributes.get("href") or ""
    return _CITED.search(target) is not None and _NUMBERS.fullmatch(_words(node)) is not None


def _cited(node: Any, words: str) -> str:
    """Raised text; a mark where it is nothing but links into the reference list."""
    links = node.css("a")
    is_cited = bool(links) and all(map(_is_citation, links)) and _NUMBERS.fullmatch(words)
    return CITATION if is_cited else words


def _is_hidden(node: Any) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or attributes.get("aria-hidden") == "true"
