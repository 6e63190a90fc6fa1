"""The local chat model: streaming, stop sequences, tool calls, thinking, counts, Stop, errors."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import chat_models
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from retort.agent.models import cancellation
from retort.agent.models.local.chat import LocalChatModel
from retort.agent.models.local.loading import load
from retort.retrieval.errors import RetortError


@tool
def find_target(target: str) -> str:
    """Find a target."""
    return target


@pytest.fixture(scope="module")
def parts() -> tuple[Any, Any]:
    return chat_models.make_model("qwen3"), chat_models.make_tokenizer()


@pytest.fixture
def model(parts: tuple[Any, Any]) -> LocalChatModel:
    return LocalChatModel(*parts, name_or_path="tiny", max_new_tokens=40)


@pytest.fixture
def speaking(model: LocalChatModel) -> Callable[..., LocalChatModel]:
    """``speaking(text)``: a model that says the text, one token a byte; the rest is real."""

    def build(text: str, template: str = chat_models.QWEN3) -> LocalChatModel:
        model._tokenizer.chat_template = template
        tokens = model._tokenizer(text, add_special_tokens=False)["input_ids"]

        def stream(request: Any) -> Iterator[int]:
            yield from tokens

        model._engine.stream = stream
        return model

    return build


@pytest.fixture(autouse=True)
def template(parts: tuple[Any, Any]) -> Iterator[None]:
    yield
    parts[1].chat_template = chat_models.QWEN3


def whole(chunks: Iterator[Any]) -> Any:
    first, *others = chunks
    for chunk in others:
        first = first + chunk
    return first


@pytest.mark.parametrize("family", chat_models.FAMILIES)
def test_a_folder_is_loaded_and_streams(family: str, tmp_path: Path) -> None:
    loaded = load(str(chat_models.make_chat_model(tmp_path / "m", family)), offline=True)
    model = LocalChatModel(loaded.model, loaded.tokenizer, name_or_path="m")
    model.max_new_tokens = 12
    asked = [SystemMessage("Be short."), HumanMessage("EGFR?")]
    streamed = whole(model.bind_tools([find_target]).stream(asked))
    counts = streamed.usage_metadata
    assert 0 < counts["output_tokens"] <= 12 and counts["input_tokens"] > 20
    assert counts["input_token_details"] == {"cache_read": 0}
    again = model.bind_tools([find_target]).invoke(asked)
    assert again.content == streamed.content  # greedy decoding is deterministic
    read = again.usage_metadata["input_token_details"]["cache_read"]
    assert read == counts["input_tokens"] - 1


def test_several_chats_at_once_get_what_each_gets_alone(model: LocalChatModel) -> None:
    questions = [[HumanMessage("Why? " * n)] for n in range(1, 6)]
    alone = [model.invoke(question).content for question in questions]
    with ThreadPoolExecutor(5) as pool:
        assert [m.content for m in pool.map(model.invoke, questions)] == alone


def test_a_seed_draws_the_same_again_and_another_draws_another(parts: tuple[Any, Any]) -> None:
    said = [
        LocalChatModel(*parts, name_or_path="tiny", max_new_tokens=30, seed=seed)
        .invoke([HumanMessage("go")])
        .content
        for seed in (7, 7, 8)
    ]
    assert said[0] == said[1] != said[2]


def test_a_stop_ends_generation_within_a_token(model: LocalChatModel) -> None:
    model.max_new_tokens = 500
    stop = threading.Event()
    stop.set()
    context = contextvars.copy_context()
    context.run(cancellation.set_current, stop)
    message = context.run(model.invoke, [HumanMessage("go")])
    assert message.usage_metadata is not None and message.usage_metadata["output_tokens"] <= 2


def test_a_closed_stream_frees_the_engine(model: LocalChatModel) -> None:
    model.max_new_tokens = 3000
    stream = model.stream([HumanMessage("go")])
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "retort-model":
            thread.join(60)
            assert not thread.is_alive()


def test_tool_calls_and_thinking_are_kept_apart_from_text(speaking: Any) -> None:
    call = '<tool_call>{"name": "find_target", "arguments": {"target": "KIT"}}</tool_call>'
    model = speaking(f"<think>hm</think>Looking.{call}").bind_tools([find_target])
    message = model.invoke([HumanMessage("KIT?")])
    assert message.content == "Looking."
    assert message.tool_calls[0]["args"] == {"target": "KIT"}
    assert message.additional_kwargs["reasoning_content"] == "hm"


def test_thinking_that_the_template_opened_is_not_shown(speaking: Any) -> None:
    model = speaking("let me see</think>Yes.", chat_models.QWEN3 + "<think>\n")
    chunks = list(model.stream([HumanMessage("q")]))
    assert "".join(str(chunk.content) for chunk in chunks) == "Yes."
    assert whole(iter(chunks)).additional_kwargs["reasoning_content"] == "let me see"


def test_a_call_that_was_cut_off_is_not_run_with_half_a_name(speaking: Any) -> None:
    model = speaking('<tool_call>{"name": "find_target", "arguments": {"target": "EG')
    bound = model.bind_tools([find_target])
    for message in (bound.invoke([HumanMessage("EGFR?")]), *bound.stream([HumanMessage("EGFR?")])):
        assert isinstance(message, AIMessage) and not message.tool_calls
    (invalid,) = bound.invoke([HumanMessage("EGFR?")]).invalid_tool_calls
    assert '"EG' in (invalid["args"] or "")


def test_a_stop_sequence_is_not_shown_and_ends_the_answer(speaking: Any) -> None:
    model = speaking("Observed.\nResult: and more")
    message = model.invoke([HumanMessage("q")], stop=["\nResult:"])
    assert message.content == "Observed."
    assert message.usage_metadata["output_tokens"] == len("Observed.\nResult:")
    assert model.invoke([HumanMessage("q")], stop=["nowhere"]).content.endswith("more")


def test_without_tools_none_are_in_the_prompt(model: LocalChatModel) -> None:
    asked = [HumanMessage("q")]
    counts = [
        model.bind_tools([find_target], tool_choice=choice).invoke(asked).usage_metadata
        for choice in ("auto", "none")
    ]
    plain = model.invoke(asked).usage_metadata
    assert counts[0]["input_tokens"] > counts[1]["input_tokens"] == plain["input_tokens"]


def test_a_prompt_longer_than_the_model_reads_is_refused_before_any_work(
    model: LocalChatModel,
) -> None:
    with pytest.raises(RetortError) as caught:
        model.invoke([HumanMessage("a" * chat_models.CONTEXT)])
    assert "too long for tiny" in caught.value.what and "4096" in caught.value.why
    assert "new conversation" in caught.value.next


def test_an_answer_ends_where_the_context_ends(model: LocalChatModel) -> None:
    model.max_new_tokens = 10_000
    message = model.invoke([HumanMessage("a" * (chat_models.CONTEXT - 60))])
    counts = message.usage_metadata
    assert counts is not None and counts["total_tokens"] <= chat_models.CONTEXT


def test_a_model_that_keeps_another_state_is_refused(parts: tuple[Any, Any]) -> None:
    from transformers import Qwen3NextConfig, Qwen3NextForCausalLM

    config = Qwen3NextConfig(
        vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, num_experts=2, num_experts_per_tok=1,
        moe_intermediate_size=16, shared_expert_intermediate_size=16, intermediate_size=16,
        linear_num_value_heads=2, linear_num_key_heads=1,
    )  # fmt: skip
    with pytest.raises(RetortError) as caught:
        LocalChatModel(Qwen3NextForCausalLM(config), parts[1], name_or_path="next")
    assert "next cannot run here" in caught.value.what and "linear_attention" in caught.value.why
    assert "http://" in caught.value.next


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("CUDA out of memory"), "does not fit into memory beside tiny"),
        (RuntimeError("broken kernel"), "tiny failed while it was answering"),
    ],
)
def test_failures_say_what_to_do(model: LocalChatModel, error: Exception, words: str) -> None:
    def stream(request: Any) -> Iterator[int]:
        raise error
        yield 0

    model._engine.stream = stream
    with pytest.raises(RetortError) as caught:
        model.invoke([HumanMessage("q")])
    assert words in caught.value.what and str(error) in caught.value.why
    assert "--model embedded" in caught.value.next
