"""What a model of some configuration needs, counted before a byte of its weights is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retort.agent.models import memory
from retort.agent.models.local import folder as files
from retort.agent.models.memory import CONTEXT_KEPT, GIB, Need


def skeleton(config: Any) -> Any:
    """The model without its weights: every tensor on torch's meta device, which holds none."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, trust_remote_code=False)


def counted(model: Any) -> tuple[int, int]:
    """Its parameters, and how many of them quantised weights make smaller: those of linear layers
    but the output, as bitsandbytes chooses them. Shared ones count once.
    """
    return sum(each.numel() for each in model.parameters()), sum(linear(model).values())


def linear(model: Any) -> dict[str, int]:
    """The name and size of each weight that quantisation makes smaller."""
    from torch import nn

    output = model.get_output_embeddings()
    return {
        f"{name}.weight": module.weight.numel()
        for name, module in model.named_modules()
        if type(module) is nn.Linear and module is not output
    }


def cache_gib(config: Any, context: int = CONTEXT_KEPT) -> float:
    """Keys and values of ``context`` tokens in 16 bits; a layer with a sliding window keeps no more
    than its window, a layer without attention none that grows.
    """
    text = config.get_text_config()
    context = min(context, getattr(text, "max_position_embeddings", None) or context)
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    window = getattr(text, "sliding_window", None) or context
    kept = {"full_attention": context, "sliding_attention": min(window, context)}
    kinds = getattr(text, "layer_types", None) or ["full_attention"] * text.num_hidden_layers
    tokens = sum(kept.get(kind, 0) for kind in kinds)
    return float(2 * tokens * heads * width * 2 / GIB)


def need(config: Any, model: Any, place: Path, quantisation: str = "", width: float = 2) -> Need:
    """What a model will take.

    Args:
        config: its configuration.
        model: its skeleton.
        place: its folder; a checkpoint that is quantised already is as large as its files are.
        quantisation: ``""``, ``"8bit"`` or ``"4bit"``.
        width: bytes of a weight that is not quantised.
    """
    if getattr(config, "quantization_config", None):
        size = sum(file.stat().st_size for file in files.parts(place))
        return Need(size / GIB, cache_gib(config))
    weights = memory.weights_gib(*counted(model), quantisation, width)
    return Need(weights, cache_gib(config))
