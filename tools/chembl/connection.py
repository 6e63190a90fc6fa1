"""One request to the ChEMBL web service, made once, and why it failed in plain words.

The only file that touches ``chembl_webresource_client``. Its habits are kept in here:

- importing its ``new_client`` asks the service for its schema (``/spore``), with no time limit; so
  the query sets are made from their own classes, which ask nothing;
- its settings are global; only those that are the same for every source are set, once, before its
  query classes are imported (no cache in the user's home, no silent retries), and address and
  time limit are given to each query;
- a query set is not safe to share, and iterating one fetches everything; so each call builds its
  own and takes one slice;
- it follows redirects and forgets the headers of an answer; so each answer is judged as it arrives.

Knows no deadline, no second attempt and no cache: those are in ``client.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from retort.tools.chembl.fields import RESOURCES

_settings_lock = threading.Lock()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One slice of a resource."""

    resource: str
    filters: Mapping[str, Any] = field(default_factory=dict)
    """by the service's names: ``{"pref_name__iexact": "aspirin"}``"""
    only: tuple[str, ...] = ()
    """fields wanted, at least one"""
    order_by: tuple[str, ...] = ()
    limit: int = 20
    offset: int = 0


class Failure(Exception):
    """Why one attempt failed.

    Args:
        reason: in plain words, without a full stop.
        again: whether another attempt may go better.
        refused: whether the service answered, and refused this very request.
        wait_s: seconds after which the service asks to come back.
    """

    def __init__(
        self, reason: str, *, again: bool = True, refused: bool = False, wait_s: float = 0.0
    ) -> None:
        super().__init__(reason)
        self.again = again
        self.refused = refused
        self.wait_s = wait_s


def fetch(url: str, request: Request, seconds: float) -> tuple[list[dict[str, Any]], int]:
    """The rows of one slice, and how many match in all.

    Args:
        url: base of the service.
        request: what is asked.
        seconds: limit for the connection, and for the pause between two bytes.

    Raises:
        Failure: no answer, or none that has the form of an answer.
    """

    def ask() -> tuple[list[dict[str, Any]], int]:
        query = _query(url, request, seconds)
        return _judged_page(request, query.get_page(), query.api_total_count)

    return _named(ask)


def fetch_release(url: str, seconds: float) -> str:
    """The name of the release that the service says it serves.

    Raises:
        Failure: see ``fetch``.
    """

    def ask() -> str:
        query = _query(url, Request("molecule"), seconds)
        query.base_url = url
        name = query.get("status.json")["chembl_db_version"]
        if not isinstance(name, str) or not name.strip():
            raise Failure("the answer has another form (chembl_db_version)")
        return name

    return _named(ask)


def _query(url: str, request: Request, seconds: float) -> Any:
    """The client's query for one slice, ready to fetch; nothing is asked yet."""
    with _settings_lock:
        from chembl_webresource_client.settings import Settings

        settings = Settings.Instance()
        settings.CACHING = False
        settings.TOTAL_RETRIES = 0
        from chembl_webresource_client.query_set import Model, QuerySet

    collection = RESOURCES[request.resource].collection
    asked = QuerySet(model=Model(request.resource, collection, ("json",)))
    asked.query.base_url = f"{url}/{request.resource}"
    asked.query.limit = request.limit
    if request.filters:
        asked = asked.filter(**request.filters)
    if request.order_by:
        asked = asked.order_by(*request.order_by)
    query = asked.only(*request.only)[request.offset : request.offset + request.limit].query
    query.timeout = seconds
    query.session.hooks["response"].append(_judge)
    return query


def _judged_page(request: Request, rows: Any, total: Any) -> tuple[list[dict[str, Any]], int]:
    """The page, if it is one and agrees with itself."""
    if not isinstance(rows, list) or isinstance(total, bool) or not isinstance(total, int):
        raise Failure("the answer has another form (no list, or no number of rows)")
    resource = RESOURCES[request.resource]
    for row in rows:
        faulty = resource.faulty(row, request.only)
        if faulty:
            raise Failure(f"the answer has another form ({faulty})")
    left = max(0, total - request.offset)
    if bool(rows) != bool(left) or len(rows) > left:
        raise Failure(f"it promised {left:,} rows and sent {len(rows) or 'none'}")
    return rows, total


def _judge(response: Any, *_: Any, **__: Any) -> None:
    """Stop at every answer that is not JSON with status 200, before a redirect is followed."""
    status = response.status_code
    if 300 <= status < 400:
        where = urlsplit(response.headers.get("Location", "")).hostname or "another address"
        raise Failure(f"HTTP {status}: it points to {where}, which was not followed", again=False)
    if status != 200:
        passing = status >= 500 or status in (408, 425, 429)
        wait_s = _retry_after(response.headers.get("Retry-After", ""))
        said = _error_message(response)
        pause = f"; it asks to come back in {wait_s:,.0f} s" if wait_s else ""
        raise Failure(
            f"HTTP {status}{said}{pause}", again=passing, refused=not passing, wait_s=wait_s
        )
    kind = response.headers.get("Content-Type", "")
    if kind and "json" not in kind:
        raise Failure("a web page came instead of JSON" if "html" in kind else f"{kind} came")


def _error_message(response: Any) -> str:
    """What the service itself says of an error; nothing where a web page says it."""
    try:
        said = response.json()
    except ValueError:
        return ""
    words = (
        [said.get(name) for name in ("error_message", "error")] if isinstance(said, dict) else []
    )
    return next((f": {word[:200].strip()}" for word in words if isinstance(word, str)), "")


def _retry_after(header: str) -> float:
    """Seconds named by a Retry-After header, a number or a date (RFC 9110, 10.2.3); 0 for none."""
    if header.strip().isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _named(ask: Callable[[], T]) -> T:
    """Give the many kinds of failure one name and a short reason."""
    import requests

    try:
        return ask()
    except requests.Timeout as error:
        raise TimeoutError from error
    except requests.JSONDecodeError as error:
        raise Failure("the answer is not whole JSON") from error
    except requests.exceptions.SSLError as error:
        certified = "CERTIFICATE_VERIFY_FAILED" not in str(error)
        reason = "it does not speak TLS" if certified else "its certificate is not trusted"
        raise Failure(reason, again=False) from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise Failure(_no_connection(error)) from error
    except requests.RequestException as error:
        raise Failure(f"{type(error).__name__}: {str(error)[:200]}") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Failure(f"the answer has another form ({type(error).__name__})") from error


def _no_connection(error: Exception) -> str:
    """Why there is no connection, without the addresses of objects that urllib3 writes."""
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NameResolutionError):
        return "its name is not known; is there a network"
    if isinstance(cause, NewConnectionError):
        return "nothing answers at this address"
    return "the connection broke off"
