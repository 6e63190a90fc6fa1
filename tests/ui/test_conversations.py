"""Conversations of a page server: they run on their own, are found again, and stop when told."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_script import Benches, passage, play
from scripted import Scripted

from retort.agent.assistant import Assistant
from retort.agent.records import (
    Advised,
    Answer,
    Event,
    Finished,
    Planned,
    Revising,
    TextDelta,
    ToolStarted,
)
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError, UsageError
from retort.ui.conversations import Conversations, Turn


def make(home: Path, step: Callable[..., Any] = play) -> Conversations:
    assistant = Assistant(
        Settings(home=home),
        Scripted(steps=[step]),
        "m",
        Benches(),
        Sessions(home / "s.sqlite"),
        is_planner=True,
    )
    return Conversations(assistant, lambda smiles, **_: "<svg></svg>")


def finish(conversations: Conversations, name: str) -> list[dict[str, str]]:
    version, done = -1, False
    while (turn := conversations.turn(name)) and not done:
        version, done = turn.wait(version, 5)
    return [item.message for item in conversations.shown(name)]


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


def held(gate: threading.Event) -> Callable[..., str]:
    def step(messages: Any) -> str:
        assert gate.wait(10)
        return "Erlotinib was tested."

    return step


def test_a_question_becomes_messages(home: Path) -> None:
    conversations = make(home)
    conversations.start("a", "Which CYP2C9 variants lower the warfarin dose?")
    question, step, answer = finish(conversations, "a")
    assert question["role"] == "user" and "warfarin dose?" in question["content"]
    assert "Literature: 3 passages from 2 papers" in step["content"]
    assert "- CYP2C9 genotype and warfarin dose" in step["content"]
    assert "<mark>RESULTS" in answer["content"] or "<mark>" in answer["content"]
    assert "Sources (2)" in answer["content"] and "not cited (1)" in answer["content"]


def test_parallel_tools_have_a_line_each(home: Path) -> None:
    conversations = make(home)
    conversations.start("a", "osimertinib")
    _, plan, *steps, answer = finish(conversations, "a")
    assert "Plan (2 steps)" in plan["content"]
    assert len(steps) == 2 and all('<details class="step">' in s["content"] for s in steps)
    assert "<svg></svg>" in answer["content"]


def test_a_second_question_waits_until_the_first_is_answered(
    home: Path, gate: threading.Event
) -> None:
    conversations = make(home, held(gate))
    conversations.start("a", "one")
    with pytest.raises(UsageError, match="still being written"):
        conversations.start("a", "two")
    conversations.start("b", "another conversation may run meanwhile")
    gate.set()
    assert len(finish(conversations, "a")) == 2
    conversations.start("a", "two")
    assert len(finish(conversations, "a")) == 4


@pytest.mark.parametrize("question", ["", "  \n", "x" * 50_000])
def test_bad_questions_begin_nothing(home: Path, question: str) -> None:
    conversations = make(home)
    with pytest.raises(UsageError):
        conversations.start("a", question)
    assert conversations.turn("a") is None and conversations.listing() == []


def test_a_running_question_can_be_looked_at_again(home: Path, gate: threading.Event) -> None:
    conversations = make(home, held(gate))
    conversations.start("a", "What <b>now?")
    messages = [item.message["content"] for item in conversations.shown("a")]
    assert "What &lt;b&gt;now?" in messages[0] and "Reading the question" in messages[1]
    (listed,) = conversations.listing()
    assert (listed.name, listed.title, listed.updated) == ("a", "What <b>now?", None)
    gate.set()
    finish(conversations, "a")
    (listed,) = conversations.listing()
    assert listed.updated is not None and time.time() - listed.updated < 60


def test_stop_is_seen_at_once_and_the_answer_is_kept(home: Path, gate: threading.Event) -> None:
    conversations = make(home, held(gate))
    conversations.start("a", "slow")
    conversations.stop("a")
    assert "Stopping" in conversations.shown("a")[-1].message["content"]
    gate.set()
    assert "stopped, incomplete" in finish(conversations, "a")[-1]["content"]
    conversations.stop("a")  # nothing runs: nothing happens


def test_closing_stops_what_runs_and_keeps_it(home: Path) -> None:
    def step(messages: Any) -> str:
        return "word " * 2000

    conversations = make(home, step)
    conversations.start("a", "slow")
    conversations.close()
    (saved,) = Sessions(home / "s.sqlite").answers("a")
    assert saved["status"] in ("stopped", "answered")


def test_conversations_are_found_again_after_a_restart(home: Path) -> None:
    before = make(home)
    before.start("a", "EGFR")
    shown = finish(before, "a")
    before.start("b", "France")
    finish(before, "b")
    after = make(home)
    assert [item.name for item in after.listing()] == ["b", "a"]
    assert [item.title for item in after.listing()] == ["France", "EGFR"]
    question, step, answer = [item.message for item in after.shown("a")]
    assert question == shown[0] and answer["content"] == shown[2]["content"]
    assert "Looking up measured activities: EGFR" in step["content"]


def test_thumbs_are_kept_with_the_answer(home: Path) -> None:
    conversations = make(home)
    conversations.start("a", "EGFR")
    finish(conversations, "a")
    answer_id = conversations.shown("a")[-1].answer_id
    conversations.rate(answer_id, True)
    assert make(home).ratings("a") == {answer_id: True}
    conversations.rate(answer_id, False)
    assert conversations.ratings("a") == {answer_id: False} and conversations.ratings("b") == {}
    conversations.rate(answer_id, None)
    assert conversations.ratings("a") == {}


def test_an_answer_that_cannot_be_kept_is_still_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    conversations = make(home)
    monkeypatch.setattr(Sessions, "save", full)
    conversations.start("a", "France")
    question, error = finish(conversations, "a")
    assert "France" in question["content"] and "disk is full" in error["content"]


def test_surroundings_that_do_not_fit_the_quote_are_not_shown(home: Path) -> None:
    conversations = make(home)
    quote = passage("PMID:1", "RESULTS", "*1/*3.")
    assert conversations.surroundings(quote) is not None
    assert conversations.surroundings(replace(quote, start=0)) is None
    assert conversations.surroundings(replace(quote, record={"paper_id": "PMID:9"})) is None


def test_a_library_that_cannot_be_opened_does_not_hide_the_answer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Any) -> None:
        raise RetortError("No library.", "It was removed.", "retort library status")

    monkeypatch.setattr(Benches, "library", gone)
    conversations = make(home)
    conversations.start("a", "warfarin")
    assert "no longer in the library" in finish(conversations, "a")[-1]["content"]


def test_advice_a_plan_and_a_correction_are_shown_while_they_last(home: Path) -> None:
    reached = threading.Event()
    go_on = threading.Event()

    def events() -> Iterator[Event]:
        yield Advised("Call the poison centre first.")
        yield Planned(("Looking up EGFR", "Searching the literature"))
        yield ToolStarted("t1", "find_target", {}, "Looking up EGFR")
        yield TextDelta("33 nM [1].")
        yield Revising("Checking and correcting: 1 fault found")
        reached.set()
        assert go_on.wait(10)
        yield Finished(Answer("a1", "q", "answered", "34 nM [1]."))

    turn = Turn("q", events(), threading.Event())
    running = threading.Thread(target=turn.run, args=(lambda answer: answer.answer,))
    running.start()
    assert reached.wait(10)
    while_running = [each.message["content"] for each in turn.shown()]
    go_on.set()
    running.join(10)
    assert "poison centre" in while_running[1]
    assert "Plan (2 steps)" in while_running[2] and "<li>Looking up EGFR</li>" in while_running[2]
    assert "33 nM" in while_running[4] and "Checking and correcting" in while_running[5]
    done = [each.message["content"] for each in turn.shown()]
    assert done[3:] == ["34 nM [1]."] and "Plan (2 steps)" in done[1]
