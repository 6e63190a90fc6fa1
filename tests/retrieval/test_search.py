"""Search: the three rankings, their limits, and the same hits whatever became of the caches."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import WORDS, make_library, make_paper

from retort.retrieval import caches
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import UsageError
from retort.retrieval.library import Library
from retort.retrieval.records import Hit, Paper
from retort.retrieval.search import MODES, search, search_many

CACHES = ("index-*.postings", "index-*.vectors", "manifest.json")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Thirty abstracts, three long papers, one with a title only."""
    made = make_library(tmp_path_factory.mktemp("searched") / "a", papers=30)
    made.add(make_paper(number, sentences=120) for number in range(40, 43))
    made.add([Paper("T", "PMID:77", "Ivacaftor in cystic fibrosis", "", authors=("A",), year=2011)])
    return made


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.lists(st.sampled_from([*WORDS, "unknownword", "the"]), min_size=1).map(" ".join),
    mode=st.sampled_from(MODES),
    k=st.integers(1, 60),
    per_paper=st.sampled_from([None, 1, 2, 3]),
)
def test_hits_are_ranked_limited_and_quoted_to_the_character(
    library: Library, query: str, mode: str, k: int, per_paper: int | None
) -> None:
    hits = search(library, query, k, mode, per_paper)
    assert len(hits) <= k
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True) and np.isfinite(scores).all()
    assert len({hit.passage.passage_id for hit in hits}) == len(hits)
    papers = [hit.passage.paper_id for hit in hits]
    assert per_paper is None or max(map(papers.count, papers), default=0) <= per_paper
    for hit in hits:
        paper = library.paper(hit.passage.paper_id)
        assert paper is not None
        assert hit.passage.text == paper.text[hit.passage.start : hit.passage.end]
        assert (hit.title, hit.source_id) == (paper.title, paper.source_id)
    if mode != "lexical" and per_paper is None:
        assert len(hits) == min(k, library.count()[1])


@pytest.mark.parametrize("mode", MODES)
def test_a_paper_without_text_is_found_by_its_title(library: Library, mode: str) -> None:
    (hit,) = search(library, "ivacaftor cystic fibrosis", 1, mode)
    assert (hit.passage.paper_id, hit.passage.text) == ("T", "")
    assert (hit.authors, hit.year, hit.source_id) == (("A",), 2011, "PMID:77")
    assert hit.as_dict()["paper_id"] == "T"


def test_many_queries_find_what_each_finds_alone(library: Library) -> None:
    queries = ["warfarin dose", "", "EGFR T790M resistance", "unknownword"]
    for mode in MODES:
        assert search_many(library, queries, 5, mode) == [
            search(library, query, 5, mode) for query in queries
        ]
    assert search_many(library, []) == []


def test_lexical_search_finds_only_what_shares_a_term(library: Library) -> None:
    assert search(library, "unknownword", mode="lexical") == []
    assert len(search(library, "unknownword", mode="fused")) == 10


@pytest.mark.parametrize("query", ["", "  \n"])
@pytest.mark.parametrize("mode", MODES)
def test_a_blank_query_finds_nothing(library: Library, query: str, mode: str) -> None:
    assert search(library, query, mode=mode) == []


def test_a_query_of_any_length_and_kind_is_answered(library: Library) -> None:
    for query in ("kinase " * 8000, "'; DROP TABLE papers; --", "\x00", "?*[(", "🧪" * 50, "α" * 9):
        for mode in MODES:
            assert isinstance(search(library, query, 3, mode), list)


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_library_finds_nothing_and_needs_no_encoder(tmp_path: Path, mode: str) -> None:
    with Library.open(tmp_path / "a", "nobody/no-such-model", create=True) as empty:
        assert search(empty, "kinase", mode=mode) == []


def test_wrong_use_is_told(library: Library) -> None:
    with pytest.raises(UsageError, match="No search mode 'magic'"):
        search(library, "kinase", mode="magic")
    for wrong in ({"k": 0}, {"k": -1}, {"per_paper": 0}):
        with pytest.raises(UsageError, match="No passage was asked for"):
            search(library, "kinase", **wrong)


def test_what_was_added_is_found_at_once_and_what_was_replaced_is_gone(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=3) as library:
        search(library, "kinase")
        library.add([Paper("N", "N", "New", "Zanubrutinib inhibits BTK.")])
        assert search(library, "zanubrutinib", 1)[0].passage.paper_id == "N"
        library.add([Paper("N", "N", "New", "Acalabrutinib inhibits BTK.")])
        assert search(library, "zanubrutinib", mode="lexical") == []
        assert search(library, "acalabrutinib", 1)[0].passage.text == "Acalabrutinib inhibits BTK."


# -- damaged caches --------------------------------------------------------------------------------


def _found(path: Path) -> list[list[Hit]]:
    with Library.open(path, HashingEncoder()) as library:
        queries = ["warfarin dose CYP2C9*3", "liver toxicity"]
        return [hits for mode in MODES for hits in search_many(library, queries, 10, mode)]


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Hit]]]:
    path = tmp_path_factory.mktemp("cached") / "a"
    with make_library(path, papers=25, sentences=50) as library:
        library.refresh()
    return path, _found(path)


@pytest.mark.parametrize("name", CACHES)
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "flipped", "garbage"])
def test_a_damaged_cache_changes_no_result(
    cached: tuple[Path, list[list[Hit]]], tmp_path: Path, name: str, damage: str
) -> None:
    path, expected = Path(shutil.copytree(cached[0], tmp_path / "a")), cached[1]
    (file,) = path.glob(name)
    content = file.read_bytes()
    flipped = bytearray(content)
    flipped[len(flipped) // 2] ^= 16
    damaged = {"empty": b"", "truncated": content[: len(content) // 3], "flipped": bytes(flipped)}
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(damaged.get(damage, b"\xff\x00garbage" * 50))
    assert _found(path) == expected
    with Library.open(path, HashingEncoder()) as library:
        library.refresh()
    assert caches.damaged(path) == []
    assert _found(path) == expected


def test_a_cache_that_is_behind_or_of_another_library_changes_no_result(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=10) as library:
        library.refresh()
    with make_library(tmp_path / "b", papers=5) as other:
        other.refresh()
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        library.add([make_paper(3, version="New. "), make_paper(50)])
    behind = _found(tmp_path / "a")
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        library.refresh()
    assert _found(tmp_path / "a") == behind
    for name in CACHES:
        for file in (tmp_path / "b").glob(name):
            (tmp_path / "a" / file.name).write_bytes(file.read_bytes())
    assert _found(tmp_path / "a") == behind


def test_a_reader_writes_the_cache_that_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retort.retrieval import indexes

    monkeypatch.setattr(indexes, "WORTH_SAVING", 5)
    make_library(tmp_path / "a", papers=10).close()
    assert not (tmp_path / "a" / "manifest.json").exists()
    expected = _found(tmp_path / "a")
    assert (tmp_path / "a" / "manifest.json").exists()
    assert _found(tmp_path / "a") == expected
