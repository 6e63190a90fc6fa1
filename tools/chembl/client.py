"""The ChEMBL web service, page by page, in time or with a reason.

Owns the time limit of a question, the further attempts, the kept answers, and the telling apart of
an outage from "nothing found". Knows no question (those are in ``web.py``) and no protocol (that is
in ``connection.py``).
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from retort.retrieval.deadline import within
from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools.chembl.connection import Failure, Request, fetch, fetch_release
from retort.tools.chembl.fields import RESOURCES
from retort.tools.chembl.kept import Answer, now, read, write

PAGE = 1000
"""rows in one page, the most that the service gives"""
MOST = 5 * PAGE
"""rows of one question, unless it asks for fewer"""
ALIVE_S = 60.0
"""seconds for which a service that has just found what it must hold is believed to find nothing"""

_WITHOUT = "use a local ChEMBL: set RETORT_CHEMBL to starter or to the path of a SQLite file"
T = TypeVar("T")


@dataclass(slots=True)
class Question:
    """One question of the user, which may take several requests."""

    until: float
    """time (``time.monotonic``) at which it is given up"""
    retrieved_at: str = ""
    """UTC: when the oldest of the answers was given of which the rows are made"""
    outage: OutageError | None = None
    """why an older answer stands in; where nothing is found, this is what has to be told"""

    def confirm(self, found: int) -> None:
        """Let "nothing found" pass only if the service says so now.

        Raises:
            OutageError: nothing was found, and only because an older answer says so.
        """
        if not found and self.outage is not None:
            raise self.outage

    def note(self, answer: Answer) -> Answer:
        """Take an answer into account."""
        self.retrieved_at = min(filter(None, (self.retrieved_at, answer.retrieved_at)))
        return answer


class Client:
    """The ChEMBL web service. Safe to share between threads.

    Args:
        url: base of the service.
        cache: folder for its answers.
        offline: refuse every question before any connection.
        deadline_s: seconds for one question, with all its requests, pauses and retries.
        retries: further attempts after what may pass (5xx, 429, cut connection, bad JSON).
        backoff_s: pause before the first retry; doubled for each further one, and never shorter
            than the service asks for.
    """

    def __init__(
        self,
        url: str,
        *,
        cache: Path,
        offline: bool = False,
        deadline_s: float = 30.0,
        retries: int = 2,
        backoff_s: float = 0.5,
    ) -> None:
        self.url = url.rstrip("/")
        self._cache = cache
        self._offline = offline
        self._deadline_s = deadline_s
        self._retries = retries
        self._backoff_s = backoff_s
        self._alive: dict[str, float] = {}
        self._asked = threading.local()
        self._not_before = 0.0

    @contextmanager
    def question(self) -> Iterator[Question]:
        """The requests made inside share one time limit; one inside another is part of it."""
        outer: Question | None = getattr(self._asked, "question", None)
        if outer is not None:
            yield outer
            return
        self._asked.question = Question(time.monotonic() + self._deadline_s)
        try:
            yield self._asked.question
        finally:
            self._asked.question = None

    def rows(
        self,
        resource: str,
        filters: Mapping[str, Any],
        only: Sequence[str],
        *,
        order_by: Sequence[str] = (),
        offset: int = 0,
        most: int = MOST,
    ) -> Answer:
        """The rows of a resource from ``offset`` on, up to ``most``, page after page.

        Raises:
            OfflineError: connections are forbidden.
            OutageError: the service failed, or answered rubbish, as often as it was tried.
            RetortError: the service refused the request itself.
        """
        asked = Request(resource, dict(filters), tuple(only), tuple(order_by), 0, offset)
        rows: list[dict[str, Any]] = []
        with self.question():
            while True:
                limit = max(1, min(PAGE, most - len(rows)))
                page = self._page(replace(asked, limit=limit, offset=offset + len(rows)))
                rows += page.rows
                if len(rows) >= min(most, page.total - offset):
                    return replace(page, rows=tuple(rows[: max(0, most)]))

    def count(self, resource: str, filters: Mapping[str, Any]) -> int:
        """How many rows of a resource match. Raises as ``rows`` does."""
        only = next(iter(RESOURCES[resource].fields))
        return self.rows(resource, filters, (only,), most=1).total

    def release(self) -> str:
        """The name of the release that is served. Raises as ``rows`` does."""

        def ask() -> Answer:
            name = self._try("status", partial(fetch_release, self.url))
            return Answer(({"release": name},), 1, now())

        with self.question():
            return str(self._remembered(["status"], ask).rows[0]["release"])

    def _page(self, request: Request) -> Answer:
        def ask() -> Answer:
            rows, total = self._try(request.resource, partial(fetch, self.url, request))
            if not total:
                self._confirm(request)
            return Answer(tuple(rows), total, now())

        return self._remembered(asdict(request), ask)

    def _confirm(self, request: Request) -> None:
        """Tell an empty answer from an outage: does the service still find what it must hold?"""
        resource = RESOURCES[request.resource]
        if time.monotonic() - self._alive.get(request.resource, -ALIVE_S) < ALIVE_S:
            return
        only = (next(iter(resource.fields)),)
        probe = Request(request.resource, resource.known, only, limit=1)
        what = " ".join(map(str, resource.known.values())) or "a single row"
        if not self._try(request.resource, partial(fetch, self.url, probe))[1]:
            raise self._outage(
                request.resource, f"it does not find {what}, which every release holds"
            )
        self._alive[request.resource] = time.monotonic()

    def _try(self, what: str, fetch: Callable[[float], T]) -> T:
        """Fetch within the time of the question, again after failures that may pass."""
        with self.question() as asked:
            reason = f"no answer within {self._deadline_s:g} s"
            wait_s = self._not_before - time.monotonic()
            for attempt in range(self._retries + 1):
                left_s = asked.until - time.monotonic()
                if wait_s >= left_s and wait_s > 0:
                    reason = reason if attempt else f"it asks to come back in {wait_s:,.0f} s"
                    break
                time.sleep(max(0.0, wait_s))
                left_s = asked.until - time.monotonic()
                if left_s <= 0:
                    break
                try:
                    return within(left_s, partial(fetch, left_s))
                except TimeoutError:
                    break
                except Failure as failure:
                    reason = str(failure)
                    if failure.refused:
                        raise self._refusal(what, reason) from failure
                    if not failure.again:
                        break
                    self._not_before = time.monotonic() + failure.wait_s
                    wait_s = max(self._backoff_s * 2**attempt, failure.wait_s)
            raise self._outage(what, reason)

    def _outage(self, what: str, reason: str) -> OutageError:
        return OutageError(
            "ChEMBL did not answer.",
            f"{what} from {self.url}: {reason}.",
            f"Try later, or {_WITHOUT}.",
        )

    def _refusal(self, what: str, reason: str) -> RetortError:
        return RetortError(
            f"ChEMBL refused the request for {what}.",
            f"{self.url}: {reason}.",
            "Check RETORT_CHEMBL_URL; then run: retort doctor",
        )

    def _remembered(self, request: object, ask: Callable[[], Answer]) -> Answer:
        """The kept answer while it is fresh, else a new one, which is kept.

        In an outage an older answer stands in, with its own date.
        """
        if self._offline:
            raise OfflineError(
                "ChEMBL's web service was not asked.",
                "RETORT_OFFLINE=1 forbids it.",
                f"To work offline, {_WITHOUT}.",
            )
        key = hashlib.sha256(json.dumps([self.url, request], sort_keys=True).encode()).hexdigest()
        path = self._cache / key[:2] / f"{key}.json"
        with self.question() as asked:
            kept = read(path)
            if kept is not None and kept.is_fresh:
                return asked.note(kept)
            try:
                answer = ask()
            except OutageError as outage:
                if kept is None:
                    raise
                asked.outage = outage
                return asked.note(kept)
            write(path, {"url": self.url, "request": request}, answer)
            return asked.note(answer)
