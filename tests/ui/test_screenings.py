"""The screenings of a page server: names to propose, one that was deleted, a model that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import serve

from retort.agent.models import cancellation
from retort.agent.models.select import load_model
from retort.agent.settings import Settings
from retort.agent.triage.records import Criteria
from retort.agent.triage.screening import Screening
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import UsageError
from retort.ui.screenings import Screenings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my records.csv"
    path.write_text("title,abstract\nTriptans in migraine,Of adults.\nInsulin,Of others.\n")
    return path


def screenings(model: str) -> Screenings:
    settings = Settings.from_environment(model=model)
    loaded = load_model(settings, HashingEncoder)
    benches = SimpleNamespace(encoder=lambda: None)
    assistant: Any = SimpleNamespace(
        settings=settings, benches=benches, model=loaded.model, model_name=loaded.name
    )
    return Screenings(assistant)


@pytest.fixture
def assistant(tmp_path: Path) -> Any:
    settings = SimpleNamespace(sessions_path=tmp_path / "sessions.sqlite")
    benches = SimpleNamespace(encoder=HashingEncoder)
    return SimpleNamespace(settings=settings, benches=benches, model=None, model_name="embedded")


@pytest.fixture
def failing() -> Iterator[Screenings]:
    with serve(401) as server:
        opened = screenings(f"{server.url}#m")
        yield opened
        opened.close()


def test_a_model_that_fails_is_told_and_the_screening_goes_on(
    failing: Screenings, file: Path
) -> None:
    screening, _ = failing.create("one", [file], False, Criteria("migraine"))
    shown = screening.next()
    assert shown and failing.trouble(screening, shown.record) is None
    failing.judge_soon(screening, shown.record)
    until = time.monotonic() + 30
    while failing.is_judging and time.monotonic() < until:
        time.sleep(0.02)
    trouble = failing.trouble(screening, shown.record)
    assert trouble and trouble.what and "\n" not in f"{trouble.what} {trouble.why}"
    following = screening.decide(shown.record.id, "include")
    assert following and failing.trouble(screening, following.record) is None


def test_a_name_is_proposed_after_the_first_file_that_none_has(
    failing: Screenings, file: Path
) -> None:
    assert failing.proposed([]) == ""
    assert failing.proposed([file, file.parent]) == "my records"
    failing.create("my records", [file], False, Criteria())
    assert failing.proposed([file]) == "my records 2"


def test_a_screening_is_opened_once_and_anew_when_another_took_its_name(
    assistant: Any, file: Path, tmp_path: Path
) -> None:
    screenings = Screenings(assistant)
    first, came = screenings.create("one", [file], False, Criteria("migraine"))
    assert len(came.records) == 2
    assert screenings.open("one") is first

    Screening.remove(tmp_path / "sessions.sqlite", "one")
    with pytest.raises(UsageError, match="No screening"):
        screenings.open("one")
    second, _ = screenings.create("one", [file], False, Criteria("statins"))
    Screening.remove(tmp_path / "sessions.sqlite", "one")
    elsewhere, _ = Screenings(assistant).create("one", [file], False, Criteria("trial"))
    again = screenings.open("one")
    assert again is not second and again.criteria == elsewhere.criteria == Criteria("trial")
    elsewhere.close()
    screenings.close()


def test_closing_stops_the_model_and_keeps_no_verdict_that_it_cut_short(
    assistant: Any, file: Path, tmp_path: Path
) -> None:
    is_asked = threading.Event()

    class Slow:
        """A model that replies only when it is stopped."""

        def invoke(self, prompt: str) -> Any:
            is_asked.set()
            while not cancellation.is_cancelled():
                time.sleep(0.01)
            return SimpleNamespace(text='MET\n"migraine"')

    assistant.model, assistant.model_name = Slow(), "hf:slow"
    screenings = Screenings(assistant)
    screening, came = screenings.create("one", [file], False, Criteria(include=("migraine",)))
    assert screenings.judge_soon(screening, came.records[0])
    assert is_asked.wait(30) and screenings.is_judging
    screenings.close()
    assert not screenings.is_judging
    again = Screening.open(tmp_path / "sessions.sqlite", "one")
    assert not any(reason.verdict for reason in again.reasons(came.records[0]))
    again.close()


def test_a_model_that_breaks_costs_the_verdict_only(
    assistant: Any, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("not foreseen")

    assistant.model_name = "hf:broken"
    screenings = Screenings(assistant)
    screening, came = screenings.create("one", [file], False, Criteria(include=("migraine",)))
    monkeypatch.setattr(screening, "judge", broken)
    screenings.judge_soon(screening, came.records[0])
    screenings.close()
    assert "no verdict on" in caplog.text and "not foreseen" in caplog.text
