"""Work on a Ray cluster: the same functions as on one machine, on workers any of which may die.

Owns the connection, the workers, and what the death of one costs. Knows nothing of what the work
is. Nothing else imports ``ray``.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import redirect_stdout
from typing import Any, Generic, Self, TypeVar

from retort.agent.settings import keep_ray_here
from retort.retrieval.errors import OfflineError, RetortError
from retort.tools.workers import ATTEMPTS, WINDOW, cores

_OBJECTS_BYTES = 256 << 20
"""what items and results on their way may take of this machine's memory"""
_PATIENCE = 0.2
"""seconds between looks at ``cancel``"""
_KNOCK_S = 5
_LAST_PORT = 65_535
_LONGEST = 300
"""characters of a line of Ray's that are shown"""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

Item = TypeVar("Item")
Result = TypeVar("Result")


class LostError(RetortError):
    """An item cost ``ATTEMPTS`` workers, or its worker was ended."""


class Cluster:
    """A connection to Ray, for a ``with`` block; there is one at a time in a process.

    What Ray prints meanwhile goes to stderr: stdout is for results.

    Args:
        address: ``HOST:PORT`` of a cluster that runs, or ``auto``; empty: one is started on this
            machine, bound to 127.0.0.1, and ends with the block.
        workers: at most so many; 0: one for each core of the cluster.
        offline: refuse a cluster beyond this machine.

    Raises:
        OfflineError: ``offline``, and the address is not of this machine.
        RetortError: Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, address: str = "", workers: int = 0, offline: bool = True) -> None:
        if address and offline and not _is_here(address):
            raise OfflineError(
                f"The Ray cluster at {address} was not asked.",
                "RETORT_OFFLINE=1 allows one of this machine only: 127.0.0.1, ::1 or localhost.",
                "Unset it, or leave --address out to start a cluster here.",
            )
        self._address = address
        self._wanted = workers
        self._stdout = redirect_stdout(sys.stderr)
        self.workers = 0

    def __enter__(self) -> Self:
        if not self._address:
            keep_ray_here()
        self._ray = _imported()
        self._stdout.__enter__()
        try:
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        have = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self.workers = min(self._wanted or have, have)
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()
        self._stdout.__exit__(None, None, None)

    def crew(self, hire: Callable[[], Callable[[Item], Result]]) -> Crew[Item, Result]:
        """Workers for one kind of work; see ``Crew``."""
        return Crew(self._ray, hire, self.workers)

    def mapped(
        self,
        hire: Callable[[], Callable[[Item], Result]],
        items: Iterator[Item],
        workers: int,
        cancel: threading.Event | None = None,
    ) -> Iterator[Result]:
        """The results of items in their order: ``tools.workers.mapped``, made by the cluster.

        Args:
            hire: called once by each worker; gives what is called with each item.
            items: taken as there is room; only ``WINDOW`` of a worker are held at a time.
            workers: at most so many.
            cancel: set it to end early.

        Raises:
            LostError: where its item's result would stand.
            RetortError: what the work raised, at the same place.
        """
        count = min(workers, self.workers)
        waiting: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(count) as threads, Crew(self._ray, hire, count) as crew:
            while not (cancel and cancel.is_set()):
                while len(waiting) < WINDOW * count:
                    try:
                        waiting.append(threads.submit(crew.call, next(items)))
                    except StopIteration:
                        break
                if not waiting:
                    return
                if wait([waiting[0]], _PATIENCE).done:
                    yield waiting.popleft().result()

    def _connect(self) -> None:
        common = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            if self._address:
                _knock(self._address)
                self._ray.init(address=self._address, **common)
                return
            self._ray.init(
                address="local",
                num_cpus=self._wanted or cores(),
                include_dashboard=False,
                object_store_memory=_OBJECTS_BYTES,
                _node_ip_address="127.0.0.1",
                **common,
            )
        except Exception as error:  # Ray tells of a missing cluster by errors of many classes
            raise RetortError(
                f"There is no Ray cluster at {self._address}."
                if self._address
                else "A Ray cluster could not be started on this machine.",
                _told(error),
                "Leave --address out to start one on this machine."
                if self._address
                else "Run the same command again when this machine has less to do, or "
                "without --engine ray.",
            ) from error


class Crew(Generic[Item, Result]):
    """Workers that were told how to do one kind of work, each started when it is first needed.

    A worker that dies is replaced, and its item done again by the next one.

    Args:
        ray: the module, connected.
        hire: called once by each worker; gives what is called with each item. Can be pickled.
        workers: how many.
    """

    def __init__(
        self, ray: Any, hire: Callable[[], Callable[[Item], Result]], workers: int
    ) -> None:
        self._ray = ray
        self._hire = hire
        self._actor = ray.remote(_Worker).options(num_cpus=1, max_restarts=0, max_task_retries=0)
        self._is_closed = threading.Event()
        self._alive: set[Any] = set()
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers; calls that wait for one fail."""
        self._is_closed.set()
        for actor in self._alive.copy():
            self._ray.kill(actor)

    def call(self, item: Item) -> Result:
        """The result of an item; waits for a worker. Thread-safe.

        Raises:
            LostError: no worker was left that would do it.
            RetortError: what the work raised.
        """
        actor = self._idle.get()
        why = ""
        try:
            for _ in range(ATTEMPTS):
                if self._is_closed.is_set():
                    break
                actor = actor or self._actor.remote(self._hire)
                self._alive.add(actor)
                try:
                    is_made, result = self._ray.get(actor.work.remote(item))
                except self._ray.exceptions.RayActorError as end:
                    why = _told(end)
                    self._alive.discard(actor)
                    actor = None
                    continue
                if is_made:
                    made: Result = result
                    return made
                raise result
        finally:
            self._idle.put(actor)
        raise LostError(
            f"The worker that had this in hand ended, {ATTEMPTS} times.",
            f"{why} Most often memory was short." if why else "The run was stopped.",
            "Run the same command again with fewer --workers.",
        )


class _Worker:
    """What runs on the cluster. An error of the work's own is a result, as no other is retried."""

    def __init__(self, hire: Callable[[], Callable[[Any], Any]]) -> None:
        self._hire = hire
        self._work: Callable[[Any], Any] | None = None

    def work(self, item: Any) -> tuple[bool, Any]:
        try:
            self._work = self._work or self._hire()
            return True, self._work(item)
        except RetortError as error:
            return False, error


def _imported() -> Any:
    try:
        import ray
    except ImportError as problem:
        raise RetortError(
            "The work was not given to a cluster.",
            f"Ray is not installed: {problem}.",
            "pip install 'retort[cluster]'",
        ) from problem
    return ray


def _is_here(address: str) -> bool:
    host, _ = _parts(address)
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _knock(address: str) -> None:
    """Find out at once what Ray would find out after minutes.

    Raises:
        OSError: nobody listens at ``HOST:PORT``.
    """
    if address == "auto":
        return
    host, port = _parts(address)
    if not port.isdecimal() or int(port) > _LAST_PORT:
        raise OSError(f"An address is HOST:PORT, and {port or 'nothing'!r} is no port.")
    socket.create_connection((host, int(port)), _KNOCK_S).close()


def _parts(address: str) -> tuple[str, str]:
    """Host and port."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    return host.strip("[]"), port


def _told(error: Exception) -> str:
    """What Ray tells at the beginning and at the end: often a whole traceback stands between."""
    lines = [_COLOUR.sub("", line).strip() for line in str(error).splitlines()]
    said = [line[:_LONGEST] for line in lines if line] or [type(error).__name__]
    return " ... ".join(dict.fromkeys((said[0], said[-1])))
