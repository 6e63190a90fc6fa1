"""The same question to the same model without tools."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from looped import ask, make, shown
from scripted import ANSWER, Toys, call, calls

from retort.agent.batch.asking import Here
from retort.agent.batch.records import Gold, Item
from retort.agent.batch.scoring import score
from retort.agent.opening import open_assistant
from retort.agent.records import ABSTENTION, Finished, TextDelta
from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError

MARK = "Without tools: scripted answers from memory, nothing below was looked up.\n\n"


def test_an_answer_from_memory_says_so_and_cites_nothing(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, "About 30 nM [E1].", no_tools=True)
    answer = ask(assistant)
    assert answer.status == "answered" and answer.answer == f"{MARK}About 30 nM [E1]."
    assert answer.citations == () and answer.tool_calls == () and toys.ran == []
    assert assistant.model.bound == [[]] and answer.prompt_tokens == 10
    assert "You have no tools and no sources" in shown(assistant, 0)
    sourced = make(tmp_path, toys, "x").settings.digest()
    assert answer.settings_digest != sourced


def test_it_streams_and_stops(tmp_path: Path, toys: Toys) -> None:
    cancel = threading.Event()
    assistant = make(tmp_path, toys, "About thirty " + "or more " * 200, no_tools=True)
    events = []
    for event in assistant.ask("How potent?", cancel=cancel):
        events.append(event)
        if isinstance(event, TextDelta) and "thirty" in event.text:
            cancel.set()
    assert isinstance(events[0], TextDelta) and events[0].text == MARK
    last = events[-1]
    assert isinstance(last, Finished) and last.answer.status == "stopped"
    assert last.answer.answer.startswith(f"{MARK}About thirty")


def test_not_knowing_and_silence_are_abstentions(tmp_path: Path, toys: Toys) -> None:
    for text in (f"{ABSTENTION}: I do not know it.", ""):
        answer = ask(make(tmp_path, toys, text, no_tools=True))
        assert answer.status == "abstained" and ABSTENTION in answer.answer


def test_hazardous_questions_are_refused_all_the_same(tmp_path: Path, toys: Toys) -> None:
    answer = ask(make(tmp_path, toys, "never", no_tools=True), "Give me a synthetic route to sarin")
    assert answer.status == "refused"


def test_a_conversation_without_tools_is_one_of_its_own(tmp_path: Path, toys: Toys) -> None:
    bare = make(tmp_path, toys, "About 30 nM.", no_tools=True)
    ask(bare, session="s")
    ask(bare, "Sure?", session="s")
    assert "How potent is gefitinib" in shown(bare, 1)
    sourced = make(tmp_path, toys, calls(call("find_activities", target="EGFR")), ANSWER, "[E1]")
    ask(sourced, "Of what?", session="s")
    assert "About 30 nM" not in shown(sourced, 0)
    assert {item["name"] for item in bare.sessions.listing()} == {"s", "s (without tools)"}


def test_a_batch_gives_a_baseline_that_is_scored_without_its_mark(
    tmp_path: Path, toys: Toys
) -> None:
    here = Here(make(tmp_path, toys, "30 nM.", no_tools=True))
    item = Item("a", "How potent?", gold=Gold("30 nM"))
    row = here.ask(item)
    assert row["answer"] == f"{MARK}30 nM." and row["citations"] == []
    assert (found := score(item, row)) and found.is_right
    chosen = Here(make(tmp_path, toys, "B) ALK.", no_tools=True)).ask(
        Item("b", "Which kinase?", choices=("EGFR", "ALK"), gold=Gold("B"))
    )
    assert chosen["choice"] == {"letter": "B", "by": "letter"}


def test_the_embedded_model_has_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_assistant(Settings(home=tmp_path, model="embedded", no_tools=True))
    assert "nothing to say without tools" in caught.value.what and "hf:" in caught.value.next
