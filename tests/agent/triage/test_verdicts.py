"""Verdicts of a model: each asked for once, kept at once, found again; what may stop them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import BaseMessage
from scripted import Scripted

from retort.agent.triage import export
from retort.agent.triage.intake import Intake, from_files
from retort.agent.triage.judging import LONGEST_RECORD, ChatJudge
from retort.agent.triage.records import Criteria, Record, Shown
from retort.agent.triage.screening import Screening
from retort.agent.triage.store import Store
from retort.agent.triage.verdicts import Judged, Verdicts, beside, judge_all
from retort.retrieval.errors import OutageError, RetortError

CRITERIA = Criteria(include=("migraine",), exclude=("children",))
RECORDS = tuple(
    Record(str(n), f"Trial {n} in migraine", f"Some children of group {n} took part.")
    for n in range(6)
)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "sessions.sqlite")
    yield store
    store.close()


def says(messages: list[BaseMessage]) -> str:
    asked = messages[0].text.partition("Record:")
    return 'MET\n"in migraine"' if "migraine" in asked[0] else 'MET\n"words that it lacks"'


def judge_of(*steps: object, name: str = "m") -> tuple[ChatJudge, Scripted]:
    model = Scripted(steps=list(steps or (says,)))
    return ChatJudge(model, name), model


def go(
    kept: Store,
    judge: ChatJudge,
    stop: threading.Event | None = None,
    after: Callable[[int, int, str], None] = lambda done, total, note: None,
) -> Judged:
    return judge_all(Verdicts(kept, CRITERIA), RECORDS, judge, 2, stop or threading.Event(), after)


def test_a_long_record_is_shown_as_far_as_a_model_can_read() -> None:
    judge, model = judge_of()
    judge.judge(Record("1", "", "migraine " * LONGEST_RECORD), Criteria(include=("migraine",)))
    (messages,) = model.seen
    assert len(messages[0].text) < LONGEST_RECORD + 2_000


def test_each_record_is_judged_once_and_a_quote_it_lacks_is_dropped(kept: Store) -> None:
    judge, model = judge_of()
    assert go(kept, judge) == Judged(asked=6, before=0, failed=0, left=0)
    assert len(model.seen) == 12
    assert go(kept, judge) == Judged(asked=0, before=6, failed=0, left=0)
    assert len(model.seen) == 12
    (met,) = Verdicts(kept, CRITERIA).of(RECORDS[2])
    assert (met.verdict, met.criterion, met.quote) == ("met", "migraine", "in migraine")


def test_other_words_criteria_or_models_are_other_questions(kept: Store) -> None:
    judge, _ = judge_of()
    go(kept, judge)
    same, other = Verdicts(kept, CRITERIA), Verdicts(kept, Criteria("migraine"))
    assert same.has(replace(RECORDS[0], id="another id"), judge)
    assert not same.has(replace(RECORDS[0], abstract="Revised."), judge)
    assert not other.has(RECORDS[0], judge) and other.of(RECORDS[0]) == ()
    second, _ = judge_of("I cannot say.", name="n")
    assert not same.has(RECORDS[0], second)
    same.ask(RECORDS[0], second)
    assert same.has(RECORDS[0], second)
    assert [reason.text for reason in same.of(RECORDS[0])] == ["m: met (criterion: migraine)"]


def test_a_server_that_is_gone_is_not_asked_on(kept: Store) -> None:
    def gone(messages: list[BaseMessage]) -> str:
        raise OutageError("Gone.", "why", "next")

    judge, model = judge_of(says, says, gone)
    done = go(kept, judge)
    assert done.error and done.error.what == "Gone."
    assert 1 <= done.failed <= 2 and len(model.seen) <= 5
    assert done.asked + done.failed + done.left == 6 and done.left >= 3
    again, _ = judge_of()
    assert go(kept, again) == Judged(6 - done.asked, done.asked, 0, 0)


def test_one_record_that_fails_leaves_the_others(kept: Store) -> None:
    def picky(messages: list[BaseMessage]) -> str:
        if "Trial 3 " in messages[0].text:
            raise ValueError("too long")
        return says(messages)

    done = go(kept, judge_of(picky)[0])
    assert (done.asked, done.failed, done.left) == (5, 1, 0)
    assert isinstance(done.error, RetortError) and "too long" in done.error.why
    assert done.as_dict()["error"]["next"] == "retort doctor"


def test_a_stop_keeps_what_is_judged_and_nothing_half_judged(kept: Store) -> None:
    stop = threading.Event()

    def stopping(messages: list[BaseMessage]) -> str:
        if "Trial 3 " in messages[0].text:
            stop.set()
        return says(messages)

    done = go(kept, judge_of(stopping)[0], stop)
    assert done.asked < 6 and done.left == 6 - done.asked and not done.failed
    judge, _ = judge_of()
    assert not Verdicts(kept, CRITERIA).has(RECORDS[3], judge)
    assert go(kept, judge).asked == done.left


def test_a_screening_shows_what_was_judged_elsewhere(tmp_path: Path, kept: Store) -> None:
    go(kept, judge_of()[0])
    path = tmp_path / "sessions.sqlite"
    failing, _ = judge_of(lambda _: 1 / 0)
    screening = Screening.create(path, "one", Intake(RECORDS), CRITERIA, judge=failing)
    met, possible = screening.reasons(RECORDS[0])
    assert (met.verdict, possible.verdict) == ("met", "")
    assert possible.quote == "Some children of group 0 took part." and possible.is_exclusion
    other = replace(RECORDS[0], title="Of migraine")
    with pytest.raises(RetortError, match="gave no verdict"):
        screening.judge(other)
    screening.close()


def test_exports_hold_verdicts_and_possible_exclusions_and_are_read_again(
    tmp_path: Path, kept: Store
) -> None:
    go(kept, judge_of('MET\n"Retort_include in migraine"')[0])
    odd = replace(RECORDS[0], title="Retort_include in migraine")
    verdicts = Verdicts(kept, CRITERIA)
    verdicts.ask(odd, judge_of('MET\n"Retort_include in migraine"', 'UNCLEAR\n"children"')[0])
    rows = [Shown(odd, 1, 0.5, "criteria", "certain"), Shown(RECORDS[1], 2, 0.4, "x", "certain")]
    rows = beside(rows, CRITERIA, verdicts)
    table = export.csv(rows).splitlines()
    assert '"m: met (criterion: migraine) ""Retort_include in migraine"" | m: unclear' in table[1]
    assert 'children: ""Some children of group 1 took part.""' in table[2]
    assert "children: " not in table[1].replace("excluded: children", "")
    (tmp_path / "out.ris").write_text(export.ris(rows))
    again = from_files([tmp_path / "out.ris"])
    assert again.decisions == () and "Retort_" not in again.records[0].metadata.get("notes", "")
