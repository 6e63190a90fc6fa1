"""The store when several use it at once, and after kills, full disks and damage."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stored import all_passages, assert_sound, make_library, make_paper

from retort.retrieval import commits, database, writing
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.folder import FILE
from retort.retrieval.library import Library
from retort.retrieval.records import Paper
from retort.retrieval.search import search

ROOT = Path(__file__).parents[2]

# -- several at once -------------------------------------------------------------------------------


def test_a_second_writer_gets_a_clear_error_and_reading_goes_on(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=2) as one, one.writing() as writer:
        writer.add([make_paper(10)])
        with Library.open(tmp_path / "a", HashingEncoder()) as other:
            with pytest.raises(RetortError, match="being written to by another run"):
                other.add([make_paper(11)])
            assert other.count() == (3, 3)
            assert len(search(other, "kinase")) == 3
    with Library.open(tmp_path / "a", HashingEncoder()) as other:
        assert other.add([make_paper(11)]).added == 1


def test_a_writer_can_wait_for_another_one(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        holds, done = threading.Event(), threading.Event()

        def write() -> None:
            with library.writing() as writer:
                holds.set()
                done.wait(10)
                writer.add([make_paper(1)])

        thread = threading.Thread(target=write)
        thread.start()
        holds.wait(10)
        threading.Timer(0.2, done.set).start()
        with library.writing(wait_seconds=30) as writer:
            writer.add([make_paper(2)])
        thread.join()
        assert library.count()[0] == 2


def test_readers_see_whole_generations_while_another_connection_writes(tmp_path: Path) -> None:
    """Papers are replaced in pairs; a view that mixed generations would see unequal versions."""
    stop = threading.Event()

    def pair(version: int) -> list[Paper]:
        text = f"kinase dose version{version} " + "and its liver response " * version
        return [Paper(f"T{n}", f"T{n}", "Twin", text) for n in range(2)]

    with make_library(tmp_path / "a", papers=3) as library:
        library.add(pair(0))

        def write() -> None:
            with Library.open(tmp_path / "a", HashingEncoder()) as other:
                for version in range(1, 1000):
                    if stop.is_set():
                        return
                    other.add(pair(version % 50))

        def read(seed: int) -> int:
            for _ in range(12):
                mode = ("fused", "lexical", "dense")[seed % 3]
                hits = search(library, "kinase dose", 10, mode)
                twins = {hit.passage.text for hit in hits if hit.title == "Twin"}
                assert len(twins) == 1
                assert len(hits) == 5
                assert len({round(hit.score, 4) for hit in hits if hit.title == "Twin"}) == 1
            return 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            with ThreadPoolExecutor(4) as pool:
                assert sum(pool.map(read, range(8))) == 8
        finally:
            stop.set()
            writer.join()
        assert_sound(library)


def test_a_view_stays_as_it_is_while_papers_are_replaced(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=2) as library, library.view() as view:
        library.add([make_paper(0, version="New. "), make_paper(5)])
        assert len(view.vectors()) == 2
        texts = [p.text for p, _ in view.passages([0, 1])]  # type: ignore[arg-type]
        assert not any(text.startswith("New.") for text in texts)
        with library.view() as later:
            assert len(later.vectors()) == 3
        assert len(view.vectors()) == 2


def test_connections_are_lent_again_and_not_piled_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    connect = database.connect

    def counted(path: Path) -> sqlite3.Connection:
        opened.append(path)
        return connect(path)

    monkeypatch.setattr(database, "connect", counted)
    with make_library(tmp_path / "a", papers=2) as library:
        for _ in range(20):
            thread = threading.Thread(target=search, args=(library, "kinase"))
            thread.start()
            thread.join()
    assert len(opened) <= 3


# -- accidents -------------------------------------------------------------------------------------

_KILLED = """
import sys
from pathlib import Path
from retort.retrieval import writing
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.library import Library
from stored import make_paper
writing.PAPERS_PER_COMMIT = 3
path, version = Path(sys.argv[1]), sys.argv[2]
with Library.open(path, HashingEncoder(), create=True) as library:
    print(0, flush=True)
    papers = [make_paper(n, sentences=60, version=version) for n in range(90)]
    for part in range(0, 90, 30):
        library.add(papers[part:part + 30], lambda done: print(part + done, flush=True))
        library.refresh()
