"""A loopback server that speaks the OpenAI chat protocol, streaming, with faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        deltas = self.server.replies.pop(0)
        if isinstance(deltas, int):
            self.send_response(deltas)
            self.end_headers()
            self.wfile.write(b"<html>broken</html>")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for delta in deltas:
            self._chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
        self._chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self._chunk({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, body: dict[str, Any]) -> None:
        whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", **body}
        self.wfile.write(f"data: {json.dumps(whole)}\n\n".encode())


@contextmanager
def serve(*replies: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve the replies in order; yields the base URL and the requests as they came."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.replies, server.requests = list(replies), []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", server.requests
    finally:
        server.shutdown()
        server.server_close()


def tool_call(name: str, arguments: str) -> dict[str, Any]:
    """A delta that calls a tool."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
