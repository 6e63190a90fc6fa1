"""Removing, rebuilding, verifying; older libraries, and those that cannot be written."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from stored import all_passages, assert_sound, make_library, make_paper

from retort.retrieval import caches, database, reencoding
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError, UsageError
from retort.retrieval.folder import FILE
from retort.retrieval.ingest import add_paths
from retort.retrieval.library import Library
from retort.retrieval.search import search

ROOT = Path(__file__).parents[2]


def jsonl(path: Path, *numbers: int, version: str = "", **more: object) -> Path:
    papers = [make_paper(number, version=version) for number in numbers]
    rows = [{"_id": p.paper_id, "title": p.title, "text": p.text, **more} for p in papers]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def failed(library: Library) -> set[str]:
    return {check.name for check in library.verify() if not check.ok}


def damage(library: Library, sql: str, *values: object) -> None:
    with sqlite3.connect(library.store.path / FILE) as db:
        assert db.execute(sql, values).rowcount


# -- files and their records -----------------------------------------------------------------------


def test_records_that_left_their_file_leave_the_library(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        one, two = jsonl(tmp_path / "1.jsonl", 1, 2, 3), jsonl(tmp_path / "2.jsonl", 3, 4)
        rows = add_paths(library, [one, two]).files
        assert [(row.papers, row.merged) for row in rows] == [(3, 0), (1, 1)]
        jsonl(one, 2)
        add_paths(library, [one])
        assert {n for n in range(1, 5) if library.paper(f"P{n}")} == {2, 3, 4}
        assert failed(library) == set()
        assert_sound(library)


def test_read_skipped_and_merged_are_all_records_of_a_file(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        path = jsonl(tmp_path / "1.jsonl", 1, 2, 1, 3, 1)
        path.write_text(path.read_text() + "{ broken\n")
        (row,) = add_paths(library, [path]).files
        assert (row.papers, row.merged, row.skipped) == (3, 2, 1)
        assert row.papers == library.count()[0]


def test_ten_thousand_records_with_one_id_are_one_paper(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        records = (make_paper(1, version=f"{number} ") for number in range(10_000))
        done = library.add(records)
        assert (done.added, done.repeated) == (1, 9_999)
        paper = library.paper("P1")
        assert paper is not None and paper.text.startswith("9999 ")
        assert library.status()["generation"] < 100


def test_a_file_of_a_folder_that_is_not_read_is_ignored_and_one_that_is_named_fails(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    picture = folder / "figure.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    (folder / "broken.pdf").write_bytes(b"")
    with make_library(tmp_path / "a") as library:
        rows = {Path(row.path).name: row for row in add_paths(library, [folder]).files}
        assert rows["figure.png"].status == "ignored" and rows["broken.pdf"].status == "failed"
        assert "PNG" in (rows["figure.png"].error or {})["why"]
        assert [Path(row["path"]) for row in library.status()["ignored_files"]] == [picture]
        assert add_paths(library, [folder, picture]).files[1].status == "failed"


# -- removing --------------------------------------------------------------------------------------


def test_papers_are_removed_by_any_id_and_come_back_with_their_file(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        path = jsonl(tmp_path / "1.jsonl", 1, 2)
        add_paths(library, [path])
        removal = library.removal(["P1"])
        assert [paper.paper_id for paper in removal.papers] == ["P1"]
        assert removal.files == (str(path),) and library.count() == (2, 2)
        library.remove(removal)
        assert library.paper("P1") is None and library.count() == (1, 1)
        assert {hit.passage.paper_id for hit in search(library, "kinase dose")} == {"P2"}
        assert failed(library) == set()
        assert add_paths(library, [path]).files[0].status == "added"
        assert library.count() == (2, 2)


def test_a_removed_file_leaves_what_others_know(tmp_path: Path) -> None:
    with make_library(tmp_path / "a") as library:
        one = jsonl(tmp_path / "1.jsonl", 1, 2, journal="Blood")
        two = jsonl(tmp_path / "2.jsonl", 2)
        add_paths(library, [one, two])
        assert library.paper("P2").journal == "Blood"  # type: ignore[union-attr]
        removal = library.removal(path=str(one))
        assert ([p.paper_id for p in removal.papers], removal.remade) == (["P1"], 1)
        library.remove(removal)
        assert library.paper("P1") is None
        assert library.paper("P2").journal == ""  # type: ignore[union-attr]
        assert library.status()["files"] == {"added": 1}
        assert failed(library) == set()


def test_everything_is_removed(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=20, sentences=60) as library:
        rows = {int(row) for row in _rows(library)}
        library.remove(library.removal(everything=True))
        assert library.count() == (0, 0) and search(library, "kinase") == []
        library.add([make_paper(1)])
        assert not rows & {int(row) for row in _rows(library)}, "a row id was given again"


def _rows(library: Library) -> list[int]:
    with library.view() as view:
        return list(view.snapshot.rows)


def test_what_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=1) as library:
        with pytest.raises(UsageError, match="No paper 'X'"):
            library.removal(["P0", "X"])
        with pytest.raises(UsageError, match="Nothing in this library came from"):
            library.removal(path="/nowhere")


# -- verifying and rebuilding ----------------------------------------------------------------------


def test_a_sound_library_passes_every_check(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=5, sentences=60) as library:
        library.refresh()
        assert failed(library) == set() and len(library.verify()) == 6


@pytest.mark.parametrize(
    ("sql", "value", "check"),
    [
        ("UPDATE passages SET vector = ? WHERE row = 2", bytes(128), "vectors"),
        ("UPDATE passages SET vector = ? WHERE row = 2", b"\xff" * 128, "vectors"),
        ("UPDATE passages SET vector = ? WHERE row = 2", bytes(126), "vectors"),
        ('UPDATE passages SET "end" = ? WHERE row = 2', 10**6, "passages"),
        ("UPDATE passages SET passage_id = ? WHERE row = 2", "P0#7", "passages"),
        ("UPDATE papers SET text = ? WHERE row = 2", "another text", "papers"),
        ("DELETE FROM passages WHERE row = ?", 2, "links"),
        ("DELETE FROM sources WHERE row = ?", 2, "links"),
        ("DELETE FROM papers WHERE row = ?", 2, "links"),
    ],
)
def test_damage_is_found_and_named(tmp_path: Path, sql: str, value: object, check: str) -> None:
    with make_library(tmp_path / "a", papers=4) as library:
        damage(library, sql, value)
        wrong = [each for each in library.verify() if not each.ok]
        assert check in {each.name for each in wrong}
        assert all(each.fix and each.found for each in wrong)


def test_a_page_of_rubbish_is_found(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=60) as library:
        library.store.close()
    path = tmp_path / "a" / FILE
    content = bytearray(path.read_bytes())
    content[8 * 4096 : 9 * 4096] = os.urandom(4096)
    path.write_bytes(content)
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        (check,) = library.verify()
        assert check.name == "file" and not check.ok and "backup" in check.fix


@pytest.mark.parametrize("harm", ["truncate", "flip"])
@pytest.mark.parametrize("kind", ["*.postings", "*.vectors", "manifest.json"])
def test_a_damaged_cache_is_found_not_used_and_rebuilt(
    tmp_path: Path, kind: str, harm: str
) -> None:
    with make_library(tmp_path / "a", papers=4) as library:
        library.refresh()
    (cache,) = (tmp_path / "a").glob(kind)
    content = bytearray(cache.read_bytes())
    content[len(content) // 2] ^= 1
    cache.write_bytes(content[:-9] if harm == "truncate" else content)
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        assert failed(library) == {"caches"}
        assert len(search(library, "kinase")) == 4
        library.rebuild()
        assert failed(library) == set() and caches.exist(library.store.path)


def test_damaged_vectors_are_made_anew(tmp_path: Path) -> None:
    with make_library(tmp_path / "a", papers=4) as library:
        damage(library, "UPDATE passages SET vector = ? WHERE row = 2", bytes(128))
        library.rebuild(HashingEncoder())
        assert failed(library) == set() and len(search(library, "kinase", mode="dense")) == 4


def test_a_library_changes_its_encoder_and_goes_on_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencoding, "PASSAGES_PER_COMMIT", 3)
    encoded: list[int] = []

    class Counting(HashingEncoder):
        def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
            encoded.append(len(texts))
            return super().encode(texts, progress)

    def stop(done: int, total: int) -> None:
        if encoded and done == 6:
            raise KeyboardInterrupt

    with make_library(tmp_path / "a", papers=10) as library:
        before = all_passages(library)
        with pytest.raises(KeyboardInterrupt):
            library.rebuild(Counting(32), stop)
        assert library.status()["encoder"] == "hashing-64"
        assert len(search(library, "kinase", mode="dense")) == 10
        library.add([make_paper(20)])
        encoded.clear()
        library.rebuild(Counting(32))
        assert encoded == [3, 2]
        assert library.status()["encoder"] == "hashing-32"
        assert all_passages(library)[:10] == before
        assert failed(library) == set() and len(search(library, "kinase", mode="dense")) == 10


# -- an older library ------------------------------------------------------------------------------

SCHEMA_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (row INTEGER PRIMARY KEY AUTOINCREMENT, paper_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (row INTEGER PRIMARY KEY AUTOINCREMENT,
    paper INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
    passage_id TEXT NOT NULL UNIQUE, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    section TEXT NOT NULL, page INTEGER, vector BLOB NOT NULL);
CREATE INDEX passages_by_paper ON passages (paper);
CREATE TABLE files (path TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status TEXT NOT NULL,
    papers INTEGER NOT NULL, passages INTEGER NOT NULL, skipped TEXT NOT NULL, error TEXT
) WITHOUT ROWID;
"""


