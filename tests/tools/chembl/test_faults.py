"""The fault matrix of the ChEMBL web service: faults, time, threads, kept answers."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chembl_matrix import (
    FAULTS,
    LIMIT_S,
    QUESTIONS,
    Fault,
    has_openssl,
    open_web,
    outage_after,
    second_page_fails,
    seen,
)
from chembl_service import ChemblServer

from retort.retrieval.errors import OutageError
from retort.tools.chembl.records import ActivityQuery
from retort.tools.chembl.web import WebSource

ROTATED = [
    pytest.param(fault, list(QUESTIONS)[number % len(QUESTIONS)], id=fault.name)
    for number, fault in enumerate(FAULTS)
]
"""each fault with one question; ``benchmarks/chembl_faults.py`` asks all of each"""


@pytest.mark.parametrize(("fault", "question"), ROTATED)
def test_a_fault_is_told_for_what_it_is(
    fault: Fault, question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault.tls and not has_openssl():
        pytest.skip("no openssl here to make a certificate")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.invalid")
    found = seen(fault, tmp_path, QUESTIONS[question])
    assert found.kind == fault.kind, found.told
    assert re.search(fault.says, found.told)
    assert found.seconds < LIMIT_S + 1
    if fault.offline:
        assert found.requests == 0


def test_a_page_in_the_middle_may_fail_once(tmp_path: Path) -> None:
    found = second_page_fails(tmp_path, "500")
    assert (found.kind, found.told) == ("found", "17 rows")


def test_a_page_in_the_middle_that_stays_away_is_an_outage(tmp_path: Path) -> None:
    assert second_page_fails(tmp_path, *["500"] * 3).kind == "outage"


def test_an_older_answer_in_an_outage_says_its_day(tmp_path: Path) -> None:
    found = outage_after(tmp_path, days=10)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 10 * 86400))
    assert found.kind == "found"
    assert f"ChEMBL did not answer; this is its answer of {day}." in found.told


def test_an_older_absence_says_nothing_in_an_outage(tmp_path: Path) -> None:
    assert outage_after(tmp_path, days=10, target="unobtainase").kind == "outage"


def test_one_limit_for_all_requests_of_a_question(service: ChemblServer, tmp_path: Path) -> None:
    source = open_web(service.url, tmp_path)
    source.release()
    service.faults.extend(["ok"] * 2)
    service.always = "hang"
    begin = time.monotonic()
    with pytest.raises(OutageError, match="no answer within"):
        source.activities(ActivityQuery(molecule_ids=("CHEMBL25",)))
    assert time.monotonic() - begin < LIMIT_S + 1
    assert len(service.requests) > 2


def test_it_is_not_asked_before_the_time_it_named(service: ChemblServer, tmp_path: Path) -> None:
    source = open_web(service.url, tmp_path)
    service.always, service.retry_after = "429", "600"
    for _ in range(3):
        with pytest.raises(OutageError, match="come back in 600 s"):
            source.molecules("aspirin")
    assert len(service.requests) == 1


def test_a_service_that_goes_down_while_it_is_used(
    service: ChemblServer, web: Callable[..., WebSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = web()
    assert source.molecules("unobtainium") == []
    service.always = "empty"
    monkeypatch.setattr("retort.tools.chembl.client.ALIVE_S", 0.0)
    with pytest.raises(OutageError, match="which every release holds"):
        source.molecules("unobtainium the second")


def test_absence_is_not_believed_on_the_word_of_a_kept_answer(
    service: ChemblServer, web: Callable[..., WebSource]
) -> None:
    assert web().molecules("CHEMBL25")
    assert web().molecules("unobtainium") == []
    service.always = "empty"
    with pytest.raises(OutageError, match="which every release holds"):
        web().molecules("unobtainium the second")


def test_a_damaged_kept_answer_is_thrown_away(
    service: ChemblServer, web: Callable[..., WebSource], tmp_path: Path
) -> None:
    damages: list[Callable[[str], str]] = [
        lambda text: text[:-9],
        lambda text: "",
        lambda text: "null",
        lambda text: '{"rows": ["a"], "total": 1, "retrieved_at": "2026-01-01T00:00:00+00:00"}',
        lambda text: text.replace('"total": 1', '"total": "many"'),
        lambda text: "[" * 100_000,
        lambda text: re.sub(r'"retrieved_at": "\d+', '"retrieved_at": "9999', text),
    ]
    for damage in damages:
        web().molecules("CHEMBL25")
        files = list((tmp_path / "cache").rglob("*.json"))
        for path in files:
            path.write_text(damage(path.read_text()))
        service.always = "500"
        with pytest.raises(OutageError):
            web().molecules("CHEMBL25")
        service.always = "ok"
    assert web().molecules("CHEMBL25")[0].name == "Aspirin"


def test_eight_threads_count_alike(service: ChemblServer, tmp_path: Path) -> None:
    queries = [
        ActivityQuery(target_id="CHEMBL203", limit=limit, offset=offset)
        for limit in (1, 3, 50)
        for offset in (0, 2, 7, 12)
    ]
    alone = open_web(service.url, tmp_path / "alone")
    expected = [alone.activities(query) for query in queries]
    service.faults.extend(["500", "ok", "cut", "ok", "ok", "truncated"] * 3)
    shared = WebSource(service.url, cache=tmp_path / "shared", backoff_s=0.01, retries=9)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.activities, queries * 2))
    assert found == expected * 2


def test_control_c_ends_a_wait(service: ChemblServer, tmp_path: Path) -> None:
    service.always = "hang"
    script = (
        "import sys, pathlib; from retort.tools.chembl.web import WebSource\n"
        "source = WebSource(sys.argv[1], cache=pathlib.Path(sys.argv[2]), deadline_s=25)\n"
        "try: source.molecules('aspirin')\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    command: list[Any] = [sys.executable, "-c", script, service.url, tmp_path]
    with subprocess.Popen(command) as running:
        until = time.monotonic() + 20
        while not service.requests and time.monotonic() < until:
            time.sleep(0.05)
        begin = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 130
        assert time.monotonic() - begin < 5
