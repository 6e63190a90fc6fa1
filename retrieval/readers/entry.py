"""What a citation format tells of one paper, gathered field by field and made into a ``Paper``.

Shared by the readers of MEDLINE, RIS, BibTeX and tables. Owns what their exporters have in common:
names, placeholders for nothing, labels inside notes, marks of a retraction. Knows no format.

A field that cannot be used never costs the record: the record is kept, and ``faults`` in its
metadata says what was wrong.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from retort.retrieval.readers.identity import (
    clean_doi,
    clean_pmcid,
    clean_pmid,
    identify,
    year_of,
)
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper, Section

_Clean = TypeVar("_Clean", str, int)

EXTRA_CHARACTERS = 300
EXTRA_FIELDS = 40
"""what else a record says is kept up to this length of a field and this number of fields"""
_NOTHING = frozenset("nan none null n/a na -".split()) | {
    "[no abstract available]",
    "[no abstract]",
    "no abstract available",
    "no abstract available.",
    "abstract not available",
}
"""lower case; what exporters write where there is nothing"""
_INLINE = re.compile(
    r"</?(?:jats:)?(?:i|b|u|em|strong|sub|sup|p|br|span|div|title|sec|italic|bold)"
    r"(?:\s+[\w:-]+=(?:\"[^\"]{0,200}\"|'[^']{0,200}'))*\s*/?>",
    re.IGNORECASE,
)
_POWER = re.compile(r"(?<=\d)<(?:jats:)?sup>(?=[-−–+\d])", re.IGNORECASE)
_LABEL = re.compile(r"(?:^|(?<=[.!?%)\]] ))([A-Z][A-Z0-9 ,/&()'-]{3,70}): +(?=\S)")
_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV)\.?$")
_PMID_LINK = re.compile(r"pubmed(?:\.ncbi\.nlm\.nih\.gov)?[ /:]+(\d{1,9})(?!\d)", re.IGNORECASE)
_PMCID_LINK = re.compile(r"\bPMC\d{1,9}(?!\d)", re.IGNORECASE)
_RETRACTED_TITLE = re.compile(
    r"\W{0,2}retracted(?: article| paper| chapter)?\s*[:\]]", re.IGNORECASE
)
_RETRACTED_TYPES = ("retracted publication", "retracted")
_RAYYAN = re.compile(r"RAYYAN-INCLUSION:\s*\{([^}]{0,2000})\}")
_RAYYAN_PAIR = re.compile(r"\"([^\"]+)\"\s*=>\s*\"([^\"]+)\"")
_ASREVIEW = re.compile(r"\bASReview_(relevant|irrelevant)\b")
_RETORT = re.compile(r"\bRetort_(include|exclude|maybe)\b")
_QUOTING = re.compile(r"^Retort_(?:note|verdict|possible_exclusion): .*$", re.MULTILINE)
"""what Retort wrote into notes beside the decision, which may hold any words"""


@dataclass(slots=True)
class Entry:
    """The fields of one record under one name each; what a record does not say stays empty.

    Of ``years``, ``dois``, ``pmids`` and ``pmcids`` the first usable one counts; where values are
    given and none is usable, that is a fault.
    """

    where: str
    """``line 17``: where the record begins"""
    title: str = ""
    abstract: str = ""
    authors: Sequence[str] = ()
    """ "Given Family" (see ``given_first``)"""
    years: Sequence[str] = ()
    journal: str = ""
    dois: Sequence[str] = ()
    pmids: Sequence[str] = ()
    pmcids: Sequence[str] = ()
    links: Sequence[str] = ()
    """addresses; the first is the paper's, and all are searched for ids that are missing"""
    mesh: Sequence[str] = ()
    keywords: Sequence[str] = ()
    publication_types: Sequence[str] = ()
    retraction: str = ""
    is_retracted: bool = False
    label: str = ""
    notes: Sequence[str] = ()
    extra: dict[str, str] = field(default_factory=dict)
    """other fields by the source's own names; long ones are left out"""
    faults: list[str] = field(default_factory=list)


def to_paper(entry: Entry) -> Paper | Skip:
    """The paper of a record, or a skip where it has neither title nor abstract."""
    title, abstract = tidy(entry.title).replace("\n", " "), tidy(entry.abstract)
    paper = _paper(entry, title, abstract)
    if not title and not abstract:
        return Skip(entry.where, "neither title nor abstract", paper)
    return paper


