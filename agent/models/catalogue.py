"""Open models that answer with tools: what each needs, and what of it is on this machine.

Owns the facts (from the models' own cards and configuration files), the estimate of memory, and
the look into the hub's cache, which needs no network. Loads no model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTEXT_KEPT = 16_384
"""tokens of context that the estimates of memory make room for"""
_OVERHEAD_GIB = 1.0
"""CUDA's own memory and activations, by rule of thumb"""


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose chat template takes tools."""

    name: str
    """on the hub"""
    parameters_b: float
    """billions"""
    embedding_b: float
    """of these, embeddings, which quantised weights keep in 16 bits; billions"""
    bits: float
    """of a weight, with the scales of its group"""
    weights: str
    """as its card calls their format"""
    context: int
    """tokens that it can read and write, without any stretching"""
    layers: int
    kv_width: int
    """key-value heads times their width"""
    licence: str

    @property
    def is_plain(self) -> bool:
        """Whether ``hf:`` loads it with nothing but transformers; else a server runs it."""
        return self.weights == "bf16"

    @property
    def weights_gib(self) -> float:
        """Memory of the weights."""
        bits = (self.parameters_b - self.embedding_b) * self.bits + self.embedding_b * 16
        return bits * 1e9 / 8 / 2**30

    @property
    def needs_gib(self) -> float:
        """Memory to answer with: weights, 16-bit keys and values of ``CONTEXT_KEPT`` tokens, and
        overhead. An estimate.
        """
        cache = 2 * self.layers * self.kv_width * 2 * CONTEXT_KEPT / 2**30
        return self.weights_gib * 1.03 + cache + _OVERHEAD_GIB

    def fetch(self) -> str:
        """The command that downloads it."""
        return f"hf download {self.name}"

    def use(self) -> str:
        """What makes Retort answer with it; the AWQ models here are of the Qwen family, which
        writes its calls as Hermes does.
        """
        if self.is_plain:
            return f"--model hf:{self.name}"
        flags = "--enable-auto-tool-choice --tool-call-parser hermes"
        url = f"http://127.0.0.1:8000/v1#{self.name}"
        return f"vllm serve {self.name} {flags}, then --model '{url}'"


_APACHE = "Apache-2.0"
MODELS = (
    Model("Qwen/Qwen3-32B", 32.8, 1.6, 16, "bf16", 32_768, 64, 1024, _APACHE),
    Model("Qwen/Qwen3-30B-A3B-Instruct-2507", 30.5, 0.6, 16, "bf16", 262_144, 48, 512, _APACHE),
    Model("Qwen/Qwen3-14B", 14.8, 1.6, 16, "bf16", 32_768, 40, 1024, _APACHE),
    Model("Qwen/Qwen3-32B-AWQ", 32.8, 1.6, 4.25, "AWQ 4-bit", 32_768, 64, 1024, _APACHE),
    Model("Qwen/Qwen3-8B", 8.2, 1.25, 16, "bf16", 32_768, 36, 1024, _APACHE),
    Model(
        *("meta-llama/Llama-3.1-8B-Instruct", 8.0, 1.05, 16, "bf16", 131_072, 32, 1024),
        "Llama 3.1 Community",
    ),
    Model("mistralai/Mistral-7B-Instruct-v0.3", 7.25, 0.27, 16, "bf16", 32_768, 32, 1024, _APACHE),
    Model("Qwen/Qwen3-14B-AWQ", 14.8, 1.6, 4.25, "AWQ 4-bit", 32_768, 40, 1024, _APACHE),
    Model("Qwen/Qwen3-4B-Instruct-2507", 4.0, 0.4, 16, "bf16", 262_144, 36, 1024, _APACHE),
    Model("Qwen/Qwen3-8B-AWQ", 8.2, 1.25, 4.25, "AWQ 4-bit", 32_768, 36, 1024, _APACHE),
)
"""Parameters, layers, heads, context and licence as the cards on the hub state them. Licences of
the Llama family want to be accepted there before a download."""

FOR_AUTO = tuple(
    sorted(
        (each for each in MODELS if each.is_plain and each.licence == _APACHE),
        key=lambda each: -each.needs_gib,
    )
)
"""What ``auto`` chooses from, largest first: no account is needed to fetch it"""


@dataclass(frozen=True, slots=True)
class Cached:
    """A language model in the hub's cache."""

    name: str
    gib: float
    """on disk"""
    is_whole: bool
    """whether every weight is there, so that it loads without a network"""


def is_on_disk(name: str) -> bool:
    """Whether the cache holds the whole model."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(name, "config.json")
    return isinstance(config, str) and _is_whole(Path(config).parent)


def cached() -> list[Cached]:
    """The causal language models in the hub's cache, by name; no network is used."""
    return sorted(_found(), key=lambda each: each.name)


def _found() -> Iterator[Cached]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        return
    for repo in repos:
        folders = [revision.snapshot_path for revision in repo.revisions]
        if repo.repo_type == "model" and any(map(_is_language_model, folders)):
            is_whole = any(map(_is_whole, folders))
            yield Cached(repo.repo_id, repo.size_on_disk / 2**30, is_whole)


def _is_language_model(folder: Path) -> bool:
    architectures = _json(folder / "config.json").get("architectures")
    return isinstance(architectures, list) and str(architectures[:1]).endswith("ForCausalLM']")


def _is_whole(folder: Path) -> bool:
    if not (folder / "tokenizer_config.json").exists():
        return False
    parts = _json(folder / "model.safetensors.index.json").get("weight_map")
    if isinstance(parts, dict):
        return bool(parts) and all((folder / str(part)).exists() for part in set(parts.values()))
    return (folder / "model.safetensors").exists()


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
