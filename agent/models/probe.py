"""Asks a model server once what it has: its models, and how much the chosen one can read.

One GET of ``/models``; llama.cpp tells its context at ``/props``, and Ollama at ``/api/ps`` once
the model is loaded. A server that keeps no list is taken as it is. Knows no chat.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from retort.agent.models import faults
from retort.agent.models.connection import Exchange, Limits, Lost, Server

LIMITS = Limits(first_s=20, between_s=20, total_s=20)
_CONTEXT = ("max_model_len", "context_length", "context_window")
"""vLLM and SGLang; several proxies"""
_KEEPS_NO_LIST = frozenset({400, 405, 429, 500, 501})
"""``transformers serve`` answers 500 where it has no network"""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says of itself."""

    seconds: float
    """until it had answered"""
    names: tuple[str, ...] = ()
    """of its models; none where it keeps no list"""
    context: int | None = None
    """tokens that the chosen model reads and writes, where the server says it"""


def probe(server: Server, name: str, limits: Limits = LIMITS) -> Served:
    """Look for a model.

    Args:
        server: where.
        name: the model's; empty to learn only which there are.
        limits: patience.

    Raises:
        RetortError: nothing answers, it is no such server, it wants a key, or it has not this
            model.
    """
    started = time.monotonic()
    try:
        status, body = _get(server, "/models", limits)
    except Lost as error:
        raise faults.lost(server, error) from error
    seconds = time.monotonic() - started
    if status in _KEEPS_NO_LIST:
        return Served(seconds)
    if status != 200:
        raise faults.refused(server, name, status, faults.said(server, body))
    models = _models(body)
    if models is None:
        raise faults.garbled(server, "what it calls its models is no list of models")
    found = Served(seconds, tuple(models))
    if not models or not name or name.startswith(("/", ".", "~")):  # a folder is loaded when asked
        return found
    entry = models.get(name) or models.get(f"{name}:latest")  # Ollama's default tag
    if entry is None:
        raise faults.absent(server, name, found.names)
    return replace(found, context=_context(server, entry, limits))


def _get(server: Server, path: str, limits: Limits) -> tuple[int, bytes]:
    with Exchange(server, path, None, limits) as exchange:
        return exchange.head().status, exchange.body()


def _models(body: bytes) -> dict[str, Mapping[str, Any]] | None:
    try:
        data = json.loads(body)
    except ValueError:
        return None
    entries = data.get("data") if isinstance(data, dict) else None
    if entries is None and isinstance(data, dict) and "data" in data:  # Ollama without a model
        return {}
    if not isinstance(entries, list):
        return None
    return {
        entry["id"]: entry
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    }


def _context(server: Server, entry: Mapping[str, Any], limits: Limits) -> int | None:
    said = [entry.get(name) for name in _CONTEXT]
    if entry.get("owned_by") == "llamacpp":
        props = _beside(server, "/props", limits)
        settings = props.get("default_generation_settings")
        said += [settings.get("n_ctx")] if isinstance(settings, dict) else []
    if entry.get("owned_by") == "library":  # Ollama
        loaded = [m for m in _beside(server, "/api/ps", limits).get("models") or [] if "name" in m]
        said += [each.get("context_length") for each in loaded if each["name"] == entry["id"]]
    return next((count for count in said if isinstance(count, int) and count > 0), None)


def _beside(server: Server, path: str, limits: Limits) -> Any:
    """An object that a server keeps beside the protocol; empty where it is an older version."""
    try:
        status, body = _get(replace(server, path=server.path.removesuffix("/v1")), path, limits)
        found = json.loads(body) if status == 200 else {}
    except (Lost, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
