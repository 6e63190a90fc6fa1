"""Where a shared library is: ``postgresql://USER@HOST:PORT/DATABASE[?library=NAME]``.

A password is never part of it, so none can get into a message, a log or a list of processes:
PostgreSQL's own places for one are read, ``~/.pgpass`` and ``PGPASSWORD``. Connects to nothing.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from retort.retrieval.errors import OfflineError, RetortError, UsageError

EXAMPLE = "--library postgresql://USER@HOST:5432/DATABASE?library=NAME"
DEFAULT = "default"
"""The library of a database, unless another is named."""

_SCHEMES = ("postgresql", "postgres")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_CONNECT_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Address:
    """One library on one server."""

    shown: str
    """as the user gave it"""
    parameters: dict[str, str]
    """of the connection, as libpq names them"""
    library: str

    @property
    def schema(self) -> str:
        """The schema of the database in which the library's tables stand."""
        return f"retort_{self.library}"


def parse(text: str, offline: bool) -> Address:
    """Read an address.

    Args:
        text: as the user gave it; it may name any parameter of a libpq connection.
        offline: refuse servers beyond this machine.

    Raises:
        UsageError: it is no such address, or there is a password in it.
        OfflineError: ``offline`` forbids the server.
        RetortError: the driver is not installed.
    """
    base, _, query = text.partition("?")
    try:
        parts = urlsplit(text)
        asked = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        # Not quoted below before this: a text that cannot be read may hold a password.
        if parts.scheme not in _SCHEMES:
            raise ValueError(f"it begins with {parts.scheme}://")
        if parts.password or asked.keys() & {"password", "sslpassword"}:
            raise UsageError(
                "The address of the library holds a password.",
                "It would be seen in lists of processes, histories and logs.",
                "Leave it out; put it into ~/.pgpass or PGPASSWORD.",
            )
    except ValueError as problem:
        raise _unreadable(str(problem)) from None
    name = asked.pop("library", DEFAULT)
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:100]!r} is no name for a library on a server.",
            "A name has 1 to 40 letters of ASCII, digits, hyphens and underscores, and begins with "
            "a letter or digit.",
            EXAMPLE,
        )
    parameters = _parameters(f"{base}?{urlencode(asked, quote_via=quote)}".rstrip("?"))
    if offline and not _is_here(parameters):
        raise OfflineError(
            f"The library {text} was not opened.",
            "RETORT_OFFLINE=1 allows servers of this machine only: 127.0.0.1, ::1, localhost and "
            "sockets in the file system.",
            "Unset it, or use a library of this machine: --library default",
        )
    return Address(text, parameters, name)


def _unreadable(why: str) -> UsageError:
    return UsageError("The address of the library cannot be read.", f"It is wrong: {why}.", EXAMPLE)


def _parameters(conninfo: str) -> dict[str, str]:
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as problem:
        raise RetortError(
            "A library on a PostgreSQL server cannot be opened.",
            f"Its driver is not installed: {problem}.",
            "pip install 'retort[postgres]'",
        ) from problem
    defaults = {
        "connect_timeout": str(_CONNECT_TIMEOUT_S),
        "application_name": "retort",
        "client_encoding": "UTF8",
    }
    try:
        return defaults | {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    except psycopg.Error as problem:
        raise _unreadable(" ".join(str(problem).split())) from None


def _is_here(parameters: dict[str, str]) -> bool:
    """Whether no connection can leave this machine, whatever PostgreSQL's defaults add."""
    from psycopg import pq

    known = {
        option.keyword.decode(): option.val.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val
    } | parameters
    if known.get("service"):
        return False  # its host stands in a file of its own
    hosts = known.get("hostaddr") or known.get("host") or ""
    return all(map(_is_local, hosts.split(",")))


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
