"""Answers on the wire and back."""

from __future__ import annotations

import json
from pathlib import Path

from retort.agent.records import Answer, Checks, Citation, ToolCall
from retort.agent.sessions import Sessions
from retort.tools.records import Evidence

ANSWER = Answer(
    "a1",
    "Why?",
    "answered",
    "Because [1].",
    (Citation(1, Evidence("literature", "PMID:1", "T", "q", 3, 4, "https://x", {"page": 2})),),
    (ToolCall("search_literature", {"query": "w"}, "ok", 0.5),),
    Checks(("[E9]",), ("34",), ("So.",)),
    ({"handle": "M1", "name": "n", "smiles": "C", "inchikey": "K"},),
    model="m",
    settings_digest="d",
    seconds=1.5,
    prompt_tokens=10,
    completion_tokens=5,
    error={"what": "w", "why": "y", "next": "n"},
)


def test_an_answer_survives_the_wire() -> None:
    assert Answer.from_dict(json.loads(json.dumps(ANSWER.as_dict()))) == ANSWER


def test_a_saved_answer_is_the_same_answer(home: Path) -> None:
    sessions = Sessions(home / "s.sqlite")
    sessions.save(ANSWER, "s")
    assert [Answer.from_dict(saved) for saved in sessions.answers("s")] == [ANSWER]


def test_ratings_are_the_last_ones_of_one_conversation(home: Path) -> None:
    sessions = Sessions(home / "s.sqlite")
    sessions.save(ANSWER, "s")
    for liked in (False, True):
        sessions.rate("a1", liked)
    assert sessions.ratings("s") == {"a1": True} and sessions.ratings("t") == {}
