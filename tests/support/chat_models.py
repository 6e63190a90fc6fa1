"""Tiny random chat models of three families, in memory or in a folder as the hub lays them out.

Each has two layers, a byte-level tokenizer and a small chat template in its family's notation. What
they say means nothing, and varies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FAMILIES = ("qwen3", "llama", "gemma3")
WINDOW = 8
"""tokens that Gemma's sliding layers look back; shorter than any prompt of the tests"""
CONTEXT = 4096

QWEN3 = """\
{%- for m in messages %}
{{- '<|im_start|>' + ('user' if m.role == 'tool' else m.role) + '\n' }}
{%- if m.role == 'tool' %}<tool_response>
{{ m.content }}
</tool_response>{% else %}{{ m.content }}{% endif %}
{%- if loop.first and tools %}

# Tools, called as <tool_call>{"name": ..., "arguments": ...}</tool_call>
<tools>
{% for t in tools %}{{ t | tojson }}
{% endfor %}</tools>{% endif %}
{%- for c in m.tool_calls or [] %}
<tool_call>
{{ c.function | tojson }}
</tool_call>{% endfor %}
{{- '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
"""

_LLAMA = """\
{{- '<|begin_of_text|>' }}
{%- for m in messages %}
{%- set role = 'ipython' if m.role == 'tool' else m.role %}
{{- '<|start_header_id|>' + role + '<|end_header_id|>\n\n' }}
{%- if loop.first and tools %}{{ 'Environment: ipython\n' }}{% endif %}
{{- m.content }}
{%- if loop.first and tools %}
{{- '\nAnswer with {"name": ..., "parameters": ...} to call one of:\n' }}
{%- for t in tools %}{{ t | tojson }}{{ '\n' }}{% endfor %}{% endif %}
{%- for c in m.tool_calls or [] %}
{{- {'name': c.function.name, 'parameters': c.function.arguments} | tojson }}
{%- endfor %}
{{- '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}
"""

_GEMMA3 = """\
{{- '<bos>' }}
{%- set has_system = messages[0].role == 'system' %}
{%- set turns = messages[1:] if has_system else messages %}
{%- for m in turns %}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}
{{- raise_exception('user and assistant must take turns') }}
{%- endif %}
{{- '<start_of_turn>' + ('model' if m.role == 'assistant' else 'user') + '\n' }}
{%- if loop.first and has_system %}{{ messages[0].content + '\n\n' }}{% endif %}
{{- m.content + '<end_of_turn>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}
"""
"""no tools and no turn for their results: this family's template has none"""

_NOTATION = {
    "qwen3": (QWEN3, ("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "<|im_end|>"),
    "llama": (
        _LLAMA,
        ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|eot_id|>",
    ),
    "gemma3": (_GEMMA3, ("<pad>", "<bos>", "<start_of_turn>", "<end_of_turn>"), "<end_of_turn>"),
}


def make_model(family: str = "qwen3", seed: int = 0, **sizes: Any) -> Any:
    """A random model in evaluation mode, for ``make_tokenizer(family)`` unless ``sizes`` of its
    configuration say otherwise; its weights are wide, so that its answers vary.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = make_tokenizer(family)
    shape = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "max_position_embeddings": CONTEXT, "initializer_range": 0.3, "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
    } | sizes  # fmt: skip
    if family == "gemma3":
        kinds = ["sliding_attention", "full_attention"] * shape["num_hidden_layers"]
        shape |= {"sliding_window": WINDOW, "layer_types": kinds[: shape["num_hidden_layers"]]}
    torch.manual_seed(seed)
    config = AutoConfig.for_model("gemma3_text" if family == "gemma3" else family, **shape)
    return AutoModelForCausalLM.from_config(config).eval()


def make_tokenizer(family: str = "qwen3", template: str = "", text: str = "") -> Any:
    """One token a byte, and the family's marks; longer tokens where it learns from a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    own, special, end = _NOTATION[family]
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator([text], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=end, pad_token=special[0])
    tokenizer.chat_template = template or own
    return tokenizer


def make_chat_model(folder: Path, family: str = "qwen3") -> Path:
    """Save a model of one of ``FAMILIES`` that reads Retort's own prompts in few tokens."""
    from retort.prompts import load

    tokenizer = make_tokenizer(family, text=load("system"))
    sizes = {"vocab_size": len(tokenizer), "max_position_embeddings": 32_768}
    make_model(family, **sizes).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
