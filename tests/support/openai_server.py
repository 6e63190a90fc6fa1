"""A loopback server that speaks the OpenAI chat protocol, streaming, with faults on demand."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer to the byte."""

    blocks: Sequence[bytes] = ()
    """written one after the other"""
    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Content-Type": "text/event-stream"}
    )
    pause_s: float = 0.0
    """before each block"""
    ending: Literal["close", "hang", "short"] = "close"
    """``hang`` writes no more and stays; ``short`` closes before the length that was promised"""
    has_head: bool = True
    """false: silent from the start, or closed there"""


@dataclass(slots=True)
class Running:
    """A server that runs, and what it saw."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    """bodies of the posts"""
    headers: list[dict[str, str]] = field(default_factory=list)
    left_at: list[float] = field(default_factory=list)
    """monotonic times at which a client closed a connection that hung"""


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        running: Running = self.server.running
        running.headers.append(dict(self.headers.items()))
        models, beside = self.server.models, self.server.beside
        if self.path in beside:
            self._write(Raw([json.dumps(beside[self.path]).encode()]))
        elif not self.path.endswith("/models"):
            self._write(Raw([b'{"error": "not found"}'], 404))
        elif isinstance(models, Raw):
            self._write(models)
        else:
            entries = [m if isinstance(m, dict) else {"id": m, "object": "model"} for m in models]
            self._write(Raw([json.dumps({"object": "list", "data": entries}).encode()]))

    def do_POST(self) -> None:
        running: Running = self.server.running
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        running.requests.append(body)
        running.headers.append(dict(self.headers.items()))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, int):
            reply = Raw([b"<html>broken</html>"], reply)
        self._write(reply if isinstance(reply, Raw) else streamed(*reply))

    def _write(self, raw: Raw) -> None:
        if raw.has_head:
            self.send_response(raw.status)
            for name, value in raw.headers.items():
                self.send_header(name, value)
            if raw.ending == "short":
                self.send_header("Content-Length", str(10_000))
            self.end_headers()
        try:
            for block in raw.blocks:
                time.sleep(raw.pause_s)
                self.wfile.write(block)
                self.wfile.flush()
        except OSError:
            self.server.running.left_at.append(time.monotonic())
            return
        if raw.ending == "hang":
            self._hang()

    def _hang(self) -> None:
        while not self.server.is_over.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1):
                self.server.running.left_at.append(time.monotonic())
                return


def event(body: Any) -> bytes:
    """One event of a stream."""
    return b"data: " + (body if isinstance(body, bytes) else json.dumps(body).encode()) + b"\n\n"


def choice(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    """The body of an event with one piece of the reply."""
    part = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "choices": [part]}


def streamed(*deltas: Mapping[str, Any], **fields: Any) -> Raw:
    """A whole stream of pieces, as a healthy server sends it."""
    usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    events = [choice(delta) for delta in deltas]
    events += [choice({}, "stop"), {"choices": [], "usage": usage}]
    return Raw([*map(event, events), event(b"[DONE]")], **fields)


def refusal(status: int, body: Any, **headers: str) -> Raw:
    """An error with a body of JSON."""
    return Raw([json.dumps(body).encode()], status, {"Content-Type": "application/json", **headers})


@contextmanager
def serve(*replies: Any, models: Any = ("m",), beside: Any = None) -> Iterator[Running]:
    """Serve the replies in order, the last of them again and again.

    Args:
        replies: each a list of deltas, a status with a web page, or a `Raw`.
        models: what ``/v1/models`` lists: names, entries, or a `Raw`.
        beside: what llama.cpp or Ollama says at paths of their own.
    """
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.replies, server.models, server.beside = list(replies), models, beside or {}
    server.is_over = threading.Event()
    server.running = Running(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.running
    finally:
        server.is_over.set()
        server.shutdown()
        server.server_close()


def tool_call(name: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    """A delta that calls a tool."""
    function = {"name": name, "arguments": arguments}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function} | fields
    return {"tool_calls": [{k: v for k, v in call.items() if v is not None}]}