def old_library(folder: Path, file: Path) -> None:
    """Two papers as schema 1 held them, one of them twice under two ids."""
    folder.mkdir()
    papers = [
        make_paper(1),
        replace(make_paper(2), pmid="2", year=2019, journal="Blood"),
        replace(make_paper(2), paper_id="X2", pmid="2"),
    ]
    new = {"mesh", "keywords", "publication_types", "has_abstract", "source_ids", "retraction"}
    with sqlite3.connect(folder / FILE) as db:
        db.executescript(SCHEMA_1)
        meta = {"schema": "1", "generation": "7", "id": "abc", "encoder": "hashing-64",
                "encoder_digest": "hashing-64"}  # fmt: skip
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        for row, paper in enumerate(papers, 1):
            fields = json.loads(database.record_of(paper)[0])
            record = json.dumps({k: v for k, v in fields.items() if k not in new}, sort_keys=True)
            digest = f"3 {database.digest_of(record, paper.text)}"
            values = (row, paper.paper_id, digest, "paper", record, paper.text)
            db.execute("INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?)", values)
            vector = HashingEncoder().encode([f"{paper.title}. {paper.text}"]).astype("float16")
            span = (0, len(paper.text), "", None, vector.tobytes())
            db.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (row, row, f"{paper.paper_id}#1", *span),
            )
        db.execute("INSERT INTO files VALUES (?, 'old', 'added', 2, 2, '[]', NULL)", (str(file),))
    db.close()


