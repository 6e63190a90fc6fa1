"""What a user sees when the ChEMBL web service fails: one row per fault, for tests and a table."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import chembl_tables
import chembl_webresource_client.query_set  # noqa: F401  (its import takes part of the limit)
from chembl_service import ChemblServer

from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools.chembl import client, lookups
from retort.tools.chembl.records import ActivityQuery
from retort.tools.chembl.web import WebSource

LIMIT_S = 3.0
"""seconds that a question may take"""
Prepare = Callable[[ChemblServer], object]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, and what is then said."""

    name: str
    prepare: Prepare
    kind: str
    """``found``, ``absence``, ``outage``, ``refused`` (by the service) or ``offline``"""
    says: str = ""
    """a regular expression over what the user sees"""
    address: str = ""
    """of the service, where it is not the loopback server"""
    offline: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What one question gave."""

    kind: str
    """as in ``Fault``, or ``raw`` for an exception that is not for users"""
    told: str
    seconds: float
    requests: int


def always(fault: str, retry_after: str = "") -> Prepare:
    def prepare(service: ChemblServer) -> None:
        service.always, service.retry_after = fault, retry_after

    return prepare


def first(*faults: str, retry_after: str = "") -> Prepare:
    def prepare(service: ChemblServer) -> None:
        service.faults.extend(faults)
        service.retry_after = retry_after

    return prepare


def spore(body: bytes | None) -> Prepare:
    return lambda service: setattr(service, "spore", body)


PAST = "Wed, 21 Oct 2015 07:28:00 GMT"
FORM = "the answer has another form"
FAULTS = (
    Fault("nothing goes wrong", always("ok"), "found"),
    Fault("500, a web page", always("500"), "outage", "HTTP 500"),
    Fault("503", always("503"), "outage", "HTTP 503"),
    Fault("429", always("429"), "outage", "HTTP 429"),
    Fault("429 once, come back in 1 s", first("429", retry_after="1"), "found"),
    Fault("429, come back in 2 h", always("429", "7200"), "outage", "come back in 7,200 s"),
    Fault("429 once, come back at once", first("429", retry_after="0"), "found"),
    Fault("503 once, come back at a past date", first("503", retry_after=PAST), "found"),
    Fault("404", always("404"), "refused", "HTTP 404"),
    Fault("400", always("400"), "refused", "HTTP 400: Invalid filter"),
    Fault("silence before the headers", always("hang"), "outage", "no answer within 3 s"),
    Fault("silence in the body", always("stall"), "outage", "no answer within 3 s"),
    Fault("a byte now and then", always("drip"), "outage", "no answer within 3 s"),
    Fault("connection cut", always("cut"), "outage", "broke off|not whole"),
    Fault("JSON breaks off", always("truncated"), "outage", "not whole JSON|broke off"),
    Fault("0 rows of 0, of what is there", always("empty"), "outage", "which every release holds"),
    Fault("10 rows promised, none sent", always("promise"), "outage", "promised 10 rows"),
    Fault("rows sent, 0 promised", always("surplus"), "outage", "promised 0 rows"),
    Fault("an object of another form", always("other"), "outage", FORM),
    Fault("a list", always("list"), "outage", FORM),
    Fault("null", always("null"), "outage", FORM),
    Fault("a string", always("string"), "outage", FORM),
    Fault("rows that are strings", always("names"), "outage", FORM),
    Fault("one row instead of a list", always("one"), "outage", FORM),
    Fault("rows without their id", always("keyless"), "outage", FORM),
    Fault("words where numbers stand", always("words"), "outage", FORM),
    Fault("a word for the count", always("many"), "outage", FORM),
    Fault("a web page with status 200", always("page"), "outage", "a web page came instead"),
    Fault("redirect to another host", always("redirect"), "outage", "points to login.invalid"),
    Fault("certificate not trusted", always("ok"), "outage", "certificate", tls=True),
    Fault("no TLS at an https address", always("ok"), "outage", "TLS", address="https"),
    Fault("nothing listens", always("ok"), "outage", "nothing answers", address="refused"),
    Fault("unknown host", always("ok"), "outage", "name is not known", address="http://x.invalid"),
    Fault("spore missing", spore(None), "found"),
    Fault("spore malformed", spore(b"<html>"), "found"),
    Fault("fails once, then well", first("500"), "found"),
    Fault("fails twice, two ways, then well", first("truncated", "cut"), "found"),
    Fault("offline", always("ok"), "offline", "RETORT_OFFLINE=1 forbids it", offline=True),
)

QUESTIONS: dict[str, Callable[[WebSource], Any]] = {
    "molecule": lambda source: source.molecules("CHEMBL25"),
    "target": lambda source: source.targets("EGFR"),
    "activities": lambda source: source.activities(ActivityQuery(target_id="CHEMBL203")).rows,
    "mechanism": lambda source: source.mechanisms(molecule_id="CHEMBL25"),
    "indications": lambda source: source.indications("CHEMBL25"),
    "warnings": lambda source: source.warnings("CHEMBL118"),
    "documents": lambda source: source.documents("10.1021/jm000000a"),
    "similar": lambda source: source.similar("CHEMBL25").hits,
}
"""each is of something that the service holds, so "nothing found" is never true"""


def seen(fault: Fault, folder: Path, ask: Callable[[WebSource], Any]) -> Seen:
    """Ask a service with a fault one question.

    Args:
        fault: how it fails.
        folder: an empty folder for the fixture file and the kept answers.
        ask: the question; it gives rows, or a ``ToolResult``.
    """
    certificate = make_certificate(folder) if fault.tls else None
    service = ChemblServer(chembl_tables.build(folder / "chembl.sqlite"), certificate)
    try:
        fault.prepare(service)
        source = open_web(_address(fault, service), folder / "cache", fault.offline)
        begin = time.monotonic()
        kind, told = _told(ask, source)
        return Seen(kind, told, time.monotonic() - begin, len(service.requests))
    finally:
        service.close()


def open_web(url: str, cache: Path, offline: bool = False) -> WebSource:
    """The web backend with short pauses and the limit of the matrix."""
    return WebSource(url, cache=cache, offline=offline, deadline_s=LIMIT_S, backoff_s=0.02)


def _told(ask: Callable[[WebSource], Any], source: WebSource) -> tuple[str, str]:
    try:
        found = ask(source)
    except OutageError as error:
        return "outage", str(error)
    except OfflineError as error:
        return "offline", str(error)
    except RetortError as error:
        return "refused", str(error)
    except Exception as error:  # the matrix shows what users must never see
        return "raw", f"{type(error).__name__}: {error}"
    if hasattr(found, "note"):
        return ("found" if found.count else "absence"), found.note
    return ("found", f"{len(found)} rows") if found else ("absence", "nothing found")


def _address(fault: Fault, service: ChemblServer) -> str:
    if fault.address == "refused":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{unused.getsockname()[1]}/chembl/api/data"
    if fault.address == "https":
        return service.url.replace("http:", "https:")
    return fault.address or service.url


def has_openssl() -> bool:
    """Whether a certificate can be made here."""
    return shutil.which("openssl") is not None


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate with its key, for one run."""
    key, certificate, both = (folder / name for name in ("key.pem", "cert.pem", "both.pem"))
    asked = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout"
    command = ["openssl", *asked.split(), str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def second_page_fails(folder: Path, *faults: str) -> Seen:
    """19 rows of EGFR in five pages; from the second page on come these faults."""
    page, client.PAGE = client.PAGE, 4
    try:
        query = ActivityQuery(target_id="CHEMBL203", min_confidence=1, limit=50)
        fault = Fault("", first(*(["ok"] * 2), *faults), "")
        return seen(fault, folder, lambda source: source.activities(query).rows)
    finally:
        client.PAGE = page


def outage_after(folder: Path, days: int, target: str = "EGFR") -> Seen:
    """A question that was answered some days ago, asked again while the service is down."""
    service = ChemblServer(chembl_tables.build(folder / "chembl.sqlite"))
    try:
        source = open_web(service.url, folder / "cache")
        bench: Any = SimpleNamespace(chembl=source)
        lookups.find_target(bench, target)
        for path in (folder / "cache").rglob("*.json"):
            kept = json.loads(path.read_text())
            then = time.gmtime(time.time() - days * 86400)
            kept["retrieved_at"] = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", then)
            path.write_text(json.dumps(kept))
        service.always = "500"
        begin = time.monotonic()
        kind, told = _told(lambda source: lookups.find_target(bench, target), source)
        return Seen(kind, told, time.monotonic() - begin, len(service.requests))
    finally:
        service.close()