def _paper(entry: Entry, title: str, abstract: str) -> Paper:
    year = _usable(entry, "year", entry.years, year_of)
    links = [link for text in entry.links for link in text.split() if "://" in link]
    resolved = [link for link in links if "doi.org/" in link]
    doi = _usable(entry, "doi", entry.dois, clean_doi) or _first(resolved, clean_doi)
    pmid = _usable(entry, "pmid", entry.pmids, _pmid) or _first(links, _linked_pmid)
    pmcid = _usable(entry, "pmcid", entry.pmcids, _pmcid) or _first(links, _pmcid)
    # a title alone names no paper ("Editorial"): what else is known tells such records apart
    known = (abstract,) if abstract else (str(year), entry.journal, *entry.authors[:1])
    identity = identify(
        "\n".join((title, *known)),
        pmid=pmid or "",
        pmcid=pmcid or "",
        doi=doi or "",
        url=next(iter(links), ""),
    )
    types = [each.lower() for each in entry.publication_types]
    marks = [each for each in entry.notes if re.fullmatch(r"retracted\.?", each.strip(), re.I)]
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=abstract or title,
        sections=labelled(abstract),
        authors=tuple(entry.authors),
        year=year,
        journal=entry.journal,
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        retracted=bool(entry.is_retracted or entry.retraction or marks)
        or bool(_RETRACTED_TITLE.match(title))
        or any(each in types for each in _RETRACTED_TYPES),
        retraction=entry.retraction,
        mesh=tuple(dict.fromkeys(entry.mesh)),
        keywords=tuple(dict.fromkeys(entry.keywords)),
        publication_types=tuple(dict.fromkeys(entry.publication_types)),
        has_abstract=bool(abstract),
        metadata=_metadata(entry),
    )


def tidy(text: str) -> str:
    """The text without inline markup, entities resolved, white space evened; lines stay lines.

    A superscript number after a digit keeps a caret, as in ``pubmed.flatten``. What stands for
    nothing ("[No abstract available]", "nan") is nothing.
    """
    if "<" in text:
        text = _INLINE.sub("", _POWER.sub("^", text))
    if "&" in text:
        text = html.unescape(text)
    lines = (" ".join(line.split()) for line in text.strip().split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return "" if text.lower() in _NOTHING else text


def given_first(name: str) -> str:
    """The name from "Family, Given" or "Family, Suffix, Given"; others stay as they are."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 3 and _SUFFIX.match(parts[1]):
        parts = [f"{parts[0]} {parts[1]}", parts[2]]
    elif len(parts) == 3 and _SUFFIX.match(parts[2]):
        parts = [f"{parts[0]} {parts[2]}", parts[1]]
    if len(parts) > 2:
        return name.strip()
    return " ".join(part for part in reversed(parts) if part)


def labelled(abstract: str) -> tuple[Section, ...]:
    """The labelled parts of a structured abstract ("METHODS: ..."); the labels stay in the text."""
    labels = list(_LABEL.finditer(abstract)) if _LABEL.match(abstract) else []
    if len(labels) < 2:
        return ()
    ends = [label.start() for label in labels[1:]] + [len(abstract)]
    return tuple(
        Section(label[1], label.end(), label.end() + len(abstract[label.end() : end].rstrip()))
        for label, end in zip(labels, ends, strict=True)
    )


def label_in(notes: Iterable[str]) -> str:
    """The screening decision that Retort, Rayyan or ASReview wrote into notes; empty where there is
    none.

    Returns:
        ``include``, ``exclude`` or ``maybe`` (Retort, which knew what the others had said),
        ``Ada: Included; Bob: Excluded`` (Rayyan), ``relevant`` or ``irrelevant`` (ASReview).
    """
    text = "\n".join(notes)
    if own := _RETORT.findall(_QUOTING.sub("", text)):
        return str(own[-1])
    if inclusion := _RAYYAN.search(text):
        return "; ".join(f"{who}: {what}" for who, what in _RAYYAN_PAIR.findall(inclusion[1]))
    decisions = _ASREVIEW.findall(text)
    return decisions[-1] if decisions else ""


def _usable(
    entry: Entry, name: str, values: Sequence[str], clean: Callable[[str], _Clean | None]
) -> _Clean | None:
    """The first value that is usable; a fault where values are given and none is."""
    given = [value for text in values if (value := text.strip()) and not _is_nothing(value)]
    found = _first(given, clean)
    if given and not found:
        entry.faults.append(f"{name}: {given[0][:80]!r}")
    return found


def _first(values: Iterable[str], clean: Callable[[str], _Clean | None]) -> _Clean | None:
    return next((found for value in values if (found := clean(value))), None)


def _is_nothing(value: str) -> bool:
    return value.lower() in _NOTHING or not value.strip("0")


def _pmid(text: str) -> str:
    return clean_pmid(text) or _linked_pmid(text)


def _linked_pmid(text: str) -> str:
    found = _PMID_LINK.search(text)
    return found[1] if found else ""


def _pmcid(text: str) -> str:
    found = _PMCID_LINK.search(text)
    return clean_pmcid(found[0] if found else text)


def _metadata(entry: Entry) -> dict[str, str]:
    short = [
        (name, value)
        for name, value in entry.extra.items()
        if value and len(value) <= EXTRA_CHARACTERS
    ]
    notes = [text for note in entry.notes if (text := tidy(note))]
    own = {
        "label": entry.label or label_in([*notes, *entry.keywords]),
        "notes": "\n".join(notes),
        "faults": "; ".join(entry.faults),
    }
    return dict(short[:EXTRA_FIELDS]) | {name: value for name, value in own.items() if value}
