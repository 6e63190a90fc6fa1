"""Papers within an answer: beside records under headings of their own, and after follow-ups."""

from __future__ import annotations

import pytest

from retort.agent.models.embedded import compose, writers
from retort.agent.models.embedded.dialogue import Call, Turn
from retort.agent.models.embedded.planner import Planner

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
