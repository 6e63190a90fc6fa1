"""Files, libraries and search hits -> the records of a screening, and what was decided before.

Owns which words are labels, and how duplicates become one record. A record with neither title nor
abstract is kept; the ranking puts it last. Knows no ranking and no store.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from retort.agent.triage.records import Decision, Label, Record
from retort.retrieval.errors import NotReadError, RetortError, UsageError
from retort.retrieval.merging import groups, merge
from retort.retrieval.readers import columns, read
from retort.retrieval.records import Paper

if TYPE_CHECKING:
    from retort.retrieval.library import Library

TOLD = 3
"""files that are named where none could be read"""
LONGEST_ABSTRACT = 6_000
"""characters; a longer text is a whole paper, of which the part called abstract is screened"""
_WORDS: dict[str, Label] = {
    **dict.fromkeys(("1", "1.0", "true", "yes", "y", "include", "included", "in"), "include"),
    **dict.fromkeys(("relevant", "accept", "accepted"), "include"),
    **dict.fromkeys(("0", "0.0", "false", "no", "n", "exclude", "excluded", "out"), "exclude"),
    **dict.fromkeys(("irrelevant", "not relevant", "reject", "rejected"), "exclude"),
    **dict.fromkeys(("maybe", "unsure", "undecided", "?"), "maybe"),
}
_NO_LABEL = frozenset(("", "-1", "-1.0", "na", "nan", "none", "to do"))
"""what programs write where nothing was decided"""
_SCHEMES = {"record_id": "", "pmid": "PMID:", "doi": "DOI:", "pmcid": ""}
"""columns of ids, and how such an id begins where its column does not say it"""
_NOTE = re.compile(r"^Retort_note: (.*)$", re.MULTILINE)
_OURS = re.compile(r"^Retort_.*\n?", re.MULTILINE)
_RANKED = frozenset(("rank", "score", "ranking"))
"""columns that a table has together only where Retort wrote it"""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record whose sources say both."""

    record_id: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in."""

    records: tuple[Record, ...]
    decisions: tuple[Decision, ...] = ()
    """by ``import``; both of a conflict are among them"""
    conflicts: tuple[Conflict, ...] = ()
    identified: int = 0
    """records before duplicates were merged"""
    notes: Mapping[str, str] = field(default_factory=dict)
    """of records without a label: id -> what was noted"""
    skipped: tuple[str, ...] = ()
    """what of the files could not be used, one line each"""
    failed: tuple[str, ...] = ()
    """files of which nothing could be read, and why, one line each"""

    @property
    def duplicates(self) -> int:
        """Records that went into another one."""
        return self.identified - len(self.records)

    @property
    def has_both(self) -> bool:
        """Whether some record is labelled relevant and another one irrelevant."""
        return {"include", "exclude"} <= {decision.label for decision in self.decisions}


def from_files(paths: Sequence[Path], is_merging: bool = True) -> Intake:
    """Read files, and the files of folders, in any format that `retort.retrieval.readers` knows.

    Args:
        paths: files and folders; of a folder, files of other formats are named and left out.
        is_merging: False keeps every record of the files as it is, for labelled sets.

    Raises:
        RetortError: there is nothing in the files that can be read.
    """
    papers: list[Paper] = []
    skipped: list[str] = []
    failed: dict[str, RetortError] = {}
    for path in map(Path, paths):
        for file in _files(path):
            try:
                reading = read(file)
            except RetortError as error:
                if file == path or not isinstance(error, NotReadError):
                    failed[_why(file, error)] = error
                else:
                    skipped.append(f"{file.name}: {error.what}")
                continue
            papers += reading.papers
            labels = (paper.metadata.get("label", "") for paper in reading.papers)
            skipped += unread(file, labels)
            papers += [skip.paper for skip in reading.skipped if skip.paper]
            skipped += [
                f"{file.name}, {skip.where}: {skip.reason}"
                for skip in reading.skipped
                if not skip.paper
            ]
    if not papers:
        raise _nothing(paths, failed)
    taken = from_papers(papers, is_merging)
    return replace(taken, skipped=tuple(skipped), failed=tuple(failed))


def from_library(library: Library) -> Intake:
    """Take every paper of a library, the project's own notes left out."""
    from retort.retrieval import database

    with library.store.borrow() as db:
        rows = db.execute("SELECT record, text FROM papers ORDER BY row").fetchall()
    return from_papers([p for row in rows if (p := database.paper_from(*row)).kind == "paper"])


