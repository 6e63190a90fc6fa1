"""One HTTP exchange with a language-model server: its limits of time, and a Stop that closes it.

Owns addresses, sockets and what a lost connection is called. Knows no chat protocol. What is sent
goes to the host that was named and nowhere else: no proxy of the environment, no redirect, and no
key but the one given for it.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from retort.agent.models.cancellation import is_cancelled
from retort.retrieval.errors import UsageError

POLL_S = 0.1
"""how often a wait looks whether the user has stopped"""
LONGEST_LINE = 8 * 2**20
"""bytes; an event of a stream has some hundred"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Patience with a server, in seconds unless said otherwise."""

    connect_s: float = 10.0
    first_s: float = 300.0
    """until the first token: a long prompt on a slow machine, or a model that is being loaded"""
    between_s: float = 60.0
    """from token to token"""
    total_s: float = 900.0
    """for one whole reply"""
    retries: int = 3
    """further attempts while nothing has come yet"""
    backoff_s: float = 0.5
    """mean pause before the first retry, doubled for each further one"""
    longest_wait_s: float = 60.0
    """a server that asks for a longer pause is left alone"""


class Lost(Exception):
    """No answer came, or it broke off; ``is_passing`` where the same may work a moment later."""

    def __init__(self, reason: str, is_passing: bool = True) -> None:
        super().__init__(reason)
        self.is_passing = is_passing


class Stopped(Exception):
    """The user stopped while an answer was awaited; the connection is closed."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and the key it wants."""

    scheme: str
    host: str
    port: int
    path: str
    """without a slash at its end, usually ``/v1``"""
    key: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str, key: str = "") -> Server:
        """Read an address.

        Raises:
            UsageError: it is none, or holds a password or key, which would be stored with answers.
        """
        example = "--model http://127.0.0.1:8000/v1#NAME"
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise UsageError("The model's address cannot be read.", f"{error}.", example) from None
        if "@" in parts.netloc or parts.query:
            raise UsageError(
                "The model's address holds a name, a password or a key.",
                "An address is shown and stored with every answer.",
                "Leave it out, and set RETORT_MODEL_KEY to the server's key.",
            )
        if not parts.hostname:
            raise UsageError("The model's address names no host.", f"{url!r}.", example)
        if not (key.isascii() and (key.isprintable())):
            raise UsageError(
                "RETORT_MODEL_KEY is no key.",
                "It holds characters that cannot be sent, perhaps the end of a line.",
                "Set it again.",
            )
        path = quote(parts.path.rstrip("/"), safe="/%")
        return cls(parts.scheme, parts.hostname, port, path, key)

    @property
    def url(self) -> str:
        """The address, without the key."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def is_here(self) -> bool:
        """Whether it is this very machine."""
        if self.host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer."""

    status: int
    headers: Mapping[str, str]
    """names in lower case"""


class Exchange:
    """One request and its answer, read in a thread so that waiting can end at any moment.

    Use as a context manager: leaving it closes the connection, whatever is still under way.

    Args:
        server: where to.
        path: below the server's.
        body: posted as JSON; None gets the path.
        limits: ``first_s`` counts from here until ``progress`` is called, then ``between_s`` from
            call to call; ``total_s`` counts throughout.
    """

    def __init__(self, server: Server, path: str, body: bytes | None, limits: Limits) -> None:
        self._server = server
        self._request = ("GET" if body is None else "POST", server.path + path, body)
        self._limits = limits
        self._items: queue.SimpleQueue[Head | bytes | Lost | None] = queue.SimpleQueue()
        self._socket: socket.socket | None = None
        self._is_closed = False
        self._started = self._since = time.monotonic()
        self._patience_s = limits.first_s
        threading.Thread(target=self._work, name="model-server", daemon=True).start()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads
            except OSError:
                pass  # it was closed already

    def progress(self) -> None:
        """Something of the answer itself has come; from now on ``between_s`` counts."""
        self._since, self._patience_s = time.monotonic(), self._limits.between_s

    def head(self) -> Head:
        """Wait for the status.

        Raises:
            Lost: the connection failed, or took too long.
            Stopped: the user stopped.
        """
        head = self._next()
        assert isinstance(head, Head)
        return head

    def lines(self) -> Iterator[bytes]:
        """The body's lines as they come; the same errors as `head`."""
        while (item := self._next()) is not None:
            assert isinstance(item, bytes)
            yield item

    def body(self) -> bytes:
        """The whole body; the same errors as `head`."""
        return b"".join(self.lines())

    def _next(self) -> Head | bytes | None:
        while True:
            if is_cancelled():
                raise Stopped
            try:
                item = self._items.get(timeout=POLL_S)
            except queue.Empty:
                self._require_time()
                continue
            if isinstance(item, Lost):
                raise item
            self._require_time()
            return item

    def _require_time(self) -> None:
        now = time.monotonic()
        if now > self._started + self._limits.total_s:
            raise Lost(f"its reply was not whole after {self._limits.total_s:g} s", False)
        if now > self._since + self._patience_s:
            waited = "no token" if self._patience_s == self._limits.first_s else "no further token"
            raise Lost(f"{waited} came within {self._patience_s:g} s", False)

    def _work(self) -> None:
        connection = self._connection()
        try:
            connection.connect()
            self._socket = connection.sock
            if self._is_closed:
                return
            connection.sock.settimeout(self._limits.total_s)
            method, path, body = self._request
            connection.request(method, path or "/", body, self._headers())
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            self._items.put(Head(answer.status, headers))
            while line := answer.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise Lost(f"it sent more than {LONGEST_LINE / 2**20:.0f} MB at once", False)
                self._items.put(line)
            self._items.put(None)
        except Lost as error:
            self._items.put(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._items.put(self._lost(error))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        where, limit_s = (self._server.host, self._server.port), self._limits.connect_s
        if self._server.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(*where, timeout=limit_s, context=context)
        return http.client.HTTPConnection(*where, timeout=limit_s)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if self._server.key:
            headers["Authorization"] = f"Bearer {self._server.key}"
        return headers

    def _lost(self, error: Exception) -> Lost:
        if isinstance(error, socket.gaierror):
            return Lost(f"the name {self._server.host} cannot be looked up", False)
        if isinstance(error, ssl.SSLError):
            return Lost(f"no trusted connection (TLS: {error.reason or error})", False)
        if isinstance(error, ConnectionRefusedError):
            return Lost("nothing listens there")
        if isinstance(error, TimeoutError) and self._socket is None:
            return Lost(f"no connection within {self._limits.connect_s:g} s")
        if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
            return Lost("the connection broke off")
        if isinstance(error, http.client.HTTPException | ValueError):
            return Lost("what came is not HTTP", False)
        return Lost(getattr(error, "strerror", None) or "the connection broke off")
