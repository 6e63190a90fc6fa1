"""Files into a library: a status each, nothing twice, and one bad file is only one bad file."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored import assert_sound, make_library, make_paper

from retort.retrieval import commits, ingest, writing
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.ingest import FileRow, add_paths, add_starter
from retort.retrieval.library import Library
from retort.retrieval.readers import PaperStream, Reading
from retort.retrieval.records import Paper
from retort.retrieval.search import search


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with make_library(tmp_path / "library") as made:
        yield made


def jsonl(path: Path, *numbers: int, version: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    papers = [make_paper(number, version=version) for number in numbers]
    path.write_text(
        "".join(
            json.dumps({"_id": p.paper_id, "title": p.title, "text": p.text}) + "\n" for p in papers
        )
    )
    return path


def statuses(library: Library, *paths: Path) -> dict[str, str]:
    return {Path(row.path).name: row.status for row in add_paths(library, paths).files}


def test_each_file_has_its_row(library: Library, tmp_path: Path) -> None:
    jsonl(tmp_path / "in" / "b.jsonl", 1, 2)
    jsonl(tmp_path / "in" / "deep" / "a.jsonl", 3)
    (tmp_path / "in" / "bad.pdf").write_bytes(b"")
    (tmp_path / "in" / "note.md").write_text("# A note\n\nErlotinib inhibits EGFR.\n")
    report = add_paths(library, [tmp_path / "in"])
    assert [Path(row.path).name for row in report.files] == [
        "b.jsonl", "bad.pdf", "a.jsonl", "note.md"
    ]  # fmt: skip
    rows = {Path(row.path).name: row for row in report.files}
    assert (rows["b.jsonl"].status, rows["b.jsonl"].papers, rows["b.jsonl"].passages) == (
        *("added", 2, 2),
    )
    bad = rows["bad.pdf"]
    assert bad.status == "failed" and bad.error is not None
    assert bad.error["what"] and bad.error["next"]
    assert rows["note.md"].status == "added"
    assert library.count()[0] == 4
    assert search(library, "erlotinib", 1)[0].passage.text.endswith("Erlotinib inhibits EGFR.")
    facts = library.status()
    assert facts["files"] == {"added": 3, "failed": 1}
    assert facts["failed_files"] == [{"path": bad.path, "error": bad.error}]
    assert json.loads(json.dumps([row.as_dict() for row in report.files]))


def test_unchanged_files_are_skipped_and_changed_ones_read_again(
    library: Library, tmp_path: Path
) -> None:
    one, two = jsonl(tmp_path / "one.jsonl", 1, 2), jsonl(tmp_path / "two.jsonl", 3)
    assert statuses(library, one, two) == {"one.jsonl": "added", "two.jsonl": "added"}
    os.utime(one)
    assert statuses(library, one, two) == {"one.jsonl": "unchanged", "two.jsonl": "unchanged"}
    jsonl(one, 1, 2, version="Corrected. ")
    report = add_paths(library, [one, two])
    assert [row.status for row in report.files] == ["added", "unchanged"]
    assert (report.files[0].replaced, report.files[0].papers) == (2, 2)
    paper = library.paper("P1")
    assert paper is not None and paper.text.startswith("Corrected.")


def test_files_are_read_again_when_a_rule_changes(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = jsonl(tmp_path / "one.jsonl", 1)
    statuses(library, one)
    monkeypatch.setattr(ingest, "READING_RULE", "another")
    assert statuses(library, one) == {"one.jsonl": "added"}


def test_a_failed_file_is_tried_again(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("{ broken")
    assert statuses(library, path) == {"in.jsonl": "failed"}
    assert statuses(library, path) == {"in.jsonl": "failed"}
    jsonl(path, 1)
    assert statuses(library, path) == {"in.jsonl": "added"}
    assert library.status()["failed_files"] == []


def test_a_file_given_twice_is_read_once(library: Library, tmp_path: Path) -> None:
    one = jsonl(tmp_path / "in" / "one.jsonl", 1)
    (tmp_path / "in" / "link.jsonl").symlink_to(one)
    assert len(add_paths(library, [one, tmp_path / "in", one]).files) == 1


def test_hidden_files_are_left_out_of_folders(library: Library, tmp_path: Path) -> None:
    jsonl(tmp_path / "in" / "seen.jsonl", 1)
    jsonl(tmp_path / "in" / ".hidden.jsonl", 2)
    jsonl(tmp_path / "in" / ".git" / "deep" / "x.jsonl", 3)
    assert statuses(library, tmp_path / "in") == {"seen.jsonl": "added"}
    hidden_root = tmp_path / ".papers"
    jsonl(hidden_root / "asked_for.jsonl", 4)
    assert statuses(library, hidden_root) == {"asked_for.jsonl": "added"}


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders there")
def test_what_is_no_file_fails_and_does_not_hang(library: Library, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    rows = add_paths(library, [tmp_path / "pipe", tmp_path / "missing.pdf"]).files
    assert [row.status for row in rows] == ["failed", "failed"]
    causes = {Path(row.path).name: (row.error or {})["why"] for row in rows}
    assert causes["pipe"] == "It is not a regular file."
    assert "No such file" in causes["missing.pdf"]


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_name_that_is_no_text_is_stored_all_the_same(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "in" / "ok.jsonl"
    jsonl(path, 1)
    odd = os.fsencode(path.parent) + b"/caf\xe9.jsonl"
    try:
        os.rename(path, odd)
    except OSError:
        pytest.skip("this file system takes only text")
    (row,) = add_paths(library, [tmp_path / "in"]).files
    assert row.status == "added" and row.path.endswith("caf\\udce9.jsonl")
    assert json.dumps(row.as_dict())
    assert add_paths(library, [tmp_path / "in"]).files[0].status == "unchanged"


def test_skipped_records_are_counted_and_named(library: Library, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "in.jsonl", 1, 2)
    path.write_text(path.read_text() + "{ broken\n" * 30)
    (row,) = add_paths(library, [path]).files
    assert (row.status, row.papers, row.skipped) == ("added", 2, 30)
    assert len(row.reasons) == ingest.REASONS_KEPT
    assert "line 3" in row.reasons[0]


def test_a_reader_that_breaks_down_is_one_failed_file(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first paper, or in the middle of a large file."""
    read = ingest.read

    def fragile(path: Path) -> Reading:
        def some() -> Iterator[Paper]:
            yield make_paper(70)
            yield make_paper(71)
            raise RecursionError("too deep")

        if path.name == "a.jsonl":
            raise KeyError("title")
        return Reading(PaperStream(some, 9), (), "x") if path.name == "b.jsonl" else read(path)

    monkeypatch.setattr(ingest, "read", fragile)
    monkeypatch.setattr(writing, "PAPERS_PER_COMMIT", 1)
    for number, name in enumerate("abc"):
        jsonl(tmp_path / "in" / f"{name}.jsonl", number)
    rows = add_paths(library, [tmp_path / "in"]).files
    assert [row.status for row in rows] == ["failed", "failed", "added"]
    assert "RecursionError: too deep" in (rows[1].error or {})["why"]
    assert library.paper("P2") is not None
    monkeypatch.undo()
    rows = add_paths(library, [tmp_path / "in"]).files
    assert [row.status for row in rows] == ["added", "added", "unchanged"]


