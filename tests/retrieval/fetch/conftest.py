"""The loopback services, quick sources over them, and a library to fetch into."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fetch_matrix import LIMITS
from literature_services import Services, serve
from stored import make_library

from retort.retrieval.fetch.europepmc import EuropePMC
from retort.retrieval.fetch.pubmed import PubMed
from retort.retrieval.library import Library

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy_and_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine, and no name but its own is looked up."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    look = socket.getaddrinfo

    def own(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(-2, "Name or service not known")
        return look(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", own)


@pytest.fixture
def services() -> Iterator[Services]:
    """Both services over 30 records."""
    with serve() as running:
        yield running


@pytest.fixture
def pubmed(services: Services) -> Callable[..., PubMed]:
    """Makes sources over the loopback."""
    return lambda **more: PubMed(
        **({"offline": False, "url": services.eutils, "limits": LIMITS} | more)
    )


@pytest.fixture
def europepmc(services: Services) -> Callable[..., EuropePMC]:
    """Makes sources over the loopback."""
    return lambda **more: EuropePMC(
        **({"offline": False, "url": services.europepmc, "limits": LIMITS} | more)
    )


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with make_library(tmp_path / "library") as made:
        yield made
