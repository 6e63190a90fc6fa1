"""Papers within an answer: beside records under headings of their own, and after follow-ups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from retort.agent.models.embedded import compose, writers
from retort.agent.models.embedded.dialogue import Call, Result, Turn
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.planner import Plan, Planner

TOOLS = frozenset({"search_literature", "find_mechanism", "calculate_properties"})


def test_each_kind_of_value_has_its_heading_beside_papers() -> None:
    blocks = {
        writers.heading("calculate_properties"): ["mass"],
        writers.heading("find_mechanism"): ["mechanism"],
        writers.heading("predict_property"): ["solubility"],
    }
    assert compose._under_headings(blocks) == ["mass", "mechanism", "solubility"]
    assert compose._under_headings({**blocks, "papers": ["quotes"]}) == [
        "Calculated:",
        "mass",
        "From the database:",
        "mechanism",
        "Predicted:",
        "solubility",
        "quotes",
    ]


def test_calculated_recorded_predicted_and_quoted_stand_under_their_own_headings(
    encoder: Any, gazetteer: Gazetteer, passage: Callable[..., Any], monkeypatch: Any
) -> None:
    """One whole answer; the writers of records, tested elsewhere, are replaced by their keys."""
    names = ("calculate_properties", "find_mechanism", "predict_property")
    monkeypatch.setattr(compose, "VERDICTS", {})
    monkeypatch.setattr(
        compose, "WRITERS", {name: lambda found: found[0].evidence[0]["key"] for name in names}
    )
    told = "Warfarin is a vitamin K antagonist that thins the blood of patients."
    question = "warfarin is a vitamin K antagonist"
    results = [
        Result(Call(name, {}), True, "", ({"key": f"E{n}", "record": {"record": "value"}},))
        for n, name in enumerate(names, 1)
    ]
    found = Call("search_literature", {"query": question})
    results.append(Result(found, True, "", (passage("E4", told),)))
    plan = Plan(question, find_entities(question, gazetteer), ("literature",), ())
    assert compose.compose(plan, [(plan, results)], gazetteer, encoder).split("\n\n") == [
        "Calculated:",
        "E1",
        "From the database:",
        "E2",
        "Predicted:",
        "E3",
        "From one paper, word for word:",
        f'- Smith 2009: "{told}" [E4]',
    ]


def test_an_abstention_names_the_word_that_no_passage_speaks_of(
    encoder: Any, gazetteer: Gazetteer, passage: Callable[..., Any]
) -> None:
    question = "Does warfarin cause alopecia?"
    told = "Warfarin is a vitamin K antagonist that thins the blood of patients."
    found = Call("search_literature", {"query": question})
    plan = Plan(question, find_entities(question, gazetteer), ("literature",), ())
    result = Result(found, True, "", (passage("E1", told),))
    assert compose.compose(plan, [(plan, [result])], gazetteer, encoder).startswith(
        "I cannot answer from what I have: no passage of the library answers it, and none of"
        ' those found speaks of "alopecia".'
    )


@pytest.mark.parametrize(
    ("followup", "query"),
    [
        ("and in children?", "Which CYP2C9 variants lower the warfarin dose, in children"),
        (
            "Is that also true for women?",
            "Which CYP2C9 variants lower the warfarin dose, for women",
        ),
        ("during pregnancy?", "Which CYP2C9 variants lower the warfarin dose, during pregnancy"),
    ],
)
def test_other_circumstances_are_asked_of_the_topic_before(
    followup: str, query: str, planner: Planner
) -> None:
    first = "Which CYP2C9 variants lower the warfarin dose"
    before = Turn(first, (Call("search_literature", {"query": first, "limit": 14}),))
    plan = planner.plan([before, Turn(followup)], TOOLS)
    assert [(call.name, call.args["query"]) for call in plan.calls] == [
        ("search_literature", query)
    ]
    again = planner.plan([before, Turn(followup, plan.calls), Turn("and in adults?")], TOOLS)
    assert again.calls[0].args["query"] == f"{first}, in adults"


def test_other_circumstances_without_a_search_before_them_are_no_follow_up(
    planner: Planner,
) -> None:
    plan = planner.plan([Turn("and in children?")], TOOLS)
    assert plan.intents != ("repeat",)
