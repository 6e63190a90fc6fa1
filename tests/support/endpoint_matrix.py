"""What a user sees when a model's server fails: one row per fault, for tests and a table."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openai_server import Raw, choice, event, refusal, serve, streamed

from retort.agent.models.connection import Limits
from retort.agent.models.endpoint import connect
from retort.retrieval.errors import RetortError

LIMITS = Limits(
    connect_s=1, first_s=0.5, between_s=0.4, total_s=1.0, retries=2, backoff_s=0.01,
    longest_wait_s=2,
)  # fmt: skip
TEXT = {"content": "33 nM."}
PAGE = b"<html><head><title>502</title></head><body>Bad gateway</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, and what is then told."""

    name: str
    replies: tuple[Any, ...]
    what: str
    """how the message begins; ``33 nM.`` where an answer comes all the same"""
    says: str = ""
    """words that stand in the reason"""
    requests: int = 1
    """how often the question was sent"""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """of the server"""
    name_asked: str = "m"
    address: str = ""
    """where it is not the server's own"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one question gave."""

    what: str
    """the answer, or what happened"""
    why: str
    next: str
    requests: int
    seconds: float


def broken(*blocks: bytes, **fields: Any) -> tuple[Raw]:
    return (Raw(blocks, **fields),)


def error(status: int, message: str, **headers: str) -> Raw:
    return refusal(status, {"error": {"message": message, "code": status}}, **headers)


