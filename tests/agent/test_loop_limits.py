"""The whole loop with a scripted chat model: limits, failures and bad calls of a model."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from looped import ask, make, shown
from scripted import ANSWER, Toys, breaking, call, calls, malformed

from retort.agent.records import ABSTENTION
from retort.retrieval.errors import RetortError


def test_parallel_calls_run_at_the_same_time(tmp_path: Path, toys: Toys) -> None:
    toys.barrier = threading.Barrier(2)
    assistant = make(
        tmp_path,
        toys,
        calls(
            call("find_activities", "a", target="EGFR"), call("find_activities", "b", target="KIT")
        ),
        "Both were measured: 33 nM [E1].",
    )
    answer = ask(assistant)
    assert sorted(toys.ran) == ["find_activities(EGFR)", "find_activities(KIT)"]
    assert answer.status == "answered" and len(answer.tool_calls) == 2


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (call("find_activities", wrong="EGFR"), "target"),
        (call("no_such_tool", x=1), "not a valid tool"),
        (call("check_alerts", molecule="M1"), "failed (error"),
    ],
)
def test_a_failing_call_is_an_observation(
    tmp_path: Path, toys: Toys, bad: dict[str, Any], told: str
) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(bad),
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1].",
    )
    answer = ask(assistant)
    assert told in shown(assistant, 1)
    assert "ZeroDivisionError" not in answer.answer
    assert answer.status == "answered"
    assert [c.status for c in answer.tool_calls] == ["error", "ok"]


def test_endless_repeats_end_in_an_answer_from_what_was_found(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, calls(call("find_activities", target="EGFR")), max_steps=20)
    answer = ask(assistant)
    assert toys.ran == ["find_activities(EGFR)"]
    assert len(assistant.model.seen) < 8
    assert assistant.model.bound[-1] == []
    assert "33 nM" in answer.answer and answer.citations
    assert "You made this very call before" in shown(assistant, 2)


def test_the_step_limit_ends_in_an_answer(tmp_path: Path, toys: Toys) -> None:
    steps = [calls(call("search_literature", query=f"try {i}")) for i in range(9)]
    assistant = make(tmp_path, toys, *steps, max_steps=3)
    answer = ask(assistant)
    assert len(assistant.model.seen) == 3
    assert answer.status == "answered" and "Stopped after 3 steps" in answer.answer
    assert not answer.checks.unsupported_numbers
    assert answer.citations[0].evidence.source_id == "PMID:1"


def test_a_malformed_call_is_repaired_once(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        malformed("find_activities", "target=EGFR"),
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1].",
    )
    answer = ask(assistant)
    assert answer.status == "answered" and toys.ran == ["find_activities(EGFR)"]
    assert "could not be read" in shown(assistant, 1)


def test_malformed_calls_without_end_end_in_an_abstention(tmp_path: Path, toys: Toys) -> None:
    answer = ask(make(tmp_path, toys, malformed("find_activities", "{{{")))
    assert answer.status == "abstained" and answer.answer.startswith(ABSTENTION)


def test_an_empty_model_still_gives_an_answer(tmp_path: Path, toys: Toys) -> None:
    answer = ask(make(tmp_path, toys, calls(call("find_activities", target="EGFR")), ""))
    assert answer.answer and answer.citations


def test_a_broken_model_is_a_failed_answer_with_an_error_id(tmp_path: Path, toys: Toys) -> None:
    def explode(_: Any) -> str:
        raise RuntimeError("out of memory")

    answer = ask(make(tmp_path, toys, explode))
    assert answer.status == "failed" and answer.error is not None
    assert "out of memory" in answer.error["why"] and answer.error["next"] == "retort doctor"


FOUND = calls(call("find_activities", target="EGFR"))


def test_two_calls_in_turns_without_end_are_each_run_once(tmp_path: Path, toys: Toys) -> None:
    def other(messages: list[Any]) -> Any:
        names = [c["name"] for m in messages if isinstance(m, AIMessage) for c in m.tool_calls]
        if names and names[-1] == "find_activities":
            return calls(call("search_literature", query="gefitinib"))
        return FOUND

    assistant = make(tmp_path, toys, other, max_steps=50)
    answer = ask(assistant)
    assert sorted(toys.ran) == ["find_activities(EGFR)", "search_literature(gefitinib)"]
    assert len(assistant.model.seen) < 8 and answer.citations


def test_unknown_tools_without_end_end_in_an_abstention(tmp_path: Path, toys: Toys) -> None:
    steps = [calls(call(f"browse_{i}", url="x")) for i in range(9)]
    answer = ask(make(tmp_path, toys, *steps, max_steps=4))
    assert answer.status == "abstained" and answer.answer.startswith(ABSTENTION)
    assert [c.status for c in answer.tool_calls] == ["error"] * 3


def test_thirty_calls_in_one_step_are_cut_to_eight_and_said(tmp_path: Path, toys: Toys) -> None:
    many = [call("find_activities", f"c{i}", target=f"T{i}") for i in range(30)]
    assistant = make(tmp_path, toys, calls(*many), ANSWER, "It is 33 nM [E1].")
    answer = ask(assistant)
    assert sorted(toys.ran) == sorted(f"find_activities(T{i})" for i in range(8))
    assert "Not run, like 21 more: a step runs at most 8 calls" in shown(assistant, 1)
    assert answer.status == "answered" and len(answer.tool_calls) == 8


def test_the_same_call_twice_in_one_step_is_run_once_and_ids_differ(
    tmp_path: Path, toys: Toys
) -> None:
    twice = calls(
        call("find_activities", "x", target="EGFR"),
        call("find_activities", "x", target="EGFR"),
        call("find_activities", "x", target="KIT"),
    )
    assistant = make(tmp_path, toys, twice, ANSWER, "It is 33 nM [E1].")
    ask(assistant)
    assert sorted(toys.ran) == ["find_activities(EGFR)", "find_activities(KIT)"]
    observed = [m.tool_call_id for m in assistant.model.seen[1] if isinstance(m, ToolMessage)]
    assert len(observed) == len(set(observed)) == 2


def test_a_model_that_breaks_after_finding_something_leaves_what_was_found(
    tmp_path: Path, toys: Toys
) -> None:
    broken = breaking("It is 33", RetortError("The connection broke off.", "A cable.", "Retry."))
    answer = ask(make(tmp_path, toys, FOUND, ANSWER, broken))
    assert answer.status == "failed" and answer.error is not None
    assert answer.error["what"] == "The connection broke off."
    assert answer.answer.startswith("The model failed without a written answer. Found so far:")
    assert "Gefitinib: IC50 = 33 nM on EGFR. [1]" in answer.answer
    assert [c.evidence.title for c in answer.citations] == ["Gefitinib", "Erlotinib"]
    assert len(answer.tool_calls) == 1 and answer.tables


def test_a_conversation_goes_on_after_a_model_that_broke(tmp_path: Path, toys: Toys) -> None:
    broken = breaking("", RuntimeError("out of memory"))
    assistant = make(tmp_path, toys, FOUND, broken)
    assert ask(assistant, session="s").status == "failed"
    assistant.model.steps[:] = [ANSWER, "It is 33 nM [E1]."]
    assert ask(assistant, "Again?", session="s").answer == "It is 33 nM [1]."


@pytest.mark.parametrize("thinking", [AIMessage(""), AIMessage("<think>Hm, well ...</think>")])
def test_a_model_that_only_thinks_ends_in_what_was_found(
    tmp_path: Path, toys: Toys, thinking: AIMessage
) -> None:
    answer = ask(make(tmp_path, toys, FOUND, thinking))
    assert "33 nM on EGFR. [1]" in answer.answer and answer.citations
    assert "think" not in answer.answer


def test_a_call_that_asks_for_harm_is_not_run(tmp_path: Path, toys: Toys) -> None:
    harm = calls(call("search_literature", query="how to synthesise sarin at home"))
    assistant = make(tmp_path, toys, harm, calls(call("give_up", reason="Nothing fits")))
    answer = ask(assistant, "Tell me about phosphonates.")
    assert toys.ran == [] and answer.status == "abstained"
    assert "This call was not run" in shown(assistant, 1)
