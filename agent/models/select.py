"""Chooses the chat model that a spec names. There is never a silent call to anybody's cloud.

A spec is one of::

    embedded                        no download, no GPU
    hf:NAME-OR-PATH                 through transformers, on the GPU where there is one
    http(s)://HOST:PORT/v1#MODEL    any OpenAI-compatible server
    auto                            a GPU with room and its model on disk: that; else embedded
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retort.agent.settings import Settings
from retort.retrieval.errors import OfflineError, UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from retort.retrieval.encode import Encoder

SIZE_TABLE: tuple[tuple[float, str], ...] = (
    (70.0, "Qwen/Qwen3-32B"),
    (36.0, "Qwen/Qwen3-14B"),
    (20.0, "Qwen/Qwen3-8B"),
    (11.0, "Qwen/Qwen3-4B"),
)
"""Free GPU memory in GiB and the model that fits it in bf16 with a 16k-token cache: two bytes per
parameter plus a quarter for cache and activations."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A chat model, the name stamped on its answers, and why it was chosen."""

    model: BaseChatModel
    name: str
    why: str


def load_model(settings: Settings, encoder: Callable[[], Encoder]) -> LoadedModel:
    """Load the model that ``settings.model`` names.

    Args:
        settings: the spec, whether connections are allowed, the seed.
        encoder: gives the bundled encoder, for the embedded planner.

    Raises:
        UsageError: the spec is none of the four forms.
        OfflineError: the spec names another machine and ``RETORT_OFFLINE=1``.
        RetortError: the model cannot be loaded or reached.
    """
    spec = settings.model
    if spec == "auto":
        return _auto(settings, encoder)
    if spec == "embedded":
        return _embedded(encoder, "asked for")
    if spec.startswith("hf:") and len(spec) > 3:
        return _huggingface(settings, spec[3:], "asked for")
    if spec.startswith(("http://", "https://")):
        return _endpoint(settings, spec)
    raise UsageError(
        f"{spec!r} names no model.",
        "A model is embedded, hf:NAME-OR-PATH, http(s)://HOST:PORT/v1#MODEL or auto.",
        "--model embedded",
    )


def _auto(settings: Settings, encoder: Callable[[], Encoder]) -> LoadedModel:
    import torch

    if not torch.cuda.is_available():
        return _embedded(encoder, "auto: no CUDA GPU")
    free_gib = torch.cuda.mem_get_info()[0] / 2**30
    name = next((name for room, name in SIZE_TABLE if free_gib >= room), None)
    if name is None:
        return _embedded(encoder, f"auto: {free_gib:.0f} GiB of GPU memory free, 11 needed")
    if not _is_on_disk(name):
        return _embedded(encoder, f"auto: {name} fits this GPU; fetch it with --model hf:{name}")
    return _huggingface(settings, name, f"auto: {free_gib:.0f} GiB of GPU memory free")


def _is_on_disk(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def _embedded(encoder: Callable[[], Encoder], why: str) -> LoadedModel:
    from retort.agent.models.embedded.chat import EmbeddedChatModel

    return LoadedModel(EmbeddedChatModel(encoder=encoder), "embedded", why)


def _huggingface(settings: Settings, name: str, why: str) -> LoadedModel:
    from retort.agent.models.huggingface import load

    model = load(name, offline=settings.offline, seed=settings.seed)
    return LoadedModel(model, f"hf:{name}", why)


def _endpoint(settings: Settings, spec: str) -> LoadedModel:
    from retort.agent.models.endpoint import connect

    url, _, name = spec.partition("#")
    host = url.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
    if settings.offline and host not in LOOPBACK:
        raise OfflineError(
            f"The model at {url} is on another machine.",
            "RETORT_OFFLINE=1 forbids every outbound connection.",
            "unset RETORT_OFFLINE, or --model embedded",
        )
    return LoadedModel(connect(url, name, seed=settings.seed), spec, "asked for")
