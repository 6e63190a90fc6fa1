"""What a model does instead of calling a tool: it answers, asks back, gives up; and the plan."""

from __future__ import annotations

from pathlib import Path

import pytest
from looped import ask, make, shown
from scripted import ANSWER, Toys, call, calls

from retort.agent.records import ABSTENTION, Answer, Planned, ToolStarted

FOUND = calls(call("find_activities", target="EGFR"))


def test_steps_must_be_calls_and_the_writer_has_none(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, FOUND, ANSWER, "It is 33 nM [E1].")
    answer = ask(assistant)
    assert answer.answer == "It is 33 nM [1]." and answer.status == "answered"
    assert assistant.model.choices == ["required", "required", None]
    assert {"answer", "ask_user", "give_up"} < set(assistant.model.bound[0])
    assert assistant.model.bound[-1] == []


def test_an_action_beside_calls_waits_for_their_results(tmp_path: Path, toys: Toys) -> None:
    both = calls(call("find_activities", "a", target="EGFR"), call("answer", "b"))
    answer = ask(make(tmp_path, toys, both, ANSWER, "It is 33 nM [E1]."))
    assert toys.ran == ["find_activities(EGFR)"] and answer.answer == "It is 33 nM [1]."


def test_a_question_back_ends_the_turn_and_the_next_message_goes_on(
    tmp_path: Path, toys: Toys
) -> None:
    asked = "Which assay: binding or cellular?"
    assistant = make(tmp_path, toys, calls(call("ask_user", question=asked)))
    answer = ask(assistant, session="s")
    assert (answer.status, answer.answer, answer.clarification) == ("abstained", asked, True)
    assert Answer.from_dict(answer.as_dict()).clarification
    assert answer.checks.uncited_sentences == ()
    assistant.model.steps[:] = [FOUND, ANSWER, "Binding: 33 nM [E1]."]
    later = ask(assistant, "Binding", session="s")
    assert later.answer == "Binding: 33 nM [1]." and not later.clarification
    assert asked in shown(assistant, 1)  # the step knows what was asked back
    writer = shown(assistant, 3)
    assert "How potent is gefitinib on EGFR?" in writer and asked in writer


def test_giving_up_says_what_was_searched(tmp_path: Path, toys: Toys) -> None:
    gone = calls(call("give_up", reason="No affinity for KIT is recorded"))
    answer = ask(make(tmp_path, toys, FOUND, gone))
    assert answer.status == "abstained" and not answer.citations and len(answer.unused) == 2
    assert answer.answer.startswith(f"{ABSTENTION}: No affinity for KIT is recorded. Searched: ")
    assert "ChEMBL: 2 activities for EGFR" in answer.answer


def test_a_reason_with_numbers_of_its_own_is_left_out(tmp_path: Path, toys: Toys) -> None:
    gone = calls(call("give_up", reason="It is about 17.5 nM as everybody knows"))
    answer = ask(make(tmp_path, toys, FOUND, gone))
    assert "17.5" not in answer.answer and answer.answer.startswith(f"{ABSTENTION}. Searched: ")


@pytest.mark.parametrize(
    "early", [ANSWER, calls(call("give_up", reason="No idea")), "33 nM, I say."]
)
def test_who_ends_before_searching_is_told_so_once(
    tmp_path: Path, toys: Toys, early: object
) -> None:
    assistant = make(tmp_path, toys, early, FOUND, ANSWER, "It is 33 nM [E1].")
    assert ask(assistant).answer == "It is 33 nM [1]."
    assert "Nothing was looked up yet" in shown(assistant, 1)
    assert "Nothing was looked up yet" not in shown(assistant, 2)


def test_who_ends_twice_before_searching_abstains(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, ANSWER)
    answer = ask(assistant)
    assert answer.status == "abstained" and len(assistant.model.seen) == 2


def test_a_greeting_is_greeted(tmp_path: Path, toys: Toys) -> None:
    answer = ask(make(tmp_path, toys, "Hello!"), "Hello")
    assert (answer.status, answer.answer) == ("answered", "Hello!")


def test_a_plan_of_several_calls_is_told_before_they_start(tmp_path: Path, toys: Toys) -> None:
    both = calls(
        call("find_activities", "a", target="EGFR"), call("search_literature", "b", query="T790M")
    )
    assistant = make(tmp_path, toys, both, FOUND, ANSWER, "It is 33 nM [E1].")
    events = list(assistant.ask("How potent, and what of T790M?"))
    assert events[0] == Planned(
        (
            "Looking up measured activities: EGFR",
            "Searching the literature for “T790M”",
        )
    )
    assert isinstance(events[1], ToolStarted)
    assert sum(isinstance(event, Planned) for event in events) == 1


def test_one_short_call_needs_no_plan(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, FOUND, ANSWER, "It is 33 nM [E1].")
    assert not any(isinstance(event, Planned) for event in assistant.ask("How potent?"))
