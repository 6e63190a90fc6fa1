"""Batches: every question exactly once, in a file that survives a kill."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retort.agent import batch
from retort.agent.batch import Item
from retort.agent.records import Answer
from retort.retrieval.errors import UsageError


class Echo:
    """Stands in for the assistant: answers with the question's length."""

    def __init__(self, failing: str = "") -> None:
        self.asked: list[str] = []
        self.failing = failing

    def answer(self, question: str, session: str | None = None) -> Answer:
        if not question:
            raise UsageError("The question is empty.", "why", "next")
        self.asked.append(question)
        answer = Answer("x", question, "answered", str(len(question)))
        return replace(answer, status="failed") if question == self.failing else answer


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


ITEMS = [Item(str(n), f"question {n}") for n in range(6)]


@pytest.mark.parametrize("workers", [1, 3])
def test_each_question_is_answered_once_and_a_rerun_asks_nothing(
    tmp_path: Path, workers: int
) -> None:
    out = tmp_path / "deep" / "answers.jsonl"
    echo = Echo()
    state = batch.run(echo, ITEMS, out, workers)
    assert (state.done, state.failed, state.total) == (6, 0, 6)
    assert sorted(row["id"] for row in lines(out)) == [item.id for item in ITEMS]
    again = batch.run(echo, ITEMS, out, workers)
    assert (again.done, again.skipped) == (0, 6) and len(echo.asked) == 6


def test_a_half_written_line_is_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    batch.run(Echo(), ITEMS[:3], out)
    out.write_text(out.read_text()[:-20])
    echo = Echo()
    batch.run(echo, ITEMS, out)
    assert echo.asked == ["question 2", "question 3", "question 4", "question 5"]
    assert [row["id"] for row in lines(out)] == ["0", "1", "2", "3", "4", "5"]


def test_retry_failed_asks_only_the_failed(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    assert batch.run(Echo("question 1"), ITEMS, out).failed == 1
    echo = Echo()
    batch.run(echo, ITEMS, out)
    assert echo.asked == []
    batch.run(echo, ITEMS, out, retry_failed=True)
    assert echo.asked == ["question 1"] and len(lines(out)) == 6
    assert all(row["status"] == "answered" for row in lines(out))


def test_a_session_keeps_its_order_beside_others(tmp_path: Path) -> None:
    items = [Item(f"{s}{n}", f"{s}{n}", s) for n in range(5) for s in ("a", "b")]
    echo = Echo()
    batch.run(echo, items, tmp_path / "a.jsonl", workers=4)
    assert [q for q in echo.asked if q[0] == "a"] == ["a0", "a1", "a2", "a3", "a4"]


def test_stop_leaves_the_rest_for_the_next_run(tmp_path: Path) -> None:
    out, stop = tmp_path / "a.jsonl", threading.Event()
    batch.run(
        Echo(), ITEMS, out, cancel=stop, progress=lambda p: stop.set() if p.done == 2 else None
    )
    assert len(lines(out)) == 2
    assert batch.run(Echo(), ITEMS, out).done == 4


def test_an_empty_question_is_a_failed_row_not_the_end(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    batch.run(Echo(), [Item("1", ""), Item("2", "fine")], out)
    assert [(row["id"], row["status"]) for row in lines(out)] == [
        ("1", "failed"),
        ("2", "answered"),
    ]


def test_questions_are_read_from_jsonl_and_csv_by_content(tmp_path: Path) -> None:
    jsonl = tmp_path / "q.csv"
    jsonl.write_text('{"id": 7, "question": "a"}\n\n{"question": "b", "session": "s"}\n')
    assert batch.read_questions(jsonl) == (Item("7", "a"), Item("2", "b", "s"))
    table = tmp_path / "q.jsonl"
    table.write_text('\ufeffid,question\n1,"What is\na hERG risk?"\n', encoding="utf-8")
    assert batch.read_questions(table) == (Item("1", "What is\na hERG risk?"),)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id,text\n1,hello\n", "no column named question"),
        ('{"id": 1, "question": "a"}\n{"id": 1, "question": "b"}\n', "stands twice"),
        ('{"id": 1, "question": "a"}\nnot json\n', "Line 2"),
        ('{"id": 1}\n', "has no question"),
        ("", "no column"),
    ],
)
def test_a_bad_question_file_says_what_is_wrong(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "q"
    path.write_text(text)
    with pytest.raises(UsageError, match=what) as caught:
        batch.read_questions(path)
    assert caught.value.why and caught.value.next


def test_a_foreign_output_file_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    out.write_text("hello\nworld\n")
    with pytest.raises(UsageError, match="is no answer"):
        batch.run(Echo(), ITEMS, out)
    assert out.read_text() == "hello\nworld\n"


def test_unusual_line_separators_in_an_answer_do_not_end_its_line(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    items = [Item("1", "one\u2028two\x85three"), Item("2", "four")]
    assert batch.run(Echo(), items, out).done == 2
    assert batch.run(Echo(), items, out).skipped == 2


def test_questions_may_hold_unusual_line_separators(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "one\u2028two"}\r\n\n{"question": "three"}\n', encoding="utf-8")
    assert [item.question for item in batch.read_questions(path)] == ["one\u2028two", "three"]


def test_an_output_that_holds_no_answers_is_left_alone(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for output, why in ((tmp_path, "directory"), (binary, "not UTF-8")):
        with pytest.raises(UsageError, match="Cannot read the answers") as caught:
            batch.run(Echo(), ITEMS, output)
        assert why in caught.value.why and "--output" in caught.value.next
    assert binary.read_bytes() == b"\xff\xfe"


def test_half_characters_in_a_question_do_not_end_the_batch(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "\\ud800", "question": "a\\udcff", "session": "s\\ud800"}\n')
    (item,) = batch.read_questions(path)
    assert item == Item("?", "a?", "s?")
    assert batch.run(Echo(), [item], tmp_path / "a.jsonl").done == 1
