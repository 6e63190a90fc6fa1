"""A fetch as a whole: counted, resumed after any end, repeated for free, updated."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from literature_services import FIRST_PMID, Services, serve
from stored import assert_sound, make_library

from retort.retrieval.errors import OutageError, RetortError, UsageError
from retort.retrieval.fetch import fetch, open_source
from retort.retrieval.fetch import state as states
from retort.retrieval.fetch.europepmc import EuropePMC
from retort.retrieval.fetch.pubmed import PubMed
from retort.retrieval.library import Library
from retort.retrieval.search import search

Make = Callable[..., Any]
SUPPORT = Path(__file__).parent.parent.parent / "support"


def test_all_that_was_found_is_accounted_for(
    services: Services, pubmed: Make, library: Library
) -> None:
    services.deleted = {str(FIRST_PMID + 2)}
    steps: list[tuple[int, int, str]] = []
    report = fetch(library, pubmed(), " warfarin  dose ", 100, progress=lambda *s: steps.append(s))
    assert (report.found, report.fetched, report.known, len(report.skipped)) == (30, 29, 0, 1)
    assert (report.added, report.merged, report.unchanged) == (29, 0, 0)
    assert report.without_abstract == 3 and report.query == "warfarin dose"
    assert steps == [(30, 30, "29 added")]
    assert_sound(library)
    assert search(library, "CYP2C9*5 dose", 5)[0].source_id.startswith("PMID:")
    row = report.as_dict()
    assert row["skipped"] == [{"id": "30000003", "reason": report.skipped[0][1]}]


@pytest.mark.parametrize("kind", ["pubmed", "europepmc"])
def test_the_same_again_asks_nothing(
    kind: str, services: Services, pubmed: Make, europepmc: Make, library: Library
) -> None:
    source = {"pubmed": pubmed, "europepmc": europepmc}[kind]()
    first = fetch(library, source, "warfarin", 12)
    asked = len(services.requests)
    again = fetch(library, source, "warfarin", 12)
    assert len(services.requests) == asked and not again.searched and not again.resumed
    assert (first.fetched, first.known, again.fetched, again.known) == (12, 0, 0, 12)
    assert library.count()[0] == 12


@pytest.mark.parametrize("kind", ["pubmed", "europepmc"])
def test_more_wanted_fetches_only_the_rest(
    kind: str, services: Services, pubmed: Make, europepmc: Make, library: Library
) -> None:
    source = {"pubmed": pubmed, "europepmc": europepmc}[kind]()
    fetch(library, source, "warfarin", 12)
    report = fetch(library, source, "warfarin", 20)
    assert (report.fetched, report.known, report.added) == (8, 12, 8)
    assert fetch(library, source, "warfarin", 5).searched is False
    assert library.count()[0] == 20


@pytest.mark.parametrize("kind", ["pubmed", "europepmc"])
def test_update_finds_what_is_new(
    kind: str, services: Services, pubmed: Make, europepmc: Make, library: Library
) -> None:
    source = {"pubmed": pubmed, "europepmc": europepmc}[kind]()
    fetch(library, source, "warfarin", 100)
    services.count = 34
    assert fetch(library, source, "warfarin", 100).fetched == 0
    report = fetch(library, source, "warfarin", 100, update=True)
    assert (report.found, report.fetched, report.known, report.added) == (34, 4, 30, 4)
    assert library.count()[0] == 34


def test_update_asks_again_for_what_did_not_come(
    services: Services, pubmed: Make, library: Library
) -> None:
    services.deleted = {str(FIRST_PMID)}
    assert len(fetch(library, pubmed(), "warfarin", 10).skipped) == 1
    services.deleted = set()
    report = fetch(library, pubmed(), "warfarin", 10, update=True)
    assert (report.fetched, report.known, report.skipped) == (1, 9, ())


def test_papers_that_are_there_are_not_added_twice(pubmed: Make, library: Library) -> None:
    fetch(library, pubmed(), "warfarin", 10)
    report = fetch(library, pubmed(), "another query that finds the same", 10)
    assert (report.fetched, report.added, report.unchanged) == (10, 0, 10)


@pytest.mark.parametrize("kind", ["pubmed", "europepmc"])
def test_an_outage_midway_keeps_what_came_and_goes_on(
    kind: str, services: Services, pubmed: Make, europepmc: Make, library: Library
) -> None:
    services.count = 450
    source = {"pubmed": pubmed, "europepmc": europepmc}[kind]()
    path = {"pubmed": "efetch", "europepmc": "searchPOST"}[kind]
    services.faults.extend([(path, "")] * 2 + [(path, "500")] * 3)
    with pytest.raises(OutageError):
        fetch(library, source, "warfarin", 1_000)
    before = library.count()[0]
    asked = len(services.requests)
    report = fetch(library, source, "warfarin", 1_000)
    assert 0 < before < 450 and report.resumed
    assert report.fetched == 450 - before and report.known == before
    assert library.count()[0] == 450
    again = [form for p, form, _ in services.requests[asked:] if path in p]
    assert all(form.get("cursorMark") != "*" for form in again) and len(again) <= 5


def test_an_interrupt_keeps_what_came(services: Services, pubmed: Make, library: Library) -> None:
    services.count = 450

    def interrupt(done: int, total: int, note: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(library, pubmed(), "warfarin", 1_000, progress=interrupt)
    assert library.count()[0] == 200
    assert fetch(library, pubmed(), "warfarin", 1_000).fetched == 250


def test_a_batch_noted_nowhere_is_fetched_twice_and_stored_once(
    pubmed: Make, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(states.State, "done", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch(library, pubmed(), "warfarin", 10)
    report = fetch(library, pubmed(), "warfarin", 10)
    assert (report.fetched, report.added, report.unchanged) == (10, 0, 10)
    assert_sound(library)


KILLED = """
import sys
from pathlib import Path
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.fetch import fetch
from retort.retrieval.fetch.http import Limits
from retort.retrieval.fetch.pubmed import PubMed
from retort.retrieval.library import Library
with Library.open(Path(sys.argv[1]), HashingEncoder(), create=True) as library:
    source = PubMed(offline=False, url=sys.argv[2], limits=Limits(per_second=40))
    fetch(library, source, "warfarin", 5_000)
