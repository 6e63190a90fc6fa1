"""What the columns of a bibliographic table are called, by exporter: data, and its lookup.

PubMed, Embase, Scopus, Web of Science, Zotero, Rayyan, Abstrackr, Covidence, Google Scholar,
CINAHL, Cochrane, Lens, OpenAlex, ASReview and the screening sets of the literature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "article title", "primary title", "document title", "display name", "ti", "t1",
        "original title", "translated title", "short title",
    ),
    "abstract": (
        "abstract", "abstract note", "abstract text", "abstracts", "ab", "n2", "original abstract",
        "summary", "text",
    ),
    "authors": (
        "authors", "author", "author s", "author names", "author list", "author full names",
        "first authors", "creators", "creator", "authorships author display name", "au", "af",
        "first author", "editor", "editors",
    ),
    "year": (
        "year", "publication year", "pub year", "py", "yr", "published year", "date", "y1",
        "publication date", "date published", "date of publication", "published", "da",
    ),
    "journal": (
        "journal", "source title", "journal title", "journal book", "publication title",
        "publication", "journal name", "container title", "full journal name", "periodical",
        "secondary title", "primary location source display name", "host venue display name",
        "so", "jf", "t2", "booktitle", "source",
    ),
    "doi": ("doi", "di", "do", "digital object identifier", "article doi", "ids doi"),
    "pmid": ("pmid", "pubmed id", "pubmedid", "medline pmid", "ids pmid", "pm", "accession pmid"),
    "pmcid": ("pmcid", "pmc id", "ids pmcid", "pmc"),
    "url": (
        "url", "urls", "link", "article url", "full text link", "external url", "source urls",
        "primary location landing page url", "plink", "embase link", "open url link", "ur",
    ),
    "mesh": ("mesh", "mesh terms", "mesh headings", "mesh descriptor name", "mh"),
    "keywords": (
        "author keywords", "keywords", "keyword", "key words", "keywords display name",
        "manual tags", "tags", "index keywords", "subjects", "de", "kw",
        "emtree medical index terms major focus", "emtree medical index terms", "automatic tags",
    ),
    "publication_types": (
        "publication type", "publication types", "document type", "item type", "doctype",
        "article type", "pt", "dt", "m3", "type",
    ),
    "retracted": ("is retracted", "retracted"),
    "retraction": ("retraction", "retraction notice"),
    "label": (
        "label included", "included", "included label", "label", "labels", "asreview label",
        "final included", "final decision", "decision", "screening decision", "inclusion",
        "is relevant", "relevant",
    ),
    "notes": ("notes", "note", "comments", "extra", "asreview note", "n1", "annotation"),
    "record_id": (
        "record id", "recordid", "internal id", "id", "key", "accession number", "lens id",
        "central id", "pui", "eid", "source id", "ut unique wos id", "ut",
    ),
}  # fmt: skip
"""field -> headers as ``normal`` spells them; of several in a table the first here counts"""
_ESSENTIAL = frozenset((*NAMES["title"], *NAMES["abstract"])) - {"text", "summary"}
_KNOWN = frozenset(name for names in NAMES.values() for name in names)


def normal(header: str) -> str:
    """A header as it is looked up: lower case, words parted by one space."""
    return " ".join(re.findall(r"\w+", header.replace("_", " ").lower()))


def known(headers: Sequence[str]) -> int:
    """How many headers are known; 0 where neither a title nor an abstract is among them."""
    names = [normal(header) for header in headers]
    return sum(name in _KNOWN for name in names) if _ESSENTIAL.intersection(names) else 0


def places(headers: Sequence[str]) -> dict[str, list[int]]:
    """Field -> its columns, the preferred one first."""
    at: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        at.setdefault(normal(header), []).append(place)
    return {
        field: found
        for field, names in NAMES.items()
        if (found := [place for name in names for place in at.get(name, ())])
    }
