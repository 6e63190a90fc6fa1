"""A screening opened again: the record at once, the ranking later, a cache that is not trusted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retort.agent.triage import cache, learning, order
from retort.agent.triage.intake import Intake
from retort.agent.triage.records import Criteria, Record
from retort.agent.triage.screening import Screening
from retort.agent.triage.store import Store

Begin = Callable[..., Screening]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Words are counted only once this is set."""
    opened, count = threading.Event(), learning.counted

    def waiting(*arguments: Any, **named: Any) -> Any:
        assert opened.wait(30)
        return count(*arguments, **named)

    monkeypatch.setattr(learning, "counted", waiting)
    yield opened
    opened.set()


@pytest.fixture
def left(begin: Begin, tmp_path: Path) -> tuple[Path, list[Any]]:
    """A screening that was left after ten labels; its file and the rows of its last ranking."""
    screening = begin()
    for _ in range(10):
        shown = screening.next()
        assert shown
        label = "include" if int(shown.record.id) % 4 == 0 else "exclude"
        screening.decide(shown.record.id, label)  # type: ignore[arg-type]
    for number in (1, 2):
        screening.decide(str(number), "exclude")
    assert screening.wait()
    rows = screening.rows()
    screening.next()
    screening.close()
    return tmp_path / "sessions.sqlite", rows


def ranking_file(path: Path) -> Path:
    (file,) = (path.parent / "cache" / "triage").glob("*.npz")
    return file


def test_the_record_and_the_counts_come_before_any_word_is_counted(
    left: tuple[Path, list[Any]], gate: threading.Event
) -> None:
    path, rows = left
    current = Store(path).load("one").current
    again = Screening.open(path, "one")
    shown = again.next()
    assert shown and shown.record.id == current
    assert shown.ranking == "labels-12", "the last of the start before"
    progress = again.progress()
    assert (progress.screened, progress.included) == (12, again.progress().estimate.found)
    assert progress.estimate.read == 12 and progress.estimate.total == 40
    assert progress.is_learning and again.counted == (0, 40)
    assert [one.record for one in again.rows()] == [one.record for one in rows]
    assert [one.score for one in again.rows()] == pytest.approx([one.score for one in rows])

    following = again.decide(current, "exclude")
    undecided = [one.record.id for one in rows if one.decision is None and one.record.id != current]
    assert following
    assert following.record.id == undecided[0] or following.chosen == "explore"
    assert again.progress().screened == 13, "a label counts before the ranking is there"
    gate.set()
    assert again.wait()
    assert again.counted == (40, 40)
    assert again.show(current).ranking == "labels-13", "and is learnt from then"
    assert not again.progress().is_learning
    again.close()


def test_what_is_ranked_anew_is_what_was_ranked(left: tuple[Path, list[Any]]) -> None:
    path, rows = left
    again = Screening.open(path, "one")
    assert again.wait()
    assert [(one.record, one.rank, one.decision) for one in again.rows()] == [
        (one.record, one.rank, one.decision) for one in rows
    ]
    again.close()


DECIDING = """
import sys
from pathlib import Path
from retort.agent.triage.records import Decision
from retort.agent.triage.store import Store
kept = Store(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    kept.decide("one", Decision(str(number), "include", "user", float(number), "n"), "", 1, 0.0)
    kept.note("one", str(number), f"of {number}")
"""


def test_two_processes_that_decide_at_once_lose_nothing(begin: Begin, tmp_path: Path) -> None:
    begin().close()
    path = tmp_path / "sessions.sqlite"
    starts = [[sys.executable, "-c", DECIDING, str(path), first] for first in ("0", "20")]
    running = [subprocess.Popen(each) for each in starts]
    assert [each.wait(60) for each in running] == [0, 0]
    kept = Store(path)
    made = kept.decisions("one")
    assert {one.decision.record_id for one in made} == {*map(str, range(40))}
    assert len({one.number for one in made}) == len(made) == 40
    assert kept.notes("one") == {str(number): f"of {number}" for number in range(40)}
    kept.close()


