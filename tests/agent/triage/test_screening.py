"""A screening: what is shown, decided, taken back, kept through a kill, and told."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from retort.agent.triage import ranked
from retort.agent.triage.features import Vectors
from retort.agent.triage.holding import Kept
from retort.agent.triage.intake import Conflict, Intake
from retort.agent.triage.progress import Curve
from retort.agent.triage.records import Criteria, Decision, Record
from retort.agent.triage.screening import Screening
from retort.agent.triage.store import Store
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError, UsageError

Begin = Callable[..., Screening]


def truth(record: Record) -> str:
    return "include" if int(record.id) % 4 == 0 else "exclude"


def read(screening: Screening, count: int) -> list[str]:
    """Decide the next records as the reviewers would; gives their ids."""
    ids = []
    for _ in range(count):
        shown = screening.next()
        assert shown is not None
        ids.append(shown.record.id)
        screening.decide(shown.record.id, truth(shown.record))  # type: ignore[arg-type]
    return ids


def history(path: Path, record_id: str) -> list[Kept]:
    """Every decision of one record that was not taken back, oldest first."""
    store = Store(path / "sessions.sqlite")
    found = store.decisions("one")
    store.close()
    return [kept for kept in found if kept.decision.record_id == record_id]


def test_criteria_rank_before_the_first_label(begin: Begin) -> None:
    screening = begin()
    first = screening.next()
    assert first and truth(first.record) == "include"
    assert first.rank == 1
    assert first.ranking == "criteria"
    assert screening.next() == first, "the same until it is decided"


def test_labels_teach(begin: Begin) -> None:
    screening = begin(criteria=Criteria())
    assert screening.next().ranking == "by chance"  # type: ignore[union-attr]
    screening.decide("0", "include")
    screening.decide("1", "exclude")
    assert screening.wait()
    order = [shown.record for shown in screening.rows()]
    assert [truth(record) for record in order[:10]] == ["include"] * 10
    assert screening.next().ranking == "labels-2"  # type: ignore[union-attr]


def test_an_encoder_reads_in_the_background_and_is_remembered(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    path = tmp_path / "sessions.sqlite"
    with_encoder = Screening.create(
        path, "e", Intake(records, identified=40), Criteria("migraine"), HashingEncoder()
    )
    assert with_encoder.wait()
    assert with_encoder.progress().vectors == (40, 40)
    assert with_encoder.next().ranking == "criteria+vectors"  # type: ignore[union-attr]
    with_encoder.close()
    (kept,) = (tmp_path / "cache" / "triage").glob("*.npy")

    class Broken(HashingEncoder):
        def encode(self, texts: object, progress: object = None) -> object:  # type: ignore[override]
            raise AssertionError("read again")

        def encode_queries(self, texts: Sequence[str]) -> Vectors:
            return HashingEncoder().encode(texts)

    for damage in (False, True):
        if damage:
            kept.write_bytes(kept.read_bytes()[:-7])
        again = Screening.open(path, "e", Broken())
        assert again.wait()
        stamp = again.next().ranking  # type: ignore[union-attr]
        again.close()
        assert stamp == ("criteria" if damage else "criteria+vectors"), "words alone rank, too"


def test_undo_and_redo(begin: Begin) -> None:
    screening = begin()
    first, second, third = read(screening, 3)
    assert screening.undo().record.id == third  # type: ignore[union-attr]
    assert screening.next().record.id == third  # type: ignore[union-attr]
    assert screening.undo().record.id == second  # type: ignore[union-attr]
    assert screening.progress().screened == 1
    assert screening.redo().record.id == second  # type: ignore[union-attr]
    assert screening.progress().screened == 2
    assert screening.redo().record.id == third  # type: ignore[union-attr]
    assert screening.redo() is None
    assert {one.record.id for one in screening.decisions()} == {first, second, third}
    screening.undo()
    screening.decide("39", "exclude")
    assert screening.redo() is None, "another decision was made since"


def test_decisions_come_by_label_and_page_newest_first(begin: Begin) -> None:
    screening = begin()
    for number in range(6):
        screening.decide(str(number), "include" if number % 2 else "exclude")
    screening.decide("1", "maybe")

    def ids(*wanted: object) -> list[str]:
        return [one.record.id for one in screening.decisions(*wanted)]  # type: ignore[arg-type]

    assert ids() == ["1", "5", "4", "3", "2", "0"]
    assert ids(None, 1, 3) == ["5", "4"]
    assert (ids("include"), ids("exclude", 2), ids("maybe")) == (["5", "3"], ["0"], ["1"])


def test_a_decision_that_is_changed_and_taken_back_leaves_the_one_before(
    begin: Begin, tmp_path: Path
) -> None:
    screening = begin()
    screening.decide("4", "include")
    screening.decide("4", "exclude", "animals")
    shown = screening.show("4")
    assert shown.decision and shown.decision.label == "exclude" and shown.note == "animals"
    assert [kept.decision.label for kept in history(tmp_path, "4")] == ["include", "exclude"]
    back = screening.undo()
    assert back and back.decision and back.decision.label == "include"
    assert screening.progress().included == 1


def test_who_decided_and_by_which_ranking_is_kept(begin: Begin, tmp_path: Path) -> None:
    screening = begin()
    read(screening, 2)
    kept = history(tmp_path, screening.decisions()[0].record.id)[-1]
    assert (kept.decision.by, kept.ranking[:8]) == ("user", "criteria")
    assert kept.rank and kept.score is not None and kept.decision.at > 1e9


def test_maybe_is_set_aside_and_teaches_nothing(begin: Begin) -> None:
    screening = begin()
    shown = screening.next()
    screening.decide(shown.record.id, "maybe")  # type: ignore[union-attr]
    assert screening.wait()
    progress = screening.progress()
    assert (progress.maybe, progress.screened, progress.estimate.read) == (1, 0, 0)
    assert screening.next().record.id != shown.record.id  # type: ignore[union-attr]
    counts = screening.prisma()
    assert (counts["undecided"], counts["screened"], counts["not_screened"]) == (1, 0, 39)


def test_a_users_label_outranks_an_imported_one(begin: Begin, records: tuple[Record, ...]) -> None:
    imported = tuple(Decision(str(n), "exclude", "import", 1.0) for n in (0, 1, 4))
    screening = begin(Intake(records, imported, identified=40))
    assert screening.progress().excluded == 3
    screening.decide("0", "include")
    assert screening.show("0").decision.by == "user"  # type: ignore[union-attr]
    screening.undo()
    assert screening.show("0").decision == imported[0]


def test_contradicting_labels_count_as_undecided(
    begin: Begin, records: tuple[Record, ...], tmp_path: Path
) -> None:
    both = (Decision("0", "include", "import", 1.0), Decision("0", "exclude", "import", 1.0))
    conflict = Conflict("0", ("exclude", "include"))
    screening = begin(Intake(records, both, (conflict,), 40))
    assert screening.progress().conflicts == 1
    assert screening.show("0").decision is None
    assert len(history(tmp_path, "0")) == 2, "both are kept"
    assert screening.prisma()["undecided"] == 1
    assert Screening.listing(tmp_path / "sessions.sqlite")[0].screened == 0
    screening.decide("0", "include")
    assert screening.progress().conflicts == 0


def test_records_without_any_text_come_last(begin: Begin, records: tuple[Record, ...]) -> None:
    bare = Record("bare", "")
    screening = begin(Intake((bare, *records), identified=41))
    assert screening.rows()[-1].record == bare
    assert "Retort_reason" in screening.export("ris").split("TY  - ")[-1]
    assert screening.export("ris").count("Retort_reason") == 1
    read(screening, 40)
    last = screening.next()
    assert last and last.record == bare and last.chosen == "unreadable"
    screening.decide("bare", "exclude")
    assert screening.next() is None


def test_all_read_means_all_known(begin: Begin) -> None:
    screening = begin()
    read(screening, 40)
    progress = screening.progress()
    assert progress.estimate.low == progress.estimate.high == progress.included == 10
    assert progress.curve[-1] == (40, 10)
    assert screening.prisma() == {
        "identified": 42,
        "duplicates_removed": 2,
        "screened": 40,
        "excluded": 30,
        "included": 10,
        "undecided": 0,
        "not_screened": 0,
    }


def test_a_few_records_are_drawn_by_chance(begin: Begin) -> None:
    screening = begin()
    chosen = []
    for _ in range(38):
        shown = screening.next()
        assert shown
        chosen.append(shown.chosen)
        screening.decide(shown.record.id, truth(shown.record))  # type: ignore[arg-type]
        screening.wait()
    assert 0 < chosen.count("explore") < 8


def test_it_goes_on_where_it_was_left(begin: Begin, tmp_path: Path) -> None:
    screening = begin()
    read(screening, 5)
    screening.note("7", "look again")
    waiting = screening.next()
    screening.close()
    path = tmp_path / "sessions.sqlite"
    again = Screening.open(path, "one")
    assert again.next().record == waiting.record  # type: ignore[union-attr]
    assert again.criteria == screening.criteria
    assert again.show("7").note == "look again"
    assert again.progress().screened == 5
    again.close()
    Screening.create(path, "two", Intake((Record("a", "A"),)), Criteria()).close()
    later, listed = Screening.listing(path)
    assert (later.name, later.total) == ("two", 1), "the one last worked on first"
    assert (listed.name, listed.total, listed.screened) == ("one", 40, 5)


KILLED = """
import os, sys
from pathlib import Path
from retort.agent.triage.screening import Screening
from retort.agent.triage.store import Store
screening = Screening.open(Path(sys.argv[1]), "one")
while shown := screening.next():
    screening.decide(shown.record.id, "exclude")
    print(shown.record.id, flush=True)