def test_what_is_interrupted_goes_on_where_it_stopped(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAPERS_PER_COMMIT", 2)
    first = jsonl(tmp_path / "in" / "a.jsonl", *range(3))
    second = jsonl(tmp_path / "in" / "b.jsonl", *range(10, 20))

    def stop(done: int, total: int, text: str) -> None:
        if text.startswith("b.jsonl: 4"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_paths(library, [tmp_path / "in"], stop)
    assert library.count()[0] == 3 + 4
    assert_sound(library)
    rows = {Path(row.path): row for row in add_paths(library, [tmp_path / "in"]).files}
    assert rows[first].status == "unchanged"
    assert (rows[second].status, rows[second].papers, rows[second].passages) == ("added", 10, 6)
    assert library.count()[0] == 13


def test_a_full_disk_ends_the_run_with_an_error(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    def full(*_: object) -> int:
        problem = sqlite3.OperationalError("database or disk is full")
        problem.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise problem

    jsonl(tmp_path / "in" / "a.jsonl", 1)
    jsonl(tmp_path / "in" / "b.jsonl", 2)
    monkeypatch.setattr(commits, "_insert", full)
    with pytest.raises(RetortError, match="Make room on the disk"):
        add_paths(library, [tmp_path / "in"])
    monkeypatch.undo()
    assert library.count() == (0, 0)
    assert set(statuses(library, tmp_path / "in").values()) == {"added"}


def test_a_run_beside_another_one_says_so_at_once(library: Library, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", 1)
    with (
        Library.open(library.store.path, HashingEncoder()) as other,
        other.writing(),
        pytest.raises(RetortError, match="being written to by another run"),
    ):
        add_paths(library, [path])


def test_progress_goes_from_nothing_to_all(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAPERS_PER_COMMIT", 2)
    told: list[tuple[int, int, str]] = []
    jsonl(tmp_path / "in" / "a.jsonl", 1, 2, 3)
    (tmp_path / "in" / "b.md").write_text("# B\n\nText.")
    add_paths(library, [tmp_path / "in"], lambda *what: told.append(what))
    assert told == [
        (0, 2, "a.jsonl"),
        (0, 2, "a.jsonl: 2 of 3"),
        (0, 2, "a.jsonl: 3 of 3"),
        (1, 2, "b.md"),
        (2, 2, ""),
    ]


def test_no_path_gives_an_empty_report(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert add_paths(library, [tmp_path / "empty"]).files == ()
    assert FileRow("x", "added").as_dict()["reasons"] == []


def test_the_starter_notes_go_in_once(library: Library) -> None:
    add_starter(library)
    facts = library.status()
    assert facts["notes"] >= 80 and facts["papers"] == 0
    add_starter(library)
    assert library.status()["generation"] == facts["generation"]
    hits = search(library, "CYP2C9 variants and warfarin dose", 3)
    assert hits[0].kind == "note" and hits[0].source_id == "NOTE:cyp2c9-warfarin"


def test_the_starter_library_may_be_made_by_several_at_once(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def make() -> None:
        try:
            with Library.open(tmp_path / "starter", HashingEncoder(), create=True) as library:
                add_starter(library)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with Library.open(tmp_path / "starter", HashingEncoder()) as library:
        assert_sound(library)
        with library.writing():
            add_starter(library)  # nothing is missing, so nothing is waited for


def test_a_loop_of_links_has_an_end(library: Library, tmp_path: Path) -> None:
    jsonl(tmp_path / "in" / "a.jsonl", 1)
    (tmp_path / "in" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "self").symlink_to("self")
    (tmp_path / "in" / "gone.txt").symlink_to(tmp_path / "nowhere")
    rows = add_paths(library, [tmp_path / "in", tmp_path / "in" / "self"]).files
    assert [(Path(row.path).name, row.status) for row in rows] == [
        ("a.jsonl", "added"),
        ("self", "failed"),
    ]


def test_a_folder_that_cannot_be_looked_into_has_a_row(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jsonl(tmp_path / "in" / "a.jsonl", 1)
    closed = tmp_path / "in" / "closed"
    closed.mkdir()
    scan = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    rows = {Path(row.path).name: row for row in add_paths(library, [tmp_path / "in"]).files}
    assert rows["a.jsonl"].status == "added"
    assert rows["closed"].status == "failed" and (rows["closed"].error or {})["next"]
