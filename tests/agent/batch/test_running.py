"""Batches: every question exactly once, in a file that survives a kill."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from askers import STAMP, Echo

from retort.agent.batch.records import Asker, Gold, Item, Progress, Stamp
from retort.agent.batch.running import run
from retort.agent.batch.writing import Answers
from retort.retrieval.errors import UsageError
from retort.retrieval.records import Filter


def go(asker: Asker, items: list[Item], out: Path, *args: Any, **kw: Any) -> Progress:
    with Answers.open(out) as answers:
        return run(asker, items, answers, *args, **kw)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


ITEMS = [Item(str(n), f"question {n}") for n in range(6)]


@pytest.mark.parametrize("workers", [1, 3])
def test_each_question_is_answered_once_and_a_rerun_asks_nothing(
    tmp_path: Path, workers: int
) -> None:
    out = tmp_path / "deep" / "answers.jsonl"
    echo = Echo()
    state = go(echo, ITEMS, out, workers)
    assert (state.done, state.failed, state.total) == (6, 0, 6)
    assert sorted(row["id"] for row in lines(out)) == [item.id for item in ITEMS]
    again = go(echo, ITEMS, out, workers)
    assert (again.done, again.skipped) == (0, 6) and len(echo.asked) == 6


def test_a_half_written_line_is_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    go(Echo(), ITEMS[:3], out)
    out.write_text(out.read_text()[:-20])
    echo = Echo()
    go(echo, ITEMS, out)
    assert echo.asked == ["question 2", "question 3", "question 4", "question 5"]
    assert [row["id"] for row in lines(out)] == ["0", "1", "2", "3", "4", "5"]


def test_retry_failed_asks_only_the_failed(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    assert go(Echo("question 1"), ITEMS, out).failed == 1
    echo = Echo()
    go(echo, ITEMS, out)
    assert echo.asked == []
    go(echo, ITEMS, out, retry_failed=True)
    assert echo.asked == ["question 1"] and len(lines(out)) == 6
    assert all(row["status"] == "answered" for row in lines(out))
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_session_keeps_its_order_beside_others(tmp_path: Path) -> None:
    items = [Item(f"{s}{n}", f"{s}{n}", s) for n in range(5) for s in ("a", "b")]
    echo = Echo()
    go(echo, items, tmp_path / "a.jsonl", workers=4)
    assert [q for q in echo.asked if q[0] == "a"] == ["a0", "a1", "a2", "a3", "a4"]


def test_stop_leaves_the_rest_for_the_next_run(tmp_path: Path) -> None:
    out, stop = tmp_path / "a.jsonl", threading.Event()
    go(Echo(), ITEMS, out, cancel=stop, progress=lambda p: stop.set() if p.done == 2 else None)
    assert len(lines(out)) == 2
    assert go(Echo(), ITEMS, out).done == 4


def test_what_was_in_flight_at_a_stop_is_kept(tmp_path: Path) -> None:
    out, stop, together = tmp_path / "a.jsonl", threading.Event(), threading.Barrier(2)

    class Together(Echo):
        def ask(self, item: Item) -> dict[str, Any]:
            together.wait(20)
            stop.set()
            return super().ask(item)

    assert go(Together(), ITEMS, out, workers=2, cancel=stop).done == 2
    assert len(lines(out)) == 2


def test_equal_questions_are_asked_once_and_answered_each(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    items = [
        Item("1", "same"),
        Item("2", " same "),
        Item("3", "same", "session"),
        Item("4", "same", library="other"),
        Item("5", "same", only=Filter(years=(2010, None))),
        Item("6", "same"),
    ]
    echo = Echo()
    state = go(echo, items, out)
    assert len(echo.asked) == 4 and state.done == 6
    found = {row["id"]: row for row in lines(out)}
    assert {name: row.get("copied_from") for name, row in found.items()} == {
        "1": None, "2": "1", "6": "1", "3": None, "4": None, "5": None,
    }  # fmt: skip
    assert found["2"]["question"] == " same " and go(echo, items, out).skipped == 6


def test_a_copy_that_a_kill_prevented_is_made_without_asking(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    go(Echo(), [Item("1", "same")], out)
    echo = Echo()
    assert go(echo, [Item("1", "same"), Item("2", "same")], out).done == 1
    assert echo.asked == [] and lines(out)[1]["copied_from"] == "1"
    go(echo, [Item("2", "same"), Item("3", "same")], out)
    assert echo.asked == [] and lines(out)[2]["copied_from"] == "1", "a copy of a copy, too"


def test_other_settings_are_noticed_and_may_be_mixed(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    go(Echo(), ITEMS[:2], out)
    before = out.read_bytes()
    for stamp in (Stamp("other", STAMP.settings_digest), Stamp(STAMP.model, "ba9876543210")):
        with pytest.raises(UsageError, match=r"2 answers .* made with other settings") as caught:
            go(Echo(stamp=stamp), ITEMS, out)
        assert STAMP.model in caught.value.why and stamp.settings_digest in caught.value.why
        assert "--mix-settings" in caught.value.next and out.read_bytes() == before
    assert go(Echo(stamp=stamp), ITEMS, out, mix_settings=True).done == 4
    assert {row["settings_digest"] for row in lines(out)} == {"0123456789ab", "ba9876543210"}


def test_another_question_under_an_answered_id_is_noticed(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    go(Echo(), ITEMS, out)
    with pytest.raises(UsageError, match=r"answer 3 .* to another question") as caught:
        go(Echo(), [Item("3", "changed")], out, mix_settings=True)
    assert '"question 3"' in caught.value.why and '"changed"' in caught.value.why


def test_a_very_long_question_is_kept_short_and_known_again(tmp_path: Path) -> None:
    out, items = tmp_path / "a.jsonl", [Item("1", "x" * 5_000_000)]
    go(Echo(), items, out)
    assert out.stat().st_size < 50_000 and go(Echo(), items, out).skipped == 1


def test_unusual_line_separators_in_an_answer_do_not_end_its_line(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    items = [Item("1", "one\u2028two\x85three"), Item("2", "four")]
    assert go(Echo(), items, out).done == 2
    assert go(Echo(), items, out).skipped == 2


ROW = Item("1", "q", "s", ("one", "two"), "mine", Filter(years=(2010, None), mesh=("Migraine",)))


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"session": "t"}, "session"),
        ({"session": None}, "session"),
        ({"choices": ("two", "one")}, "choices"),
        ({"library": ""}, "library"),
        ({"only": Filter(years=(2010, 2020), mesh=("Migraine",))}, "filters"),
        ({"only": Filter()}, "filters"),
        ({"choices": (), "library": "other"}, "choices and library"),
    ],
)
def test_a_row_that_sets_something_else_is_noticed(
    tmp_path: Path, changed: dict[str, Any], name: str
) -> None:
    out = tmp_path / "a.jsonl"
    go(Echo(), [ROW], out)
    before = out.read_bytes()
    with pytest.raises(UsageError, match=f"made with other {name}") as caught:
        go(Echo(), [replace(ROW, **changed)], out, mix_settings=True)
    assert "It now says" in caught.value.why and "new id" in caught.value.next
    assert out.read_bytes() == before
    assert go(Echo(), [replace(ROW, gold=Gold("one"))], out).skipped == 1


def test_a_row_is_told_plainly_and_kept_with_its_copies(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    alike = [replace(ROW, session=None), replace(ROW, id="2", session=None)]
    go(Echo(), [*alike, Item("3", "plain")], out)
    filters = {"years": [2010, None], "mesh": ["Migraine"]}
    row = {"choices": ["one", "two"], "library": "mine", "filters": filters}
    assert [line["row"] for line in lines(out)] == [row, row, {}]
    assert go(Echo(), [*alike, Item("3", "plain")], out).skipped == 3


def test_lines_that_do_not_say_their_row_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    go(Echo(), [ROW], out)
    (line,) = lines(out)
    del line["row"]
    out.write_text(json.dumps(line) + "\n")
    assert go(Echo(), [ROW], out).skipped == 1
