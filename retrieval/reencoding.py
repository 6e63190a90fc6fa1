"""All vectors of a library anew, for another encoder or in place of damaged ones.

They are gathered in a table of their own, batch by batch, and take the place of the old ones in
one transaction: until then the library is searched as before, and what is killed goes on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retort.retrieval import database
from retort.retrieval.commits import encoded_text
from retort.retrieval.database import Connection
from retort.retrieval.encode import Encoder
from retort.retrieval.passages import read_passages

PASSAGES_PER_COMMIT = 256

_FOR = "reencoding_for"


def encode_anew(
    connection: Connection,
    encoder: Encoder,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Give every passage a vector of this encoder.

    Args:
        connection: of the one writer.
        encoder: any; from now on the library's.
        progress: called with passages done and in all.
    """
    _begin(connection, f"{encoder.name} {encoder.digest}")
    (total,) = connection.execute("SELECT count(*) FROM passages").fetchone()
    (done,) = connection.execute("SELECT count(*) FROM new_vectors").fetchone()
    (last,) = connection.execute("SELECT coalesce(max(passage), 0) FROM new_vectors").fetchone()
    while rows := [
        row
        for (row,) in connection.execute(
            "SELECT row FROM passages WHERE row > ? ORDER BY row LIMIT ?",
            (last, PASSAGES_PER_COMMIT),
        )
    ]:
        found = list(read_passages(connection, rows))
        texts = [encoded_text(record["title"], passage.text) for _, passage, record in found]
        vectors = encoder.encode(texts).astype(np.float16)
        with database.transaction(connection):
            connection.executemany(
                "INSERT INTO new_vectors VALUES (?, ?)",
                [(row, vector) for (row, _, _), vector in zip(found, vectors, strict=True)],
            )
        last = rows[-1]
        done += len(rows)
        if progress:
            progress(done, total)
    _exchange(connection, encoder)


def _begin(connection: Connection, wanted: str) -> None:
    """Go on with what a killed run left for the same encoder, else begin."""
    with database.transaction(connection):
        if database.meta(connection, _FOR) != wanted:
            connection.execute("DROP TABLE IF EXISTS new_vectors")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS new_vectors AS"
            " SELECT row AS passage, vector FROM passages LIMIT 0"
        )
        connection.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS new_vectors_by_passage ON new_vectors (passage)"
        )
        connection.execute(
            "DELETE FROM new_vectors WHERE passage NOT IN (SELECT row FROM passages)"
        )
        database.note(connection, **{_FOR: wanted})


def _exchange(connection: Connection, encoder: Encoder) -> None:
    with database.transaction(connection):
        connection.execute(
            "UPDATE passages SET vector ="
            " (SELECT vector FROM new_vectors WHERE passage = passages.row)"
        )
        connection.execute("DROP TABLE new_vectors")
        connection.execute("DELETE FROM meta WHERE key = ?", (_FOR,))
        database.note_encoder(connection, encoder.name, encoder.digest)
        database.next_generation(connection)