"""


def test_a_kill_at_any_moment_loses_no_committed_paper_and_mixes_no_text(tmp_path: Path) -> None:
    moments = random.Random(4)
    killed = 0
    for attempt in range(8):
        version = f"Version {attempt}. "
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path / "a"), version],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": f"{_package_folder()}:{ROOT / 'tests' / 'support'}"},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        time.sleep(moments.uniform(0, 0.6))
        process.send_signal(signal.SIGKILL)
        told = [0, *map(int, process.stdout.read().split())]
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
        with Library.open(tmp_path / "a", HashingEncoder()) as library:
            for number in range(told[-1]):
                paper = library.paper(f"P{number}")
                assert paper == make_paper(number, sentences=60, version=version)
            assert_sound(library)
            if told[-1]:
                hits = search(library, f"Paper 1 Version {attempt}", mode="lexical")
                assert hits and hits[0].passage.text in library.paper(hits[0].passage.paper_id).text  # type: ignore[union-attr]
    assert killed >= 4, "too quick to be killed: the test tests nothing"


def _package_folder() -> str:
    """The folder from which this process imports ``retort``."""
    import retort

    return str(Path(next(iter(retort.__path__))).parent)


def test_a_full_disk_says_so_and_leaves_the_library_intact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path / "a", papers=5).close()
    connect = database.connect

    def small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 6}")
        return connection

    monkeypatch.setattr(database, "connect", small)
    monkeypatch.setattr(writing, "PAPERS_PER_COMMIT", 2)
    done: list[int] = []
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        with pytest.raises(RetortError, match="Cannot write to the library") as error:
            library.add((make_paper(n, sentences=30) for n in range(10, 60)), done.append)
        assert "full" in error.value.why and "Make room" in error.value.next
        assert_sound(library)
        held = library.count()[0]
        assert held == 5 + (done[-1] if done else 0) < 55
    monkeypatch.undo()
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        library.add(make_paper(n, sentences=30) for n in range(10, 60))
        assert library.count()[0] == 55
        assert_sound(library)


def test_a_failed_batch_is_undone_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_library(tmp_path / "a", papers=2) as library:
        before = all_passages(library)

        def interrupted(*_: object) -> int:
            raise KeyboardInterrupt

        monkeypatch.setattr(commits, "_insert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            library.add([make_paper(0, version="New. "), make_paper(9)])
        monkeypatch.undo()
        assert all_passages(library) == before
        assert library.add([make_paper(9)]).added == 1


def test_a_cache_that_cannot_be_written_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from retort.retrieval import caches

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caches, "save", full)
    with make_library(tmp_path / "a", papers=2) as library:
        library.refresh()
        assert len(search(library, "kinase")) == 2
    assert "were not written" in caplog.text


def test_a_file_that_was_emptied_is_no_empty_library(tmp_path: Path) -> None:
    with make_library(tmp_path / "x", papers=3) as library:
        library.refresh()
    (tmp_path / "x" / FILE).write_bytes(b"")
    with pytest.raises(RetortError, match="is damaged") as caught:
        Library.open(tmp_path / "x", HashingEncoder(), create=True)
    assert "backup" in caught.value.next


def test_damage_promises_nothing(tmp_path: Path) -> None:
    make_library(tmp_path / "x", papers=3).close()
    (tmp_path / "x" / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(RetortError, match="is damaged") as caught:
        Library.open(tmp_path / "x", HashingEncoder())
    assert "saved" not in str(caught.value)


def test_a_path_that_is_too_long_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="No library") as caught:
        Library.open(tmp_path / ("a" * 300), HashingEncoder())
    assert caught.value.next
