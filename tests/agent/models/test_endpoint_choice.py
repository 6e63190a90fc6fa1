"""A call that is demanded of a served model, and servers that do not know how."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage
from openai_server import refusal, serve

from retort.agent.models.connection import Limits
from retort.agent.models.endpoint import connect
from retort.retrieval.errors import RetortError

LIMITS = Limits(first_s=5, between_s=5, total_s=10, backoff_s=0.01)
TOOL = {
    "type": "function",
    "function": {"name": "find", "description": "Finds.", "parameters": {"type": "object"}},
}
SAID = [{"content": "33 nM"}]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (None, None),
        ("auto", None),
        ("required", "required"),
        ("any", "required"),
        ("none", "none"),
        ("find", {"type": "function", "function": {"name": "find"}}),
    ],
)
def test_a_choice_is_sent_as_the_protocol_has_it(asked: str | None, sent: Any) -> None:
    with serve(SAID) as running:
        model = connect(running.url, "m", limits=LIMITS)
        model.bind_tools([TOOL], tool_choice=asked).invoke("How potent?")
    assert running.requests[-1].get("tool_choice") == sent


def test_a_server_that_refuses_a_demand_chooses_freely_from_then_on() -> None:
    refused = refusal(422, {"detail": "Unsupported fields in the request: {'tool_choice'}"})
    with serve(refused, SAID) as running:
        bound = connect(running.url, "m", limits=LIMITS).bind_tools([TOOL], tool_choice="required")
        for _ in range(2):
            message = bound.invoke("How potent?")
            assert isinstance(message, AIMessage) and message.text == "33 nM"
    assert ["tool_choice" in request for request in running.requests] == [True, False, False]
    assert all("tools" in request for request in running.requests)


def test_what_fails_for_another_reason_is_told_and_the_demand_is_kept() -> None:
    broken = refusal(400, {"error": {"message": "maximum context length is 4096 tokens"}})
    with serve(broken, broken, SAID) as running:
        bound = connect(running.url, "m", limits=LIMITS).bind_tools([TOOL], tool_choice="required")
        with pytest.raises(RetortError, match="does not fit"):
            bound.invoke("How potent?")
        bound.invoke("How potent?")
    assert ["tool_choice" in request for request in running.requests] == [True, False, True]