def from_papers(papers: Sequence[Paper], is_merging: bool = True) -> Intake:
    """Take papers: those of a library or of a search, or what a reader gave.

    Raises:
        UsageError: there are none.
    """
    if not papers:
        raise UsageError("There is no record to screen.", "Nothing was given.", "Give a file.")
    with_text = [number for number, paper in enumerate(papers) if _has_text(paper)]
    alike = groups([papers[number] for number in with_text]) if is_merging else ()
    parts = [[with_text[place] for place in part] for part in alike]
    parts += [[n] for n in range(len(papers)) if not is_merging or not _has_text(papers[n])]
    own_ids = _own_ids(papers)
    known: Counter[str] = Counter()
    records, labels = [], []
    notes: dict[str, str] = {}
    said: dict[str, set[Label]] = defaultdict(set)
    now = time.time()
    for part in sorted(parts, key=min):
        paper = merge(papers[number] for number in part)
        given = own_ids.get(min(part)) or paper.paper_id
        known[given] += 1
        record_id = given if known[given] == 1 else f"{given}#{known[given]}"
        others = dict.fromkeys(own_ids.get(n) or papers[n].paper_id for n in part)
        records.append(_record(paper, record_id, tuple(one for one in others if one != record_id)))
        found = labels_in(paper.metadata.get("label", ""))
        said[given] |= {*found}
        note = _note(paper)
        labels += [Decision(record_id, label, "import", now, note) for label in found]
        notes |= {record_id: note} if note and not found else {}
    return Intake(
        tuple(records),
        tuple(labels),
        tuple(
            Conflict(record.id, tuple(sorted(said[given])))
            for record in records
            if len(said[given := record.id.partition("#")[0]] - {"maybe"}) > 1
        ),
        len(papers),
        notes,
    )


def unread(path: Path, column: Iterable[str]) -> tuple[str, ...]:
    """One line about the labels of a column that are not known; none where all are."""
    said = (text.strip() for text in column)
    found = Counter(one for one in said if one.casefold() not in _NO_LABEL and not labels_in(one))
    if not found:
        return ()
    most = ", ".join(f'"{said[:40]}"' for said, _ in found.most_common(3))
    return (f"{path.name}: labels not known, which count as none ({found.total():,}): {most}",)


def labels_in(text: str) -> tuple[Label, ...]:
    """What a label says, each once: "1", "Included", "Ada: Included; Bob: Excluded".

    >>> labels_in("Ada: Included; Bob: Excluded")
    ('include', 'exclude')
    """
    words = (part.rpartition(":")[2].strip().casefold() for part in text.split(";"))
    return tuple(dict.fromkeys(_WORDS[word] for word in words if word in _WORDS))


@dataclass(frozen=True, slots=True)
class Labels:
    """What a table of labels says of some records."""

    decisions: tuple[Decision, ...]
    skipped: tuple[str, ...]
    """what of it could not be used, one line each"""


