"""JATS and PMC XML: whole articles, one or many in a file, with their metadata.

The text is the abstract, the body and what stands behind it, built once; headings are not part of
it, each section's title carries its path ("Methods > Genotyping"). The reference list is left out,
and so are reviews and replies that are appended (``sub-article``). How the blocks of an article
become text is the business of ``jats_body``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.elements import elements
from retort.retrieval.readers.flow import flatten
from retort.retrieval.readers.identity import clean_doi, identify, year_of
from retort.retrieval.readers.jats_body import Part, inline, parts_of
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

ROOTS = frozenset({"article", "pmc-articleset", "OAI-PMH", "articles"})
_TYPES = {
    "research-article": "Journal Article",
    "brief-report": "Journal Article",
    "rapid-communication": "Journal Article",
    "data-paper": "Dataset",
    "review-article": "Review",
    "systematic-review": "Systematic Review",
    "meta-analysis": "Meta-Analysis",
    "case-report": "Case Reports",
    "clinical-trial": "Clinical Trial",
    "letter": "Letter",
    "editorial": "Editorial",
    "article-commentary": "Comment",
    "news": "News",
    "correction": "Published Erratum",
    "retraction": "Retraction of Publication",
    "expression-of-concern": "Expression of Concern",
    "retracted-article": "Retracted Publication",
}
"""``article-type`` -> PubMed's publication type, so that a filter finds both"""
_RETRACTED_BY = frozenset({"retraction-forward", "partial-retraction-forward", "retracted-by"})
"""kinds of ``related-article`` in a retracted paper; ``retracted-article`` stands in the notice"""
_RETRACTED_TITLE = re.compile(r"\W*retracted(?: article| paper)?\s*[:\]]", re.IGNORECASE)
_DATES = ("ppub", "collection", "epub", "epub-ppub", "pub", "epreprint", "preprint")
"""kinds of publication date, in the order in which PubMed takes the year of an issue"""


