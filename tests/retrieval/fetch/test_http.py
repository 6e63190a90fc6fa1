"""The polite client: its pace, its patience, what it sends and where it stops."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fetch_matrix import LIMITS
from hypothesis import given
from hypothesis import strategies as st
from literature_services import Services

from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.retrieval.fetch import http
from retort.retrieval.fetch.http import Client, Limits, Passing, Refused, as_json, wording
from retort.retrieval.fetch.pubmed import PubMed


class Clock:
    """Time that passes only in pauses."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


def client(services: Services, clock: Clock | None = None, **limits: Any) -> Client:
    settings = {"per_second": 1_000.0, "retries": 3, "backoff_s": 1.0} | limits
    return Client(
        "PubMed",
        services.eutils,
        offline=False,
        limits=Limits(**settings),
        sleep=clock.sleep if clock else time.sleep,
    )


SEARCH = {"term": "x", "retstart": "0", "retmax": "5"}


def test_requests_keep_their_pace(services: Services, clock: Clock) -> None:
    asking = client(services, clock, per_second=3.0)
    starts = []
    for _ in range(7):
        asking.ask("esearch.fcgi", SEARCH, as_json)
        starts.append(clock.now)
    assert all(b - a >= 1 / 3 - 1e-9 for a, b in itertools.pairwise(starts))
    assert starts[-1] - starts[0] == pytest.approx(2.0)


def test_retries_keep_their_pace_too_and_back_off(services: Services, clock: Clock) -> None:
    services.always["esearch"] = "503"
    with pytest.raises(OutageError, match=r"4 attempts"):
        client(services, clock).ask("esearch.fcgi", SEARCH, as_json)
    waits = [pause for pause in clock.pauses if pause > 0.1]
    assert len(services.requests) == 4 and len(waits) == 3
    for number, pause in enumerate(waits):
        assert 0.5 * 2**number <= pause <= 1.5 * 2**number


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(services: Services, clock: Clock, as_date: bool) -> None:
    later = datetime.now(UTC) + timedelta(seconds=40)
    services.retry_after = format_datetime(later, usegmt=True) if as_date else "40"
    services.faults.append(("esearch", "429"))
    client(services, clock).ask("esearch.fcgi", SEARCH, as_json)
    assert max(clock.pauses) == pytest.approx(40, abs=3)


def test_a_longer_pause_than_anyone_waits_is_told_at_once(services: Services, clock: Clock) -> None:
    services.retry_after = "3600"
    services.faults.append(("esearch", "429"))
    with pytest.raises(OutageError, match=r"asks to come back in 3,600 s"):
        client(services, clock).ask("esearch.fcgi", SEARCH, as_json)
    assert len(services.requests) == 1 and not clock.pauses


@pytest.mark.parametrize("text", ["", "soon", "-5", "1e9", "Wed, 99 Foo 2015 07:28:00 GMT"])
def test_a_retry_after_that_says_nothing_is_no_wait(text: str) -> None:
    assert http.retry_after(text) is None


def test_a_refusal_is_not_tried_again_and_has_the_services_words(services: Services) -> None:
    services.always["esearch"] = "key"
    with pytest.raises(Refused, match="HTTP 400: API key invalid") as caught:
        client(services).ask("esearch.fcgi", SEARCH, as_json)
    assert caught.value.status == 400 and len(services.requests) == 1


def test_what_is_sent_is_the_query_and_who_asks(services: Services) -> None:
    source = PubMed(
        offline=False, url=services.eutils, limits=LIMITS, email="jane@example.org", key="k3y"
    )
    source.find("warfarin AND CYP2C9[tiab]", 5)
    path, form, headers = services.requests[0]
    assert path == "/entrez/eutils/esearch.fcgi", "neither query nor key stand in the address"
    assert form == {
        "db": "pubmed",
        "tool": "retort",
        "email": "jane@example.org",
        "api_key": "k3y",
        "term": "warfarin AND CYP2C9[tiab]",
        "retmode": "json",
        "retstart": "0",
        "retmax": "5",
        "sort": "relevance",
    }
    assert headers["User-Agent"].startswith("retort")
    assert "(mailto:jane@example.org)" in headers["User-Agent"]
    assert headers["Accept-Encoding"] == "gzip"
    assert "Authorization" not in headers and "Cookie" not in headers


def test_a_netrc_file_sends_nothing(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "netrc"
    secret.write_text("default login jane password secret\n")
    monkeypatch.setenv("NETRC", str(secret))
    client(services).ask("esearch.fcgi", SEARCH, as_json)
    assert "Authorization" not in services.requests[0][2]


def test_no_message_holds_query_or_key(services: Services) -> None:
    for fault in ("500", "page", "cut", "truncated", "away", "home"):
        services.always["esearch"] = fault
        source = PubMed(offline=False, url=services.eutils, limits=LIMITS, key="k3y")
        with pytest.raises(RetortError) as caught:
            source.find("warfarin", 5)
        assert "k3y" not in str(caught.value) and "warfarin" not in str(caught.value)


def test_offline_there_is_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    with monkeypatch.context() as patch:
        for name in ("socket", "create_connection", "getaddrinfo"):
            patch.setattr(socket, name, forbidden)
        with pytest.raises(OfflineError, match="RETORT_OFFLINE=1 forbids it"):
            PubMed(offline=True)


def test_a_redirect_within_the_host_is_followed() -> None:
    paths: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            paths.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            if len(paths) == 1:
                self.send_response(307)
                self.send_header("Location", "/new/esearch.fcgi")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"fine": 1}')

    with _running(HTTPServer(("127.0.0.1", 0), Handler)) as url:
        asking = Client("PubMed", f"{url}/old/", offline=False, limits=LIMITS)
        assert asking.ask("esearch.fcgi", {"term": "x"}, as_json) == {"fine": 1}
    assert paths == [("/old/esearch.fcgi", "term=x"), ("/new/esearch.fcgi", "term=x")]


def test_the_systems_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

    with _running(HTTPServer(("127.0.0.1", 0), Proxy)) as url:
        monkeypatch.setenv("http_proxy", url)
        asking = Client("PubMed", "http://eutils.example/x/", offline=False, limits=LIMITS)
        assert asking.ask("esearch.fcgi", {"term": "x"}, as_json) == {}
    assert asked == ["http://eutils.example/x/esearch.fcgi"]


class _running:
    """A server for a block; yields its address."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@given(st.binary(max_size=200))
def test_any_body_is_json_or_a_reason(body: bytes) -> None:
    try:
        assert isinstance(as_json(body), dict)
    except Passing as reason:
        assert str(reason)


@given(st.binary(max_size=2_000))
def test_any_error_page_becomes_one_short_line(body: bytes) -> None:
    said = wording(body)
    assert len(said) <= 300 and "\n" not in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":"API key invalid","api-key":"x"}', "API key invalid"),
        (b'{"version":"6.9","errCode":404,"errMsg":"Invalid page size."}', "Invalid page size"),
        (b"<html><style>p {}</style><p>Down &amp; out.</p></html>", "Down & out"),
        (b"plain\nwords", "plain words"),
        (b"", ""),
    ],
)
def test_the_words_of_a_service(body: bytes, said: str) -> None:
    assert wording(body) == said
