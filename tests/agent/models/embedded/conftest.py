"""The bundled encoder once for all tests of the embedded model, and tool messages made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from retort.agent.models.embedded.chat import EmbeddedChatModel
from retort.agent.models.embedded.classifier import IntentClassifier
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.planner import Planner

NAMES = {
    name: name
    for name in (
        "imatinib gefitinib erlotinib osimertinib warfarin aspirin caffeine paracetamol clopidogrel"
        " prednisone diazepam"
    ).split()
} | {"gleevec": "imatinib", "valproic acid": "valproic acid"}


@pytest.fixture(scope="session")
def encoder() -> Any:
    from retort.retrieval.encode import load_encoder

    return load_encoder("bundled")


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer.of(NAMES)


@pytest.fixture(scope="session")
def planner(encoder: Any, gazetteer: Gazetteer) -> Planner:
    return Planner(IntentClassifier.load(), encoder, gazetteer)


@pytest.fixture(scope="session")
def model(encoder: Any) -> EmbeddedChatModel:
    return EmbeddedChatModel(encoder=lambda: encoder, names=lambda: NAMES)


@pytest.fixture
def talk() -> Callable[..., list[BaseMessage]]:
    """``talk(question, (tool, args, outcome), ...)``: a question, its calls and what they returned.

    An outcome is a list of evidence, or the text of a failure.
    """

    def messages(question: str, *done: tuple[str, dict[str, Any], Any]) -> list[BaseMessage]:
        calls = [
            {"name": name, "args": args, "id": f"c{i}", "type": "tool_call"}
            for i, (name, args, _) in enumerate(done)
        ]
        built: list[BaseMessage] = [HumanMessage(question)]
        if done:
            built.append(AIMessage("", tool_calls=calls))
        for i, (name, _, outcome) in enumerate(done):
            if isinstance(outcome, str):
                built.append(ToolMessage(outcome, tool_call_id=f"c{i}", name=name, status="error"))
                continue
            artifact = {"evidence": outcome, "count": len(outcome), "note": "", "summary": ""}
            built.append(ToolMessage("...", tool_call_id=f"c{i}", name=name, artifact=artifact))
        return built

    return messages


@pytest.fixture
def passage() -> Callable[..., dict[str, Any]]:
    """A piece of literature evidence."""

    def make(key: str, quote: str, author: str = "Smith, J", year: int = 2009) -> dict[str, Any]:
        return {
            "kind": "literature",
            "source_id": f"PMID:{key}",
            "title": "A study",
            "quote": quote,
            "start": 0,
            "end": len(quote),
            "url": "",
            "key": key,
            "record": {
                "record": "passage",
                "paper_id": f"PMID:{key}",
                "passage_id": f"{key}-0",
                "section": "",
                "page": None,
                "score": 1.0,
                "authors": [author],
                "year": year,
                "journal": "",
                "is_note": False,
                "retracted": False,
                "retraction": "",
                "library": "default",
            },
        }

    return make
