"""Tiny random chat models of three architectures, as the hub lays them out, made in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ARCHITECTURES = ("qwen3", "llama", "gemma3")
WINDOW = 8
"""tokens that Gemma's sliding layers look back; shorter than any prompt of the tests"""
CONTEXT = 4096

QWEN = (
    "{% if tools %}<|im_start|>system\nTools: "
    "{% for t in tools %}{{ t.function.name }} {% endfor %}"
    "<|im_end|>\n{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "<|im_start|>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)
"""what Gemma 2 refuses, Gemma's template refuses here"""


def make_tokenizer(template: str = QWEN) -> Any:
    """One token a byte, and the marks of a Qwen chat."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<pad>"
    )
    tokenizer.add_tokens(["<|im_start|>"], special_tokens=True)
    tokenizer.chat_template = template
    return tokenizer


def make_model(architecture: str, seed: int = 0, size: int = 32, layers: int = 2) -> Any:
    """A random model in evaluation mode; its weights are wide, so that its answers vary."""
    import torch
    import transformers as hf

    tokenizer = make_tokenizer()
    shape = {
        "vocab_size": len(tokenizer), "hidden_size": size, "intermediate_size": 2 * size,
        "num_hidden_layers": layers, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": size // 4, "max_position_embeddings": CONTEXT, "initializer_range": 0.3,
        "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }  # fmt: skip
    torch.manual_seed(seed)
    if architecture == "qwen3":
        return hf.Qwen3ForCausalLM(hf.Qwen3Config(**shape)).eval()
    if architecture == "llama":
        return hf.LlamaForCausalLM(hf.LlamaConfig(**shape)).eval()
    kinds = ["sliding_attention", "full_attention"] * layers
    shape |= {"sliding_window": WINDOW, "layer_types": kinds[:layers]}
    return hf.Gemma3ForCausalLM(hf.Gemma3TextConfig(**shape)).eval()


def save_model(folder: Path, architecture: str = "qwen3") -> Path:
    """The model and its tokenizer in a folder, as ``hf:FOLDER`` takes it."""
    make_model(architecture).save_pretrained(folder)
    template = GEMMA if architecture == "gemma3" else QWEN
    make_tokenizer(template).save_pretrained(folder)
    return folder
