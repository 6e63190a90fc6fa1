"""Indexes over generations: whatever was added, replaced or removed, as if made anew."""

from __future__ import annotations

import random
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import make_library, make_paper

from retort.retrieval import indexes, lexical, passages, vectors
from retort.retrieval.arrays import BLOCK_BYTES
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.folder import FILE
from retort.retrieval.library import Library
from retort.retrieval.records import Hit
from retort.retrieval.search import MODES, search, search_many

QUERIES = ["warfarin dose CYP2C9*3", "liver toxicity of the kinase inhibitor", "Version 3"]

STEP = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 30), st.integers(0, 3)),
    st.tuples(st.just("remove"), st.integers(0, 30), st.just(0)),
    st.tuples(st.sampled_from(["search", "refresh", "reopen"]), st.just(0), st.just(0)),
)


def remove(path: Path, paper_id: str) -> None:
    """As another process does it, if the paper is there."""
    with Library.open(path, HashingEncoder()) as library, library.writing() as writer:
        paper = library.paper(paper_id)
        if paper is not None:
            (found,) = library.removal([paper_id]).papers
            writer.remove_papers([found.row])


def found(library: Library) -> list[list[Hit]]:
    return [hits for mode in MODES for hits in search_many(library, QUERIES, 20, mode)]


def anew(path: Path, other: Path) -> list[list[Hit]]:
    """What a copy of the library finds that has nothing but its SQLite file."""
    other.mkdir()
    source, target = sqlite3.connect(path / FILE), sqlite3.connect(other / FILE)
    source.backup(target)
    source.close()
    target.close()
    with Library.open(other, HashingEncoder()) as library:
        hits = found(library)
    shutil.rmtree(other)
    return hits


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large, many or often at a million passages comes to pass at thirty."""
    monkeypatch.setattr(indexes, "WORTH_SAVING", 8)
    monkeypatch.setattr(indexes, "LARGE", 10)
    monkeypatch.setattr(indexes, "RATIO", 3)
    monkeypatch.setattr(indexes, "_COUNTED_AT_ONCE", 4)
    monkeypatch.setattr(indexes, "_FEW_ROWS", 2)
    monkeypatch.setattr(lexical, "FEW", 3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=14), start=st.integers(0, 25))
@pytest.mark.usefixtures("small")
def test_any_history_ends_as_if_the_indexes_were_new(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int]],
    start: int,
) -> None:
    folder = tmp_path_factory.mktemp("history")
    path = folder / "a"
    library = make_library(path, papers=start)
    for step, number, version in steps:
        if step == "add":
            sentences = 60 if number % 5 == 0 else 4
            library.add([make_paper(number, sentences, f"Version {version}. ")])
        elif step == "remove":
            remove(path, f"P{number}")
        elif step == "search":
            search(library, QUERIES[0])
        elif step == "refresh":
            library.refresh()
        else:
            library.close()
            library = Library.open(path, HashingEncoder())
    expected = anew(path, folder / "b")
    assert found(library) == expected
    library.close()
    with Library.open(path, HashingEncoder()) as again:
        assert found(again) == expected
        again.refresh()
        assert found(again) == expected
    shutil.rmtree(folder)


def test_a_start_with_valid_caches_reads_no_passages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_library(tmp_path / "a", papers=40) as library:
        library.refresh()
    monkeypatch.setattr(passages, "indexed_texts", None)
    for name in ("_rows_after", "_read_vectors"):
        monkeypatch.setattr(indexes, name, None)
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        assert len(search(library, QUERIES[0])) == 10


def test_one_new_paper_has_one_paper_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with make_library(tmp_path / "a", papers=40) as library:
        library.refresh()
        library.add([make_paper(7, version="New. "), make_paper(50)])
    read: list[int] = []
    texts = passages.indexed_texts

    def counted(connection: sqlite3.Connection, rows: list[int]) -> object:
        read.extend(rows)
        return texts(connection, rows)

    monkeypatch.setattr(passages, "indexed_texts", counted)
    with Library.open(tmp_path / "a", HashingEncoder()) as library, library.view() as view:
        assert view.snapshot.alive.sum() == 41 and len(view.snapshot.alive) == 42
        library.refresh()
    assert read == [41, 42]


@pytest.mark.usefixtures("small")
def test_a_segment_is_merged_when_the_next_one_is_no_longer_small(tmp_path: Path) -> None:
    def sizes() -> list[int]:
        with library.view() as view:
            return [len(part.segment.rows) for part in view.snapshot.parts]

    with make_library(tmp_path / "a", papers=30) as library:
        library.refresh()
        library.add(make_paper(number) for number in range(40, 48))
        library.refresh()
        assert sizes() == [30, 8]
        library.add([make_paper(50), make_paper(51)])
        assert sizes() == [30, 8, 2]
        library.add(make_paper(number) for number in range(60, 63))
        assert sizes() == [30, 13]
        library.refresh()
        assert sizes() == [43]
        for number in range(15):
            remove(tmp_path / "a", f"P{number}")
        assert sizes() == [43]
        library.refresh()
        assert sizes() == [28]


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 600 passages whose vectors stand in inverted lists."""
    path = tmp_path_factory.mktemp("listed") / "a"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "EXACT_UP_TO", 100)
        patch.setattr(vectors, "_GATHERED", 0)
        patch.setattr(indexes, "LARGE", 200)
        with make_library(path, papers=600) as library:
            library.refresh()
            assert library.status()["index"]["vectors"] == "approximate"
            assert library.status()["index"]["recall_at_100"] >= vectors.WANTED_RECALL
    return path


