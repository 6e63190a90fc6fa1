"""Filters: exactly the papers that are asked for, after every change."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored import make_library

from retort.retrieval.filters import matching
from retort.retrieval.library import Library
from retort.retrieval.records import Filter, Paper

PAPERS = [
    Paper(
        "A",
        "PMID:1",
        "A",
        "text",
        year=2001,
        journal="The Lancet.",
        pmid="1",
        mesh=("Warfarin",),
        publication_types=("Review", "Journal Article"),
    ),
    Paper(
        "B",
        "PMID:2",
        "B",
        "text",
        year=2010,
        journal="Blood",
        pmid="2",
        retracted=True,
        mesh=("Warfarin", "Cytochrome P-450 CYP2C9"),
    ),
    Paper(
        "C",
        "DOI:10.1000/c",
        "C",
        "C",
        year=2020,
        journal="blood",
        doi="10.1000/c",
        has_abstract=False,
    ),
    Paper("D", "D", "D", "text"),
]


def found(library: Library, wanted: Filter) -> str:
    with library.store.borrow() as db:
        rows = matching(db, wanted).tolist()
        assert rows == sorted(rows)
        named = dict(db.execute("SELECT row, paper_id FROM papers"))
    return "".join(sorted(named[row] for row in rows))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), "ABCD"),
        (Filter(years=(2010, None)), "BC"),
        (Filter(years=(None, 2010)), "AB"),
        (Filter(years=(2002, 2019)), "B"),
        (Filter(journals=("the lancet", "BLOOD")), "ABC"),
        (Filter(journals=("Blood",), years=(2015, None)), "C"),
        (Filter(mesh=("warfarin",)), "AB"),
        (Filter(mesh=("Cytochrome P-450 CYP2C9", "Aspirin")), "B"),
        (Filter(publication_types=("review",)), "A"),
        (Filter(paper_ids=("A", "PMID:2", "10.1000/C", "nobody")), "ABC"),
        (Filter(exclude_retracted=True), "ACD"),
        (Filter(has_abstract=True), "ABD"),
        (Filter(has_abstract=False), "C"),
        (Filter(mesh=("Warfarin",), exclude_retracted=True), "A"),
        (Filter(paper_ids=("nobody",)), ""),
    ],
)
def test_a_filter_lets_through_what_it_asks_for(
    tmp_path: Path, wanted: Filter, expected: str
) -> None:
    with make_library(tmp_path / "a") as library:
        library.add(PAPERS)
        assert found(library, wanted) == expected
    assert bool(wanted) == (wanted != Filter())


def test_terms_follow_the_paper(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        library.add(PAPERS)
        library.add([Paper("A", "PMID:1", "A", "text", year=2003, pmid="1", journal="Thorax")])
        assert found(library, Filter(journals=("The Lancet",))) == ""
        assert found(library, Filter(journals=("Thorax",), years=(2003, 2003))) == "A"
        library.remove(library.removal(["A"]))
        assert found(library, Filter(journals=("Thorax",))) == ""
