"""Merging: one paper of many records, the same in whatever order they came, and never of two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from stored import assert_sound, make_library

from retort.retrieval import merging
from retort.retrieval.library import Library
from retort.retrieval.records import Paper, Section
from retort.retrieval.verifying import Check

TITLE = "Warfarin dose and CYP2C9 variants in older patients"
ABSTRACT = (
    "We measured the stable dose of 212 patients above the age of seventy. Carriers of the variant "
    "needed a third less than others, and bled more often in the first month of treatment."
)
OTHER = (
    "Rats were given the compound in their drinking water for six weeks. Their livers were weighed "
    "and stained; no tissue differed from that of controls, whatever the concentration was."
)


def record(paper_id: str, text: str = ABSTRACT, title: str = TITLE, **more: object) -> Paper:
    return Paper(paper_id, paper_id, title, text, **more)  # type: ignore[arg-type]


def together(*records: Paper) -> list[set[str]]:
    """The ids of each group."""
    groups = merging.groups(records)
    return sorted(({records[n].paper_id for n in group} for group in groups), key=sorted)


# -- which belong together -------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [{"pmid": "7"}, {"doi": "10.1000/X"}, {"pmcid": "PMC5"}])
def test_an_identifier_joins_whatever_the_titles_say(shared: dict[str, str]) -> None:
    one, two = record("a", **shared), record("b", OTHER, "Another title", **shared)
    assert together(one, two) == [{"a", "b"}]


def test_dois_are_compared_without_case() -> None:
    assert together(record("a", doi="10.1000/AbC"), record("b", OTHER, "T", doi="10.1000/aBc")) == [
        {"a", "b"}
    ]


def test_a_chain_makes_one_paper() -> None:
    a = record("file:a", title="A", doi="10.1000/x")
    b = record("file:b", title="B", doi="10.1000/x", pmid="7")
    c = record("file:c", title="C", pmid="7")
    assert together(a, c, b) == [{"file:a", "file:b", "file:c"}]


def test_a_stronger_identifier_tells_apart_what_a_weaker_one_joins() -> None:
    """Letters that share a DOI are as many papers as they have PMIDs."""
    a, b = record("PMID:1", pmid="1", doi="10.1/x"), record("PMID:2", OTHER, pmid="2", doi="10.1/x")
    unsure = record("file:u", title="U", doi="10.1/x")
    assert together(a, b, unsure) == [{"PMID:1"}, {"PMID:2"}, {"file:u"}]


def test_a_title_and_its_year_join() -> None:
    a, b = record("file:a", year=2019), record("file:b", title=TITLE.upper() + ".", year=2019)
    assert together(a, b, record("file:c")) == [{"file:a", "file:b", "file:c"}]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"year": 2019}, {"year": 2020}),
        ({"pmid": "1"}, {"pmid": "2"}),
        ({"doi": "10.1/a"}, {"doi": "10.1/b"}),
        ({"pmcid": "PMC1"}, {"pmcid": "PMC2"}),
        ({"kind": "note"}, {}),
        ({"text": OTHER}, {}),
        ({"title": "Letter to the editor"}, {"title": "Letter to the editor"}),
    ],
)
def test_a_title_does_not_join_what_anything_tells_apart(
    one: dict[str, object], two: dict[str, object]
) -> None:
    first, second = record("file:a"), record("file:b")
    assert len(together(replace(first, **one), replace(second, **two))) == 2  # type: ignore[arg-type]


def test_records_with_ids_of_their_own_are_not_joined_by_title() -> None:
    """``paper_id`` is the record's own id: corpora for tests count on it."""
    assert together(record("4983"), record("5836"), record("file:x")) == [
        {"4983"},
        {"5836"},
        {"file:x"},
    ]
    assert together(record("4983"), record("file:x")) == [{"4983", "file:x"}]


def test_a_title_that_stands_for_two_papers_of_a_year_joins_none() -> None:
    a, b, unsure = record("PMID:1", pmid="1"), record("PMID:2", pmid="2"), record("file:x")
    assert len(together(a, b, unsure)) == 3


def test_years_divide_the_papers_of_one_title() -> None:
    a, b = record("file:a", year=2018), record("file:b", year=2018)
    assert together(a, b, record("file:c", year=2019), record("file:d")) == [
        {"file:a", "file:b"},
        {"file:c"},
        {"file:d"},
    ]


def test_a_title_alone_joins_an_abstract_and_an_abstract_its_full_text() -> None:
    bare = record("file:a", TITLE, has_abstract=False)
    full = record("file:b", f"A journal, page 1. {TITLE}. Roe J. {ABSTRACT} {OTHER * 9}")
    assert together(bare, record("file:c"), full) == [{"file:a", "file:b", "file:c"}]


# -- the paper they make ---------------------------------------------------------------------------