def test_what_another_page_decides_is_seen_and_not_asked_again(
    begin: Begin, tmp_path: Path
) -> None:
    here = begin()
    shown = here.next()
    assert shown
    there = Screening.open(tmp_path / "sessions.sqlite", "one")
    there.decide(shown.record.id, "exclude", "of animals")
    following = here.next()
    assert following and following.record.id != shown.record.id
    seen = here.show(shown.record.id)
    assert seen.decision and (seen.decision.label, seen.note) == ("exclude", "of animals")
    assert here.progress().excluded == 1 and len(here.decisions()) == 1
    here.decide(following.record.id, "include")
    there.note("7", "look again")
    assert there.progress().included == 1 and here.show("7").note == "look again"
    there.close()


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "no checksum", "of others"])
def test_a_damaged_ranking_is_made_again(left: tuple[Path, list[Any]], damage: str) -> None:
    path, rows = left
    file = ranking_file(path)
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[:-9])
    elif damage == "changed":
        file.write_bytes(content[:200] + b"?" + content[201:])
    elif damage == "no checksum":
        file.with_suffix(".sha256").unlink()
    else:  # whole, but it ranks fewer records
        ranked = order.ranking("by chance", np.zeros(7), np.ones(7, bool), np.arange(7))
        order.keep(file, ranked)
    again = Screening.open(path, "one")
    assert again.next().ranking == "labels-12"  # type: ignore[union-attr]
    assert [one.record for one in again.rows()] == [one.record for one in rows]
    again.close()
    assert order.kept(file, 40), "kept again"


@pytest.mark.parametrize("rows", [[0, 0, 2], [1, 2, 3]])
def test_an_order_that_leaves_records_out_is_none(rows: list[int], tmp_path: Path) -> None:
    file = tmp_path / "one.npz"
    order.keep(file, order.Ranking("x", np.zeros(3), np.array(rows), np.zeros(3, int), 3))
    assert order.kept(file, 3) is None


def test_a_ranking_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "one.npz"
    scores, has_text = np.array([0.5, 2.0, 2.0, 3.0]), np.array([True, True, True, False])
    made = order.ranking("labels-2", scores, has_text, np.array([0, 3, 1, 2]))
    assert made.order.tolist() == [2, 1, 0, 3] and made.places.tolist() == [3, 2, 1, 4]
    order.keep(file, made)
    back = order.kept(file, 4)
    assert back and (back.stamp, back.readable) == ("labels-2", 3)
    assert (back.order == made.order).all() and (back.places == made.places).all()
    assert (back.scores == made.scores).all()


def test_whole_and_checked_but_no_ranking_at_all(tmp_path: Path) -> None:
    cache.keep(tmp_path / "one.npz", b"something else")
    assert order.kept(tmp_path / "one.npz", 3) is None


def test_a_folder_that_cannot_be_written_costs_the_cache_only(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    path = tmp_path / "sessions.sqlite"
    screening = Screening.create(path, "one", Intake(records, identified=40), Criteria("migraine"))
    assert screening.wait()
    screening.close()
    again = Screening.open(path, "one")
    assert again.next().ranking == "criteria"  # type: ignore[union-attr]
    again.close()


def test_another_screening_of_the_same_name_takes_no_ranking_over(
    left: tuple[Path, list[Any]], records: tuple[Record, ...], gate: threading.Event
) -> None:
    path, _ = left
    Store(path).remove("one")
    other = Screening.create(path, "one", Intake(records, identified=40), Criteria("diabetes"))
    assert not other.wait_for_first(0.1)
    gate.set()
    assert other.wait_for_first(30)
    assert other.next().ranking == "criteria"  # type: ignore[union-attr]
    other.close()


def test_without_criteria_nobody_waits_for_the_words(
    begin: Begin, records: tuple[Record, ...], gate: threading.Event
) -> None:
    screening = begin(Intake((Record("bare", ""), *records), identified=41), Criteria())
    shown = screening.next()
    assert shown and shown.ranking == "by chance" and shown.record.text
    gate.set()
    assert screening.wait()
    assert screening.next() == shown


def test_to_show_one_record_the_others_are_not_read(left: tuple[Path, list[Any]]) -> None:
    store = Store(left[0])
    stored = store.load("one")
    with sqlite3.connect(left[0]) as db:
        db.execute("UPDATE triage_record SET body = 'not read' WHERE position <> 7")
    assert stored.ids == tuple(map(str, range(40))) and len(stored.records) == 40
    assert stored.records[7].id == "7" and stored.records[-33].id == "7"
    with pytest.raises(IndexError):
        stored.records[40]
    (listed,) = store.listing()
    assert (listed.total, listed.screened) == (40, 12)
    store.close()


def test_records_are_a_sequence(
    left: tuple[Path, list[Any]], records: tuple[Record, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retort.agent.triage.sequence.CHUNK", 7)
    stored = Store(left[0]).load("one").records
    assert tuple(stored) == records
    assert stored[5:9] == [*records[5:9]]
    assert stored.index(records[9]) == 9
