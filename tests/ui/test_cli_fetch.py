"""``retort library fetch`` as a user meets it: rows, JSON, exit codes, and silence when offline."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fetch_matrix import LIMITS
from literature_services import FIRST_PMID, Services, serve

from retort.retrieval import fetch as fetching
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.fetch.europepmc import EuropePMC
from retort.retrieval.fetch.pubmed import PubMed
from retort.ui import cli

Command = Callable[..., int]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Both services, and the command's sources lead to them; texts are hashed, not encoded."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("retort.retrieval.library.load_encoder", lambda *_: HashingEncoder())
    with serve() as running:

        def opened(name: str, *, full_text: bool, offline: bool, email: str, ncbi_key: str) -> Any:
            if name == "europepmc":
                return EuropePMC(
                    offline=offline, full_text=full_text, url=running.europepmc, limits=LIMITS
                )
            return PubMed(
                offline=offline, email=email, key=ncbi_key, url=running.eutils, limits=LIMITS
            )

        monkeypatch.setattr(fetching, "open_source", opened)
        yield running


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command line; gives its exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["retort", "library", "fetch", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


def test_rows_go_to_stdout_and_messages_to_stderr(
    services: Services, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("warfarin", "--max", "12", "--library", "drugs") == cli.DONE
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "found: 30",
        "fetched: 12",
        "added: 12",
        "without abstract: 1",
        "Library drugs: 12 papers, 12 passages",
    ]
    assert 'PubMed searched for: "warfarin"[MeSH Terms] OR "warfarin"[All Fields]' in err
    assert command("warfarin", "--max", "12", "--library", "drugs") == cli.DONE
    assert "All of it is in; nothing was asked" in capsys.readouterr().err


def test_json_and_the_exit_code_name_what_was_left_out(
    services: Services, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    services.deleted = {str(FIRST_PMID)}
    assert command("warfarin", "--max", "5", "--json") == cli.DONE_WITH_FAILURES
    row = json.loads(capsys.readouterr().out)
    assert (row["found"], row["fetched"], row["papers"]) == (30, 4, 4)
    assert row["skipped"][0]["id"] == str(FIRST_PMID)
    assert set(row) >= {"library", "added", "merged", "without_abstract", "translation", "notes"}


def test_nothing_found_is_no_failure_and_shows_how_the_query_was_read(
    services: Services, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    services.count, services.translation = 0, "(wafarin[All Fields])"
    services.said = {"errorlist": {"phrasesnotfound": ["wafarin"], "fieldsnotfound": []}}
    assert command("wafarin") == cli.DONE
    out, err = capsys.readouterr()
    assert "found: 0" in out
    assert "PubMed searched for: (wafarin[All Fields])" in err
    assert "not found, and left out of the search: wafarin" in err


def test_an_outage_has_what_why_and_next(
    services: Services, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    services.always["efetch"] = "500"
    assert command("warfarin", "--json") == cli.FAILED
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["what"] == "PubMed did not answer."
    assert "next: Repeat the command later; it goes on where it stopped." in err


def test_the_email_and_the_key_come_from_the_settings(
    services: Services, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETORT_EMAIL", "jane@example.org")
    monkeypatch.setenv("RETORT_NCBI_KEY", "k3y")
    assert command("warfarin", "--max", "1") == cli.DONE
    form = services.asked("esearch")[0]
    assert (form["email"], form["api_key"]) == ("jane@example.org", "k3y")


@pytest.mark.parametrize("source", ["pubmed", "europepmc"])
def test_offline_no_socket_is_opened_and_no_library_made(
    source: str,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: Path,
    no_network: list[Any],
) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setenv("RETORT_OFFLINE", "1")
    with monkeypatch.context() as patch:
        for name in ("create_connection", "getaddrinfo"):
            patch.setattr(socket, name, forbidden)
        assert command("warfarin", "--source", source) == cli.FAILED
    assert "RETORT_OFFLINE=1 forbids it." in capsys.readouterr().err
    assert not no_network and not (home / "libraries").exists()


@pytest.mark.parametrize(
    "arguments", [("x", "--source", "scopus"), ("x", "--full-text"), ("x", "--max", "0")]
)
def test_wrong_use_is_told_before_anything_is_asked(
    arguments: tuple[str, ...], command: Command, no_network: list[Any]
) -> None:
    assert command(*arguments) == cli.WRONG_USE
    assert not no_network


def test_the_help_says_what_is_sent(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--help") == cli.DONE
    said = " ".join(capsys.readouterr().out.split())
    assert "nothing of the library and no structure" in said