"""


def test_kills_at_any_moment_lose_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"NO_PROXY": "127.0.0.1"}
    with serve(2_000) as services:
        for pause in (0.05, 0.15, 0.3, 0.5):
            command = [sys.executable, "-c", KILLED, str(tmp_path / "library"), services.eutils]
            running = subprocess.Popen(command, env=environment)
            asked = len(services.requests)
            while len(services.requests) == asked and running.poll() is None:
                time.sleep(0.01)
            time.sleep(pause)
            running.send_signal(signal.SIGKILL)
            running.wait()
        with make_library(tmp_path / "library") as library:
            papers = library.count()[0]
            source = PubMed(offline=False, url=services.eutils)
            report = fetch(library, source, "warfarin", 5_000)
            assert library.count()[0] == 2_000
            assert report.fetched + report.known == 2_000 and report.known <= papers
            assert_sound(library)
        assert len(services.asked("esearch")) <= 2, "the list of ids was kept"
        assert len(services.asked("efetch")) <= 10 + 2 * 4, "a kill costs a batch or two"


def test_two_fetches_into_one_library_do_not_mix(pubmed: Make, library: Library) -> None:
    with library.writing(), pytest.raises(RetortError, match="written to by another run"):
        fetch(library, pubmed(), "warfarin", 10)


def test_a_damaged_record_of_fetches_is_told(pubmed: Make, library: Library) -> None:
    (library.store.path / "fetches.sqlite").write_bytes(
        b"no database at all, but long enough to be one"
    )
    with pytest.raises(RetortError, match="is damaged"):
        fetch(library, pubmed(), "warfarin", 10)
    (library.store.path / "fetches.sqlite").unlink()
    assert fetch(library, pubmed(), "warfarin", 10).added == 10


def test_full_text_is_another_fetch_than_abstracts() -> None:
    of = states.digest_of
    assert len({of("pubmed", "q", False), of("europepmc", "q", False), of("europepmc", "q", True)})
    assert of("pubmed", "q", False) == of("pubmed", "q", False) != of("pubmed", "r", False)


def test_full_text_that_is_not_to_be_had_is_reported(
    services: Services, europepmc: Make, library: Library
) -> None:
    report = fetch(library, europepmc(full_text=True), "warfarin", 6)
    assert (report.fetched, report.skipped) == (6, ())
    reasons = dict(report.abstract_only)
    assert reasons["MED:30000002"] == "not open access" and "HTTP 404" in reasons["MED:30000004"]
    asked = len([path for path, _, _ in services.requests if "PMC4/" in path])
    fetch(library, europepmc(full_text=True), "warfarin", 6, update=True)
    assert len([path for path, _, _ in services.requests if "PMC4/" in path]) == asked + 1
    assert not [path for path, _, _ in services.requests if "PMC2/" in path]


@pytest.mark.parametrize("query", ["", " \n\t "])
def test_an_empty_query_is_wrong_use(query: str, pubmed: Make, library: Library) -> None:
    with pytest.raises(UsageError, match="empty"):
        fetch(library, pubmed(), query, 10)


def test_sources_by_name() -> None:
    opened = open_source("europepmc", full_text=True, offline=False)
    assert isinstance(opened, EuropePMC) and opened.full_text
    assert isinstance(open_source("pubmed", full_text=False, offline=False), PubMed)
    with pytest.raises(UsageError, match="has no full text"):
        open_source("pubmed", full_text=True, offline=False)
    with pytest.raises(UsageError, match="No source 'scopus'"):
        open_source("scopus", full_text=False, offline=False)
