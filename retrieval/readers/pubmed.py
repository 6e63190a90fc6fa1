"""PubMed XML: articles and book articles, streamed record by record.

No DTD is fetched, no entity is expanded, no element is nested without bound: the parser is
defusedxml's, and what it forbids is reported. Text inside inline tags is kept, tags are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from retort.retrieval.errors import RetortError
from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.identity import identify, year_of
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

ROOTS = frozenset(
    {
        "PubmedArticleSet",
        "PubmedBookArticleSet",
        "PubmedArticle",
        "PubmedBookArticle",
        "MedlineCitationSet",
        "MedlineCitation",
    }
)
DEPTH_LIMIT = 100
"""levels of nesting; PubMed's own records stay below 20"""
_RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_RETRACTED_IN = ("RetractionIn", "PartialRetractionIn")


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each record.

    A file that breaks off keeps the records before the break; the rest is one skip with the line.

    Raises:
        RetortError: the file defines entities, refers to outside ones, or nests without end.
    """
    from defusedxml.common import DefusedXmlException

    done = 0
    try:
        for element in _elements(path):
            done += 1
            yield _record(element, f"record {done}")
    except ParseError as error:
        line, column = error.position
        yield Skip(f"line {line}", f"the XML breaks off at column {column + 1}: {error.msg}")
    except DefusedXmlException as error:
        raise RetortError(
            f"{path} is refused.",
            f"Its XML defines or fetches entities ({type(error).__name__}), which PubMed never"
            " does and which can be used to harm.",
            "Export the records again from PubMed.",
        ) from error


def _elements(path: Path) -> Iterator[Element]:
    """The record elements, each emptied from memory once the next is asked for."""
    from defusedxml.ElementTree import iterparse

    ancestors: list[Element] = []
    inside = 0
    events: Any = iterparse(str(path), events=("start", "end"), forbid_dtd=False)
    for event, element in events:
        if event == "start":
            ancestors.append(element)
            inside += element.tag in _RECORDS
            if len(ancestors) > DEPTH_LIMIT:
                raise RetortError(
                    f"{path} is refused.",
                    f"Its XML is nested more than {DEPTH_LIMIT} levels deep.",
                    "Export the records again from PubMed.",
                )
            continue
        ancestors.pop()
        inside -= element.tag in _RECORDS
        if element.tag in _RECORDS and not inside:
            yield element
        if not inside and ancestors:
            ancestors[-1].remove(element)


def _record(element: Element, where: str) -> Paper | Skip:
    citation = element if element.tag == "MedlineCitation" else element.find("MedlineCitation")
    book = element.find("BookDocument")
    if citation is not None:
        return _article(element, citation, where)
    if book is not None:
        return _book(element, book, where)
    return Skip(where, "neither a MedlineCitation nor a BookDocument")


def _article(element: Element, citation: Element, where: str) -> Paper | Skip:
    article = citation.find("Article")
    if article is None:
        return Skip(where, "no Article element")
    title = _text(article, "ArticleTitle") or _text(article, "VernacularTitle")
    types = [flatten(item) for item in article.iterfind("PublicationTypeList/PublicationType")]
    notices = [
        flatten(item)
        for item in citation.iterfind("CommentsCorrectionsList/CommentsCorrections")
        if item.get("RefType") in _RETRACTED_IN
    ]
    lists = {
        "publication_types": types,
        "mesh": [flatten(item) for item in citation.iterfind("MeshHeadingList/*/DescriptorName")],
        "keywords": [flatten(item) for item in citation.iterfind("KeywordList/Keyword")],
        "retraction": notices,
    }
    return _paper(
        where,
        title,
        _abstract(article) or _abstract(citation, "OtherAbstract"),
        ids={"pmid": _text(citation, "PMID"), **_ids(element, "PubmedData"), **_elocation(article)},
        authors=_authors(article.find("AuthorList")),
        year=_year(article.find("Journal/JournalIssue/PubDate"), article.find("ArticleDate")),
        journal=_text(article, "Journal/Title") or _text(citation, "MedlineJournalInfo/MedlineTA"),
        retracted=bool(notices) or "Retracted Publication" in types,
        metadata={name: "; ".join(values) for name, values in lists.items() if values},
    )


def _book(element: Element, document: Element, where: str) -> Paper | Skip:
    book_title = _text(document, "Book/BookTitle")
    authors = document.find("AuthorList")
    types = [flatten(item) for item in document.iterfind("PublicationType")]
    lists = {
        "publication_types": types,
        "keywords": [flatten(item) for item in document.iterfind("KeywordList/Keyword")],
        "publisher": [_text(document, "Book/Publisher/PublisherName")],
    }
    return _paper(
        where,
        _text(document, "ArticleTitle") or book_title,
        _abstract(document),
        ids={"pmid": _text(document, "PMID"), **_ids(element, "PubmedBookData")},
        authors=_authors(document.find("Book/AuthorList") if authors is None else authors),
        year=_year(document.find("ContributionDate"), document.find("Book/PubDate")),
        journal=book_title,
        retracted="Retracted Publication" in types,
        metadata={name: "; ".join(values) for name, values in lists.items() if any(values)},
    )


def _paper(
    where: str, title: str, parts: list[tuple[str, str]], ids: dict[str, str], **rest: Any
) -> Paper | Skip:
    text, sections = compose(parts)
    if not text:
        text = title
    if not text:
        return Skip(where, f"neither title nor abstract (PMID {ids['pmid'] or 'missing'})")
    identity = identify(f"{title}\n{text}", **ids)
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=text,
        sections=sections,
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        **rest,
    )


def flatten(element: Element) -> str:
    """All text inside an element, tags removed, runs of white space as one space.

    A superscript number after a digit keeps a caret: ``10<sup>-3</sup>`` reads ``10^-3``, not
    ``10-3``.
    """
    return " ".join(_inner(element).split())


def _inner(element: Element) -> str:
    text = element.text or ""
    for child in element:
        inner = _inner(child) if isinstance(child.tag, str) else ""
        is_power = (
            child.tag == "sup" and text[-1:].isdigit() and inner[:1] in tuple("-−–+0123456789")
        )
        text += ("^" if is_power else "") + inner + (child.tail or "")
    return text


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return "" if found is None else flatten(found)


def _abstract(parent: Element, tag: str = "Abstract") -> list[tuple[str, str]]:
    """(label, text) of each part of the first abstract; unlabelled parts have an empty label."""
    abstract = parent.find(tag)
    if abstract is None:
        return []
    return [
        ("" if label == "UNLABELLED" else label, flatten(part))
        for part in abstract.iterfind("AbstractText")
        for label in [(part.get("Label") or "").strip()]
    ]


def _ids(element: Element, data: str) -> dict[str, str]:
    """DOI and PMCID of the record itself; those of its references stand elsewhere."""
    names = {"doi": "doi", "pmc": "pmcid"}
    return {
        names[kind]: flatten(item)
        for item in element.iterfind(f"{data}/ArticleIdList/ArticleId")
        if (kind := item.get("IdType", "")) in names
    }


def _elocation(article: Element) -> dict[str, str]:
    for item in article.iterfind("ELocationID"):
        if item.get("EIdType") == "doi" and item.get("ValidYN", "Y") == "Y":
            return {"doi": flatten(item)}
    return {}


def _authors(authors: Element | None) -> tuple[str, ...]:
    """Names as "Given Family"; collective names as they are."""
    names = []
    for author in authors if authors is not None else ():
        family, given = _text(author, "LastName"), _text(author, "ForeName")
        given = given or _text(author, "Initials")
        names.append(f"{given} {family}".strip() or _text(author, "CollectiveName"))
    return tuple(name for name in names if name)


def _year(*dates: Element | None) -> int | None:
    for date in dates:
        if date is not None:
            year = year_of(_text(date, "Year") or _text(date, "MedlineDate"))
            if year:
                return year
    return None
