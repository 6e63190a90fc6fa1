"""Slips with one reading are mended; with two, or of unknown tools, they are told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from retort.agent.models.notation import VisibleText, is_mark, parse, parse_reply

NAMES = ["find_target", "find_activities", "predict_property"]


def read(arguments: str) -> Any:
    message = f'<tool_call>{{"name": "find_target", "arguments": {arguments}}}</tool_call>'
    parsed = parse(message, NAMES)
    assert len(parsed.calls) + len(parsed.invalid) == 1
    return parsed.calls[0]["args"] if parsed.calls else parsed.invalid[0]["error"]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("{'target': 'EGFR'}", {"target": "EGFR"}),
        ('{"target": "EGFR", "ids": [1, 2,],}', {"target": "EGFR", "ids": [1, 2]}),
        ('{"a": True, "b": None, "c": false}', {"a": True, "b": None, "c": False}),
        ('{target: "EGFR", max_ic50: 1e-3}', {"target": "EGFR", "max_ic50": 0.001}),
        ("{“target”: “EGFR”}", {"target": "EGFR"}),
        ('{"smiles": "C/C=C\\C#N"}', {"smiles": "C/C=C\\C#N"}),
        ('{"smiles": "C/C=C\\\\C#N"}', {"smiles": "C/C=C\\C#N"}),
        ('{"smiles": "C/C(=N\\O)C"}', {"smiles": "C/C(=N\\O)C"}),
        ('{"text": "a\nb"}', {"text": "a\nb"}),
        ("{'text': 'it\\'s'}", {"text": "it's"}),
        ('{"text": "“quoted” ‘text’"}', {"text": "“quoted” ‘text’"}),
        ('"{\\"target\\": \\"EGFR\\"}"', {"target": "EGFR"}),
    ],
)  # fmt: skip
def test_one_reading(arguments: str, meant: dict[str, Any]) -> None:
    assert read(arguments) == meant


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("{'text': 'it's'}", "missing before"),
        ('{"a": 1 "b": 2}', "a comma or }"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": NaN}', "a value is missing"),
        ('{"a": 1e999}', "no number"),
        ('{"a": EGFR}', "a value is missing"),
        ('{"smiles": "C\\C=C\\n1cccc1"}', "two readings"),
        ("[1]", "not an object"),
        ("{" * 5 + '"a"', "a key is missing"),
    ],
)
def test_several_readings_or_none(arguments: str, why: str) -> None:
    assert why in read(arguments)


def test_an_unknown_tool_is_told_with_the_nearest() -> None:
    parsed = parse('<tool_call>{"name": "find_targets", "arguments": {}}</tool_call>', NAMES)
    assert parsed.calls == () and parsed.invalid[0]["name"] == "find_targets"
    assert (
        "there is no tool find_targets; the nearest are find_target" in parsed.invalid[0]["error"]
    )


def test_what_is_held_back_is_shown_at_the_end() -> None:
    for text in (
        "33 nM <",
        "see [",
        "a\n",
        "{",
        '{"ic50": 33}',
        "find_tar",
        "x ```json\n{}\n```",
        "to",
    ):
        visible = VisibleText(NAMES)
        assert ("".join(visible.feed(text)) + visible.flush()).strip() == text.strip()


def test_json_in_an_answer_streams_on() -> None:
    visible = VisibleText(NAMES)
    assert "".join(visible.feed('As JSON:\n```json\n{"ic50": 33}\n```\nand ')).endswith("and ")


def test_a_parameter_of_type_string_stays_text() -> None:
    properties = {"target": {"type": "string"}, "limit": {"anyOf": [{"type": "integer"}]}}
    tool = {"function": {"name": "find_target", "parameters": {"properties": properties}}}
    inner = "<parameter=target>\n1433\n</parameter>\n<parameter=limit>\n5\n</parameter>\n"
    parsed = parse(f"<function=find_target>\n{inner}</function>", [tool])
    assert parsed.calls[0]["args"] == {"target": "1433", "limit": 5}


QWEN = {
    "start_anchor": "<|im_start|>assistant\n",
    "defaults": {"role": "assistant"},
    "fields": {
        "reasoning_content": {"open": "<think>", "close": "</think>", "content": "text"},
        "tool_calls": {
            "open_pattern": r"\s*<tool_call>", "close": "</tool_call>", "repeats": True,
            "content": "json", "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"\s*<\|im_end\|>", "content": "text"},
    },
}  # fmt: skip


def test_the_tokenizers_own_template_is_tried_first_and_ours_stands_in() -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
    tokenizer.response_template = QWEN
    tools = [{"type": "function", "function": {"name": "find_target", "parameters": {}}}]
    call = '<tool_call>{"name": "find_target", "arguments": {"target": "C/C=C\\\\C"}}</tool_call>'
    message, prompt = f"Which?</think>Looking. {call}", "<|im_start|>assistant\n<think>"
    expected = ({"name": "find_target", "args": {"target": "C/C=C\\C"}},)
    for given in (tokenizer, None, SimpleNamespace(response_template=QWEN)):  # the last one raises
        parsed = parse_reply(message, tools, prompt, given)
        assert (parsed.calls, parsed.thinking) == (expected, "Which?")
        assert parsed.text == "Looking."
        for cut in range(len(message)):
            calls = parse_reply(message[:cut], tools, prompt, given).calls
            assert calls in ((), expected)


def test_the_marks_that_a_decoder_keeps() -> None:
    assert all(
        map(is_mark, ["[TOOL_CALLS]", "[ARGS]", "<escape>", "<|message|>", "<|python_tag|>"])
    )
    assert not any(map(is_mark, ["<|im_end|>", "<|eot_id|>", "</s>", "<end_of_turn>"]))
