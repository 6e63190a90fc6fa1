"""Which papers a search may find: a filter, answered from the tables of the library.

Knows the columns and terms of papers; knows no passage and no ranking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import merging
from retort.retrieval.database import Connection
from retort.retrieval.errors import UsageError
from retort.retrieval.records import Filter, Paper

JOURNAL, MESH, TYPE = "journal", "mesh", "type"

_MARKS_PER_QUERY = 500


def terms(paper: Paper) -> set[tuple[str, str]]:
    """(kind, case-folded term) of what a paper is filtered by."""
    fields = ((JOURNAL, (paper.journal,)), (MESH, paper.mesh), (TYPE, paper.publication_types))
    found = {(kind, fold(name)) for kind, names in fields for name in names}
    return {(kind, term) for kind, term in found if term}


def years_of(text: str) -> tuple[int | None, int | None]:
    """First and last year of "2010-2020", "2010-", "-2020" or "2018"; nothing of nothing.

    Raises:
        UsageError: these are no years, or the last is before the first.
    """
    match = re.fullmatch(r"(\d{4})?\s*([-–])?\s*(\d{4})?", text.strip())
    first, dash, last = match.groups() if match else (None, None, None)
    years = (int(first) if first else None, int(last) if last else None)
    if not dash:
        years = (years[0], years[0])
    unordered = None not in years and years[0] > years[1]  # type: ignore[operator]
    if text.strip() and (years == (None, None) or unordered or (last and not dash)):
        raise UsageError(
            f"{text!r} are no years.",
            "Years have four digits, the first before the last.",
            "2010-2020, 2010-, -2020 or 2018",
        )
    return years


def fold(name: str) -> str:
    """A name without case, surplus blanks and the stop at its end."""
    return " ".join(name.casefold().split()).rstrip(".")


def describe(connection: Connection, row: int, paper: Paper) -> None:
    """Write what a paper is filtered by, in place of what was written before."""
    connection.execute(
        "UPDATE papers SET year = ?, retracted = ?, has_abstract = ? WHERE row = ?",
        (paper.year, paper.retracted, paper.has_abstract, row),
    )
    connection.execute("DELETE FROM terms WHERE paper = ?", (row,))
    connection.executemany(
        "INSERT INTO terms (kind, term, paper) VALUES (?, ?, ?)",
        [(kind, term, row) for kind, term in sorted(terms(paper))],
    )


def condition(wanted: Filter) -> tuple[str, list[object]]:
    """What SQL asks of a row of ``papers`` for a filter to let it through, and the values in it."""
    conditions, values = ["TRUE"], list[object]()
    first, last = wanted.years
    for bound, sign in ((first, ">="), (last, "<=")):
        if bound is not None:
            conditions.append(f"year {sign} ?")
            values.append(bound)
    if wanted.exclude_retracted:
        conditions.append("NOT retracted")
    if wanted.has_abstract is not None:
        conditions.append("has_abstract = ?")
        values.append(wanted.has_abstract)
    asked = ((JOURNAL, wanted.journals), (MESH, wanted.mesh), (TYPE, wanted.publication_types))
    for kind, names in asked:
        if names:
            folded = sorted({fold(name) for name in names})
            with_terms = f"SELECT paper FROM terms WHERE kind = ? AND term IN ({_marks(folded)})"
            conditions.append(f"row IN ({with_terms})")
            values += (kind, *folded)
    return " AND ".join(conditions), values


def matching(connection: Connection, wanted: Filter) -> NDArray[np.int64]:
    """The papers that a filter lets through.

    Args:
        connection: to the library; in a read transaction it answers for that moment.
        wanted: an empty one lets all through.

    Returns:
        (m,) int64, ascending: rows of the table ``papers``, as ``passages.paper`` names them.
    """
    asked, values = condition(wanted)
    rows = connection.execute(f"SELECT row FROM papers WHERE {asked} ORDER BY row", values)
    kept = np.fromiter((row for (row,) in rows), np.int64)
    return np.intersect1d(kept, named(connection, wanted.paper_ids)) if wanted.paper_ids else kept


def named(connection: Connection, ids: Iterable[str]) -> NDArray[np.int64]:
    """Rows of the papers that have one of these ids, or one of whose sources has it; ascending."""
    names = sorted({name for one in ids for name in merging.known_as(one)})

    def found() -> Iterator[int]:
        for start in range(0, len(names), _MARKS_PER_QUERY):
            part = names[start : start + _MARKS_PER_QUERY]
            for (row,) in connection.execute(
                "SELECT sources.paper FROM names JOIN sources ON sources.row = source"
                f" WHERE name IN ({_marks(part)})",
                part,
            ):
                yield row

    return np.unique(np.fromiter(found(), np.int64))


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
