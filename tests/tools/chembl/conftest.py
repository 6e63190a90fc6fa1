"""The fixture file, the loopback service over it, and a source of each kind."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.web import WebSource


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"chembl_test_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tables, server = _beside("tables"), _beside("server")


@pytest.fixture(scope="session")
def chembl_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture file; not to be written to."""
    return tables.build(tmp_path_factory.mktemp("chembl") / "chembl_35.sqlite")


@pytest.fixture
def service(chembl_file: Path) -> Iterator[Any]:
    """The loopback service."""
    running = server.ChemblServer(chembl_file)
    yield running
    running.close()


@pytest.fixture
def local(chembl_file: Path) -> Iterator[LocalSource]:
    """The local backend."""
    source = LocalSource(chembl_file)
    yield source
    source.close()


@pytest.fixture
def web(service: Any, tmp_path: Path) -> Callable[..., WebSource]:
    """Makes web backends over the loopback service."""

    def make(**options: Any) -> WebSource:
        settings = {"cache": tmp_path / "cache", "backoff_s": 0.01, "deadline_s": 20.0} | options
        return WebSource(service.url, **settings)

    return make
