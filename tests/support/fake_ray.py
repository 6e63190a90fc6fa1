"""A module that answers as Ray does, with threads for workers; what is pickled there is here too.

Work that raises ``Death`` ends its worker as a signal would.
"""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Death(BaseException):
    """Ends the worker in which it is raised."""


class RayActorError(Exception):
    """A worker died."""


class exceptions:
    """The submodule."""

    RayActorError = RayActorError


class FakeRay:
    """Stands in ``sys.modules`` for Ray.

    Args:
        cores: of the cluster.
    """

    exceptions = exceptions

    def __init__(self, cores: int = 2) -> None:
        self.cores = cores
        self.refuses = ""
        self.begun: dict[str, Any] | None = None
        self.alive: set[Any] = set()
        self.started = 0

    def init(self, **options: Any) -> None:
        if self.refuses:
            raise ConnectionError(self.refuses)
        self.begun = options

    def shutdown(self) -> None:
        self.begun = None

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": float(self.cores), "memory": 1e9}

    def remote(self, kind: type) -> Any:
        return _Kind(self, kind)

    def get(self, future: Future[Any]) -> Any:
        try:
            return pickle.loads(pickle.dumps(future.result()))
        except Death as death:
            raise RayActorError(f"\nThe actor died: {death}\nmore") from None

    def kill(self, actor: Any) -> None:
        actor.end("it was killed")


class _Kind:
    def __init__(self, ray: FakeRay, kind: type) -> None:
        self._ray, self._kind = ray, kind

    def options(self, **_: Any) -> _Kind:
        return self

    def remote(self, *arguments: Any) -> _Actor:
        assert self._ray.begun is not None
        return _Actor(self._ray, self._kind(*pickle.loads(pickle.dumps(arguments))))


class _Actor:
    def __init__(self, ray: FakeRay, worker: Any) -> None:
        self._ray, self._worker = ray, worker
        self._thread = ThreadPoolExecutor(1)
        self._now: set[Future[Any]] = set()
        self._lock = threading.Lock()
        ray.alive.add(self)
        ray.started += 1

    @property
    def work(self) -> _Actor:
        return self

    def remote(self, item: Any) -> Future[Any]:
        made: Future[Any] = Future()
        with self._lock:
            self._now.add(made)
            if self not in self._ray.alive:
                self._settle(made, Death("it was dead"))
                return made
        self._thread.submit(self._do, made, pickle.loads(pickle.dumps(item)))
        return made

    def end(self, why: str) -> None:
        with self._lock:
            self._ray.alive.discard(self)
            for made in self._now.copy():
                self._settle(made, Death(why))
        self._thread.shutdown(wait=False)

    def _do(self, made: Future[Any], item: Any) -> None:
        try:
            result = self._worker.work(item)
        except Death as death:
            self.end(str(death))
            return
        with self._lock:
            if made in self._now:
                self._now.discard(made)
                made.set_result(result)

    def _settle(self, made: Future[Any], death: Death) -> None:
        self._now.discard(made)
        made.set_exception(death)
