"""A polite client of one public web service: slow enough, patient, and clear when it gives up.

Owns the pace, the retries, the limits of time and size, and what each failure is called. Knows no
service's parameters and no format of papers; the caller hands over the function that reads a body.
Nothing but the form given is sent. Messages never quote a request, which may hold a key.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from html import unescape
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from retort.retrieval.deadline import within
from retort.retrieval.errors import OfflineError, OutageError, RetortError

AGAIN = "Repeat the command later; it goes on where it stopped."
LONGEST_WAIT_S = 300.0
"""a service that asks for a longer pause is left alone until the user comes back"""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
T = TypeVar("T")


class Passing(Exception):
    """One attempt failed in a way that may pass; ``wait_s`` where the service named a time."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Refused(RetortError):
    """The service understood the request and refused it; ``why`` has its own words."""

    status = 0

    @classmethod
    def of(cls, service: str, status: int, message: str, next: str) -> Refused:
        """The refusal of a request with an HTTP status (0 where it came with 200)."""
        code = f"HTTP {status}: " if status else ""
        error = cls(f"{service} refused the request.", f"{code}{message}.", next)
        error.status = status
        return error


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast, how often and how long. Seconds, unless said otherwise."""

    per_second: float = 3.0
    """requests"""
    retries: int = 4
    """further attempts after a failure that may pass"""
    backoff_s: float = 1.0
    """mean pause before the first retry, doubled for each further one"""
    connect_s: float = 10.0
    read_s: float = 60.0
    """without a byte"""
    total_s: float = 180.0
    """for one whole answer"""
    most_bytes: int = 256 * 2**20
    """of one answer, decompressed"""


class Client:
    """One service at its address.

    Args:
        service: its name, for messages.
        url: its base; requests and redirects stay on this host.
        offline: connections are forbidden.
        limits: pace and patience.
        email: whom the service may write to; part of the User-Agent where given.
        refusal: what the user can do when the service refuses a request.
        sleep: waits a number of seconds.

    Raises:
        OfflineError: ``offline``; there is no client then that could open a socket.
    """

    def __init__(
        self,
        service: str,
        url: str,
        *,
        offline: bool,
        limits: Limits,
        email: str = "",
        refusal: str = "Correct the query and repeat the command.",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if offline:
            raise OfflineError(
                f"{service} was not asked.",
                "RETORT_OFFLINE=1 forbids it.",
                "Unset it, or add files: retort library add PATH",
            )
        self.service = service
        self._url = url.rstrip("/") + "/"
        self._limits = limits
        self._refusal = refusal
        self._sleep = sleep
        self._free_at = 0.0
        self._session = requests.Session()
        self._session.headers["User-Agent"] = _name() + (f" (mailto:{email})" if email else "")
        self._session.headers["Accept-Encoding"] = "gzip"
        # Without one of its own, requests would send what a .netrc file holds for this host.
        self._session.auth = lambda request: request

    def ask(self, path: str, form: Mapping[str, str] | None, read: Callable[[bytes], T]) -> T:
        """Get a path, or post a form to it, and read the answer.

        Args:
            path: below the base address.
            form: posted, so that neither query nor key stand in an address; None gets the path.
            read: makes something of the body; raises ``Passing`` where it is damaged.

        Raises:
            Refused: the service refused the request (4xx), in its own words.
            OutageError: it failed, or answered rubbish, as often as it was tried.
        """
        reason = ""
        for attempt in range(self._limits.retries + 1):
            try:
                return read(within(self._limits.total_s, partial(self._attempt, path, form)))
            except TimeoutError:
                reason = f"no whole answer within {self._limits.total_s:g} s"
                wait_s = None
            except Passing as failure:
                reason, wait_s = str(failure), failure.wait_s
            if wait_s is not None and wait_s > LONGEST_WAIT_S:
                reason += f"; it asks to come back in {wait_s:,.0f} s"
                break
            if attempt < self._limits.retries:
                self._sleep(self._pause(attempt, wait_s))
        raise self._outage(path, reason, attempt + 1)

    def _pause(self, attempt: int, wait_s: float | None) -> float:
        """Exponential, with jitter so that many who failed together do not return together."""
        pause = self._limits.backoff_s * 2.0**attempt * random.uniform(0.5, 1.5)
        return max(pause, wait_s or 0.0)

    def _outage(self, path: str, reason: str, attempts: int) -> OutageError:
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        return OutageError(
            f"{self.service} did not answer.",
            f"{urlsplit(self._url).hostname}, {path}: {reason}{tried}.",
            AGAIN,
        )

    def _attempt(self, path: str, form: Mapping[str, str] | None) -> bytes:
        try:
            return self._exchange(urljoin(self._url, path), form)
        except requests.RequestException as error:
            raise self._failure(path, error) from error
        except urllib3.exceptions.HTTPError as error:
            raise Passing("the connection broke off") from error

    def _exchange(self, url: str, form: Mapping[str, str] | None) -> bytes:
        """One request, its redirects within the host, and the whole body."""
        home = urlsplit(self._url)
        for _ in range(_MOST_REDIRECTS + 1):
            self._take_turn()
            with self._session.request(
                "GET" if form is None else "POST",
                url,
                data=form,
                stream=True,
                allow_redirects=False,
                timeout=(self._limits.connect_s, self._limits.read_s),
            ) as response:
                target = response.headers.get("Location", "")
                if response.status_code not in _REDIRECTS or not target:
                    return self._body(response)
            url = urljoin(url, target)
            there = urlsplit(url)
            if (there.scheme, there.netloc) != (home.scheme, home.netloc):
                raise RetortError(
                    f"{self.service} cannot be reached.",
                    f"Its address points to another host, {there.hostname}, which is not followed.",
                    "See whether a proxy or a login page stands in between, then try again.",
                )
        raise Passing("it redirects in a circle")

    def _take_turn(self) -> None:
        """Wait until this request is due, and book the time of the next."""
        wait = self._free_at - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._free_at = max(self._free_at, time.monotonic()) + 1 / self._limits.per_second

    def _body(self, response: requests.Response) -> bytes:
        status = response.status_code
        body = bytearray()
        for block in response.iter_content(1 << 16):
            body += block
            if len(body) > self._limits.most_bytes:
                raise RetortError(
                    f"{self.service} sends too much.",
                    f"One answer is larger than {self._limits.most_bytes / 2**20:,.0f} MB.",
                    "See whether a proxy stands in between; narrow the query.",
                )
        if status in _PASSING or status >= 500:
            named = f"HTTP {status}" + (f": {words}" if (words := wording(bytes(body))) else "")
            raise Passing(named, retry_after(response.headers.get("Retry-After", "")))
        if status >= 400:
            raise Refused.of(
                self.service, status, wording(bytes(body)) or response.reason, self._refusal
            )
        if status != 200:
            raise Passing(f"HTTP {status}")
        return bytes(body)

    def _failure(self, path: str, error: requests.RequestException) -> Exception:
        """What a failed connection means; some of it will not pass within seconds."""
        cause = getattr(error.args[0], "reason", None) if error.args else None
        host = urlsplit(self._url).hostname
        if isinstance(cause, urllib3.exceptions.NameResolutionError):
            reason = f"the name {host} cannot be looked up"
        elif isinstance(error, requests.exceptions.ProxyError):
            reason = "the proxy set on this machine does not let it through"
        elif isinstance(error, requests.exceptions.SSLError):
            reason = f"no trusted connection to {host} (TLS)"
        elif isinstance(error, requests.ConnectTimeout):
            return Passing(f"no connection within {self._limits.connect_s:g} s")
        elif isinstance(error, requests.Timeout) or isinstance(
            cause, urllib3.exceptions.ReadTimeoutError
        ):
            return Passing(f"silent for {self._limits.read_s:g} s")
        elif isinstance(cause, urllib3.exceptions.NewConnectionError):
            return Passing("the connection was refused")
        else:
            return Passing("the connection broke off")
        return OutageError(
            f"{self.service} cannot be reached.",
            f"{reason[0].upper()}{reason[1:]}.",
            f"Check the network and its proxy settings. {AGAIN}",
        )


def _name() -> str:
    """This tool and its version, as the User-Agent has it."""
    try:
        return f"retort/{version('retort')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "retort"


def as_json(body: bytes) -> dict[str, Any]:
    """The object in a body of JSON; line breaks inside strings, which NCBI sends, are allowed.

    Raises:
        Passing: it is a web page, broken off, or no object.
    """
    refuse_page(body, "JSON")
    try:
        found = json.loads(body, strict=False)
    except ValueError:
        raise Passing("the JSON breaks off or is damaged") from None
    if not isinstance(found, dict):
        raise Passing("the answer has another form")
    return found


def refuse_page(body: bytes, wanted: str) -> None:
    """Tell a web page, nothing, and plain words from what was asked for.

    Args:
        body: as it came.
        wanted: ``JSON`` or ``XML``.

    Raises:
        Passing: it is one of them, with its words.
    """
    text = body.lstrip()
    if not text:
        raise Passing("the answer is empty")
    if re.match(rb"<!doctype html|<html", text, re.IGNORECASE):
        raise Passing(f"a web page came instead of {wanted}: {wording(body) or 'without words'}")
    if text[:1] not in ((b"{", b"[") if wanted == "JSON" else (b"<",)):
        raise Passing(f"something else came instead of {wanted}: {wording(body)}")


def wording(body: bytes, most: int = 300) -> str:
    """What a service says in an error, whether it is JSON, a web page or plain text; one line."""
    text = body[:20_000].decode("utf-8", "replace")
    try:
        said = json.loads(text, strict=False)
    except ValueError:
        said = None
    if isinstance(said, dict):
        texts = [said.get(name) for name in ("error", "errMsg", "message")]
        text = next((each for each in texts if isinstance(each, str)), text)
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>", " ", text)
    text = " ".join(unescape(re.sub(r"<[^<>]*>", " ", text)).split())
    return (text if len(text) <= most else text[: most - 3] + "...").rstrip(".")


def retry_after(text: str) -> float | None:
    """Seconds named by a Retry-After header, which holds a number or a date (RFC 9110, 10.2.3)."""
    if text.strip().isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
