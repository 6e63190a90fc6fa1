"""Processes: a killed one costs no answer, a deadly question only itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from askers import STAMP, deadly, dying, unopened

from retort.agent.batch.processes import Processes
from retort.agent.batch.records import Item
from retort.agent.batch.running import run
from retort.agent.batch.writing import Answers
from retort.retrieval.errors import RetortError


def stamp(item: Item) -> object:
    return STAMP


def test_a_killed_process_is_replaced_and_a_deadly_question_fails_alone(tmp_path: Path) -> None:
    (marks := tmp_path / "marks").mkdir()
    items = [Item("slow", "slow"), Item("once", "deadly once"), Item("twice", "deadly")]
    items += [Item(f"{n}", f"question {n}") for n in range(6)]
    out = tmp_path / "a.jsonl"
    with (
        Processes(partial(deadly, marks), 2, stamp) as asker,
        Answers.open(out) as answers,
    ):
        state = run(asker, items, answers, 2)
        found = {item.id: answers.line(item.id) for item in items}
    assert (state.done, state.failed) == (9, 1)
    assert [name for name, line in found.items() if line["status"] == "failed"] == ["twice"]
    assert found["once"]["answer"] == str(len("deadly once"))
    error = found["twice"]["error"]
    assert "SIGKILL" in error["why"] and "--retry-failed" in error["next"]
    assert found["twice"]["model"] == STAMP.model


def test_processes_are_others_and_serve_many_questions(tmp_path: Path) -> None:
    import os

    with Processes(partial(deadly, tmp_path), 1, stamp) as asker:
        told = {asker.ask(Item(str(n), "whose"))["answer"] for n in range(3)}
    assert len(told) == 1 and told != {f"process {os.getpid()}"}


def test_a_process_that_cannot_open_ends_the_run_with_its_reason() -> None:
    with Processes(unopened, 1, stamp) as asker, pytest.raises(RetortError, match="No model"):
        asker.ask(Item("1", "q"))
    with Processes(dying, 1, stamp) as asker, pytest.raises(RetortError, match="could not start"):
        asker.ask(Item("1", "q"))
