"""The file of answers: its lock, its repair, and a disk that is full."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from askers import answered

from retort.agent.batch.records import Item
from retort.agent.batch.writing import Answers
from retort.retrieval.errors import RetortError, UsageError


def filled(path: Path, *ids: str) -> None:
    with Answers.open(path) as answers:
        for name in ids:
            answers.add(answered(Item(name, f"question {name}")))


def test_an_answer_is_found_again_by_its_id(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    filled(path, "µ", "2")
    with Answers.open(path) as answers:
        assert list(answers.kept) == ["µ", "2"]
        assert answers.line("µ")["question"] == "question µ" and answers.get("3") is None
        answers.add(answered(Item("3", "later")))
        assert answers.line("3")["question"] == "later"


def test_a_kill_at_any_byte_costs_the_last_answer_at_most(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    filled(path, "1", "µ")
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        with Answers.open(path) as answers:
            kept = list(answers.kept)
        # a line that lacks its end alone is whole
        assert kept == ["1", "µ"][: (size >= first - 1) + (size >= len(whole) - 1)], size
        assert path.read_bytes() == whole[: (0, first, len(whole))[len(kept)]]


@pytest.mark.parametrize(
    "content",
    [
        b"hello\nworld\n",
        b"hello",
        b"\xff\xfe",
        b"[1]\n",
        b'{"id": "1"}\n',
        b"id,question\n1,What?\n",
    ],
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="something else than answers") as caught:
        Answers.open(path)
    assert "Line 1" in caught.value.why and "--output" in caught.value.next
    assert path.read_bytes() == content


def test_a_folder_and_a_file_in_place_of_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "a.jsonl"):
        with pytest.raises(UsageError, match="Cannot write the answers") as caught:
            Answers.open(path)
        assert "directory" in caught.value.why.lower() or "exists" in caught.value.why


def test_one_run_at_a_time_also_after_the_failed_were_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    filled(path, "1", "2")
    with Answers.open(path) as answers:
        answers.add(answered(Item("3", "q")) | {"status": "failed"})
        with pytest.raises(RetortError, match="Another run"):
            Answers.open(path)
        answers.drop_failed()
        with pytest.raises(RetortError, match="Another run"):
            Answers.open(path)
        with Answers.open(path, read_only=True) as reader:
            assert list(reader.kept) == ["1", "2"]
    Answers.open(path).close()


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    code = (
        "import os, sys, pathlib\nfrom retort.agent.batch.writing import Answers\n"
        "answers = Answers.open(pathlib.Path(sys.argv[1]))\nos.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    Answers.open(path).close()


def test_a_full_disk_leaves_whole_answers_and_goes_on_with_room(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Answers.open(path) as answers:
        answers.add(answered(Item("1", "q")))
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
        try:
            with pytest.raises(RetortError, match="Cannot write") as caught:
                answers.add(answered(Item("2", "q"), "x" * 3_000_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert os.strerror(27) in caught.value.why and "Make room" in caught.value.next
        assert path.read_bytes() == before
        answers.add(answered(Item("2", "q"), "x" * 3_000_000))
        assert list(answers.kept) == ["1", "2"]