"""


def test_a_kill_loses_no_decision_that_was_told(begin: Begin, tmp_path: Path) -> None:
    begin().close()
    path = tmp_path / "sessions.sqlite"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    told = [child.stdout.readline().strip() for _ in range(12)]
    os.kill(child.pid, signal.SIGKILL)
    told += child.stdout.read().split()
    child.wait()
    again = Screening.open(path, "one")
    kept = {shown.record.id for shown in again.decisions()}
    again.close()
    assert kept >= set(told)
    assert len(kept) <= len(told) + 1


def test_several_threads_decide_at_once(begin: Begin) -> None:
    screening = begin()
    threads = [
        threading.Thread(target=screening.decide, args=(str(number), "exclude"))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert screening.progress().excluded == 20
    assert screening.wait()


def test_what_cannot_be_written_was_not_decided(begin: Begin, tmp_path: Path) -> None:
    screening = begin()
    shown = screening.next()
    other = sqlite3.connect(tmp_path / "sessions.sqlite")
    other.execute("DROP TABLE triage_decision")
    other.commit()
    other.close()
    with pytest.raises(RetortError):
        screening.decide(shown.record.id, "include")  # type: ignore[union-attr]
    assert screening.progress().screened == 0


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0b"])
def test_bad_names(name: str, records: tuple[Record, ...], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no name"):
        Screening.create(tmp_path / "s.sqlite", name, Intake(records), Criteria())


def test_a_name_is_given_once_and_a_missing_one_names_those_there(
    begin: Begin, tmp_path: Path
) -> None:
    begin()
    with pytest.raises(UsageError, match="already"):
        begin()
    with pytest.raises(UsageError, match="There are: one"):
        Screening.open(tmp_path / "sessions.sqlite", "two")
    assert Screening.listing(tmp_path / "none.sqlite") == ()


def test_a_note_taken_away_stays_away(
    begin: Begin, records: tuple[Record, ...], tmp_path: Path
) -> None:
    came = Decision("0", "exclude", "import", 1.0, "noted before")
    screening = begin(Intake(records, (came,), identified=40))
    assert screening.show("0").note == "noted before"
    screening.note("0", "")
    again = Screening.open(tmp_path / "sessions.sqlite", "one")
    assert again.show("0").note == ""
    again.close()


def test_exclusions_are_counted_by_their_reason(begin: Begin) -> None:
    screening = begin(criteria=Criteria("triptans", exclude=("animals", "reviews")))
    for record_id, note in (("0", "reviews; of 2003"), ("1", "reviews"), ("2", "")):
        screening.decide(record_id, "exclude", note)
    assert screening.excluded_for() == {"reviews": 2, "no reason given": 1}
    screening.note("1", "animals")
    screening.decide("0", "include")
    assert screening.excluded_for() == {"animals": 1, "no reason given": 1}


def test_nothing_is_kept_for_a_screening_that_was_deleted_meanwhile(
    begin: Begin, records: tuple[Record, ...], tmp_path: Path
) -> None:
    screening = begin()
    read(screening, 2)
    Screening.remove(tmp_path / "sessions.sqlite", "one")
    assert not screening.is_kept
    for act in (
        lambda: screening.decide("4", "include"),
        lambda: screening.note("4", "late"),
        lambda: screening.show("4"),
        screening.undo,
        screening.rows,
    ):
        with pytest.raises(UsageError, match="not there any more"):
            act()
    other = begin(Intake(records, identified=40))
    assert other.progress().screened == 0 and other.show("4").note == ""
    assert other.is_kept and not screening.is_kept, "of the same name, and yet another one"


def test_points_of_the_curve_stay_until_every_second_one_is_dropped() -> None:
    curve = Curve(10_000)
    before: set[int] = set()
    for last in (100, 150, 500, 501, 1_000, 5_000):
        curve.read([True] * last)
        at = [read_so_far for read_so_far, _ in curve.points]
        assert curve.points[-1] == (last, last) and len(at) <= 201
        assert not before or {place for place in at if place <= max(before)} <= before
        before = set(at)


def test_contradicting_labels_teach_no_ranking(records: tuple[Record, ...]) -> None:
    both = [Decision("0", label, "import", 1.0) for label in ("exclude", "include")]
    others = [Decision("1", "exclude", "import", 1.0), Decision("4", "include", "import", 1.0)]
    taken = Intake(records, (*both, *others), (Conflict("0", ("exclude", "include")),), 40)
    rows = ranked.rank(taken, Criteria("migraine"))
    assert {row.ranking for row in rows} == {"labels-2"}
    assert next(row for row in rows if row.record.id == "0").decision is None
