"""A loopback ChEMBL that speaks the service's protocol over a small SQLite file, with its failures.

Written from the protocol and apart from ``retort.tools.chembl``. What is stored is in
``chembl_documents.py``; here stand the requests, the answers and the faults.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chembl_documents import COLLECTIONS, documents, select

BASE = "/chembl/api/data"
ERROR_PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>"
REFUSAL = b'{"error_message": "Invalid filter"}'
STATUSES = ("400", "404", "429", "500", "503")


def _every_number_a_word(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    words = ("max_phase", "first_approval", "withdrawn_flag")
    return [row | {name: "many" for name in words if name in row} for row in rows]


BODIES: dict[str, Callable[[list[Any], int, str], Any]] = {
    "other": lambda rows, total, name: {"message": "maintenance"},
    "list": lambda rows, total, name: rows,
    "null": lambda rows, total, name: None,
    "string": lambda rows, total, name: "ChEMBL is being updated",
    "names": lambda rows, total, name: _page([row.get("pref_name") for row in rows], total, name),
    "one": lambda rows, total, name: _page(rows[0] if rows else {}, total, name),
    "keyless": lambda rows, total, name: _page([{} for _ in rows], total, name),
    "words": lambda rows, total, name: _page(_every_number_a_word(rows), total, name),
    "many": lambda rows, total, name: _page(rows, "many", name),
    "empty": lambda rows, total, name: _page([], 0, name),
    "promise": lambda rows, total, name: _page([], 10, name),
    "surplus": lambda rows, total, name: _page(rows, 0, name),
}
"""faults of content: JSON of another form, or a list that contradicts itself"""


def _page(rows: Any, total: Any, name: str) -> dict[str, Any]:
    return {name: rows, "page_meta": {"total_count": total}}


class ChemblServer:
    """The service on a free port of this machine.

    ``faults`` are taken one per request, in order; ``always`` is the fault of every request after
    those; ``ok`` is none. A fault is one of ``STATUSES`` or ``BODIES``, or of transport: ``hang``
    (before the headers), ``stall`` (in the middle of the body), ``drip``, ``cut``, ``truncated``,
    ``page`` (a web page with status 200), ``redirect``. ``later:FAULT`` strikes only requests
    beyond the first page.

    Args:
        path: the SQLite file.
        certificate: a PEM file with a key and a certificate, to speak TLS.
    """

    def __init__(self, path: Path, certificate: Path | None = None) -> None:
        self.documents = documents(path)
        self.faults: deque[str] = deque()
        self.always = "ok"
        self.retry_after = ""
        self.spore: bytes | None = None
        """the schema that the official client asks for when it is imported"""
        self.requests: list[tuple[str, str, list[Any]]] = []
        """method, path and body of every request"""
        self.stopping = threading.Event()
        self._scheme = "https" if certificate else "http"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Base of the service."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}{BASE}"

    def asked(self, resource: str) -> int:
        """How many requests were made for a resource."""
        return sum(path == f"{BASE}/{resource}.json" for _, path, _ in self.requests)

    def close(self) -> None:
        """Stop, and let hanging requests go."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(server: ChemblServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._answer([])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-HTTP-Method-Override") != "GET":
                self._send(405, b"{}")
                return
            self._answer(json.loads(body))

        def _answer(self, pairs: list[Any]) -> None:
            server.requests.append((self.command, self.path, pairs))
            if self.path == f"{BASE}/spore":
                self._send(200 if server.spore else 404, server.spore or b"")
                return
            fault = server.faults.popleft() if server.faults else server.always
            if fault.startswith("later:"):
                fault = fault.removeprefix("later:") if dict(pairs).get("offset") else "ok"
            if fault in STATUSES:
                is_refusal = fault == "400"
                kind = "application/json" if is_refusal else "text/html"
                self._send(int(fault), REFUSAL if is_refusal else ERROR_PAGE, kind)
            elif fault == "page":
                self._send(200, ERROR_PAGE, "text/html")
            elif fault == "redirect":
                self._head(302, 0, "text/html", {"Location": "http://login.invalid/portal"})
            elif fault == "hang":
                server.stopping.wait(30)
                self.close_connection = True
            else:
                self._body(json.dumps(self._found(pairs, fault)).encode(), fault)

        def _body(self, body: bytes, fault: str) -> None:
            if fault == "drip":
                self._drip(body)
            elif fault in ("cut", "stall"):
                self._head(200, len(body), "application/json")
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                if fault == "stall":
                    server.stopping.wait(30)
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self._send(200, body[:-7] if fault == "truncated" else body)

        def _found(self, pairs: list[Any], fault: str) -> Any:
            if self.path == f"{BASE}/status.json":
                status = server.documents["status"][0] | {"status": "UP"}
                return BODIES[fault]([status], 1, "status") if fault in BODIES else status
            resource = self.path.removeprefix(f"{BASE}/").removesuffix(".json")
            rows, total = select(server.documents, resource, pairs)
            return BODIES.get(fault, _page)(rows, total, COLLECTIONS[resource])

        def _drip(self, body: bytes) -> None:
            self._head(200, len(body), "application/json")
            for start in range(len(body)):
                if server.stopping.is_set():
                    return
                self.wfile.write(body[start : start + 1])
                self.wfile.flush()
                time.sleep(0.2)

        def _head(
            self, status: int, length: int, kind: str, more: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            if status in (429, 503) and server.retry_after:
                self.send_header("Retry-After", server.retry_after)
            for name, value in (more or {}).items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self._head(status, len(body), kind)
            self.wfile.write(body)

    return Handler
