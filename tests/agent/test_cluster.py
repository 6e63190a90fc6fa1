"""A cluster: results in order, a dead worker replaced, its item done again and at last given up.

Ray itself is used where it is installed; elsewhere a stand-in answers as it does.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import fake_ray
import labour
import pytest
from fake_ray import FakeRay

from retort.agent.cluster import Cluster, LostError
from retort.retrieval.errors import OfflineError, RetortError, UsageError
from retort.tools.workers import ATTEMPTS, WINDOW


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    stand_in = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", stand_in)  # type: ignore[arg-type]
    return stand_in


def mortal(marker: Path) -> Callable[[int], int]:
    """As ``labour.breaker``, for workers that are threads."""

    def work(number: int) -> int:
        if number == 5 or (number == 3 and not marker.exists()):
            marker.touch()
            raise fake_ray.Death(f"at {number}")
        return 2 * number

    return work


def test_results_come_in_order_and_little_is_taken_ahead(ray: FakeRay) -> None:
    ahead = given = 0

    def items() -> Iterator[int]:
        nonlocal ahead
        for number in range(40):
            ahead = max(ahead, number - given)
            yield number

    with Cluster() as cluster:
        assert cluster.workers == 2
        for given, result in enumerate(cluster.mapped(labour.squarer, items(), 2), 1):
            assert result == (given - 1) ** 2
        assert given == 40 and ahead <= 2 * WINDOW
        assert list(cluster.mapped(labour.squarer, iter([]), 1)) == []
    assert ray.started == 2 and not ray.alive


def test_a_worker_that_dies_is_replaced_and_an_item_costs_so_many(
    ray: FakeRay, tmp_path: Path
) -> None:
    found: list[int] = []
    with Cluster() as cluster, pytest.raises(LostError) as lost:
        found.extend(cluster.mapped(partial(mortal, tmp_path / "marker"), iter(range(9)), 2))
    assert found == [0, 2, 4, 6, 8]
    assert f"{ATTEMPTS} times" in lost.value.what
    assert "The actor died: at 5" in lost.value.why
    assert not ray.alive and ray.begun is None


def test_a_lost_item_leaves_the_crew_whole(ray: FakeRay, tmp_path: Path) -> None:
    with Cluster(workers=1) as cluster:
        crew = cluster.crew(partial(mortal, tmp_path / "marker"))
        with crew:
            with pytest.raises(LostError):
                crew.call(5)
            assert [crew.call(3), crew.call(4)] == [6, 8]
            assert ray.started == 1 + ATTEMPTS
        with pytest.raises(LostError, match="stopped"):
            crew.call(1)


def test_errors_of_the_work_come_as_they_were_and_are_not_tried_again(ray: FakeRay) -> None:
    with Cluster() as cluster:
        results = cluster.mapped(labour.refuser, iter(range(5)), 2)
        assert next(results) == 0
        with pytest.raises(UsageError) as refused:
            next(results)
        assert (refused.value.what, refused.value.next) == ("What.", "Next.")
        with pytest.raises(RetortError, match="Sunday"):
            next(cluster.mapped(labour.closed, iter([1]), 1))
    assert ray.started <= 3


def test_it_ends_early_and_leaves_nobody_behind(ray: FakeRay) -> None:
    stop = threading.Event()
    with Cluster() as cluster:
        results = cluster.mapped(labour.squarer, iter(range(1000)), 2, stop)
        assert next(results) == 0
        stop.set()
        assert len(list(results)) <= 2 * WINDOW
        assert not ray.alive


def test_what_is_started_here_is_reached_from_here_only(
    ray: FakeRay, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", raising=False)
    with Cluster(workers=2):
        assert ray.begun is not None
        begun = {name: ray.begun[name] for name in ("address", "num_cpus", "_node_ip_address")}
        assert begun == {"address": "local", "num_cpus": 2, "_node_ip_address": "127.0.0.1"}
        assert os.environ.pop("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER") == "0"
        print("Ray prints this")
    print("a result")
    assert capsys.readouterr() == ("a result\n", "Ray prints this\n")


@pytest.fixture
def port() -> Iterator[int]:
    """Where something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_cluster_that_runs_is_joined_and_left(ray: FakeRay, port: int) -> None:
    with Cluster(f"127.0.0.1:{port}", workers=9, offline=True) as cluster:
        assert ray.begun is not None and ray.begun["address"] == f"127.0.0.1:{port}"
        assert "num_cpus" not in ray.begun and cluster.workers == 2
    assert ray.begun is None


def test_where_no_cluster_is_it_says_so(ray: FakeRay, port: int) -> None:
    ray.refuses = "another version of Ray\nmore"
    with pytest.raises(RetortError) as refused, Cluster(f"127.0.0.1:{port}"):
        pass
    assert refused.value.why == "another version of Ray ... more"
    for address in ("127.0.0.1:1", "localhost:http", "localhost:", "127.0.0.1:99999"):
        with pytest.raises(RetortError, match=f"no Ray cluster at {address}"), Cluster(address):
            pass
    assert ray.begun is None


@pytest.mark.parametrize("address", ["10.0.0.7:6379", "auto", "ray://head:10001", "gpu-box:6379"])
def test_offline_asks_nobody_else(ray: FakeRay, address: str) -> None:
    with pytest.raises(OfflineError):
        Cluster(address, offline=True)
    assert Cluster(address, offline=False)


@pytest.mark.parametrize("address", ["localhost:1234", "[::1]:1234", "ray://127.0.0.1:10001"])
def test_offline_allows_this_machine(address: str) -> None:
    assert Cluster(address, offline=True)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RetortError) as error, Cluster():
        pass
    assert error.value.next == "pip install 'retort[cluster]'"


@pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed")
def test_ray_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # its workers find ``labour``
    with Cluster(workers=2) as cluster:
        assert list(cluster.mapped(labour.squarer, iter(range(6)), 2)) == [0, 1, 4, 9, 16, 25]
        crew = cluster.crew(partial(labour.breaker, tmp_path / "marker"))
        with crew:
            assert crew.call(3) == 6
            with pytest.raises(LostError) as lost:
                crew.call(5)
            assert "died" in lost.value.why
            assert crew.call(4) == 8
