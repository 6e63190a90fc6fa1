"""Records of one paper from several sources: which belong together, and the paper they make.

Pure: both are functions of the set of records, whatever the order in which they came. An identifier
joins records (PMID first, then DOI, then PMCID) unless a stronger one tells them apart; a title of
some length and its year join what no identifier, and no text, tells apart. Where one name stands
for several papers it joins none of them. Knows nothing of how records are stored.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from retort.retrieval.readers.identity import clean_doi, clean_pmcid, clean_pmid
from retort.retrieval.records import Paper

TITLE_WORDS, TITLE_CHARACTERS = 5, 30
"""a shorter title ("Letter to the editor") names no paper"""
SAME_WORDS = 8
"""texts that begin with as many equal words are versions of one"""
SHINGLE_WORDS, SHARED_SHINGLES = 3, 0.5
"""texts are versions of one, too, if the longer one contains so many of the shorter one's runs of
words (containment, Broder 1997). Two abstracts on one topic share less than a twentieth."""
_WORDS_COMPARED = 600

_SCHEMES = ("pmid", "doi", "pmcid")
"""strongest first"""
_DERIVED = re.compile(r"(PMID:)|(PMC)\d|(DOI:)|(file:)")
"""Paper ids that are not the record's own, the most telling first."""
_JOINED = re.compile(r"(label|note|tag|keyword|decision)", re.IGNORECASE)
"""Metadata of which every source's word is kept."""


# -- names -----------------------------------------------------------------------------------------


def names(paper: Paper) -> set[str]:
    """Everything by which a record is found, or may be recognised as another one's paper.

    Records that share no name, even by way of others, never make one paper.
    """
    ids = {paper.paper_id, paper.source_id, *paper.source_ids} - {""}
    found = {f"id {one}" for one in ids}
    if paper.kind == "paper":
        found |= {f"{scheme} {value}" for scheme, value in _identifiers(paper).items()}
        if title := _title(paper):
            found.add(f"title {hashlib.blake2b(title.encode(), digest_size=12).hexdigest()}")
    return found


def known_as(given: str) -> set[str]:
    """The names under which a paper with this id, as a reader writes it, is found."""
    found = {f"id {given}"}
    scheme, _, rest = given.partition(":")
    if scheme.upper() == "PMID" and (pmid := clean_pmid(rest)):
        found.add(f"pmid {pmid}")
    elif scheme.upper() == "DOI" or given.startswith(("10.", "https://doi.org/")):
        found |= {f"doi {doi.lower()}" for doi in [clean_doi(given)] if doi}
    elif pmcid := clean_pmcid(given):
        found.add(f"pmcid {pmcid}")
    return found


def _identifiers(paper: Paper) -> dict[str, str]:
    values = {"pmid": paper.pmid, "doi": paper.doi.lower(), "pmcid": paper.pmcid.upper()}
    return {scheme: value for scheme, value in values.items() if value}


def _title(paper: Paper) -> str:
    """The words of a title that can name a paper, plain; empty where it is too short."""
    bare = re.sub(r"</?[a-z]{1,6}>", "", paper.title, flags=re.IGNORECASE)
    plain = " ".join(_words(bare))
    enough = len(plain) >= TITLE_CHARACTERS and plain.count(" ") + 1 >= TITLE_WORDS
    return plain if enough else ""


def _words(text: str) -> list[str]:
    plain = text.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.findall(r"\w+", plain)


# -- which records belong together -----------------------------------------------------------------


def groups(records: Sequence[Paper]) -> list[list[int]]:
    """Gather the records that are of one paper.

    Args:
        records: any. For the result to be that of a whole library, all that share a name (`names`)
            with any of them, even by way of others.

    Returns:
        Positions in ``records``, each in one group.
    """
    parts = _Parts(records)
    for same in _gathered(records, lambda record: record.paper_id):
        parts.join(same)
    papers = [number for number, record in enumerate(records) if record.kind == "paper"]
    known = {number: _identifiers(records[number]) for number in papers}
    for strength, scheme in enumerate(_SCHEMES):
        by_value: dict[str, list[int]] = defaultdict(list)
        for number in papers:
            if value := known[number].get(scheme):
                by_value[value].append(number)
        for _, same in sorted(by_value.items()):
            if not parts.differ(same, _SCHEMES[:strength]):
                parts.join(same)
    by_title: dict[str, list[int]] = defaultdict(list)
    for number in papers:
        if title := _title(records[number]):
            by_title[title].append(number)
    for _, alike in sorted(by_title.items()):
        for same in _of_one_year(records, alike):
            if (
                len(same) > 1
                and not parts.differ(same, (*_SCHEMES, "own"))
                and _agree(records, same)
            ):
                parts.join(same)
    return parts.all()


class _Parts:
    """Records in disjoint parts, each with the identifiers of all that is in it."""

    def __init__(self, records: Sequence[Paper]) -> None:
        self._part = list(range(len(records)))
        self._members = {number: [number] for number in self._part}
        self._ids = [_all_identifiers(record) for record in records]

    def join(self, numbers: Iterable[int]) -> None:
        """Make one part of those in which these records are."""
        first, *rest = sorted({self._part[number] for number in numbers})
        for other in rest:
            for number in self._members[other]:
                self._part[number] = first
            self._members[first] += self._members.pop(other)

    def differ(self, numbers: Iterable[int], schemes: Iterable[str]) -> bool:
        """Whether the parts of these records carry different identifiers of one scheme."""
        parts = {self._part[number] for number in numbers}
        if len(parts) < 2:
            return False
        for scheme in schemes:
            carried = [
                {ids[scheme] for n in self._members[part] if scheme in (ids := self._ids[n])}
                for part in parts
            ]
            carried = [values for values in carried if values]
            if carried and not set.intersection(*carried):
                return True
        return False

    def all(self) -> list[list[int]]:
        """The parts."""
        return [sorted(members) for members in self._members.values()]


