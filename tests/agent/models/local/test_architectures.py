"""Three architectures from their folder to an answer: ``hf:PATH``, the settings, the whole loop.

The models are random, so what they write is rubbish. It must never be shown as an answer that rests
on something, and never end in a traceback.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_models import FAMILIES, make_chat_model
from looped import ToyBenches
from scripted import Toys

from retort.agent.assistant import Assistant
from retort.agent.models.select import load_model
from retort.agent.records import Answer, Finished
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_chat_model(tmp_path_factory.mktemp("models") / request.param, request.param)


@pytest.fixture
def assistant(folder: Path, tmp_path: Path) -> Iterator[Assistant]:
    settings = Settings(tmp_path, model=f"hf:{folder}", offline=True, max_steps=2)
    loaded = load_model(settings, lambda: pytest.fail("no encoder is needed"))
    assert not loaded.is_planner and "on the CPU" in loaded.why
    loaded.model.max_new_tokens = 24  # type: ignore[attr-defined]
    sessions = Sessions(settings.sessions_path)
    yield Assistant(settings, loaded.model, loaded.name, ToyBenches(Toys()), sessions)  # type: ignore[arg-type]
    sessions.close()


def asked(assistant: Assistant, question: str, **how: Any) -> Answer:
    *_, last = assistant.ask(question, **how)
    assert isinstance(last, Finished)
    return last.answer


def test_a_question_ends_in_an_honest_answer(assistant: Assistant) -> None:
    first = asked(assistant, "How potent is gefitinib on EGFR?", session="s")
    again = asked(assistant, "And erlotinib?", session="s")
    for answer in (first, again):
        assert answer.error is None and answer.model.startswith("hf:")
        assert answer.status == "abstained" or answer.citations
    assert first.prompt_tokens > 100 and first.completion_tokens > 0


def test_a_stop_before_the_first_token_is_kept(assistant: Assistant) -> None:
    cancel = threading.Event()
    cancel.set()
    assert asked(assistant, "How potent is gefitinib?", cancel=cancel).status == "stopped"
