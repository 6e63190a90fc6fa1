"""Chooses the chat model that a spec names. There is never a silent call to anybody's cloud.

A spec is one of::

    embedded                        no download, no GPU
    hf:NAME-OR-PATH                 through transformers, on the GPU where there is one
    http(s)://HOST:PORT/v1#MODEL    any OpenAI-compatible server
    auto                            a GPU with room and its model on disk: that; else embedded
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retort.agent.models import memory
from retort.agent.settings import Settings
from retort.retrieval.errors import OfflineError, UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from retort.retrieval.encode import Encoder


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A chat model, the name stamped on its answers, and why it was chosen."""

    model: BaseChatModel
    name: str
    why: str
    is_planner: bool = False
    """whether it plans by itself: bound to all tools with their whole schemas, and never helped"""


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


@dataclass(frozen=True, slots=True)
class Choice:
    """What ``auto`` takes on this machine, and why."""

    spec: str
    why: str


def choose(quantisation: str = "") -> Choice:
    """What ``auto`` would take now: a model that is on disk and fits the GPUs, else the embedded
    one. Nothing is loaded, nothing is downloaded.

    Args:
        quantisation: as in ``Settings``; smaller weights let a larger model fit.
    """
    from retort.agent.models import catalogue

    room = memory.gpu_memory()
    if room is None:
        return Choice("embedded", "auto: no CUDA GPU")
    free_gib = room.free_gib
    fitting = catalogue.fits(free_gib, quantisation)
    if not fitting:
        least = min(each.need(quantisation).gib for each in catalogue.FOR_AUTO)
        return Choice(
            "embedded", f"auto: {free_gib:.1f} GiB of GPU memory free, {least:.1f} needed"
        )
    best = fitting[0]
    here = next((each for each in fitting if catalogue.is_on_disk(each.name)), None)
    if here is None:
        return Choice("embedded", f"auto: {best.name} fits this GPU; fetch it: {best.fetch()}")
    why = f"auto: {free_gib:.0f} GiB of GPU memory free"
    if here is not best:
        why += f"; {best.name} would fit: {best.fetch()}"
    return Choice(f"hf:{here.name}", why)


def _auto(settings: Settings, encoder: Callable[[], Encoder]) -> LoadedModel:
    choice = choose(settings.quantisation)
    if choice.spec == "embedded":
        return _embedded(encoder, choice.why)
    # what is on disk is whole, so nothing is fetched in silence
    return _huggingface(replace(settings, offline=True), choice.spec[3:], choice.why)


def _embedded(encoder: Callable[[], Encoder], why: str) -> LoadedModel:
    from retort.agent.models.embedded.chat import EmbeddedChatModel

    return LoadedModel(EmbeddedChatModel(encoder=encoder), "embedded", why, is_planner=True)


def _huggingface(settings: Settings, name: str, why: str) -> LoadedModel:
    from retort.agent.models.local.chat import LocalChatModel
    from retort.agent.models.local.loading import load

    loaded = load(name, settings.offline, settings.quantisation)
    model = LocalChatModel(loaded.model, loaded.tokenizer, name_or_path=name, seed=settings.seed)
    return LoadedModel(model, f"hf:{name}", f"{why}; {loaded.told}")


def _endpoint(settings: Settings, spec: str) -> LoadedModel:
    from retort.agent.models.connection import Server
    from retort.agent.models.endpoint import connect

    url, _, name = spec.partition("#")
    server = Server.at(url, settings.model_key)
    if settings.offline and not server.is_here:
        raise OfflineError(
            f"The model at {server.url} is on another machine.",
            "RETORT_OFFLINE=1 forbids every outbound connection.",
            "unset RETORT_OFFLINE, or --model embedded",
        )
    where = "this machine" if server.is_here else server.host
    model = connect(url, name, seed=settings.seed, key=settings.model_key)
    return LoadedModel(model, spec, f"asked for; questions go to {where}")
