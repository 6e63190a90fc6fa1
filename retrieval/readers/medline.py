"""MEDLINE / .nbib text, as PubMed exports it (also under the suffix ``.ris``).

Streams. Tolerates CRLF, a byte order mark, records without a PMID, and tags out of order. A record
ends at a blank line or where a second PMID begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retort.retrieval.readers.identity import clean_doi, identify, year_of
from retort.retrieval.readers.lines import LINE_LIMIT, numbered, western
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper, Section

TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}-(?: (.*)|$)")
_LABEL = re.compile(r"(?:^|(?<=[.!?%)\]] ))([A-Z][A-Z0-9 ,/&()'-]{3,70}): +(?=\S)")
_REPEATED = {"MH": "mesh", "OT": "keywords", "PT": "publication_types"}
_RETRACTED_TYPE = "retracted publication"
_RETRACTED_IN = ("RIN", "RPI")


@dataclass(slots=True)
class _Fields:
    """The fields of one record, as they are gathered."""

    line: int
    values: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, tag: str, value: str) -> None:
        self.values.append((tag, [value.strip()]))

    def extend(self, more: str) -> None:
        if self.values:
            self.values[-1][1].append(more.strip())

    def all(self, tag: str) -> list[str]:
        joined = (" ".join(part for part in parts if part) for t, parts in self.values if t == tag)
        return [value for value in joined if value]

    def first(self, *tags: str) -> str:
        return next((value for tag in tags for value in self.all(tag)), "")


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each record."""
    current: _Fields | None = None
    for number, line in numbered(path):
        if line is None:
            yield Skip(f"line {number}", f"longer than {LINE_LIMIT:,} characters")
            continue
        line = western(line)
        if not line.strip():
            if current:
                yield _record(current)
            current = None
            continue
        found = TAG.fullmatch(line.rstrip())
        if found and current and found[1] == "PMID" and current.first("PMID"):
            yield _record(current)
            current = None
        current = current or _Fields(number)
        if found:
            current.add(found[1], found[2] or "")
        else:
            current.extend(line)
    if current:
        yield _record(current)


def _record(fields: _Fields) -> Paper | Skip:
    where = f"line {fields.line}"
    if not fields.values:
        return Skip(where, "no MEDLINE field in this block")
    title = fields.first("TI", "BTI", "TT")
    abstract = fields.first("AB")
    if not title and not abstract:
        return Skip(where, "neither title nor abstract")
    text = abstract or title
    identity = identify(
        f"{title}\n{text}",
        pmid=fields.first("PMID"),
        pmcid=fields.first("PMC"),
        doi=_doi(fields),
    )
    types = [value.lower() for value in fields.all("PT")]
    metadata = {
        name: "; ".join(fields.all(tag)) for tag, name in _REPEATED.items() if fields.all(tag)
    }
    retraction = fields.first(*_RETRACTED_IN)
    if retraction:
        metadata["retraction"] = retraction
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title,
        text=text,
        sections=_sections(abstract),
        authors=_authors(fields),
        year=year_of(fields.first("DP", "DEP", "EDAT")),
        journal=fields.first("JT", "TA"),
        doi=identity.doi,
        pmid=identity.pmid,
        pmcid=identity.pmcid,
        url=identity.url,
        retracted=bool(retraction) or _RETRACTED_TYPE in types,
        metadata=metadata,
    )


def _doi(fields: _Fields) -> str:
    values = fields.all("LID") + fields.all("AID") + fields.all("SO")
    marked = [value for value in values if value.endswith("[doi]")]
    return next((doi for value in marked + values if (doi := clean_doi(value))), "")


def _authors(fields: _Fields) -> tuple[str, ...]:
    """Names as "Given Family", full ones where there are any; then collective names."""
    names = fields.all("FAU") or fields.all("AU")
    turned = []
    for name in names:
        family, comma, given = name.partition(", ")
        turned.append(f"{given} {family}" if comma else name)
    return (*turned, *fields.all("CN"))


def _sections(abstract: str) -> tuple[Section, ...]:
    """The labelled parts of a structured abstract ("METHODS: ..."); the labels stay in the text."""
    labels = list(_LABEL.finditer(abstract))
    if len(labels) < 2 or labels[0].start() > 0:
        return ()
    ends = [label.start() for label in labels[1:]] + [len(abstract)]
    return tuple(
        Section(label[1], label.end(), label.end() + len(abstract[label.end() : end].rstrip()))
        for label, end in zip(labels, ends, strict=True)
    )
