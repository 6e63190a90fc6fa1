"""One page of the ChEMBL web service at a time, in time or with a reason.

The only file that touches ``chembl_webresource_client``. Its habits are kept in here:

- importing its ``new_client`` asks the service for its schema, with no time limit; so the query
  sets are made from their own classes, which ask nothing;
- its settings are global; only those that are the same for every source are set, once, before its
  query classes are imported (no cache in the user's home, no silent retries), and address and
  time limit are given to each query;
- a query set is not safe to share, and iterating one fetches everything; so each call builds its
  own and takes one slice.

Owns the deadline, the retries, and the telling apart of an outage from "nothing found". Knows no
question: those are in ``web.py``.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from retort.retrieval.deadline import within
from retort.retrieval.errors import OfflineError, OutageError, RetortError
from retort.tools.chembl.kept import Answer, read, write

COLLECTIONS = {
    "activity": "activities",
    "assay": "assays",
    "document": "documents",
    "drug_indication": "drug_indications",
    "mechanism": "mechanisms",
    "molecule": "molecules",
    "target": "targets",
}
"""resources asked, and the name of the list in their answers"""

KNOWN = {
    "activity": ("molecule_chembl_id", "CHEMBL25"),
    "drug_indication": ("molecule_chembl_id", "CHEMBL25"),
    "mechanism": ("molecule_chembl_id", "CHEMBL25"),
    "molecule": ("molecule_chembl_id", "CHEMBL25"),
    "target": ("target_chembl_id", "CHEMBL203"),
}
"""what every release holds (aspirin, EGFR). The service has been seen to answer everything with
empty lists while it was down; an empty list counts as absence only while these are found"""

PAGE = 1000
"""rows in one page, the most that the service gives"""

_WITHOUT = "Use a local ChEMBL: set RETORT_CHEMBL to starter or to the path of a SQLite file"
_settings_lock = threading.Lock()
T = TypeVar("T")


class Client:
    """The ChEMBL web service, page by page.

    Args:
        url: base of the service.
        cache: folder for its answers.
        offline: refuse every question before any connection.
        deadline_s: seconds for one page, retries included.
        retries: further attempts after what may pass (5xx, 429, cut connection, bad JSON).
        backoff_s: pause before the first retry; doubled for each further one.
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
        self._alive: set[str] = set()

    def page(
        self,
        resource: str,
        filters: Mapping[str, Any],
        only: Sequence[str],
        *,
        order_by: Sequence[str] = (),
        limit: int = PAGE,
        offset: int = 0,
    ) -> Answer:
        """One page of a resource.

        Raises:
            OfflineError: connections are forbidden.
            OutageError: the service failed, or answered rubbish, as often as it was tried.
            RetortError: the service refused the request itself.
        """
        request = [resource, dict(filters), list(only), list(order_by), limit, offset]

        def fetch(left_s: float) -> tuple[list[dict[str, Any]], int]:
            query = _query(self.url, resource, filters, only, order_by, limit, offset)
            query.timeout = left_s
            return list(query.get_page() or []), int(query.api_total_count)

        def ask() -> tuple[list[dict[str, Any]], int]:
            rows, total = self._ask(resource, fetch)
            if not rows and offset < total:
                raise self._outage(resource, f"it promised {total} rows and sent none")
            if not total:
                self._confirm(resource, filters)
            return rows, total

        return self._remembered(request, ask)

    def every(
        self, resource: str, filters: Mapping[str, Any], only: Sequence[str], most: int = 5 * PAGE
    ) -> Answer:
        """All rows of a resource, page after page, up to ``most``."""
        rows: list[dict[str, Any]] = []
        while True:
            answer = self.page(resource, filters, only, offset=len(rows))
            rows += answer.rows
            if len(rows) >= min(answer.total, most):
                return Answer(tuple(rows), answer.total, answer.retrieved_at)

    def status(self) -> Answer:
        """The service's description of itself: release and state."""

        def fetch(left_s: float) -> tuple[list[dict[str, Any]], int]:
            query = _query(self.url, "molecule", {}, (), (), 1, 0)
            query.base_url, query.timeout = self.url, left_s
            found = query.get("status.json")
            return [{"release": found["chembl_db_version"]}], 1

        return self._remembered(["status"], lambda: self._ask("status", fetch))

    def _confirm(self, resource: str, filters: Mapping[str, Any]) -> None:
        """Tell an empty answer from an outage: does the service still find what everybody knows?"""
        if resource not in KNOWN or resource in self._alive:
            return
        field, value = KNOWN[resource]
        if dict(filters) == {field: value}:
            raise self._outage(resource, f"it does not find {value}, which every release holds")
        self.page(resource, {field: value}, (field,), limit=1)
        self._alive.add(resource)

    def _ask(self, what: str, fetch: Callable[[float], T]) -> T:
        """Fetch within the deadline, trying again after failures that may pass."""
        end = time.monotonic() + self._deadline_s
        reason = ""
        for attempt in range(self._retries + 1):
            if attempt:
                pause = self._backoff_s * 2 ** (attempt - 1)
                time.sleep(max(0.0, min(pause, end - time.monotonic())))
            left_s = end - time.monotonic()
            if left_s <= 0:
                break
            try:
                return within(left_s, partial(_named, fetch, left_s))
            except TimeoutError:
                reason = f"no answer within {self._deadline_s:g} s"
                break
            except _Failure as failure:
                if failure.lasting:
                    raise RetortError(
                        f"ChEMBL refused the request for {what}.",
                        f"{self.url}: {failure}.",
                        "Check RETORT_CHEMBL_URL; then run: retort doctor",
                    ) from failure
                reason = str(failure)
        raise self._outage(what, reason)

    def _outage(self, what: str, reason: str) -> OutageError:
        return OutageError(
            "ChEMBL did not answer.",
            f"{what} from {self.url}: {reason}.",
            f"Try later. {_WITHOUT}.",
        )

    def _remembered(
        self, request: list[Any], ask: Callable[[], tuple[list[dict[str, Any]], int]]
    ) -> Answer:
        """The kept answer while it is fresh, else a new one, which is kept."""
        if self._offline:
            raise OfflineError(
                "ChEMBL's web service was not asked.",
                "RETORT_OFFLINE=1 forbids it.",
                f"{_WITHOUT}.",
            )
        key = hashlib.sha256(json.dumps([self.url, request], sort_keys=True).encode()).hexdigest()
        path = self._cache / key[:2] / f"{key}.json"
        kept = read(path)
        if kept is not None:
            return kept
        rows, total = ask()
        answer = Answer(tuple(rows), total, datetime.now(UTC).isoformat(timespec="seconds"))
        write(path, {"url": self.url, "request": request}, answer)
        return answer


