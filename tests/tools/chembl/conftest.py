"""The fixture file, the loopback service over it, and a source of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chembl_tables
import pytest
from chembl_service import ChemblServer

from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.web import WebSource


@pytest.fixture(scope="session")
def chembl_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture file; not to be written to."""
    return chembl_tables.build(tmp_path_factory.mktemp("chembl") / "chembl_35.sqlite")


@pytest.fixture
def service(chembl_file: Path) -> Iterator[ChemblServer]:
    """The loopback service."""
    running = ChemblServer(chembl_file)
    yield running
    running.close()


@pytest.fixture
def local(chembl_file: Path) -> Iterator[LocalSource]:
    """The local backend."""
    source = LocalSource(chembl_file)
    yield source
    source.close()


@pytest.fixture
def web(service: ChemblServer, tmp_path: Path) -> Callable[..., WebSource]:
    """Makes web backends over the loopback service."""

    def make(**options: Any) -> WebSource:
        settings = {"cache": tmp_path / "cache", "backoff_s": 0.01, "deadline_s": 20.0} | options
        return WebSource(service.url, **settings)

    return make
