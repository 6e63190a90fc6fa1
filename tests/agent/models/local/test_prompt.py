"""Conversations through templates that take everything, and through those that refuse."""

from __future__ import annotations

from typing import Any

import chat_models
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from retort.agent.models.local.prompt import Prompts
from retort.retrieval.errors import RetortError

TOOL = {"type": "function", "function": {"name": "find_target", "description": "Find it."}}
CALL = {"name": "find_target", "args": {"target": "EGFR"}, "id": "call_x81", "type": "tool_call"}
CONVERSATION: list[BaseMessage] = [
    SystemMessage("Be short."),
    HumanMessage("EGFR?"),
    AIMessage("", tool_calls=[CALL]),
    ToolMessage("a kinase", tool_call_id="call_x81", name="find_target"),
]
REFUSING = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "<|im_start|>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)
"""refuses what Gemma 2 refuses"""
NO_TOOLS = REFUSING.replace("System role not supported", "no").replace(
    "{{ raise_exception('Conversation roles must alternate') }}", ""
)


def text(template: str, messages: list[BaseMessage], tools: Any = (TOOL,)) -> str:
    prompts = Prompts(chat_models.make_tokenizer(template=template))
    return str(prompts.tokenizer.decode(prompts.tokens(messages, tools)))


def test_a_template_that_takes_tools_gets_them() -> None:
    prompt = text(chat_models.QWEN3, CONVERSATION)
    assert prompt.startswith("<|im_start|>system\nBe short.\n# Tools")
    assert '<tools>\n{"type": "function", "function": {"name": "find_target"' in prompt
    assert '"arguments": {"target": "EGFR"}' in prompt and "<tool_response>\na kinase" in prompt
    assert prompt.endswith("<|im_start|>assistant\n")


def test_a_template_that_refuses_gets_tools_and_system_in_the_text() -> None:
    prompt = text(REFUSING, [*CONVERSATION, HumanMessage("Go on.")])
    first, call, result = prompt.split("<|im_end|>\n")[:3]
    assert first.startswith("<|im_start|>user\nBe short.\n\nYou can call these tools")
    assert '"name": "find_target"' in first and first.endswith("EGFR?")
    assert '<tool_call>{"name": "find_target"' in call and call.startswith("<|im_start|>model")
    assert result == "<|im_start|>user\nResult of find_target:\na kinase\n\nGo on."


def test_a_template_that_drops_tools_without_a_word_is_found_out() -> None:
    silent = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    )
    prompt = text(silent, CONVERSATION)
    assert '"name": "find_target"' in prompt and "Result of find_target:\na kinase" in prompt
    assert prompt.startswith("<|im_start|>system\nBe short.\n\nYou can call")


def test_an_ordinary_conversation_stays_as_it_is_without_tools() -> None:
    talk: list[BaseMessage] = [HumanMessage("a"), AIMessage("b"), HumanMessage("c")]
    prompt = text(REFUSING, talk, ())
    assert prompt == (
        "<|im_start|>user\na<|im_end|>\n<|im_start|>model\nb<|im_end|>\n"
        "<|im_start|>user\nc<|im_end|>\n<|im_start|>model\n"
    )


def test_calls_are_numbered_so_that_prompts_repeat() -> None:
    template = (
        "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}"
        "{% for m in messages %}{{ m.role }} {{ m.content }}{% for c in m.tool_calls or [] %}"
        "{% if c.id|length != 9 %}{{ raise_exception('length 9!') }}{% endif %}"
        "{{ c.id }} {{ c.function.name }}{% endfor %}{{ m.tool_call_id }} {% endfor %}"
    )
    prompt = text(template, CONVERSATION)
    assert prompt.count("call00000") == 2 and "x81" not in prompt


def test_what_no_template_takes_says_so() -> None:
    with pytest.raises(RetortError) as caught:
        text("{{ raise_exception('only pictures') }}", [HumanMessage("q")], ())
    assert "chat template" in caught.value.what and "only pictures" in caught.value.why


def test_the_ending_shows_a_thinking_section_that_the_template_opens() -> None:
    prompts = Prompts(chat_models.make_tokenizer(template=chat_models.QWEN3 + "<think>\n"))
    ending = prompts.ending(prompts.tokens([HumanMessage("a long question " * 9)]))
    assert ending.rstrip().endswith("<think>") and "question" not in ending
