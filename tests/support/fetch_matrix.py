"""What a user sees when a literature service fails: one row per fault, for tests and a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from literature_services import Services, serve

from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.fetch import Source, fetch
from retort.retrieval.fetch.europepmc import EuropePMC
from retort.retrieval.fetch.http import Limits
from retort.retrieval.fetch.pubmed import PubMed
from retort.retrieval.library import Library

LIMITS = Limits(
    per_second=1_000, retries=2, backoff_s=0.01, read_s=0.4, total_s=0.8, most_bytes=2**20
)
RECORDS = 250
"""more than one batch of either service"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, and what is then said."""

    name: str
    source: str
    prepare: Callable[[Services], object]
    says: str
    """a regular expression over what the user sees"""
    papers: int = RECORDS
    """papers that are in the library afterwards"""
    address: str = ""
    """of the service, where it is not the loopback server"""
    offline: bool = False
    query: str = "warfarin"


def always(path: str, fault: str) -> Callable[[Services], object]:
    return lambda services: services.always.update({path: fault})


def once(path: str, *faults: str) -> Callable[[Services], object]:
    return lambda services: services.faults.extend((path, fault) for fault in faults)


def waiting(text: str) -> Callable[[Services], object]:
    def prepare(services: Services) -> None:
        services.retry_after = text
        services.faults.append(("efetch", "429"))

    return prepare


def says(**fields: object) -> Callable[[Services], object]:
    return lambda services: services.said.update(fields)


def nothing_found(services: Services) -> None:
    services.count = 0
    services.translation = "(wafarin[All Fields])"
    services.said = {
        "errorlist": {"phrasesnotfound": ["wafarin"], "fieldsnotfound": []},
        "warninglist": {
            "phrasesignored": [],
            "quotedphrasesnotfound": [],
            "outputmessages": ["No items found."],
        },
    }


def deleted(services: Services) -> None:
    services.deleted = {"30000003"}


