"""The tolerant parser on every notation, cut off at every place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.models.notation import VisibleText, parse

CALL = '{"name": "find_target", "arguments": {"target": "EGFR"}}'
LLAMA = '{"name": "find_target", "parameters": {"target": "EGFR"}}'
CODER = "<function=find_target>\n<parameter=target>\nEGFR\n</parameter>\n</function>"
NOTATIONS = {
    "hermes": f"<tool_call>\n{CALL}\n</tool_call>",
    "unclosed": f"<tool_call>\n{CALL}\n",
    "coder": f"<tool_call>\n{CODER}\n</tool_call>",
    "llama": LLAMA,
    "llama-tag": f"<|python_tag|>{LLAMA}",
    "mistral": f"[TOOL_CALLS][{CALL}]",
    "fenced": f"I will look it up.\n```json\n{CALL}\n```",
    "string-arguments": "<tool_call>"
    + json.dumps({"name": "find_target", "arguments": json.dumps({"target": "EGFR"})})
    + "</tool_call>",
    "thinking": f"<think>Which tool? <tool_call>no</think>\n<tool_call>{CALL}</tool_call>",
    "template-opened-thinking": f"Which tool?</think>\n<tool_call>{CALL}</tool_call>",
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_every_notation_gives_the_call(name: str) -> None:
    parsed = parse(NOTATIONS[name], ["find_target"])
    assert parsed.calls == ({"name": "find_target", "args": {"target": "EGFR"}},)
    assert parsed.invalid == ()
    assert "EGFR" not in parsed.text


def test_several_calls_and_the_text_before_them() -> None:
    parsed = parse(f"Looking. <tool_call>{CALL}</tool_call>\n<tool_call>{CALL}</tool_call>", [])
    assert len(parsed.calls) == 2 and parsed.text == "Looking."


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ('<tool_call>{"name": "find_target", "argum</tool_call>', "breaks off"),
        ('<tool_call>{"arguments": {}}</tool_call>', "no tool name"),
        ('<tool_call>{"name": "find_target", "arguments": [1]}</tool_call>', "not an object"),
    ],
)
def test_a_broken_call_is_invalid_with_its_reason(message: str, error: str) -> None:
    parsed = parse(message, ["find_target"])
    assert parsed.calls == () and error in parsed.invalid[0]["error"]


def test_json_in_an_answer_is_no_call() -> None:
    answer = 'The record is {"name": "gefitinib", "arguments": {}} [E1].'
    assert parse(answer, ["find_target"]).text == answer
    whole = '{"name": "gefitinib", "ic50": 33}'
    assert parse(whole, ["find_target"]).text == whole


@given(st.sampled_from(sorted(NOTATIONS)), st.integers(0, 200))
def test_a_cut_message_never_raises_and_never_invents_a_call(name: str, cut: int) -> None:
    parsed = parse(NOTATIONS[name][:cut], ["find_target"])
    for call in parsed.calls:
        assert call["name"] == "find_target" and call["args"] in ({"target": "EGFR"}, {})
    for call in parsed.invalid:
        assert call["error"]


@given(st.text(alphabet='<>tool_cathink{}[]"name: /', max_size=60))
def test_rubbish_never_raises(text: str) -> None:
    json.dumps([parse(text, ["t"]).calls, parse(text).invalid])


@given(st.data())
def test_the_stream_shows_the_text_and_nothing_hidden(data: st.DataObject) -> None:
    message = f"<think>secret</think>It is 33 nM < 50. <b> [E1]\n<tool_call>{CALL}</tool_call>after"
    visible, shown, at = VisibleText(), "", 0
    while at < len(message):
        step = data.draw(st.integers(1, 9))
        shown += "".join(visible.feed(message[at : at + step]))
        at += step
    assert shown == "It is 33 nM < 50. <b> [E1]\n"