def _all_identifiers(record: Paper) -> dict[str, str]:
    own = {} if _DERIVED.match(record.paper_id) else {"own": record.paper_id}
    return _identifiers(record) | own


def _gathered(records: Sequence[Paper], key: Callable[[Paper], Any]) -> Iterable[list[int]]:
    found: dict[Any, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        found[key(record)].append(number)
    return found.values()


def _of_one_year(records: Sequence[Paper], alike: list[int]) -> Iterable[list[int]]:
    """Those of each year; what has no year goes with them where there is but one."""
    undated = [number for number in alike if records[number].year is None]
    years = sorted({year for number in alike if (year := records[number].year) is not None})
    dated = [[number for number in alike if records[number].year == year] for year in years]
    return [dated[0] + undated] if len(dated) == 1 else [*dated, undated] if undated else dated


def _agree(records: Sequence[Paper], numbers: Sequence[int]) -> bool:
    """Whether the texts could be versions of one: each agrees with the richest."""
    richest, *rest = sorted((records[number] for number in numbers), key=_poverty)
    return all(_same_text(richest, other) for other in rest)


def _same_text(richer: Paper, poorer: Paper) -> bool:
    if not _depth(poorer) or richer.text == poorer.text:
        return True
    long, short = _words(richer.text), _words(poorer.text)[:_WORDS_COMPARED]
    if long[:SAME_WORDS] == short[:SAME_WORDS]:
        return True
    contained = _shingles(short)
    return len(contained & _shingles(long)) >= SHARED_SHINGLES * len(contained)


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return {tuple(words[n : n + SHINGLE_WORDS]) for n in range(last)}


# -- the paper they make ---------------------------------------------------------------------------


def merge(records: Iterable[Paper]) -> Paper:
    """The paper that records make together.

    The richest gives title, text and sections, and each other field that it has; what it lacks
    comes from the next. Every id is kept, and so are every source's labels, notes and notice of a
    retraction. One record alone stays as it is.
    """
    given = list(records)
    if len(given) == 1:
        return given[0]
    distinct = {_canonical(record): record for record in given}
    ranked = sorted(distinct.values(), key=_poverty)
    richest = ranked[0]
    if len(ranked) == 1:
        return richest
    filled = {
        each.name: next(
            (value for record in ranked if (value := getattr(record, each.name))),
            getattr(richest, each.name),
        )
        for each in fields(Paper)
        if each.name not in ("title", "text", "sections", "page_starts", "kind", "metadata")
    }
    notices = dict.fromkeys(record.retraction for record in ranked if record.retraction)
    paper_id = min((record.paper_id for record in ranked), key=_id_rank)
    paper = replace(
        richest,
        **filled
        | {
            "paper_id": paper_id,
            "title": richest.title or next((r.title for r in ranked if r.title), ""),
            "retraction": "; ".join(notices),
            "metadata": _metadata(ranked),
        },
    )
    return _with_ids(paper, ranked)


def _with_ids(paper: Paper, ranked: Sequence[Paper]) -> Paper:
    """The paper, cited by the best of its sources' ids and found by all."""
    known = [
        f"PMID:{paper.pmid}" if paper.pmid else "",
        f"DOI:{paper.doi.lower()}" if paper.doi else "",
        paper.pmcid,
    ]
    cited = next((one for one in known if one), "") or min(
        (record.source_id for record in ranked), key=_id_rank
    )
    every = {one for r in ranked for one in (r.source_id, r.paper_id, *r.source_ids)}
    ids = dict.fromkeys([cited, *known, *sorted(every, key=_id_rank)])
    return replace(paper, source_id=cited, source_ids=tuple(one for one in ids if one))


def _metadata(ranked: Sequence[Paper]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name in sorted({name for record in ranked for name in record.metadata}):
        values = dict.fromkeys(r.metadata[name] for r in ranked if r.metadata.get(name))
        merged[name] = "; ".join(values) if _JOINED.search(name) else next(iter(values), "")
    return merged


def _poverty(record: Paper) -> tuple[int, int, int, str]:
    """Sorts the richest record first: text before title only, the longer, the fuller; no ties."""
    filled = sum(bool(getattr(record, each.name)) for each in fields(Paper))
    return -_depth(record), -len(record.text), -filled, _canonical(record)


def _depth(record: Paper) -> int:
    """0 where only the title is known, else 1."""
    return int(record.has_abstract and record.text.strip() not in ("", record.title.strip()))


def _id_rank(paper_id: str) -> tuple[int, str]:
    """A record's own id before those derived from PMID, PMCID, DOI or its content."""
    found = _DERIVED.match(paper_id)
    return (found.lastindex or 0 if found else 0), paper_id


def _canonical(record: Paper) -> str:
    return json.dumps(asdict(record), sort_keys=True)