ALL = f"found: {RECORDS}, fetched: {RECORDS}, added: {RECORDS}, skipped: 0"
GAVE_UP = "did not answer.*goes on where it stopped"
P, E = "pubmed", "europepmc"
FAULTS = (
    Fault("nothing goes wrong", P, lambda _: None, ALL),
    Fault("nothing goes wrong", E, lambda _: None, ALL),
    Fault("500, a web page, twice", P, once("efetch", "500", "500"), ALL),
    Fault(
        "500, a web page, for good",
        P,
        always("efetch", "500"),
        r"HTTP 500: Server Error Your request could not be processed \(3 attempts\)",
        0,
    ),
    Fault("503 for good", E, always("searchPOST", "503"), f"{GAVE_UP}|HTTP 503", 0),
    Fault(
        "a web page with status 200",
        P,
        always("esearch", "page"),
        "a web page came instead of JSON: Access Denied Your access to the NCBI website",
        0,
    ),
    Fault(
        "a web page instead of XML",
        P,
        always("efetch", "page"),
        "a web page came instead of XML: Access Denied",
        0,
    ),
    Fault("429, Retry-After a number", P, waiting("0"), ALL),
    Fault("429, Retry-After a date past", P, waiting("Wed, 21 Oct 2015 07:28:00 GMT"), ALL),
    Fault(
        "429, Retry-After two hours",
        P,
        waiting("7200"),
        "HTTP 429: API rate limit exceeded; it asks to come back in 7,200 s",
        0,
    ),
    Fault(
        "rate limit with status 200",
        P,
        always("esearch", "rate"),
        r"API rate limit exceeded \(3 attempts\)",
        0,
    ),
    Fault("silence, once", P, once("efetch", "hang"), ALL),
    Fault(
        "silence, for good", E, always("searchPOST", "hang"), "silent for 0.4 s|no whole answer", 0
    ),
    Fault("a byte now and then", P, always("efetch", "drip"), "no whole answer within 0.8 s", 0),
    Fault("connection reset in the body", P, once("efetch", "cut"), ALL),
    Fault(
        "connection reset, for good", E, always("searchPOST", "cut"), "the connection broke off", 0
    ),
    Fault("truncated XML, once", P, once("efetch", "truncated"), ALL),
    Fault(
        "truncated XML, for good",
        P,
        always("efetch", "truncated"),
        "the XML breaks off or is dam",
        0,
    ),
    Fault(
        "truncated JSON, for good", E, always("searchPOST", "truncated"), "the JSON breaks off", 0
    ),
    Fault("an empty body", P, always("esearch", "empty"), "the answer is empty", 0),
    Fault("wrong content type, right body", P, always("e", "type"), ALL),
    Fault("wrong content type, right body", E, always("search", "type"), ALL),
    Fault(
        "an answer without end",
        P,
        always("efetch", "huge"),
        "sends too much. One answer is larger than 1 MB",
        0,
    ),
    Fault(
        "API key refused",
        P,
        always("esearch", "key"),
        "refused the request. HTTP 400: API key invalid. Correct .* RETORT_NCBI",
        0,
    ),
    Fault(
        "query refused",
        P,
        says(ERROR="Invalid db name or query."),
        "PubMed refused the request. Invalid db name or query. Correct",
        0,
    ),
    Fault(
        "search backend failed",
        P,
        says(ERROR="Search Backend failed: Exception:\nbusy"),
        "Search Backend failed: Exception: busy",
        0,
    ),
    Fault(
        "query refused with status 200",
        E,
        always("searchPOST", "errcode"),
        "Europe PMC refused the request. Invalid query.",
        0,
    ),
    Fault(
        "nothing found",
        P,
        nothing_found,
        r"found: 0, .* \(wafarin\[All Fields\]\); not found, and left out of the search: w",
        0,
    ),
    Fault(
        "unknown field",
        P,
        says(errorlist={"phrasesnotfound": [], "fieldsnotfound": ["tiabx"]}),
        f"{ALL}.*no such field: tiabx",
    ),
    Fault(
        "unknown phrase",
        P,
        says(warninglist={"quotedphrasesnotfound": ['"x y"[tiab]']}),
        'no such phrase, its words were searched for instead: "x y"',
    ),
    Fault(
        "a deleted record", P, deleted, "skipped: 1; 30000003: PubMed did not send it", RECORDS - 1
    ),
    Fault(
        "fewer records than promised",
        P,
        always("efetch", "fewer"),
        "skipped: 4; 30000199",
        RECORDS - 4,
    ),
    Fault("fewer records, once", P, once("efetch", "fewer"), ALL),
    Fault(
        "fewer records than promised",
        E,
        always("search", "fewer"),
        f"promised {RECORDS} records and listed {RECORDS - 5}",
        RECORDS - 5,
    ),
    Fault("one record on two pages", E, always("search", "overlapping"), ALL),
    Fault("a cursor that never ends", E, always("search", "endless"), ALL),
    Fault(
        "entities in the XML",
        P,
        always("efetch", "bomb"),
        "are refused. Their XML defines or fetch",
        0,
    ),
    Fault(
        "redirected to another host",
        P,
        always("esearch", "away"),
        "points to another host, elsewhere.example, which is not followed",
        0,
    ),
    Fault("redirected in a circle", P, always("esearch", "home"), "it redirects in a circle", 0),
    Fault(
        "nothing listens", P, lambda _: None, "the connection was refused", 0, "http://127.0.0.1:9/"
    ),
    Fault(
        "no such name",
        P,
        lambda _: None,
        "cannot be reached. The name nowhere.invalid cannot be looked up. Check",
        0,
        "http://nowhere.invalid/",
    ),
    Fault(
        "offline",
        P,
        lambda _: None,
        "PubMed was not asked. RETORT_OFFLINE=1 forbids it.",
        0,
        offline=True,
    ),
    Fault(
        "offline",
        E,
        lambda _: None,
        "Europe PMC was not asked. RETORT_OFFLINE=1 forbids it.",
        0,
        offline=True,
    ),
    Fault("an empty query", P, lambda _: None, "The query is empty.", 0, query=" "),
)


def source_of(name: str, services: Services, *, address: str = "", offline: bool = False) -> Source:
    """A source over the loopback, quick to give up."""
    if name == P:
        return PubMed(offline=offline, url=address or services.eutils, limits=LIMITS)
    return EuropePMC(offline=offline, url=address or services.europepmc, limits=LIMITS)


def seen(fault: Fault, folder: Path, services: Services | None = None) -> tuple[str, int]:
    """What a user sees on one line, and the papers that are in the library then."""
    if services is None:
        with serve(RECORDS) as running:
            return seen(fault, folder, running)
    fault.prepare(services)
    with Library.open(folder, HashingEncoder(), create=True) as library:
        try:
            source = source_of(fault.source, services, address=fault.address, offline=fault.offline)
            told = _told(fetch(library, source, fault.query, 1_000))
        except RetortError as error:
            told = f"error: {error}"
        return told, library.count()[0]


def _told(report: object) -> str:
    names = ("found", "fetched", "added", "skipped")
    values = {name: getattr(report, name) for name in names}
    counts = values | {"skipped": len(values["skipped"])}
    line = ", ".join(f"{name}: {count}" for name, count in counts.items())
    more = [f"{own}: {why}" for own, why in values["skipped"]]
    more += [f"searched for {report.translation}", *report.notes]  # type: ignore[attr-defined]
    return "; ".join([line, *more])
