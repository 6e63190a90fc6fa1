"""Helpers ahead of the writer: the library is the one that would be without them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stored import make_library, make_paper

from retort.retrieval.ahead import Ahead, Help, Prepared, Task, hired, prepare
from retort.retrieval.batches import Progress, Vectors
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.ingest import Report, add_paths
from retort.retrieval.library import Library
from retort.retrieval.writing import PAPERS_PER_COMMIT


class Counting(HashingEncoder):
    """Counts what it is given."""

    texts = 0

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.texts += len(texts)
        return super().encode(texts, progress)


def jsonl(path: Path, *numbers: int, version: str = "") -> None:
    papers = [make_paper(number, 60, version) for number in numbers]
    lines = [json.dumps({"_id": p.paper_id, "title": p.title, "text": p.text}) for p in papers]
    path.write_text("\n".join(lines))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Small files, a large one that repeats papers of others, a bad one, an archive's worth."""
    (folder := tmp_path / "in").mkdir()
    for number in range(12):
        jsonl(folder / f"small-{number}.jsonl", number)
    jsonl(folder / "large.jsonl", *range(8, 3 * PAPERS_PER_COMMIT), 70, 71)
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 no more")
    (folder / "note.md").write_text("# A note\n\nErlotinib inhibits EGFR in the clinic.\n")
    return folder


def stored(path: Path) -> list[Any]:
    """Everything in a library, row by row."""
    with closing(sqlite3.connect(path / "library.sqlite")) as db:
        return [
            db.execute(f"SELECT * FROM {table} ORDER BY row").fetchall()
            for table in ("papers", "passages", "sources", "files")
        ]


def added(at: Path, files: Path, help: Help | None) -> tuple[Report, int]:
    """How adding went, and how many texts the writer encoded itself."""
    encoder = Counting()
    with Library.open(at, encoder, create=True) as library:
        if help is None:
            return add_paths(library, [files]), encoder.texts
        with Ahead(help, 2) as ahead:
            return add_paths(library, [files], ahead=ahead), encoder.texts


def test_a_library_is_the_same_with_helpers_and_without(tmp_path: Path, files: Path) -> None:
    helper = Counting()
    alone, own = added(tmp_path / "a", files, None)
    helped, left = added(tmp_path / "b", files, partial(prepare, helper))
    assert alone == helped and {row.status for row in helped.files} == {"added", "failed"}
    assert stored(tmp_path / "a") == stored(tmp_path / "b")
    assert left == 0 and helper.texts >= own > 0


def test_what_is_there_is_not_encoded_again(tmp_path: Path, files: Path) -> None:
    added(tmp_path / "a", files, partial(prepare, HashingEncoder()))
    helper = Counting()
    report, left = added(tmp_path / "a", files, partial(prepare, helper))
    assert {row.status for row in report.files} == {"unchanged", "failed"}
    assert (helper.texts, left) == (0, 0)
    jsonl(files / "large.jsonl", *range(8, 3 * PAPERS_PER_COMMIT), 500)
    report, left = added(tmp_path / "a", files, partial(prepare, helper))
    assert sum(row.passages for row in report.files) == helper.texts > 0 == left


def test_what_no_helper_did_the_writer_does(tmp_path: Path, files: Path) -> None:
    """As where the files are not on the helpers' machine."""
    alone, own = added(tmp_path / "a", files, None)
    helped, left = added(tmp_path / "b", files, lambda task: Prepared())
    assert (alone, own) == (helped, left)
    assert stored(tmp_path / "a") == stored(tmp_path / "b")


def test_a_file_that_costs_its_helpers_fails_alone(tmp_path: Path, files: Path) -> None:
    def deadly(task: Task) -> Prepared:
        if isinstance(task, Path) and task.name == "small-3.jsonl":
            raise RetortError("The worker ended.", "No memory.", "Again.")
        return prepare(HashingEncoder(), task)

    report, _ = added(tmp_path / "a", files, deadly)
    failed = {Path(row.path).name: row.error for row in report.files if row.status == "failed"}
    assert set(failed) == {"bad.pdf", "small-3.jsonl"}
    assert failed["small-3.jsonl"] == {
        "what": "The worker ended.", "why": "No memory.", "next": "Again."
    }  # fmt: skip
    report, _ = added(tmp_path / "a", files, partial(prepare, HashingEncoder()))
    assert [row.papers for row in report.files if row.path.endswith("small-3.jsonl")] == [1]


def test_parts_of_a_large_file_that_were_stored_stay(tmp_path: Path, files: Path) -> None:
    def deadly(task: Task) -> Prepared:
        if not isinstance(task, Path) and any(paper.paper_id == "P150" for paper in task):
            raise RetortError("The worker ended.")
        return prepare(HashingEncoder(), task)

    report, _ = added(tmp_path / "a", files, deadly)
    (large,) = (row for row in report.files if row.path.endswith("large.jsonl"))
    assert large.status == "failed"
    with make_library(tmp_path / "a") as library:
        assert library.paper("P20") and not library.paper("P150")


def test_helpers_have_the_encoder_of_the_library(home: Path) -> None:
    from retort.retrieval.encode import BundledEncoder

    with pytest.raises(RetortError, match="another encoder"):
        hired("bundled", "0123", offline=True)
    encoder = BundledEncoder()
    done = hired(encoder.name, encoder.digest, offline=True)((make_paper(1),))
    assert done.vectors is not None
    ((text, vector),) = done.vectors.items()
    assert (vector == encoder.encode([text])[0]).all()
