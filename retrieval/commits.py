"""What one commit changes: sources stored and removed, and the papers that they make now.

Owns how sources become papers (with ``merging``), passages, vectors and rows. All of a commit is
on disk or none of it. Knows nothing of batches and files (``writing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import chunks, database, filters, merging, sources
from retort.retrieval.database import Connection
from retort.retrieval.encode import Encoder
from retort.retrieval.records import Paper, Passage
from retort.retrieval.sources import Source


@dataclass(frozen=True, slots=True)
class _Assembly:
    """A paper as its sources make it now."""

    paper: Paper
    members: list[Source]
    record: str
    digest: str
    kept: int | None = None
    """row of the stored paper whose passages are this one's"""
    passages: tuple[Passage, ...] = ()
    """the new ones, where none is kept"""


@dataclass(slots=True)
class _Changes:
    """What one commit changes."""

    assemblies: list[_Assembly] = field(default_factory=list)
    gone_papers: set[int] = field(default_factory=set)
    gone_sources: set[int] = field(default_factory=set)


def commit(
    connection: Connection,
    encoder_of: Callable[[], Encoder],
    fresh: Sequence[Source],
    gone: Sequence[int] = (),
    index: Callable[[], None] | None = None,
) -> int:
    """Store new and changed sources, remove others, and remake the papers of all that are near.

    Args:
        connection: of the one writer.
        encoder_of: gives the encoder, where there is something to encode.
        fresh: what to store.
        gone: rows of the sources to remove.
        index: called before all of it is committed, where the database holds the indexes too.

    Returns:
        The number of new passages.
    """
    changes = _plan(connection, fresh, gone)
    if not (changes.assemblies or changes.gone_papers or changes.gone_sources):
        return 0
    texts = [
        encoded_text(made.paper.title, passage.text)
        for made in changes.assemblies
        for passage in made.passages
    ]
    encoder = encoder_of() if texts else None
    vectors = iter(encoder.encode(texts).astype(np.float16) if encoder else ())
    with database.transaction(connection):
        _delete(connection, "papers", changes.gone_papers)
        _delete(connection, "sources", changes.gone_sources)
        for made in changes.assemblies:
            _insert(connection, made, vectors)
        if encoder:
            database.note_encoder(connection, encoder.name, encoder.digest)
        if index:
            index()
        database.next_generation(connection)
    return len(texts)


def _plan(connection: Connection, fresh: Sequence[Source], gone: Sequence[int]) -> _Changes:
    """What has to change so that all papers are what their sources make."""
    changed = {source.row for source in fresh if source.row} | set(gone)
    before = {source.row: source for source in sources.stored(connection, sorted(changed))}
    every = [*fresh, *before.values()]
    names = set().union(*(merging.names(source.paper) for source in every))
    near = sources.related(connection, names)
    old = {s.paper_row for s in (*near.values(), *before.values()) if s.paper_row}
    pool = [*fresh, *(source for row, source in near.items() if row not in changed)]
    made = [
        _assemble(connection, [pool[number] for number in members])
        for members in merging.groups([source.paper for source in pool])
    ]
    untouched = {each.kept for each in made if each.kept}
    written = [each for each in made if not _is_stored(connection, each)]
    return _Changes(written, old - untouched, set(gone))


def _assemble(connection: Connection, members: list[Source]) -> _Assembly:
    paper = merging.merge(source.paper for source in members)
    record, content = database.record_of(paper)
    digest = f"{chunks.RULE} {content}"
    stored = connection.execute(
        "SELECT row, digest, record, text FROM papers WHERE paper_id = ?", (paper.paper_id,)
    ).fetchone()
    if stored:
        row, old_digest, old_record, old_text = stored
        cut_alike = old_digest.startswith(f"{chunks.RULE} ")
        if cut_alike and _cut_from(database.paper_from(old_record, old_text)) == _cut_from(paper):
            return _Assembly(paper, members, record, digest, kept=row)
    return _Assembly(paper, members, record, digest, passages=chunks.split(paper))


def _is_stored(connection: Connection, made: _Assembly) -> bool:
    """Whether nothing of it has to be written."""
    if made.kept is None or any(source.paper_row != made.kept for source in made.members):
        return False
    (digest,) = connection.execute(
        "SELECT digest FROM papers WHERE row = ?", (made.kept,)
    ).fetchone()
    return bool(digest == made.digest)


def _insert(
    connection: Connection, made: _Assembly, vectors: Iterator[NDArray[np.float16]]
) -> None:
    """Write one paper with its sources, and its passages where they are new."""
    paper = made.paper
    values = (made.digest, paper.kind, made.record, paper.text)
    row = made.kept
    if row:
        connection.execute(
            "UPDATE papers SET digest = ?, kind = ?, record = ?, text = ? WHERE row = ?",
            (*values, row),
        )
    else:
        (row,) = connection.execute(
            "INSERT INTO papers (paper_id, digest, kind, record, text) VALUES (?, ?, ?, ?, ?)"
            " RETURNING row",
            (paper.paper_id, *values),
        ).fetchone()
    connection.executemany(
        'INSERT INTO passages (paper, passage_id, start, "end", section, page, vector)'
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (row, p.passage_id, p.start, p.end, p.section, p.page, next(vectors))
            for p in made.passages
        ],
    )
    filters.describe(connection, row, paper)
    for source in made.members:
        _insert_source(connection, source, row, made)


def _insert_source(connection: Connection, source: Source, paper_row: int, made: _Assembly) -> None:
    """Write a source, without what it shares with its paper."""
    record, _ = database.record_of(source.paper)
    values = (
        *(paper_row, source.file, source.paper.paper_id, source.digest),
        None if record == made.record else record,
        None if source.paper.text == made.paper.text else source.paper.text,
    )
    row = source.row
    if row is None:
        (row,) = connection.execute(
            "INSERT INTO sources (paper, file, paper_id, digest, record, text)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING row",
            values,
        ).fetchone()
    else:
        connection.execute(
            "UPDATE sources SET paper = ?, file = ?, paper_id = ?, digest = ?, record = ?, text = ?"
            " WHERE row = ?",
            (*values, row),
        )
    if source.paper_row is None:  # otherwise its names are what they were
        database.name_source(connection, row, merging.names(source.paper))


def _delete(connection: Connection, table: str, rows: Iterable[int]) -> None:
    connection.executemany(f"DELETE FROM {table} WHERE row = ?", [(row,) for row in rows])


def _cut_from(paper: Paper) -> tuple[object, ...]:
    """All on which passages and their vectors depend."""
    return paper.title, paper.text, paper.sections, paper.page_starts


def encoded_text(title: str, text: str) -> str:
    """What the encoder reads of a passage: its paper's title and its text."""
    return f"{title}. {text}" if title else text
