"""Search in part of a library: by filter, inside one paper, around one passage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import WORDS, all_passages, make_library, make_paper

from retort.retrieval.errors import UsageError
from retort.retrieval.filters import years_of
from retort.retrieval.library import Library
from retort.retrieval.records import Filter, Paper
from retort.retrieval.search import MODES, neighbours, search, search_in_paper, search_many

JOURNALS = ("Blood", "Nature")
TYPES = ("Review", "Clinical Trial")


def described(number: int) -> Paper:
    return replace(
        make_paper(number, sentences=4 if number % 4 else 90),
        year=2000 + number,
        journal=JOURNALS[number % 2],
        mesh=("Warfarin",) if number % 3 else ("Warfarin", "Liver"),
        publication_types=(TYPES[number % 5 == 0],),
        retracted=number % 7 == 0,
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Twenty papers, every fourth with several passages."""
    made = make_library(tmp_path_factory.mktemp("filtered") / "a")
    made.add(described(number) for number in range(1, 21))
    return made


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("", (None, None)),
        ("2018", (2018, 2018)),
        ("2010-2020", (2010, 2020)),
        ("2010–", (2010, None)),
        (" - 2020 ", (None, 2020)),
    ],
)
def test_years_are_read(text: str, years: tuple[int | None, int | None]) -> None:
    assert years_of(text) == years


@pytest.mark.parametrize("text", ["lately", "2020-2010", "20-30", "-", "20102020", "2010 2020"])
def test_what_are_no_years_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="are no years"):
        years_of(text)


FILTERS = st.builds(
    Filter,
    years=st.sampled_from([(None, None), (2005, None), (None, 2010), (2003, 2012), (1990, 1999)]),
    journals=st.sampled_from([(), ("blood",), JOURNALS, ("Cell",)]),
    mesh=st.sampled_from([(), ("Liver",)]),
    publication_types=st.sampled_from([(), ("Review",)]),
    exclude_retracted=st.booleans(),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=FILTERS,
    mode=st.sampled_from(MODES),
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join),
)
def test_only_what_the_filter_lets_through_is_found_and_all_of_it(
    library: Library, wanted: Filter, mode: str, query: str
) -> None:
    def fits(paper: Paper) -> bool:
        first, last = wanted.years
        year = paper.year or 0
        return (
            (first is None or year >= first)
            and (last is None or year <= last)
            and (not wanted.journals or paper.journal.lower() in map(str.lower, wanted.journals))
            and set(wanted.mesh) <= set(paper.mesh)
            and set(wanted.publication_types) <= set(paper.publication_types)
            and not (wanted.exclude_retracted and paper.retracted)
        )

    fitting = {f"P{number}" for number in range(1, 21) if fits(described(number))}
    hits = search(library, query, 500, mode, None, wanted)
    assert {hit.passage.paper_id for hit in hits} <= fitting
    if mode != "lexical":
        of_them = [p for p in all_passages(library) if p.paper_id in fitting]
        assert len(hits) == len(of_them)
    assert hits == search_many(library, [query], 500, mode, None, wanted)[0]


def test_a_rare_paper_is_found_however_many_are_better(library: Library) -> None:
    worst = search(library, "warfarin dose", 500, "dense", None)[-1]
    only = Filter(paper_ids=(worst.source_id,))
    found = search(library, "warfarin dose", 1, "fused", None, only)
    assert found[0].passage.paper_id == worst.passage.paper_id


@pytest.mark.parametrize("mode", MODES)
def test_search_in_one_paper(library: Library, mode: str) -> None:
    hits = search_in_paper(library, "PMID:8", "warfarin dose", 50, mode)
    assert {hit.passage.paper_id for hit in hits} == {"P8"}
    assert len(hits) == sum(passage.paper_id == "P8" for passage in all_passages(library)) > 3
    assert len(search_in_paper(library, "P8", "warfarin dose", 2, mode)) == 2


def test_search_in_a_paper_that_is_not_there_says_so(library: Library) -> None:
    with pytest.raises(UsageError, match='No paper "P99"'):
        search_in_paper(library, "P99", "warfarin")


def test_neighbours_are_in_reading_order_and_stop_at_the_papers_ends(library: Library) -> None:
    of_paper = [passage for passage in all_passages(library) if passage.paper_id == "P8"]
    names = [passage.passage_id for passage in of_paper]
    assert neighbours(library, names[1]) == of_paper[:3]
    assert neighbours(library, names[0], before=5, after=0) == of_paper[:1]
    assert neighbours(library, names[-1], before=1, after=9) == of_paper[-2:]
    assert neighbours(library, names[2], 0, 0) == [of_paper[2]]


def test_neighbours_of_nothing_are_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='No passage "P8#99"'):
        neighbours(library, "P8#99")