class _Failure(Exception):
    """Why one attempt failed; ``lasting`` where another attempt would fail alike."""

    def __init__(self, reason: str, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


def _named(fetch: Callable[[float], T], seconds: float) -> T:
    """Give the client's many kinds of failure one name and a short reason."""
    import requests
    from chembl_webresource_client.http_errors import BaseHttpException, status_to_exception

    try:
        return fetch(seconds)
    except requests.Timeout as error:
        raise TimeoutError from error
    except BaseHttpException as error:
        codes = [code for code, kind in status_to_exception.items() if type(error) is kind]
        status = codes[0] if codes else 0
        passing = status >= 500 or status in (0, 429)
        raise _Failure(f"HTTP {status or 'error'}", lasting=not passing) from error
    except requests.JSONDecodeError as error:
        raise _Failure("the answer is not whole JSON") from error
    except requests.RequestException as error:
        raise _Failure(f"{type(error).__name__}: {str(error)[:200]}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise _Failure(f"the answer has another form ({type(error).__name__}: {error})") from error


def _query(
    url: str,
    resource: str,
    filters: Mapping[str, Any],
    only: Sequence[str],
    order_by: Sequence[str],
    limit: int,
    offset: int,
) -> Any:
    """The client's query for one slice, ready to fetch; nothing is asked yet."""
    with _settings_lock:
        from chembl_webresource_client.settings import Settings

        settings = Settings.Instance()
        settings.CACHING = False
        settings.TOTAL_RETRIES = 0
        from chembl_webresource_client.query_set import Model, QuerySet

    asked = QuerySet(model=Model(resource, COLLECTIONS[resource], ("json",)))
    asked.query.base_url = f"{url}/{resource}"
    asked.query.limit = limit
    if filters:
        asked = asked.filter(**filters)
    if order_by:
        asked = asked.order_by(*order_by)
    return asked.only(*only)[offset : offset + limit].query