class _Names(NamedTuple):
    """The identifiers that the article gives itself."""

    pmid: str
    pmcid: str
    doi: str


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each article."""
    for number, element in enumerate(elements(path, {"article"}), 1):
        if isinstance(element, Skip):
            yield element
        else:
            yield _paper(element, f"article {number}")


def _paper(article: Element, where: str) -> Paper | Skip:
    meta = article.find("front/article-meta")
    meta = Element("article-meta") if meta is None else meta
    title = _title(meta)
    abstract = _abstracts(meta)
    text, sections = compose([*abstract, *_body(article)])
    text = text or title
    if not text:
        return Skip(where, "neither title nor text")
    names = _names(meta)
    identity = identify(f"{title}\n{text}", **names._asdict())
    kind = article.get("article-type", "")
    notice = _notice(meta)
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title or text[:200],
        text=text,
        sections=sections,
        authors=_authors(meta),
        year=_year(meta),
        journal=_first(article, "front/journal-meta//journal-title", "front/journal-meta/*"),
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        retracted=bool(notice or kind == "retracted-article" or _RETRACTED_TITLE.match(title)),
        retraction=notice,
        mesh=_keywords(meta, is_mesh=True),
        keywords=_keywords(meta, is_mesh=False),
        publication_types=(_TYPES.get(kind, kind.replace("-", " ").capitalize()),) if kind else (),
        has_abstract=any(body for _, body in abstract),
        metadata=_metadata(article, meta, kind),
    )


def _title(meta: Element) -> str:
    group = meta.find("title-group")
    if group is None:
        return ""
    parts = [inline(part) for tag in ("article-title", "subtitle") for part in group.findall(tag)]
    return ": ".join(part.rstrip(":") if part is not parts[-1] else part for part in parts if part)


def _abstracts(meta: Element) -> list[Part]:
    """The abstract and its labelled parts; then those of other kinds and languages."""
    parts = []
    for abstract in [*meta.findall("abstract"), *meta.findall("trans-abstract")]:
        kind = abstract.get("abstract-type") or (
            abstract.get("lang", "") if abstract.tag == "trans-abstract" else ""
        )
        name = f"Abstract ({kind})" if kind else "Abstract"
        parts += parts_of(abstract, name)
    return parts


def _body(article: Element) -> list[Part]:
    parts: list[Part] = []
    for tag in ("body", "floats-group", "floats-wrap"):
        for element in article.findall(tag):
            parts += parts_of(element, "" if tag == "body" else "Figures and tables")
    for element in article.findall("back/*"):
        if element.tag != "ref-list":
            parts += parts_of(element, _BACK.get(element.tag, ""))
    return parts


_BACK = {"ack": "Acknowledgements", "fn-group": "Footnotes", "glossary": "Glossary"}
"""titles of parts behind the body that have none of their own"""


def _names(meta: Element) -> _Names:
    found = {item.get("pub-id-type", ""): flatten(item) for item in meta.findall("article-id")}
    pmcid = found.get("pmcid") or found.get("pmc") or found.get("pmcaid", "")
    return _Names(
        found.get("pmid", ""),
        pmcid if pmcid.upper().startswith("PMC") or not pmcid else f"PMC{pmcid}",
        found.get("doi", ""),
    )


def _authors(meta: Element) -> tuple[str, ...]:
    """Names as "Given Family"; collective names as they are."""
    names = []
    for contributor in meta.findall("contrib-group/contrib"):
        if contributor.get("contrib-type", "author") != "author":
            continue
        family = _first(contributor, "name/surname", "name-alternatives/name/surname")
        given = _first(contributor, "name/given-names", "name-alternatives/name/given-names")
        name = f"{given} {family}".strip()
        names.append(name or _first(contributor, "string-name", "collab", "collab-alternatives/*"))
    return tuple(name for name in names if name)


def _year(meta: Element) -> int | None:
    found: dict[str, int] = {}
    for date in meta.findall("pub-date"):
        year = year_of(_first(date, "year", "string-date"))
        kind = date.get("pub-type") or date.get("date-type") or ""
        if date.get("publication-format") == "print":
            kind = "ppub"
        if year:
            found.setdefault(kind, year)
    known = [found[kind] for kind in _DATES if kind in found]
    return next(iter(known or found.values()), None)


def _keywords(meta: Element, is_mesh: bool) -> tuple[str, ...]:
    words = []
    for group in meta.findall("kwd-group"):
        kind = (group.get("kwd-group-type") or group.get("vocab") or "").lower()
        if kind != "abbreviations" and ("mesh" in kind) == is_mesh:
            words += [flatten(word) for word in group.iter("kwd")]
    return tuple(dict.fromkeys(word for word in words if word))


def _notice(meta: Element) -> str:
    """The retraction notices that a retracted article points at; empty where there is none."""
    notices = [
        " ".join(part for part in (flatten(item), _target(item)) if part) or "Retracted"
        for item in _related(meta)
        if item.get("related-article-type", "") in _RETRACTED_BY
    ]
    return "; ".join(notices)


def _related(meta: Element) -> list[Element]:
    return [*meta.findall("related-article"), *meta.findall("related-object")]


def _target(item: Element) -> str:
    """The id that a related article is known by, as this library writes ids."""
    href = item.get("href", "").strip()
    doi = clean_doi(href)
    kind = item.get("ext-link-type", "").lower()
    if doi:
        return f"DOI:{doi.lower()}"
    return f"PMID:{href}" if kind in ("pmid", "pubmed") and href else href


def _metadata(article: Element, meta: Element, kind: str) -> dict[str, str]:
    subjects = [flatten(item) for item in meta.findall("article-categories//subject")]
    of = [_target(item) for item in _related(meta) if item.get("related-article-type") == (
        "retracted-article")]  # fmt: skip
    references = article.find("back//ref-list")
    replies = len(article.findall("sub-article")) + len(article.findall("response"))
    values = {
        "subjects": "; ".join(dict.fromkeys(subjects)),
        "retracts": "; ".join(filter(None, of)) if kind == "retraction" else "",
        "references": "" if references is None else "omitted",
        "sub_articles": f"{replies} omitted" if replies else "",
    }
    return {name: value for name, value in values.items() if value}


def _first(element: Element, *paths: str) -> str:
    """The first words found at one of the paths."""
    found = (flatten(item) for path in paths for item in element.iterfind(path))
    return next((text for text in found if text), "")
