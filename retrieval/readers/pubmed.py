"""PubMed XML: articles and book articles, streamed record by record.

How the XML is kept from doing harm is the business of ``elements``. Text inside inline tags is
kept, tags are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.elements import elements
from retort.retrieval.readers.flow import flatten
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
_RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_DELETED = "DeleteCitation"
_RETRACTED_IN = ("RetractionIn", "PartialRetractionIn")


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each record, and a skip for each id that PubMed took back.

    A break in the XML costs the record that it is in.

    Raises:
        RetortError: the file defines entities, refers to outside ones, or nests without end.
    """
    done = 0
    for element in elements(path, {*_RECORDS, _DELETED}):
        if isinstance(element, Skip):
            yield element
        elif element.tag == _DELETED:
            for number in element.iterfind("PMID"):
                yield Skip(_DELETED, f"PubMed has deleted its record PMID {flatten(number)}")
        else:
            done += 1
            yield _record(element, f"record {done}")


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
    types = _all(article, "PublicationTypeList/PublicationType")
    notices = [
        _notice(item)
        for item in citation.iterfind("CommentsCorrectionsList/CommentsCorrections")
        if item.get("RefType") in _RETRACTED_IN
    ]
    abstract = _abstract(article) or _abstract(citation, "OtherAbstract")
    return _paper(
        where,
        title,
        abstract,
        ids={"pmid": _text(citation, "PMID"), **_ids(element, "PubmedData"), **_elocation(article)},
        authors=_authors(article.find("AuthorList")),
        year=_year(article.find("Journal/JournalIssue/PubDate"), article.find("ArticleDate")),
        journal=_text(article, "Journal/Title") or _text(citation, "MedlineJournalInfo/MedlineTA"),
        retracted=bool(notices) or "Retracted Publication" in types,
        retraction="; ".join(notices),
        mesh=_all(citation, "MeshHeadingList/*/DescriptorName"),
        keywords=_all(citation, "KeywordList/Keyword"),
        publication_types=types,
    )


def _book(element: Element, document: Element, where: str) -> Paper | Skip:
    book_title = _text(document, "Book/BookTitle")
    authors = document.find("AuthorList")
    types = _all(document, "PublicationType")
    publisher = _text(document, "Book/Publisher/PublisherName")
    return _paper(
        where,
        _text(document, "ArticleTitle") or book_title,
        _abstract(document),
        ids={"pmid": _text(document, "PMID"), **_ids(element, "PubmedBookData")},
        authors=_authors(document.find("Book/AuthorList") if authors is None else authors),
        year=_year(document.find("ContributionDate"), document.find("Book/PubDate")),
        journal=book_title,
        retracted="Retracted Publication" in types,
        keywords=_all(document, "KeywordList/Keyword"),
        publication_types=types,
        metadata={"publisher": publisher} if publisher else {},
    )


def _paper(
    where: str, title: str, parts: list[tuple[str, str]], ids: dict[str, str], **rest: Any
) -> Paper | Skip:
    abstract, sections = compose(parts)
    text = abstract or title
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
        has_abstract=bool(abstract),
        **rest,
    )


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return "" if found is None else flatten(found)


def _all(element: Element, path: str) -> tuple[str, ...]:
    """What stands at each place of a path, once."""
    found = (flatten(item) for item in element.iterfind(path))
    return tuple(dict.fromkeys(text for text in found if text))


def _notice(correction: Element) -> str:
    """Where a retraction was published, with its PubMed id where it has one."""
    number = _text(correction, "PMID")
    parts = (_text(correction, "RefSource"), f"PMID:{number}" if number else "")
    return " ".join(part for part in parts if part) or "retracted"


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
