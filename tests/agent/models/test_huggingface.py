"""``hf:`` with a tiny random Qwen3 made here: loading, streaming, tools in the prompt, Stop,
errors."""

from __future__ import annotations

import contextvars
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from retort.agent.models import cancellation
from retort.agent.models.huggingface import HuggingFaceChatModel, _as_dict, load
from retort.retrieval.errors import RetortError

TEMPLATE = (
    "{% if tools %}<|im_start|>system\nTools: "
    "{% for t in tools %}{{ t.function.name }} {% endfor %}"
    "<|im_end|>\n{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer random Qwen3 with a byte-level tokenizer, saved as the hub saves models."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<pad>"
    )
    tokenizer.add_tokens(["<|im_start|>"], special_tokens=True)
    tokenizer.chat_template = TEMPLATE
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=2048,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@tool
def find_target(target: str) -> str:
    """Find a target."""
    return target


def test_a_local_model_streams_and_counts_tokens(folder: Path) -> None:
    model = load(str(folder), offline=True)
    model.max_new_tokens = 12
    bound = model.bind_tools([find_target])
    chunks = list(bound.stream([SystemMessage("Be short."), HumanMessage("EGFR?")]))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert whole.usage_metadata is not None and whole.usage_metadata["output_tokens"] > 0
    again = model.bind_tools([find_target]).invoke(
        [SystemMessage("Be short."), HumanMessage("EGFR?")]
    )
    assert again.content == whole.content  # greedy decoding is deterministic


def test_tools_and_tool_turns_reach_the_prompt(folder: Path) -> None:
    model = load(str(folder), offline=True)
    call = {"name": "find_target", "args": {"target": "EGFR"}, "id": "1", "type": "tool_call"}
    history = [
        HumanMessage("q"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("found", tool_call_id="1", name="find_target"),
    ]
    schema = {"type": "function", "function": {"name": "find_target"}}
    text = model._tokenizer.decode(model._encode(history, [schema])["input_ids"][0])
    assert "Tools: find_target" in text and '"arguments": {"target": "EGFR"}' in text
    assert text.endswith("<|im_start|>assistant\n") and "<|im_start|>tool\nfound" in text
    assert _as_dict(history[1])["tool_calls"][0]["function"]["arguments"] == {"target": "EGFR"}


def test_stop_ends_generation_within_a_token(folder: Path) -> None:
    model = load(str(folder), offline=True)
    model.max_new_tokens = 500
    stop = threading.Event()
    stop.set()
    context = contextvars.copy_context()
    context.run(cancellation.set_current, stop)
    message = context.run(model.invoke, [HumanMessage("go")])
    assert message.usage_metadata is not None and message.usage_metadata["output_tokens"] <= 2


class Speaking(HuggingFaceChatModel):
    """Says a fixed text through the real stream and parser."""

    def _pieces(self, encoded: Any) -> Any:
        yield from ("<think>hm</think>Look", 'ing.<tool_call>{"name": "find_target", "argu')
        yield 'ments": {"target": "KIT"}}</tool_call>'


def test_tool_calls_and_thinking_are_kept_apart_from_text(folder: Path) -> None:
    real = load(str(folder), offline=True)
    model = Speaking(real._model, real._tokenizer, name_or_path="x")
    message = model.bind_tools([find_target]).invoke([HumanMessage("KIT?")])
    assert message.content == "Looking."
    assert message.tool_calls[0]["args"] == {"target": "KIT"}
    assert message.additional_kwargs["reasoning_content"] == "hm"


class Cut(HuggingFaceChatModel):
    """Runs out of tokens within a call."""

    def _pieces(self, encoded: Any) -> Any:
        yield '<tool_call>{"name": "find_target", "arguments": {"target": "EG'


def test_a_call_that_was_cut_off_is_not_run_with_half_a_name(folder: Path) -> None:
    real = load(str(folder), offline=True)
    bound = Cut(real._model, real._tokenizer, name_or_path="x").bind_tools([find_target])
    for message in (bound.invoke([HumanMessage("EGFR?")]), *bound.stream([HumanMessage("EGFR?")])):
        assert isinstance(message, AIMessage) and not message.tool_calls
    (invalid,) = bound.invoke([HumanMessage("EGFR?")]).invalid_tool_calls
    assert '"EG' in (invalid["args"] or "")


def test_a_model_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RetortError) as caught:
        load(str(tmp_path / "nothing"), offline=True)
    assert "Cannot run the model" in caught.value.what and "embedded" in caught.value.next


def test_a_base_model_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(folder, bare)
    for name in ("chat_template.jinja",):
        (bare / name).unlink(missing_ok=True)
    with pytest.raises(RetortError, match="no chat template"):
        load(str(bare), offline=True)
