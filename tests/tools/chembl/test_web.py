"""The web backend: outages told apart from absence, deadlines, retries, the kept answers."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools.chembl import client
from retort.tools.chembl.records import ActivityQuery
from retort.tools.chembl.web import WebSource

Make = Callable[..., WebSource]


@pytest.mark.parametrize("fault", ["500", "429", "cut", "truncated", "other", "promise", "404"])
def test_a_lasting_failure_is_an_outage(service: Any, web: Make, fault: str) -> None:
    service.always = fault
    with pytest.raises(RetortError, match="ChEMBL") as caught:
        web().molecules("aspirin")
    assert isinstance(caught.value, OutageError) == (fault != "404")
    assert caught.value.next


def test_the_reason_of_an_outage_is_told(service: Any, web: Make) -> None:
    service.always = "500"
    with pytest.raises(OutageError) as caught:
        web().targets("EGFR")
    assert "HTTP 500" in caught.value.why
    assert "starter" in caught.value.next
    assert len(service.requests) == 3


@pytest.mark.parametrize("faults", [["500"], ["429", "cut"], ["truncated", "other"]])
def test_a_failure_that_passes_is_tried_again(service: Any, web: Make, faults: list[str]) -> None:
    service.faults.extend(faults)
    assert web().molecules("CHEMBL25")[0].name == "Aspirin"
    assert service.asked("molecule") == len(faults) + 1


def test_a_refused_request_is_not_tried_again(service: Any, web: Make) -> None:
    service.always = "400"
    with pytest.raises(RetortError, match="HTTP 400"):
        web().molecules("aspirin")
    assert len(service.requests) == 1


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_the_deadline_holds(service: Any, web: Make, fault: str) -> None:
    source = web(deadline_s=0.5)
    source.release()
    service.always = fault
    begin = time.monotonic()
    with pytest.raises(OutageError, match=r"no answer within 0\.5 s"):
        source.molecules("aspirin")
    assert time.monotonic() - begin < 10
    assert service.asked("molecule") == 1


def test_empty_lists_during_an_outage_are_no_absence(service: Any, web: Make) -> None:
    service.always = "empty"
    source = web()
    for question in (
        lambda: source.molecules("unobtainium"),
        lambda: source.targets("unobtainase"),
        lambda: source.activities(ActivityQuery(target_id="CHEMBL424242")),
    ):
        with pytest.raises(OutageError, match="which every release holds"):
            question()


def test_absence_is_believed_while_the_service_finds_aspirin(service: Any, web: Make) -> None:
    source = web()
    assert source.molecules("unobtainium") == []
    first = service.asked("molecule")
    assert source.molecules("unobtainium 2") == []
    assert service.asked("molecule") - first == 2


def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/chembl/api/data"
    source = WebSource(url, cache=tmp_path, backoff_s=0.01)
    with pytest.raises(OutageError, match="nothing answers at this address"):
        source.molecules("aspirin")


def test_offline_opens_no_socket(service: Any, web: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    source = web(offline=True)
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", forbidden)
        patch.setattr(socket, "create_connection", forbidden)
        patch.setattr(socket, "getaddrinfo", forbidden)
        for question in (
            source.release,
            lambda: source.molecules("aspirin"),
            lambda: source.suggest("aspirn"),
            lambda: source.targets("EGFR"),
            lambda: source.activities(ActivityQuery(target_id="CHEMBL203")),
            lambda: source.mechanisms(target_id="CHEMBL203"),
            lambda: source.indications("CHEMBL25"),
        ):
            with pytest.raises(OfflineError, match="RETORT_OFFLINE=1"):
                question()
    assert service.requests == []


def test_the_protocol_is_the_service_s(
    service: Any, web: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    web().activities(ActivityQuery(target_id="CHEMBL203", types=("IC50",), max_value_nm=10))
    assert not [path for _, path, _ in service.requests if path.endswith("/spore")]
    method, _, body = next(item for item in service.requests if item[1].endswith("/activity.json"))
    assert method == "POST"
    assert ["target_chembl_id", "CHEMBL203"] in body
    assert ["standard_value__lt", 10] in body
    assert ["only", "standard_relation"] in body
    assert ["order_by", "-pchembl_value"] in body
    assert list(home.iterdir()) == []


def test_answers_are_kept_with_their_time(service: Any, web: Make, tmp_path: Path) -> None:
    first = web().molecules("aspirin")[0]
    asked = len(service.requests)
    service.always = "500"
    again = web().molecules("aspirin")[0]
    assert len(service.requests) == asked
    assert again == first
    assert again.retrieved_at == first.retrieved_at != ""
    kept = [json.loads(path.read_text()) for path in (tmp_path / "cache").rglob("*.json")]
    assert first.retrieved_at in {item["retrieved_at"] for item in kept}


def test_old_and_damaged_answers_are_asked_again(service: Any, web: Make, tmp_path: Path) -> None:
    web().molecules("CHEMBL25")
    asked = service.asked("molecule")
    files = list((tmp_path / "cache").rglob("*.json"))
    for path in files:
        path.write_text(path.read_text()[:-9])
    assert web().molecules("CHEMBL25")[0].name == "Aspirin"
    for path in files:
        kept = json.loads(path.read_text()) | {"retrieved_at": "2020-01-01T00:00:00+00:00"}
        path.write_text(json.dumps(kept))
    assert web().molecules("CHEMBL25")[0].retrieved_at > "2020-01-02"
    assert service.asked("molecule") == asked + 2


def test_an_answer_that_cannot_be_kept_is_still_given(web: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert web(cache=tmp_path / "file" / "cache").release() == "ChEMBL 35"


def test_a_failure_is_not_kept(service: Any, web: Make) -> None:
    service.faults.extend(["500"] * 3)
    with pytest.raises(OutageError):
        web().release()
    assert web().release() == "ChEMBL 35"


def test_every_page_is_fetched(
    service: Any, web: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(client, "PAGE", 3)
    asked = client.Client(service.url, cache=tmp_path)
    rows = asked.rows("molecule", {}, ("molecule_chembl_id",)).rows
    assert len({row["molecule_chembl_id"] for row in rows}) == 9


def test_threads_share_a_source(service: Any, web: Make) -> None:
    source = web()
    names = ["aspirin", "gefitinib", "erlotinib", "osimertinib"] * 6
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(source.molecules, names))
    assert [rows[0].name.lower() for rows in found] == names


def test_names_that_need_quoting(service: Any, web: Make) -> None:
    odd = 'A#/\\"[x]=@ %41&é'
    assert web().molecules(odd) == []
    body = next(body for _, path, body in service.requests if path.endswith("molecule.json"))
    sent = dict(body[:1])["pref_name__iexact"]
    assert "#" not in sent and "%2541" in sent