OK = streamed(TEXT)
FIRST = event(choice(TEXT))
LONG = "This model's maximum context length is 4096 tokens. However, you requested 9120 tokens."
TOOLS = "registry.ollama.ai/library/gemma2:2b does not support tools"
NO_ANSWER = "The model's server sent no proper reply."
SLOW = "The model's server is too slow."
OFF = "The connection to the model's server broke off."
UNREACHED = "The model's server cannot be reached."
FAULTS = (
    Fault("nothing goes wrong", (OK,), "33 nM."),
    Fault("500, a web page", (Raw([PAGE], 500),), "The model's server failed.", "HTTP 500: Bad"),
    Fault("502, a web page", (Raw([PAGE], 502),), "The model's server failed.", "3 attempts", 3),
    Fault("502 once", (Raw([PAGE], 502), OK), "33 nM.", "", 2),
    Fault("429", (error(429, "Rate limit"),), "The model's server is busy.", "Rate limit", 3),
    Fault("429 once, 1 s", (error(429, "", **{"Retry-After": "1"}), OK), "33 nM.", "", 2),
    Fault(
        *("429, come back in 2 h", (error(429, "Slow down", **{"Retry-After": "7200"}),)),
        *("The model's server is busy.", "come back in 7,200 s"),
    ),
    Fault("503, loading", (error(503, "Loading model"),), "The model's server is not", "Load", 3),
    Fault("503 once", (error(503, "Loading model"), OK), "33 nM.", "", 2),
    Fault("silence before the headers", broken(has_head=False, ending="hang"), SLOW, "no token"),
    Fault("headers, then silence", broken(ending="hang"), SLOW, "no token came within 0.5 s"),
    Fault("silence in the middle", broken(FIRST, ending="hang"), SLOW, "no further token"),
    Fault("keep-alive, never a token", broken(*[b": ping\n\n"] * 40, pause_s=0.05), SLOW, "no tok"),
    Fault("a token now and then", broken(*[FIRST] * 9, pause_s=0.2), SLOW, "not whole after 1 s"),
    Fault("a byte now and then", broken(*[b"d"] * 99, pause_s=0.02), SLOW, "no token came"),
    Fault("closed at once", broken(has_head=False), OFF, "broke off (3 attempts)", 3),
    Fault("closed once", (Raw(has_head=False), OK), "33 nM.", "", 2),
    Fault("closed after the headers", broken(), NO_ANSWER, "its answer is empty"),
    Fault("cut in the middle", broken(FIRST), NO_ANSWER, "its answer breaks off"),
    Fault("JSON breaks off", broken(FIRST[:-12] + b"\n\n"), NO_ANSWER, "damaged or breaks off"),
    Fault("shorter than promised", broken(FIRST[:-12], ending="short"), NO_ANSWER, "damaged"),
    Fault("a web page with status 200", broken(PAGE), NO_ANSWER, "a web page came instead"),
    Fault("a list", broken(event([1])), NO_ANSWER, "has another form"),
    Fault("null", broken(event(None)), NO_ANSWER, "has another form"),
    Fault("choices are words", broken(event({"choices": "x"})), NO_ANSWER, "has another form"),
    Fault("text is a number", broken(event(choice({"content": 7}))), NO_ANSWER, "its text has"),
    Fault("calls are words", broken(event(choice({"tool_calls": "x"}))), NO_ANSWER, "tool calls"),
    Fault("no choices", broken(event({"choices": []}), event(b"[DONE]")), NO_ANSWER, "is empty"),
    Fault("nothing but the end", broken(event(b"[DONE]")), NO_ANSWER, "its answer is empty"),
    Fault(
        *("an error in the stream", broken(FIRST, event({"error": {"message": "CUDA error"}}))),
        *("The model's server failed.", "an error in its stream: CUDA error"),
    ),
    Fault("context too long", (error(400, LONG),), "The question with its evidence", "9120"),
    Fault("no tools, then as text", (error(400, TOOLS), OK), "33 nM.", "", 2),
    Fault("400 otherwise", (error(400, "bad"),), "The model's server refused", "HTTP 400: bad"),
    Fault("401", (error(401, "Unauthorized"),), "The server wants a key.", "HTTP 401"),
    Fault("model gone since", (error(404, "model 'm' not found"),), "The server has no model 'm'"),
    Fault("no such path", (Raw([b"404"], 404),), "No OpenAI-compatible server is at", "HTTP 404"),
    Fault(
        *("redirect", (Raw(status=302, headers={"Location": "https://cloud.invalid/v1"}),)),
        *("The model's address leads elsewhere.", "not followed"),
    ),
    Fault(
        *("unknown model", (OK,), "The server at", "It has: Qwen/Qwen3-8B, other.", 0),
        *({"models": ("Qwen/Qwen3-8B", "other")}, "qwen3"),
    ),
    Fault(
        *("list wants a key", (OK,), "The server wants a key.", "HTTP 401", 0),
        {"models": error(401, "Unauthorized")},
    ),
    Fault(
        *("list is a web page", (OK,), NO_ANSWER, "no list of models", 0),
        {"models": Raw([PAGE], 200)},
    ),
    Fault("no list is kept", (OK,), "33 nM.", "", 1, {"models": Raw([PAGE], 500)}),
    Fault("nothing listens", (OK,), UNREACHED, "nothing listens there", 0, address="refused"),
    Fault("unknown host", (OK,), UNREACHED, "cannot be looked up", 0, address="http://x.invalid"),
    Fault("no TLS at an https address", (OK,), UNREACHED, "TLS", 0, address="https"),
)


def seen(fault: Fault) -> Seen:
    """Ask a server with a fault one question, with one tool bound."""
    with serve(*fault.replies, **fault.fields) as running:
        started = time.monotonic()
        try:
            model = connect(_address(fault, running.url), fault.name_asked, limits=LIMITS)
            answer = model.bind_tools([POTENCY]).invoke("How potent?")
            told = (answer.text, "", "")
        except RetortError as failure:
            told = (failure.what, failure.why, failure.next)
        return Seen(*told, len(running.requests), time.monotonic() - started)


POTENCY = {
    "type": "function",
    "function": {
        "name": "find_activities",
        "description": "Measured potency.",
        "parameters": {"type": "object", "properties": {"target": {"type": "string"}}},
    },
}


def _address(fault: Fault, url: str) -> str:
    if fault.address == "refused":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    return url.replace("http:", "https:") if fault.address == "https" else fault.address or url
