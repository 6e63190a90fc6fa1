"""MEDLINE / .nbib text, as PubMed exports it (also under the suffix ``.ris``).

Streams. Tolerates CRLF, a byte order mark, records without a PMID, and tags out of order. A record
ends at a blank line or where a second PMID begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from retort.retrieval.readers.entry import Entry, given_first, to_paper
from retort.retrieval.readers.fields import Fields
from retort.retrieval.readers.identity import clean_doi
from retort.retrieval.readers.lines import LINE_LIMIT, numbered, western
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}-(?: (.*)|$)")
_RETRACTED_IN = ("RIN", "RPI")


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each record."""
    current: Fields | None = None
    for number, line in numbered(path):
        if line is None:
            current = current or Fields(number)
            current.faults.append(f"line {number}: longer than {LINE_LIMIT:,} characters")
            continue
        line = western(line)
        if not line.strip():
            if current is not None:
                yield _record(current)
            current = None
            continue
        found = TAG.fullmatch(line.rstrip())
        if found and current and found[1] == "PMID" and current.first("PMID"):
            yield _record(current)
            current = None
        current = current or Fields(number)
        if found:
            current.add(found[1], found[2] or "")
        else:
            current.extend(line)
    if current is not None:
        yield _record(current)


def _record(fields: Fields) -> Paper | Skip:
    where = f"line {fields.line}"
    if not fields:
        return Skip(where, "; ".join(fields.faults) or "no MEDLINE field in this block")
    return to_paper(
        Entry(
            where,
            title=fields.first("TI", "BTI", "TT"),
            abstract=fields.first("AB"),
            authors=_authors(fields),
            years=fields.all("DP", "DEP", "EDAT"),
            journal=fields.first("JT", "TA"),
            dois=_dois(fields),
            pmids=fields.all("PMID"),
            pmcids=fields.all("PMC"),
            mesh=[heading(each) for each in fields.all("MH")],
            keywords=[each.lstrip("*") for each in fields.all("OT")],
            publication_types=fields.all("PT"),
            retraction=fields.first(*_RETRACTED_IN),
            faults=fields.faults,
        )
    )


def heading(text: str) -> str:
    """A MeSH heading without its qualifiers and the star of a major topic."""
    return text.partition("/")[0].strip("* ")


def _dois(fields: Fields) -> list[str]:
    values = fields.all("LID", "AID", "SO")
    marked = [value for value in values if value.endswith("[doi]")]
    return [doi for value in marked + values if (doi := clean_doi(value))]


def _authors(fields: Fields) -> tuple[str, ...]:
    """Names as "Given Family", full ones where there are any; then collective names."""
    names = fields.all("FAU") or fields.all("AU")
    return (*map(given_first, names), *fields.all("CN"))
