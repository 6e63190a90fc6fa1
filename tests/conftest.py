"""What every test gets: a home of its own, no network beyond this machine, no telemetry."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("retort", deadline=None)  # no test is timed
settings.load_profile("retort")

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``RETORT_HOME`` in the test's own folder; no other ``RETORT_*`` is inherited."""
    import os

    for name in list(os.environ):
        if name.startswith("RETORT_"):
            monkeypatch.delenv(name)
    path = tmp_path / "home"
    monkeypatch.setenv("RETORT_HOME", str(path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    return path


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """Each test's log lies in its own home."""
    log = logging.getLogger("retort")
    yield
    log.propagate = True
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Fail on any connection that would leave the machine; yields the addresses that were tried."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else "local"
        if isinstance(address, tuple) and host not in LOOPBACK:
            tried.append(address)
            raise ConnectionRefusedError(f"tests may not connect to {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield tried
