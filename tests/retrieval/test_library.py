"""The store: what goes in comes out, and a library that cannot be opened says what to do."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import assert_sound, make_library, make_paper

from retort.retrieval import chunks, writing
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.folder import FILE
from retort.retrieval.library import Library
from retort.retrieval.records import Paper, Section
from retort.retrieval.search import search

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PAPERS = st.builds(
    Paper,
    paper_id=st.sampled_from("ABCDE"),
    source_id=TEXT,
    title=TEXT,
    text=TEXT,
    sections=st.lists(st.builds(Section, TEXT, st.integers(0, 9), st.integers(9, 20))).map(tuple),
    page_starts=st.lists(st.integers(0, 50)).map(lambda starts: tuple(sorted(starts))),
    authors=st.lists(TEXT, max_size=3).map(tuple),
    year=st.none() | st.integers(1800, 2100),
    kind=st.sampled_from(["paper", "note"]),
    retracted=st.booleans(),
    metadata=st.dictionaries(TEXT, TEXT, max_size=2),
)


# -- what goes in comes out ------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(PAPERS, max_size=6), max_size=3))
def test_papers_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[Paper]]
) -> None:
    expected: dict[str, Paper] = {}
    with make_library(tmp_path_factory.mktemp("library") / "a") as library:
        for papers in runs:
            done = library.add(papers)
            expected |= {paper.paper_id: paper for paper in papers}
            assert done.records == len(papers)
            assert library.count()[0] == len(expected)
        assert {name: library.paper(name) for name in expected} == expected
        assert_sound(library)
        assert library.missing(expected.values()) == []


def test_added_replaced_and_unchanged_papers_are_told_apart(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=3) as library:
        changed = make_paper(1, version="Corrected. ")
        done = library.add([make_paper(0), changed, make_paper(7)])
        assert (done.added, done.replaced, done.unchanged) == (1, 1, 1)
        assert library.paper("P1") == changed
        assert library.count() == (4, 4)
        assert library.paper("nothing") is None


def test_of_two_papers_with_one_id_the_later_stays(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        later = make_paper(1, version="Later. ")
        done = library.add([make_paper(1), make_paper(2), later])
        assert (done.added, done.replaced, done.repeated) == (2, 0, 1)
        assert library.paper("P1") == later
        assert_sound(library)


def test_nothing_is_encoded_and_no_generation_passes_when_nothing_is_new(tmp_path: Path) -> None:
    class Counting(HashingEncoder):
        calls = 0

        def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
            self.calls += 1
            return super().encode(texts, progress)

    encoder = Counting()
    with Library.open(tmp_path / "a", encoder, create=True) as library:
        library.add([make_paper(1)])
        generation, calls = library.status()["generation"], encoder.calls
        library.add([make_paper(1)])
        library.add([])
        assert (library.status()["generation"], encoder.calls) == (generation, calls)


def test_papers_are_cut_again_when_the_rule_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_library(tmp_path / "a", papers=2) as library:
        monkeypatch.setattr(chunks, "RULE", "another")
        assert library.add([make_paper(0)]).replaced == 1


def test_commits_are_bounded_by_papers_and_by_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    with make_library(tmp_path / "a") as library:
        monkeypatch.setattr(writing, "PAPERS_PER_COMMIT", 4)
        library.add([make_paper(n) for n in range(6)], told.append)
        monkeypatch.setattr(writing, "CHARACTERS_PER_COMMIT", 100)
        library.add([make_paper(n) for n in range(10, 13)], told.append)
    assert told == [4, 6, 1, 2, 3]


def test_half_a_surrogate_is_refused_and_nothing_of_its_batch_is_stored(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=1) as library:
        with pytest.raises(RetortError, match="cannot be stored"):
            library.add([make_paper(5), Paper("X", "X", "half \ud800", "text")])
        assert library.count()[0] == 1


def test_status_tells_what_there_is(tmp_path: Path) -> None:
    with make_library(tmp_path / "notes", papers=2) as library:
        library.add([Paper("note:x", "NOTE:x", "X", "A note.", kind="note")])
        facts = library.status()
    assert facts["library"] == "notes"
    assert (facts["papers"], facts["notes"], facts["passages"]) == (2, 1, 3)
    assert facts["encoder"] == "hashing-64"
    assert facts["bytes_on_disk"] > 1000
    assert facts["files"] == {} and facts["failed_files"] == []


# -- opening ---------------------------------------------------------------------------------------


def test_an_unknown_library_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match='No library "mine"') as error:
        Library.open(tmp_path / "mine")
    assert error.value.next == "retort library add PATH --library mine"
    assert not (tmp_path / "mine").exists()


def test_a_library_opens_with_the_encoder_it_was_made_with(tmp_path: Path) -> None:
    make_library(tmp_path / "a", papers=1).close()
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        assert library.encoder().name == "hashing-64"
        assert len(search(library, "kinase", mode="dense")) == 1


def test_another_encoder_of_the_same_name_is_refused(tmp_path: Path) -> None:
    make_library(tmp_path / "a", papers=1).close()
    other = HashingEncoder()
    other.digest = "different"
    with Library.open(tmp_path / "a", other) as library:
        with pytest.raises(RetortError, match="made with another encoder") as error:
            library.add([make_paper(2)])
        assert "different" in error.value.why
        with pytest.raises(RetortError, match="made with another encoder"):
            search(library, "kinase")
        assert len(search(library, "kinase", mode="lexical")) == 1
        assert library.count()[0] == 1


def test_an_empty_library_is_bound_to_no_encoder(tmp_path: Path) -> None:
    make_library(tmp_path / "a").close()
    with Library.open(tmp_path / "a", HashingEncoder(32)) as library:
        library.add([make_paper(1)])
        assert library.status()["encoder"] == "hashing-32"


def test_a_library_of_a_newer_retort_is_left_alone(tmp_path: Path) -> None:
    make_library(tmp_path / "a", papers=1).close()
    with sqlite3.connect(tmp_path / "a" / FILE) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(RetortError, match="schema 99"):
        Library.open(tmp_path / "a")


@pytest.mark.parametrize("content", [b"not a database at all, but text" * 99, b"SQLite format 3\0"])
def test_a_damaged_file_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / FILE).write_bytes(content)
    with pytest.raises(RetortError, match=r"library .* is damaged") as error:
        Library.open(tmp_path / "a")
    assert "backup" in error.value.next


def test_a_file_that_a_kill_left_without_tables_becomes_a_library(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / FILE).touch()
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        assert library.count() == (0, 0)
        library.add([make_paper(1)])


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RetortError, match="Cannot make the library"):
        Library.open(tmp_path / "file" / "a", create=True)


def test_a_closed_library_says_so(tmp_path: Path) -> None:
    library = make_library(tmp_path / "a", papers=1)
    library.close()
    library.close()
    with pytest.raises(RetortError, match="is closed"):
        library.count()


def test_a_library_removed_and_made_again_is_seen_as_the_new_one(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=3) as library:
        assert len(search(library, "kinase dose", per_paper=None)) == 3
        shutil.rmtree(tmp_path / "a")
        with pytest.raises(RetortError, match="is gone"):
            library.count()
        with make_library(tmp_path / "a") as again:
            again.add([make_paper(8)])
        assert library.count() == (1, 1)
        assert [hit.passage.paper_id for hit in search(library, "kinase dose")] == ["P8"]


def test_a_restored_backup_never_gets_the_terms_of_lost_papers(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=1) as library:
        library.refresh()
    shutil.copy(tmp_path / "a" / FILE, tmp_path / "backup")
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        library.add([Paper("L", "L", "Lost", "unobtainium")])
        library.add([Paper("M", "M", "Lost too", "phlogiston")])
        library.refresh()
    shutil.copy(tmp_path / "backup", tmp_path / "a" / FILE)
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        for number in range(5, 9):  # as many generations as were lost, and more
            library.add([make_paper(number)])
        library.refresh()
        assert search(library, "unobtainium phlogiston", mode="lexical") == []
        assert len(search(library, "P5 Paper 5", mode="lexical")) >= 1
