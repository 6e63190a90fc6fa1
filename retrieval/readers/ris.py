"""RIS, as some twenty exporters write it.

Streams. A record goes from ``TY`` to an empty ``ER``, or to the next ``TY`` where the ``ER`` is
missing; an ``ER`` with text after it is a wrapped line of that text. Preambles, numbers and
comments between records belong to none. Blank lines inside a record do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from retort.retrieval.readers.entry import Entry, given_first, to_paper
from retort.retrieval.readers.fields import Fields
from retort.retrieval.readers.identity import clean_doi
from retort.retrieval.readers.lines import LINE_LIMIT, numbered, western
from retort.retrieval.readers.medline import heading
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

START = re.compile(r"(?:\d+\. *)?TY {1,2}- *(?:\S|$)")
"""the line that begins a record; some exporters number it"""
_TAG = re.compile(r"(?:\d+\. *(?=TY ))?([A-Z][A-Z0-9])  -(?: (.*)|$)")
_LOOSE_TAG = re.compile(
    r"(TY|ER|TI|T1|T2|AU|A1|KW|PY|Y1|DO|UR|AB|N1|N2|JF|JO|SN|PMID|PMCID) {0,2}-(?: (.*)|$)"
)
"""tags with one space too few, or too long; only such as no wrapped text begins with"""
_TITLE = ("TI", "T1", "CT", "BT", "ST", "TT")
_ABSTRACT = ("AB", "N2")
_AUTHORS = ("AU", "A1")
_EDITORS = ("A2", "ED", "A3", "A4")
_YEAR = ("PY", "Y1", "DA")
_JOURNAL = ("JF", "T2", "JO", "JA", "J2", "J1", "JI")
_DOI = ("DO", "DI")
_LINKS = ("UR", "L2", "L1", "LK", "L3")
_TYPES = ("M3", "PT")
_PUBMED = re.compile(r"PUBMED (\d+)")
_PUBMED_SOURCES = re.compile(r"\b(?:NLM|PubMed|MEDLINE|Embase)\b", re.IGNORECASE)
_USED = frozenset(
    (*_TITLE, *_ABSTRACT, *_AUTHORS, *_EDITORS, *_YEAR, *_JOURNAL, *_DOI, *_LINKS, *_TYPES)
) | frozenset("KW MH N1 PMID PMCID PM C2".split())
_NAMES = {"ID": "record_id", "AN": "accession", "TY": "type"}
"""metadata whose tag says little"""


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each record.

    Tagged lines after an ``ER`` that name no paper of their own (Ovid writes some there) belong to
    the record before.
    """
    held: Fields | None = None
    for block in _blocks(path):
        if isinstance(block, Skip):
            yield block
        elif held and "TY" not in block and not block.first(*_TITLE, *_ABSTRACT):
            held.absorb(block)
        else:
            if held:
                yield _record(held)
            held = block
    if held:
        yield _record(held)


def _blocks(path: Path) -> Iterator[Fields | Skip]:
    current: Fields | None = None
    for number, line in numbered(path):
        if line is None:
            reason = f"longer than {LINE_LIMIT:,} characters"
            if current is None:
                yield Skip(f"line {number}", reason)
            else:
                current.faults.append(f"line {number}: {reason}")
            continue
        line = western(line).removeprefix("\ufeff").rstrip()
        tag, value = _split(line)
        if tag in ("TY", "ER"):
            if current is not None:
                current.end(is_closed=tag == "ER")
                yield current
            current = Fields(number) if tag == "TY" else None
        if tag and tag != "ER":
            current = current or Fields(number)
            current.add(tag, value)
        elif current is not None and not tag:
            if line:
                current.extend(line)
            else:
                current.gap()
    if current is not None:
        current.end(is_closed=False)
        yield current


def _split(line: str) -> tuple[str, str]:
    """(tag, value) of a line; the tag is empty for text that goes on, and for what only looks so.

    "ER  - positive tumours" is a wrapped line of an abstract: an end of record has no text.
    """
    found = _TAG.fullmatch(line) or _LOOSE_TAG.fullmatch(line)
    if not found or (found[1] == "ER" and (found[2] or "").strip()):
        return "", line
    return found[1], (found[2] or "").strip()


def _record(fields: Fields) -> Paper | Skip:
    abstracts = fields.all("AB") or fields.all("N2")
    types = fields.all(*_TYPES)
    if "TY" not in fields:
        fields.faults.append("TY: missing")
    return to_paper(
        Entry(
            f"line {fields.line}",
            title=fields.first(*_TITLE),
            abstract="\n".join(dict.fromkeys(abstracts)),
            authors=_names(fields),
            years=fields.all(*_YEAR),
            journal=fields.first(*_JOURNAL),
            dois=fields.all(*_DOI) or [text for text in types if clean_doi(text)],
            pmids=_pmids(fields),
            pmcids=fields.all("PMCID") or [text for text in fields.all("C2") if "PMC" in text],
            links=fields.all(*_LINKS),
            mesh=[heading(each) for each in fields.lines("MH")],
            keywords=[
                word
                for each in fields.lines("KW")
                for part in each.split(";")
                if (word := part.strip())
            ],
            publication_types=[each for each in types if not clean_doi(each)],
            notes=fields.lines("N1"),
            extra=_extra(fields),
            faults=fields.faults,
        )
    )


def _names(fields: Fields) -> list[str]:
    lines = fields.lines(*_AUTHORS) or fields.lines(*_EDITORS)
    names = (name for line in lines for part in line.split(";") if (name := part.strip(" ,")))
    return list(dict.fromkeys(map(given_first, names)))


def _pmids(fields: Fields) -> list[str]:
    """Where exporters put the PubMed id: a tag of its own, or a numbered field of the database."""
    own = fields.all("PMID", "PM")
    marked = [found[1] for text in fields.all("C3") if (found := _PUBMED.search(text))]
    named = [text for text in fields.all("AN") if text.upper().startswith("PMID:")]
    if _PUBMED_SOURCES.search(" ".join(fields.all("DP", "DB"))):
        named += [text for text in fields.all("AN", "C5") if re.fullmatch(r"\d{4,8}", text)]
    return own + marked + named


def _extra(fields: Fields) -> dict[str, str]:
    return {
        _NAMES.get(tag, tag): "; ".join(fields.all(tag))
        for tag in fields.tags()
        if tag not in _USED
    }