def test_a_library_of_schema_1_is_brought_up_to_date(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "1.jsonl", 1)
    old_library(tmp_path / "a", file)
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        assert library.paper("P1") == make_paper(1)
        assert library.status()["files"] == {"added": 1} and library.count() == (3, 3)
        assert failed(library) == set()
        assert len(search(library, "kinase", mode="dense")) == 3
        library.rebuild()
        assert library.count() == (2, 2) and library.status()["merged"] == 1
        assert library.paper("X2") == library.paper("P2") == library.paper("PMID:2")
        assert_sound(library)
        # The file is read again; its record takes the place of the one of unknown origin.
        jsonl(file, 1, version="Corrected. ")
        (row,) = add_paths(library, [file]).files
        assert (row.status, row.papers, row.replaced, row.merged) == ("added", 1, 1, 0)
        assert library.paper("P1").text.startswith("Corrected.")  # type: ignore[union-attr]
        assert library.count() == (2, 2) and failed(library) == set()


def test_a_migration_that_fails_leaves_the_old_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_library(tmp_path / "a", tmp_path / "1.jsonl")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(database, "name_source", fail)
    with pytest.raises(KeyboardInterrupt):
        Library.open(tmp_path / "a", HashingEncoder())
    with sqlite3.connect(tmp_path / "a" / FILE) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == ("1",)
        assert not db.execute("SELECT name FROM sqlite_master WHERE name = 'sources'").fetchall()
    monkeypatch.undo()
    with Library.open(tmp_path / "a", HashingEncoder()) as library:
        assert library.count() == (3, 3)


# -- for reading only ------------------------------------------------------------------------------

_READER = """
import os, sys
from pathlib import Path
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.library import Library
from retort.retrieval.search import search
from stored import make_paper
import faiss, mmap, subprocess
if os.getuid() == 0:
    os.setuid(65534)  # root may write everywhere; nobody may not even import all that is above
with Library.open(Path(sys.argv[1]), HashingEncoder()) as library:
    print(len(search(library, "kinase")), all(check.ok for check in library.verify()))
    try:
        library.add([make_paper(9)])
    except RetortError as error:
        print(error.what)
"""


@pytest.mark.skipif(os.name == "nt", reason="rights are other there")
def test_a_library_that_cannot_be_written_is_searched_and_says_so_when_added_to(
    tmp_path: Path,
) -> None:
    import retort

    with make_library(tmp_path / "a", papers=3) as library:
        library.refresh()
    for folder in (tmp_path, *tmp_path.parents):  # a place that others may look into
        if folder.stat().st_uid == os.getuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    for item in (tmp_path / "a").iterdir():
        item.chmod(0o444)
    (tmp_path / "a").chmod(0o555)
    package = Path(next(iter(retort.__path__))).parent
    done = subprocess.run(
        [sys.executable, "-c", _READER, str(tmp_path / "a")],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{package}:{ROOT / 'tests' / 'support'}"},
    )
    assert done.stdout.splitlines() == ["3 True", 'The library "a" cannot be changed.'], done.stderr


def test_a_library_of_schema_1_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_library(tmp_path / "a", tmp_path / "1.jsonl")
    monkeypatch.setattr(database, "is_read_only", lambda path: True)
    with pytest.raises(RetortError, match="of an older Retort") as error:
        Library.open(tmp_path / "a", HashingEncoder())
    assert "Copy the folder" in error.value.next