def test_the_richest_gives_the_text_and_the_others_what_it_lacks() -> None:
    full = record("PMC5", ABSTRACT + OTHER, pmcid="PMC5", sections=(Section("Methods", 0, 9),))
    listed = record(
        "PMID:7", TITLE, pmid="7", pmcid="PMC5", has_abstract=False, year=2019, mesh=("Warfarin",),
        retracted=True, retraction="Retracted in PMID:8", metadata={"label": "included", "x": "1"},
    )  # fmt: skip
    own = record("r1", pmid="7", authors=("Roe J",), metadata={"label": "maybe", "x": "2"})
    made = merging.merge([listed, full, own])
    assert (made.text, made.sections, made.has_abstract) == (full.text, full.sections, True)
    assert (made.year, made.mesh, made.authors) == (2019, ("Warfarin",), ("Roe J",))
    assert made.retracted and made.retraction == "Retracted in PMID:8"
    assert made.metadata == {"label": "maybe; included", "x": "2"}
    assert (made.paper_id, made.source_id) == ("r1", "PMID:7")
    assert set(made.source_ids) == {"PMID:7", "PMC5", "r1"} and made.source_ids[0] == "PMID:7"


def test_one_record_stays_as_it_is() -> None:
    assert merging.merge([record("a"), record("a")]) == record("a")


def either(*values: object) -> st.SearchStrategy[object]:
    return st.sampled_from(values)


RECORDS = st.builds(
    record,
    st.sampled_from(["a", "b", "PMID:1", "PMID:2", "PMC1", "file:x", "file:y"]),
    text=st.sampled_from([ABSTRACT, ABSTRACT + " " + OTHER, OTHER, TITLE]),
    title=st.sampled_from([TITLE, TITLE.lower(), "Another study of warfarin and of CYP2C9", "X"]),
    pmid=either("", "", "1", "2"),
    doi=either("", "", "10.1/x", "10.1/y"),
    pmcid=either("", "PMC1"),
    year=either(None, 2019, 2020),
    has_abstract=st.booleans(),
    retracted=st.booleans(),
    retraction=either("", "Retracted in PMID:9"),
    metadata=either({}, {"label": "included"}, {"note": "read"}),
)


@given(st.lists(RECORDS, max_size=7, unique_by=repr), st.randoms())
def test_papers_are_a_function_of_the_set_of_records(records: list[Paper], chance: object) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert papers_of(records) == papers_of(shuffled)
    for paper in papers_of(records).values():
        assert (
            paper.source_id == ""
            or not paper.source_ids
            or (paper.source_ids[0] == paper.source_id)
        )


def papers_of(records: list[Paper]) -> dict[str, Paper]:
    made = [merging.merge(records[n] for n in group) for group in merging.groups(records)]
    assert len({paper.paper_id for paper in made}) == len(made)
    return {paper.paper_id: paper for paper in made}


# -- in a library ----------------------------------------------------------------------------------


@settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.tuples(st.integers(1, 3), RECORDS), max_size=8), st.data())
def test_a_library_holds_what_its_records_make_whatever_was_added_and_removed(
    tmp_path_factory: pytest.TempPathFactory, given: list[tuple[int, Paper]], data: st.DataObject
) -> None:
    held: dict[tuple[str, str], Paper] = {}
    with make_library(tmp_path_factory.mktemp("library") / "a") as library:
        for number, paper in given:
            file = f"/{number}.ris"
            mine = [p for (name, other), p in held.items() if name == file]
            kept = data.draw(st.lists(st.sampled_from(mine), unique_by=repr)) if mine else []
            now = {p.paper_id: p for p in [*kept, paper]}
            held = {key: p for key, p in held.items() if key[0] != file}
            held |= {(file, name): p for name, p in now.items()}
            with library.writing() as writer:
                done = writer.add_file(file, now.values())
            assert done.records == len(now)
            expected = papers_of(list(held.values()))
            assert {name: library.paper(name) for name in expected} == expected
            assert library.count()[0] == len(expected)
            assert library.status()["merged"] == len(held) - len(expected)
            assert_sound(library)
            assert_verified(library)


def assert_verified(library: Library) -> None:
    wrong: list[Check] = [check for check in library.verify() if not check.ok]
    assert wrong == []


def test_a_paper_is_found_under_every_id(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        library.add([record("r1", pmid="7"), record("PMC5", TITLE, pmid="7", doi="10.1000/XyZ")])
        paper = library.paper("r1")
        assert paper is not None
        for name in ("PMC5", "PMID:7", "DOI:10.1000/xyz", "10.1000/XYZ", *paper.source_ids):
            assert library.paper(name) == paper
        assert library.paper("PMID:8") is None


def test_a_merger_that_leaves_the_text_alone_encodes_nothing(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        assert library.add([record("PMID:7", pmid="7")]).passages == 1
        with library.writing() as writer:
            done = writer.add_file("/b.ris", [record("PMID:7", TITLE, pmid="7", year=2019)])
        assert (done.passages, done.merged) == (0, 1)
        paper = library.paper("PMID:7")
        assert paper is not None and (paper.year, paper.text) == (2019, ABSTRACT)
        assert_verified(library)
