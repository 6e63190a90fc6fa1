"""What a question names and no call takes up: what counts as taken up, and how the rest is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from retort.agent import checks
from retort.agent.models.embedded.chat import EmbeddedChatModel
from retort.agent.models.embedded.dialogue import Call
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.omissions import omitted
from retort.agent.records import OPEN

LOGP = Call("calculate_properties", {"molecule": "imatinib", "properties": ["logp"]})
WORKS = Call("find_mechanism", {"molecule": "imatinib"})
HERG = Call("predict_property", {"molecule": "imatinib", "endpoints": ["herg"]})
PAPERS = Call("search_literature", {"query": "imatinib in leukaemia"})


@pytest.mark.parametrize(
    ("question", "calls", "expected"),
    [
        ("logP of imatinib and gefitinib", [LOGP], ("gefitinib",)),
        ("logP and TPSA of imatinib", [LOGP], ("TPSA",)),
        ("logP of imatinib and does it pass Lipinski", [LOGP], ("Lipinski",)),
        ("logP of imatinib and its half-life", [LOGP], ("half life",)),
        ("mechanism and warnings of imatinib", [WORKS], ("warnings",)),
        ("drugs for gout, and the mechanism of imatinib", [LOGP], ("mechanism", "Gout")),
        ("Does imatinib block hERG?", [HERG], ()),
        ("logP and mechanism of imatinib", [LOGP, WORKS], ()),
        ("TPSA of imatinib", [Call("calculate_properties", {"molecule": "imatinib"})], ()),
        ("half-life of imatinib in leukaemia", [PAPERS], ()),
        ("imatinib and gefitinib in leukaemia", [PAPERS], ("gefitinib",)),
        ("logP of imatinb", [LOGP], ()),
        ("logP of imatinib and gefitinib", [], ()),
    ],
)
def test_what_no_call_is_about(
    question: str, calls: list[Call], expected: tuple[str, ...], gazetteer: Gazetteer
) -> None:
    assert omitted(question, find_entities(question, gazetteer), calls) == expected


def value(name: str) -> dict[str, Any]:
    one = {"property": "logp", "label": "logP", "value": 4.59, "text": "4.59", "unit": ""}
    record = {"record": "calculation", "name": name, "values": [one]}
    quote = f"{name}: logP 4.59."
    return {
        "key": "E1",
        "kind": "calculation",
        "source_id": "RDKit",
        "title": "",
        "quote": quote,
        "record": record,
    }


def test_what_was_left_out_is_named_below_the_answer(
    model: EmbeddedChatModel,
    talk: Callable[..., list[BaseMessage]],
) -> None:
    tools = [{"type": "function", "function": {"name": LOGP.name}}]
    question = "logP of imatinib and drugs for gout"
    messages = talk(question, (LOGP.name, dict(LOGP.args), [value("Imatinib")]))
    text, _ = model.respond(messages, tools)
    assert "4.59" in text
    line = text.split("\n\n")[-1]
    assert line == f'{OPEN}"Gout". No look-up was about it. Ask for it alone.'
    assert checks.review(line, (), question).uncited_sentences == ()


def test_more_molecules_than_one_round_holds_are_answered_in_the_next_or_named(
    model: EmbeddedChatModel, talk: Callable[..., list[BaseMessage]]
) -> None:
    tools = [{"type": "function", "function": {"name": LOGP.name}}]
    names = [f"{'C' * n}O" for n in range(2, 13)]
    question = f"logP of {', '.join(names)}"
    _, calls = model.respond(talk(question), tools)
    assert len(calls) == 8
    done = [(c.name, dict(c.args), [value(str(c.args["molecule"]))]) for c in calls]
    _, more = model.respond(talk(question, *done), tools)
    assert [c.args["molecule"] for c in more] == names[8:]
    text, none = model.respond(talk(question, *done))
    assert none == ()
    assert text.split("\n\n")[-1].startswith(f'{OPEN}"{names[8]}", ')
