"""One PostgreSQL server with pgvector for all tests here, and a new database for each."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator

import pytest

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: pip install -e .[dev]")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server of its own; it listens on a socket in the file system only."""
    pgserver = pytest.importorskip(
        "pgserver", reason="pgserver is not installed: pip install -e .[dev]"
    )
    # Not in pytest's folder: the path of a socket is short, and another user may have to enter.
    running = pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    with psycopg.connect(running.get_uri(), autocommit=True) as connection:
        # What is killed in the tests are clients: nothing has to survive the loss of power.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture(scope="module")
def admin(server: str) -> Iterator[object]:
    """A connection of the superuser."""
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection


@pytest.fixture
def address(server: str, admin: psycopg.Connection) -> Iterator[str]:
    """The address of a library that is not there yet."""
    name = f"t{uuid.uuid4().hex[:8]}"
    yield f"{server}&library={name}"
    admin.execute(f'DROP SCHEMA IF EXISTS "retort_{name}" CASCADE')
