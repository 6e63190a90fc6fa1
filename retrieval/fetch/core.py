"""One record of Europe PMC's JSON (``resultType=core``) as a paper.

Knows the fields and the markup inside them; knows nothing of requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.identity import identify, year_of
from retort.retrieval.readers.reading import storable
from retort.retrieval.records import Paper

_HEADING = re.compile(r"<h\d>(.*?)</h\d>", re.IGNORECASE | re.DOTALL)
_POWER = re.compile(r"(?<=\d)<sup>\s*(?=[-−–+\d])", re.IGNORECASE)
_GAP = re.compile(r"</?(?:p|div|br|ul|ol|li|title|sec)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:[a-z]{1,4}:)?[a-z][a-z1-6-]{0,14}(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE = frozenset("a b i u em strong sup sub span small font sc tt inline-formula".split())


def plain(markup: str) -> str:
    """Text without its markup, runs of white space as one space.

    Only what is markup goes: ``p<0.05`` and ``x<y`` stay. A superscript number after a digit keeps
    a caret, as in the reader of PubMed XML.
    """
    text = _GAP.sub(" ", _POWER.sub("^", markup))
    return " ".join(unescape(_TAG.sub(_untagged, text)).split())


def _untagged(found: re.Match[str]) -> str:
    """Nothing for a tag that is known as one; anything else in angle brackets stays."""
    name = found[0].strip("</>").split()[0].rsplit(":", 1)[-1].lower()
    is_of_xml = found[0].lstrip("</").startswith(("mml:", "jats:"))
    return "" if name in _INLINE or is_of_xml else found[0]


def parts(abstract: str) -> list[tuple[str, str]]:
    """(heading, text) of each part of an abstract; what stands before the first has none."""
    pieces = _HEADING.split(abstract)
    titles = ["", *(plain(title).rstrip(":") for title in pieces[1::2])]
    return [(title, plain(body)) for title, body in zip(titles, pieces[0::2], strict=True)]


def paper_of(record: Mapping[str, Any]) -> Paper | str:
    """The paper of a record, or why there is none."""
    title = plain(_text(record, "title"))
    text, sections = compose(parts(_text(record, "abstractText")))
    if not title and not text:
        return "neither title nor abstract"
    types = tuple(plain(str(each)) for each in listed(record, "pubTypeList", "pubType"))
    notice = "; ".join(_notices(record))
    ids = {"pmid": _text(record, "pmid"), "pmcid": _text(record, "pmcid")}
    ids["doi"] = _text(record, "doi")
    own = "" if any(ids.values()) else f"{_text(record, 'source')}:{_text(record, 'id')}"
    identity = identify(f"{title}\n{text}", own_id=own, **ids)
    journal = record.get("journalInfo")
    journal = journal if isinstance(journal, dict) else {}
    named = journal.get("journal")
    facts = {
        "europepmc": f"{_text(record, 'source')}:{_text(record, 'id')}",
        "open_access": _text(record, "isOpenAccess"),
        "license": _text(record, "license"),
    }
    return storable(
        Paper(
            paper_id=identity.paper_id,
            source_id=identity.source_id,
            title=title,
            text=text or title,
            sections=sections,
            authors=_authors(record),
            year=year_of(_text(record, "pubYear") or _text(record, "firstPublicationDate")),
            journal=plain(_text(named, "title")) if isinstance(named, dict) else "",
            doi=identity.doi,
            pmid=identity.pmid,
            pmcid=identity.pmcid,
            url=identity.url,
            retracted=bool(notice) or "retracted publication" in map(str.casefold, types),
            retraction=notice,
            mesh=tuple(_named(record, "meshHeadingList", "meshHeading", "descriptorName")),
            keywords=tuple(plain(str(each)) for each in listed(record, "keywordList", "keyword")),
            publication_types=types,
            has_abstract=bool(text),
            metadata={name: value for name, value in facts.items() if value},
        )
    )


def listed(record: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    """The entries of a list inside a list element; one alone may come without its list."""
    around = record.get(outer)
    found = around.get(inner) if isinstance(around, dict) else None
    return found if isinstance(found, list) else [] if found is None else [found]


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return str(value) if isinstance(value, str | int) else ""


def _named(record: Mapping[str, Any], outer: str, inner: str, field: str) -> list[str]:
    entries = listed(record, outer, inner)
    return [text for each in entries if isinstance(each, dict) and (text := _text(each, field))]


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Names as "Given Family"; collective names as they are."""
    names = []
    for author in listed(record, "authorList", "author"):
        if isinstance(author, dict):
            given = _text(author, "firstName") or _text(author, "initials")
            whole = f"{given} {_text(author, 'lastName')}".strip()
            names.append(whole or _text(author, "collectiveName") or _text(author, "fullName"))
    if not names and (text := _text(record, "authorString")):
        names = text.rstrip(".").split(", ")
    return tuple(plain(name) for name in names if name)


def _notices(record: Mapping[str, Any]) -> list[str]:
    """The notices of retraction, each with its id where it has one."""
    notices = []
    for each in listed(record, "commentCorrectionList", "commentCorrection"):
        if isinstance(each, dict) and "retraction in" in _text(each, "type").casefold():
            own = _text(each, "id")
            named = f"PMID:{own}" if own and _text(each, "source") == "MED" else own
            text = plain(_text(each, "reference") or _text(each, "note"))
            notices.append(" ".join(part for part in (text, named) if part) or "retracted")
    return notices
