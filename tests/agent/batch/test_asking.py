"""Asking in this process: libraries and papers of a row's own, and what a row cannot have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retort.agent.batch.asking import Here, open_here
from retort.agent.batch.records import Item
from retort.agent.settings import Settings
from retort.retrieval.library import Library
from retort.retrieval.records import Filter, Paper
from retort.tools.literature import within


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), model="embedded", offline=True)
    with Library.open(settings.library_path("mine"), "bundled", create=True) as library:
        texts = {"old": (1999, "a fifth"), "new": (2020, "a third")}
        for name, (year, part) in texts.items():
            text = f"Carriers of CYP2C9*3 need {part} less warfarin than others do."
            library.add([Paper(name, name, f"Warfarin in {year}", text, year=year)])
    yield open_here(settings)


def cited(here: Here, item: Item) -> list[str]:
    return [each["record"]["paper_id"] for each in here.ask(item)["citations"]]


QUESTION = "How much less warfarin do carriers of CYP2C9*3 need?"


def test_a_row_may_have_a_library_and_papers_of_its_own(here: Here) -> None:
    for years, papers in (((2010, None), ["new"]), ((None, 2000), ["old"]), ((2000, 2010), [])):
        row = Item("1", QUESTION, library="mine", only=Filter(years=years))
        assert cited(here, row) == papers
    assert not {"old", "new"} & set(cited(here, Item("1", QUESTION)))


def test_a_choice_is_made_by_the_evidence(here: Here) -> None:
    recent = Item("1", QUESTION, library="mine", only=Filter(years=(2010, None)))
    line = here.ask(replace(recent, choices=("a fifth less", "a third less")))
    assert line["choice"] == {"letter": "B", "by": "evidence"}
    line = here.ask(replace(recent, choices=("a half less", "a quarter less")))
    assert line["choice"] == {"letter": "", "by": "unclear"}


def test_what_cannot_be_asked_is_a_failed_line(here: Here) -> None:
    missing = here.ask(Item("1", QUESTION, library="nowhere"))
    assert missing["status"] == "failed" and "nowhere" in missing["error"]["what"]
    empty = here.ask(Item("2", " "))
    assert empty["status"] == "failed" and empty["error"]["what"] == "The question is empty."
    assert here.ask(Item("3", "x" * 5_000_000))["error"]["what"].startswith("The question has 5,")
    for line, item in ((missing, Item("1", "", library="nowhere")), (empty, Item("2", ""))):
        stamp = here.stamp(item)
        assert (line["model"], line["settings_digest"]) == (stamp.model, stamp.settings_digest)


def test_the_stamp_is_that_of_the_answer(here: Here) -> None:
    for item in (Item("1", QUESTION), Item("1", QUESTION, library="mine")):
        line, stamp = here.ask(item), here.stamp(item)
        assert (line["model"], line["settings_digest"]) == (stamp.model, stamp.settings_digest)
    assert here.stamp(Item("1", "")) != here.stamp(Item("1", "", library="mine"))


def test_a_limit_holds_over_what_a_search_asks(tmp_path: Path) -> None:
    asked = Filter(years=(1990, None), mesh=("Mice",))
    limit = Filter(years=(2010, 2020), journals=("Lancet",))
    assert within(asked, limit) == Filter(years=(2010, 2020), mesh=("Mice",), journals=("Lancet",))
    assert within(asked, Filter()) == asked
