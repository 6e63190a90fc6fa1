"""Questions in several parts: where they are cut, what each part asks, and how each is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, HumanMessage

from retort.agent import checks, safety
from retort.agent.models.embedded import parts
from retort.agent.models.embedded.chat import EmbeddedChatModel
from retort.agent.models.embedded.dialogue import Call, Turn
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.planner import Planner
from retort.agent.records import ABSTENTION, OPEN

TOOL_NAMES = (
    "find_molecule calculate_properties check_rules check_alerts find_target find_activities"
    " find_mechanism find_indications predict_property search_literature find_selectivity"
).split()
TOOLS = [{"type": "function", "function": {"name": name}} for name in TOOL_NAMES]
LOGP = ("calculate_properties", {"molecule": "imatinib", "properties": ["logp"]})
WORKS = ("find_mechanism", {"molecule": "imatinib"})
ABSENCE = {
    "key": "E1",
    "kind": "chembl",
    "source_id": "ChEMBL 36",
    "title": "",
    "quote": "No mechanism of imatinib in ChEMBL 36.",
    "record": {"record": "absence", "searched": "mechanisms", "found": 0, "release": "ChEMBL 36"},
}
VALUE = {
    "key": "E2",
    "kind": "calculation",
    "source_id": "RDKit",
    "title": "",
    "quote": "Imatinib: logP 4.59.",
    "record": {
        "record": "calculation",
        "name": "Imatinib",
        "values": [
            {"property": "logp", "label": "logP", "value": 4.59, "text": "4.59", "unit": ""}
        ],
    },
}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "How heavy is imatinib and what does it inhibit?",
            ("How heavy is imatinib", "what does it inhibit?"),
        ),
        (
            "Is imatinib soluble? What is it for; and has it been withdrawn",
            ("Is imatinib soluble?", "What is it for", "and has it been withdrawn"),
        ),
        (
            "1) logP of imatinib 2) its target (see ref. 3)",
            ("logP of imatinib", "its target (see ref. 3)"),
        ),
        (
            "I work on kinases. What is the logP of imatinib? Thanks!",
            ("I work on kinases. What is the logP of imatinib? Thanks!",),
        ),
        ("Which is heavier, imatinib or gefitinib?", None),
        ("aspirin and ibuprofen", None),
        ("Does warfarin reduce stroke and mortality?", None),
        ("efficacy and safety of warfarin in children", None),
        ("Which drugs inhibit EGFR and are approved in lung cancer?", None),
        (
            "Which drugs inhibit EGFR and which are approved?",
            ("Which drugs inhibit EGFR", "which are approved?"),
        ),
        ("Is there a drug that inhibits EGFR and which is approved?", None),
        ("How potent is imatinib, and why?", None),
        ("Is CC(=O)Oc1ccccc1C(=O)O.CCO soluble?", None),
    ],
)
def test_where_a_question_is_cut(
    question: str, expected: tuple[str, ...] | None, gazetteer: Gazetteer
) -> None:
    found = parts.cut(question, find_entities(question, gazetteer))
    assert found == (expected or (question,))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("mechanism and logP of imatinib", ("mechanism of imatinib", "logP of imatinib")),
        ("mechanism of imatinib and its logP", ("mechanism of imatinib", "logP of imatinib")),
        (
            "logP, indications of imatinib and gefitinib",
            ("logP of imatinib, gefitinib", "indications of imatinib and gefitinib"),
        ),
        (
            "Which is heavier and more lipophilic, imatinib or gefitinib?",
            (
                "Which is heavier of imatinib, gefitinib",
                "which is more lipophilic, imatinib or gefitinib",
            ),
        ),
        ("logP and TPSA of imatinib", None),
        ("absorption and half-life of imatinib", None),
    ],
)
def test_nouns_that_ask_for_different_records_are_parts(
    question: str, expected: tuple[str, ...] | None, gazetteer: Gazetteer
) -> None:
    found = parts.listed(question, find_entities(question, gazetteer))
    assert found == (expected or (question,))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the logP of imatinib and what does imatinib inhibit?", [LOGP, WORKS]),
        ("How does imatinib work? And its logP?", [WORKS, LOGP]),
        ("mechanism of imatinib as well as its logP", [WORKS, LOGP]),
        (
            "How does imatinib work? And gefitinib?",
            [WORKS, ("find_mechanism", {"molecule": "gefitinib"})],
        ),
        (
            "What is the logP of imatinib, and how many H-bond donors does it have?",
            [("calculate_properties", {"molecule": "imatinib", "properties": ["logp", "hbd"]})],
        ),
        ("How does imatinib work and what is the mechanism of imatinib?", [WORKS]),
    ],
)
def test_each_part_is_planned_and_no_call_is_made_twice(
    question: str, expected: Any, planner: Planner
) -> None:
    made = planner.plan([Turn(question)], TOOL_NAMES)
    assert [(call.name, dict(call.args)) for call in made.calls] == expected


def test_a_part_leans_on_the_conversation_too(planner: Planner) -> None:
    before = planner.plan([Turn("mechanism of imatinib")], TOOL_NAMES)
    turns = [Turn("mechanism of imatinib", before.calls), Turn("its logP, and is it soluble?")]
    made = planner.plan(turns, TOOL_NAMES)
    assert {call.name for call in made.calls} == {"calculate_properties", "predict_property"}
    assert all(call.args["molecule"] == "imatinib" for call in made.calls)


def test_a_bare_name_asks_again_what_was_asked_before(planner: Planner) -> None:
    before = Turn("mechanism of imatinib", (Call(*WORKS),))
    question = "now gefitinib, and give me its logP too"
    made = planner.plan([before, Turn(question)], TOOL_NAMES)
    assert [(call.name, call.args["molecule"]) for call in made.calls] == [
        ("find_mechanism", "gefitinib"),
        ("calculate_properties", "gefitinib"),
    ]
    alone = planner.plan([Turn(question)], TOOL_NAMES)
    assert [call.name for call in alone.calls] == ["calculate_properties"]


def test_they_are_all_that_the_part_before_named(planner: Planner) -> None:
    question = "How do imatinib and gefitinib work, and are they soluble?"
    made = planner.plan([Turn(question)], TOOL_NAMES)
    asked = {str(c.args["molecule"]) for c in made.calls if c.name == "predict_property"}
    assert asked == {"imatinib", "gefitinib"}


def told(model: EmbeddedChatModel, messages: list[BaseMessage]) -> str:
    text, calls = model.respond(messages, TOOLS)
    assert calls == ()
    return text


def test_a_part_without_an_answer_is_named_with_the_reason(
    model: EmbeddedChatModel, talk: Callable[..., list[BaseMessage]]
) -> None:
    question = "How does imatinib work, and what is its logP?"
    first = talk(question, (*WORKS, [ABSENCE]), (*LOGP, [VALUE]))
    _, (search,) = model.respond(first, TOOLS)
    assert search.name == "search_literature"
    done = (search.name, dict(search.args), [])
    text = told(model, talk(question, (*WORKS, [ABSENCE]), (*LOGP, [VALUE]), done))
    value, line = text.split("\n\n")
    assert "logP of imatinib is 4.59 [E2]" in value
    assert line.startswith(f'{OPEN}"How does imatinib work". No mechanism of imatinib')
    assert "retort library add" in line
    assert checks.review(line, (), question).uncited_sentences == ()


def test_what_nothing_here_answers_is_named_beside_what_is_answered(
    model: EmbeddedChatModel, talk: Callable[..., list[BaseMessage]]
) -> None:
    question = "What is the logP of imatinib and who won the world cup?"
    _, (_, search) = model.respond([HumanMessage(question)], TOOLS)
    assert "imatinib" not in search.args["query"]
    text = told(model, talk(question, (*LOGP, [VALUE]), (search.name, dict(search.args), [])))
    assert f'{OPEN}"who won the world cup?". I recognise no molecule' in text


def test_without_any_answer_the_whole_is_an_abstention(
    model: EmbeddedChatModel, talk: Callable[..., list[BaseMessage]]
) -> None:
    failure = 'No molecule named "imatinib" in ChEMBL. Searched names. Give a SMILES.'
    question = "What is the logP of imatinib and does imatinib pass Lipinski?"
    rules = ("check_rules", {"molecule": "imatinib", "rules": ["lipinski"]})
    text = told(model, talk(question, (*LOGP, failure), (*rules, failure)))
    assert text.startswith(ABSTENTION) and text.count(OPEN) == 1 == text.count(failure)
    assert '"What is the logP of imatinib" and "does imatinib pass Lipinski?"' in text


def test_look_ups_that_were_not_run_are_said_to_be_open(
    model: EmbeddedChatModel, talk: Callable[..., list[BaseMessage]]
) -> None:
    question = "What is the logP of imatinib and what does imatinib inhibit?"
    text, calls = model.respond(talk(question, (*LOGP, [VALUE])), TOOLS)
    assert (text, [(call.name, dict(call.args)) for call in calls]) == ("", [WORKS])
    text, calls = model.respond(talk(question, (*LOGP, [VALUE])))
    assert calls == () and f'{OPEN}"what does imatinib inhibit?"' in text and "Ask it" in text


def test_one_hazardous_part_refuses_the_whole_question() -> None:
    assert safety.review("What is the TPSA of aspirin and how do I synthesise sarin?") is not None