@pytest.fixture
def copy(listed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(vectors, "EXACT_UP_TO", 100)
    monkeypatch.setattr(vectors, "_GATHERED", 0)
    monkeypatch.setattr(indexes, "LARGE", 200)
    return Path(shutil.copytree(listed, tmp_path / "a"))


def test_additions_and_removals_beside_lists_are_seen(copy: Path) -> None:
    with Library.open(copy, HashingEncoder()) as library:
        search(library, "warm up")
        library.add([make_paper(3, version="Zanubrutinib. "), make_paper(900, version="New. ")])
        remove(copy, "P4")
        for mode in MODES:
            query = "Zanubrutinib " + make_paper(3).text
            assert search(library, query, 1, mode)[0].passage.text.startswith("Zanubrutinib.")
            ids = {hit.passage.paper_id for hit in search(library, make_paper(4).text, 50, mode)}
            assert "P4" not in ids
        with library.view() as view:
            part = view.snapshot.parts[0]
            assert part.vectors is not None and part.vectors.lists is not None
            assert len(view.vectors()) == 600


@pytest.mark.parametrize("suffix", ["postings", "vectors"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_large_cache_is_noticed_and_made_anew(
    copy: Path, suffix: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Library.open(copy, HashingEncoder()) as library:
        expected = found(library)
    (file,) = copy.glob(f"index-*.{suffix}")
    content = bytearray(file.read_bytes())
    assert len(content) > BLOCK_BYTES, "one block only: the test tests nothing"
    if damage == "missing":
        file.unlink()
    else:
        content[len(content) * 2 // 3] ^= 2
        file.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    with Library.open(copy, HashingEncoder()) as library:
        assert found(library) == expected
        library.refresh()
        assert found(library) == expected
    assert not indexes.caches.damaged(copy)


def test_damage_that_comes_after_the_start_is_noticed_before_the_first_use(copy: Path) -> None:
    with Library.open(copy, HashingEncoder()) as library:
        expected = found(library)
    with Library.open(copy, HashingEncoder()) as library:
        assert search(library, QUERIES[0], 20, "lexical") == expected[3]
        (file,) = copy.glob("index-*.vectors")
        with file.open("r+b") as handle:
            handle.write(b"flipped")
        assert found(library) == expected
        assert not indexes.caches.damaged(copy)


def test_readers_share_one_index_while_papers_are_added(copy: Path) -> None:
    chance = random.Random(0)
    with Library.open(copy, HashingEncoder()) as library:

        def read(number: int) -> int:
            hits = search(library, QUERIES[number % 3], 10, MODES[number % 3 - 1])
            for hit in hits:
                paper = library.paper(hit.passage.paper_id)
                if paper is not None and not paper.paper_id.startswith("P9"):
                    assert hit.passage.text == paper.text[hit.passage.start : hit.passage.end]
            return len(hits)

        with ThreadPoolExecutor(4) as pool:
            reads = [pool.submit(read, number) for number in range(60)]
            for number in range(12):
                library.add([make_paper(900 + number), make_paper(chance.randrange(900, 999))])
                if number % 4 == 3:
                    library.refresh()
            assert all(done.result() > 0 for done in reads)