def read_labels(path: Path, records: Sequence[Record]) -> Labels:
    """Labels out of a table of their own: a column of ids and one of labels.

    Raises:
        RetortError: the file cannot be read.
        UsageError: a column is missing, or no id is that of a record.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise RetortError(f"Cannot read {path}.", f"{error.strerror}.", "Check the path.") from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # an export holds abstracts
    header, *rows = list(csv.reader(io.StringIO(text), delimiter=separator)) or [[]]
    at = columns.places(header)
    ids = [(name, place) for name in _SCHEMES for place in at.get(name, ())]
    if not ids or "label" not in at:
        missing = "labels (label_included, label, decision ...)" if ids else "ids (record_id, pmid)"
        raise UsageError(
            f"No labels can be read from {path}.",
            f"It has no column of {missing}; its columns are {', '.join(header) or 'none'}.",
            "Name the columns record_id and label.",
        )
    named = {name: record.id for record in records for name in _names(record)}
    found, strangers, now = [], [], time.time()
    place = at["label"][0]
    for row in rows:
        cells = [(_SCHEMES[name], row[at].strip()) for name, at in ids if at < len(row)]
        spelt = (name for scheme, cell in cells for name in (f"{scheme}{cell}", cell) if cell)
        record_id = next((named[name] for one in spelt if (name := one.casefold()) in named), "")
        labels = labels_in(row[place]) if record_id and place < len(row) else ()
        strangers += [cell for _, cell in cells if cell][:1] if not record_id else []
        found += [Decision(record_id, label, "import", now) for label in labels]
    if not found:
        raise UsageError(
            f"No label in {path} is of one of the records.",
            f"Of {len(rows)} rows none has the id of a record and a label that is known.",
            "Labels are 1, 0, include, exclude, maybe; ids are those that rank writes.",
        )
    skipped = unread(path, [row[place] for row in rows if place < len(row)])
    if strangers:
        most = ", ".join(name[:40] for name in strangers[:3])
        skipped += (f"{path.name}: ids of no record here ({len(strangers):,}): {most}",)
    return Labels(tuple(found), skipped)


def with_labels(taken: Intake, labels: Labels) -> Intake:
    """The records with further labels; of a record that is named here these alone count."""
    decisions = labels.decisions
    named = {decision.record_id for decision in decisions}
    kept = [decision for decision in taken.decisions if decision.record_id not in named]
    said: dict[str, set[str]] = defaultdict(set)
    for decision in decisions:
        said[decision.record_id].add(decision.label)
    conflicts = [conflict for conflict in taken.conflicts if conflict.record_id not in named]
    conflicts += [
        Conflict(record_id, tuple(sorted(labels)))
        for record_id, labels in said.items()
        if {"include", "exclude"} <= labels
    ]
    return replace(
        taken,
        decisions=(*kept, *decisions),
        conflicts=tuple(conflicts),
        skipped=taken.skipped + labels.skipped,
    )


def _why(file: Path, error: RetortError) -> str:
    """Why a file was not read, in one line that begins with its name."""
    said = " ".join(f"{error.what} {error.why}".replace(str(file), file.name).split())
    return said if said.startswith(file.name) else f"{file.name}: {said}"


def _nothing(paths: Sequence[Path], failed: Mapping[str, RetortError]) -> RetortError:
    """The error of the only file, or what was wrong with the first of several."""
    if len(failed) == 1:
        return next(iter(failed.values()))
    if failed:
        return RetortError(
            f"None of {len(failed)} files could be read.",
            " ".join([*failed][:TOLD]),
            "Download or export them again.",
        )
    return UsageError(
        "There is no record to screen.",
        f"No file that can be read is in {', '.join(map(str, paths))}.",
        "Give a file or folder of RIS, nbib, PubMed XML, BibTeX, CSV or JSONL.",
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and not any(part[0] == "." for part in file.relative_to(path).parts):
            yield file


def _own_ids(papers: Sequence[Paper]) -> dict[int, str]:
    """The ids that records bear in their file, by place; none where that would mix files up.

    Several files that each count from 1 say nothing by it, so an id counts only while hardly any
    is borne twice.
    """
    found = {n: own for n, p in enumerate(papers) if (own := p.metadata.get("record_id", ""))}
    return found if 2 * len({*found.values()}) > len(found) else {}


def _names(record: Record) -> Iterable[str]:
    return {one.casefold() for one in (record.id, record.source_id, *record.merged) if one}


def _has_text(paper: Paper) -> bool:
    return bool(paper.title.strip() or paper.text.strip())


def _record(paper: Paper, record_id: str, merged: tuple[str, ...]) -> Record:
    is_ours = paper.metadata.keys() >= _RANKED  # then the note is a note and not the record's
    notes = "" if is_ours else _OURS.sub("", paper.metadata.get("notes", "")).strip()
    return Record(
        id=record_id,
        title=paper.title,
        abstract=_abstract(paper) if paper.has_abstract else "",
        authors=paper.authors,
        year=paper.year,
        journal=paper.journal,
        source_id=paper.source_id,
        url=paper.url,
        mesh=paper.mesh,
        keywords=paper.keywords,
        publication_types=paper.publication_types,
        merged=merged,
        metadata={**paper.metadata, "notes": notes} if notes else _without_notes(paper),
    )


def _without_notes(paper: Paper) -> dict[str, str]:
    return {name: value for name, value in paper.metadata.items() if name != "notes"}


def _abstract(paper: Paper) -> str:
    if len(paper.text) <= LONGEST_ABSTRACT:
        return paper.text
    parts = [part for part in paper.sections if part.title.casefold().startswith("abstract")]
    start, end = (parts[0].start, parts[0].end) if parts else (0, LONGEST_ABSTRACT)
    return paper.text[start : min(end, start + LONGEST_ABSTRACT)]


def _note(paper: Paper) -> str:
    """What whoever decided noted, where Retort wrote the file."""
    notes = paper.metadata.get("notes", "")
    found = _NOTE.search(notes)
    return found[1] if found else notes if paper.metadata.keys() >= _RANKED else ""
