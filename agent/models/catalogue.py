"""Open models that answer with tools: what each needs, and what of it is on this machine.

Owns the facts and the look into the hub's cache, which needs no network. Loads no model.

The numbers of each `Shape` are those of the model's configuration file, read in copies of it: for
the dense Qwen3 models, Llama 3.1 and Mistral v0.3 in the configurations of LitGPT
(github.com/Lightning-AI/litgpt, ``litgpt/config.py``), which cites the files; for Qwen3-30B-A3B in
three projects that cite the file; for Qwen3-4B-Instruct-2507 in a copy of its card, which also
states its context. The 32,768 tokens of the other Qwen3 models are what their cards call native,
confirmed for the 32B one. Parameters are counted from these numbers, and a test counts them again
with transformers. Estimates remain: the bits of AWQ weights, and ``memory``'s rules of thumb.
Licences are the cards'; which models are worth listing is this project's choice, not a ranking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retort.agent.models import memory
from retort.agent.models.local.folder import parts, read
from retort.agent.models.memory import CONTEXT_KEPT, GIB, OVERHEAD_GIB, SLACK, Need

_AWQ_BITS = 4.25
"""of a weight, with a 16-bit scale and a 4-bit zero for each group of 128; an estimate"""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a decoder's parameters are counted from; the field's names for them."""

    layers: int
    hidden: int
    inner: int
    """width of the feed-forward network, of one expert where there are several"""
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    """tokens that it can read and write, without any stretching"""
    head_dim: int = 128
    experts: int = 0
    """0 for a dense model"""
    is_tied: bool = False
    """whether the output shares the embedding's weights"""
    norms_heads: bool = True
    """whether queries and keys are normalised by head, as in Qwen3"""

    @property
    def linear(self) -> int:
        """Parameters that quantised weights make smaller; experts are not among them."""
        return self.layers * (
            self._attention + (0 if self.experts else 3 * self.hidden * self.inner)
        )

    @property
    def parameters(self) -> int:
        """All of them: SwiGLU, RMSNorm, grouped-query attention, no biases."""
        experts = self.experts * 3 * self.hidden * self.inner + self.experts * self.hidden
        norms = 2 * self.hidden + (2 * self.head_dim if self.norms_heads else 0)
        embeddings = self.vocabulary * self.hidden * (1 if self.is_tied else 2)
        return self.linear + self.layers * (experts + norms) + embeddings + self.hidden

    @property
    def cache_bytes(self) -> int:
        """Of one token: a key and a value of 16 bits in each layer."""
        return 2 * self.layers * self.kv_heads * self.head_dim * 2

    @property
    def _attention(self) -> int:
        return 2 * self.hidden * self.head_dim * (self.heads + self.kv_heads)


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose chat template takes tools."""

    name: str
    """on the hub"""
    shape: Shape
    licence: str
    is_awq: bool = False
    """whether its files hold 4-bit weights; a server runs those"""

    @property
    def weights(self) -> str:
        """How its files hold the weights."""
        return "AWQ 4-bit" if self.is_awq else "bf16"

    def need(self, quantisation: str = "") -> Need:
        """Memory to answer with, keeping ``CONTEXT_KEPT`` tokens."""
        shape = self.shape
        weights = memory.weights_gib(shape.parameters, shape.linear, quantisation)
        if self.is_awq:
            other = (shape.parameters - shape.linear) * 2
            weights = (other + shape.linear * _AWQ_BITS / 8) / GIB
        return Need(weights, shape.cache_bytes * CONTEXT_KEPT / GIB)

    def context_in(self, free_gib: float, quantisation: str = "") -> int:
        """Tokens of context that fit beside the weights, at most all that it can read."""
        room = free_gib - self.need(quantisation).weights_gib * SLACK - OVERHEAD_GIB
        return max(0, min(self.shape.context, int(room * GIB / self.shape.cache_bytes)))

    def fetch(self) -> str:
        """The command that downloads it."""
        return f"hf download {self.name}"

    def use(self) -> str:
        """What makes Retort answer with it; the AWQ models here are of the Qwen family, which
        writes its calls as Hermes does.
        """
        if not self.is_awq:
            return f"--model hf:{self.name}"
        flags = "--enable-auto-tool-choice --tool-call-parser hermes"
        url = f"http://127.0.0.1:8000/v1#{self.name}"
        return f"vllm serve {self.name} {flags}, then --model '{url}'"


_APACHE = "Apache-2.0"
_QWEN3_32B = Shape(64, 5120, 25_600, 64, 8, 151_936, 32_768)
_QWEN3_14B = Shape(40, 5120, 17_408, 40, 8, 151_936, 32_768)
_QWEN3_8B = Shape(36, 4096, 12_288, 32, 8, 151_936, 32_768)
_QWEN3_4B = Shape(36, 2560, 9_728, 32, 8, 151_936, 262_144, is_tied=True)
_QWEN3_30B_A3B = Shape(48, 2048, 768, 32, 4, 151_936, 262_144, experts=128)
_LLAMA_8B = Shape(32, 4096, 14_336, 32, 8, 128_256, 131_072, norms_heads=False)
_MISTRAL_7B = Shape(32, 4096, 14_336, 32, 8, 32_768, 32_768, norms_heads=False)

MODELS = (
    Model("Qwen/Qwen3-32B", _QWEN3_32B, _APACHE),
    Model("Qwen/Qwen3-30B-A3B-Instruct-2507", _QWEN3_30B_A3B, _APACHE),
    Model("Qwen/Qwen3-14B", _QWEN3_14B, _APACHE),
    Model("Qwen/Qwen3-32B-AWQ", _QWEN3_32B, _APACHE, is_awq=True),
    Model("Qwen/Qwen3-8B", _QWEN3_8B, _APACHE),
    Model("meta-llama/Llama-3.1-8B-Instruct", _LLAMA_8B, "Llama 3.1 Community"),
    Model("mistralai/Mistral-7B-Instruct-v0.3", _MISTRAL_7B, _APACHE),
    Model("Qwen/Qwen3-14B-AWQ", _QWEN3_14B, _APACHE, is_awq=True),
    Model("Qwen/Qwen3-4B-Instruct-2507", _QWEN3_4B, _APACHE),
    Model("Qwen/Qwen3-8B-AWQ", _QWEN3_8B, _APACHE, is_awq=True),
)
"""Largest first. Licences of the Llama family want to be accepted on the hub before a download."""

FOR_AUTO = tuple(
    sorted(
        (each for each in MODELS if not each.is_awq and each.name.startswith("Qwen/")),
        key=lambda each: -each.need().gib,
    )
)
"""What ``auto`` chooses from, largest first: one family, no account needed to fetch it"""

GPU_SIZES_GIB = (8, 12, 16, 24, 32, 48, 80)
"""what GPUs commonly have"""


@dataclass(frozen=True, slots=True)
class Size:
    """A row of the size table: what ``auto`` takes of a memory."""

    free_gib: float
    quantisation: str
    model: Model | None
    """None where none fits"""
    context: int
    """tokens that fit beside it"""


def best(free_gib: float, quantisation: str = "") -> Model | None:
    """The largest model that fits; None where none does."""
    fitting = fits(free_gib, quantisation)
    return fitting[0] if fitting else None


def fits(free_gib: float, quantisation: str = "") -> list[Model]:
    """What ``auto`` may take, largest first."""
    return [each for each in FOR_AUTO if each.need(quantisation).gib <= free_gib]


def sizes() -> list[Size]:
    """The size table: for each memory the model in 16, 8 and 4 bits."""
    rows = []
    for free_gib in GPU_SIZES_GIB:
        for quantisation in ("", "8bit", "4bit"):
            model = best(free_gib, quantisation)
            context = model.context_in(free_gib, quantisation) if model else 0
            rows.append(Size(free_gib, quantisation, model, context))
    return rows


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
    architectures = read(folder / "config.json").get("architectures")
    return isinstance(architectures, list) and str(architectures[:1]).endswith("ForCausalLM']")


def _is_whole(folder: Path) -> bool:
    files = parts(folder)
    has_tokenizer = (folder / "tokenizer_config.json").exists()
    return has_tokenizer and bool(files) and all(file.exists() for file in files)
