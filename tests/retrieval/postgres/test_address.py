"""Addresses: what is read, what is refused, and that no password is ever repeated."""

from __future__ import annotations

import pytest

from retort.retrieval.errors import OfflineError, RetortError, UsageError
from retort.retrieval.postgres.address import parse

BASE = "postgresql://ada@db.example.org:5433/papers"


def test_an_address_names_server_database_and_library() -> None:
    address = parse(f"{BASE}?library=screen-1&sslmode=require", offline=False)
    wanted = {"host": "db.example.org", "port": "5433", "dbname": "papers", "user": "ada"}
    assert wanted.items() <= address.parameters.items()
    assert address.parameters["sslmode"] == "require" and "library" not in address.parameters
    assert (address.library, address.schema) == ("screen-1", "retort_screen-1")
    assert parse(BASE, offline=False).schema == "retort_default"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ada:s3cret@host/papers",
        "postgresql://ada@host/papers?password=s3cret",
        "postgresql://ada@host/papers?p%61ssword=s3cret",
        "postgresql://ada:s3cret@[host/papers",
        "postgresql://ada:s3cret@host/papers?library",
        "http://ada:s3cret@host/papers",
    ],
)
def test_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text, offline=False)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("name", ["", "a b", 'a"; DROP SCHEMA x; --', "-a", "x" * 41, "ä"])
def test_a_name_is_no_way_into_a_statement(name: str) -> None:
    with pytest.raises(UsageError):
        parse(f"{BASE}?library={name}", offline=False)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "", "localhost,127.0.0.1"]
)
def test_offline_allows_this_machine(host: str) -> None:
    assert parse(f"postgresql://{host}/papers", offline=True)
    assert parse("postgresql:///papers?host=/run/postgresql", offline=True)


@pytest.mark.parametrize(
    "rest",
    [
        "db.example.org/papers",
        "localhost,db.example.org/papers",
        "localhost/papers?hostaddr=192.0.2.1",
        "localhost.example.org/papers",
        "/papers?service=elsewhere",
    ],
)
def test_offline_forbids_every_other(rest: str) -> None:
    with pytest.raises(OfflineError, match="RETORT_OFFLINE"):
        parse(f"postgresql://{rest}", offline=True)


def test_offline_knows_the_hosts_that_the_environment_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse("postgresql:///papers", offline=True)
    monkeypatch.setenv("PGHOST", "db.example.org")
    with pytest.raises(OfflineError):
        parse("postgresql:///papers", offline=True)


def test_a_server_that_is_not_there_says_so() -> None:
    from retort.retrieval.postgres import Server

    with pytest.raises(RetortError, match="cannot be reached"):
        Server.open("postgresql://ada@127.0.0.1:1/papers")
