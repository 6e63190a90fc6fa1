"""What a model server's failure means to a user: what happened, why, and what to do.

Servers word the same refusal differently; the patterns are of vLLM, SGLang, Ollama, llama.cpp and
``transformers serve``. Knows no connection; a server's words are shown without the key.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence

from retort.agent.models.connection import Lost, Server
from retort.retrieval.errors import OutageError, RetortError
from retort.retrieval.fetch.http import wording

PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""HTTP statuses after which the same request may work a moment later"""

UNSUPPORTED = frozenset({400, 404, 405, 422, 500, 501})
"""HTTP statuses with which servers refuse a field of a request that they do not know; what they say
of it differs too much to be read"""

_OTHER_WAY = "or --model embedded"
_ADDRESS = f"Check host, port and path (it usually ends with /v1), {_OTHER_WAY}"
_LOG = f"See the server's own log, try again, {_OTHER_WAY}"
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|maximum context|context_length|exceed_context|too many tokens"
    r"|(?:input|prompt) is too long|longer than the (?:model's )?(?:context|maximum)",
    re.IGNORECASE,
)
_NO_TOOLS = re.compile(
    r"does not support tools|tools? (?:use|calling|choice)?.{0,40}(?:not supported|unsupported)"
    r"|enable-auto-tool-choice|tool-call-parser|tools param requires|requires --jinja"
    r"|unsupported param: tools",
    re.IGNORECASE | re.DOTALL,
)


def said(server: Server, body: bytes) -> str:
    """The server's own words in an error, one line, without its key."""
    try:
        error = json.loads(body)
    except ValueError:
        error = None
    if isinstance(error, dict):
        error = error.get("error") or error
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            error = error["message"]
        elif isinstance(error, dict) and "detail" in error:
            error = str(error["detail"])
    words = wording(error.encode() if isinstance(error, str) else body)
    return words.replace(server.key, "***") if server.key else words


def refuses_tools(status: int, words: str) -> bool:
    """Whether the refusal is of the tools, so that the same question may go without them."""
    return status >= 400 and bool(_NO_TOOLS.search(words))


def lost(server: Server, error: Lost, attempts: int = 1) -> RetortError:
    """No answer, or not a whole one."""
    tried = f" ({attempts} attempts)" if attempts > 1 else ""
    why = f"{server.url}: {error}{tried}."
    if "token" in str(error) or "not whole" in str(error):
        return OutageError(
            "The model's server is too slow.", why, f"A smaller model or a free GPU, {_OTHER_WAY}"
        )
    if "broke off" in str(error):
        return OutageError("The connection to the model's server broke off.", why, _LOG)
    return OutageError("The model's server cannot be reached.", why, f"Start it. {_ADDRESS}")


def garbled(server: Server, reason: str) -> RetortError:
    """Something came that is no reply."""
    return OutageError("The model's server sent no proper reply.", f"{server.url}: {reason}.", _LOG)


def refused(server: Server, name: str, status: int, words: str, attempts: int = 1) -> RetortError:
    """An HTTP status that is no success, or (status 0) an error within a stream."""
    code = f"HTTP {status}" if status else "an error in its stream"
    tried = f" ({attempts} attempts)" if attempts > 1 else ""
    why = f"{server.url}: {code}{f': {words}' if words else ''}{tried}."
    if status in (401, 403):
        return RetortError(
            "The model's server wants another key." if server.key else "The server wants a key.",
            why,
            "Set RETORT_MODEL_KEY to it; it is sent to this server alone and never stored.",
        )
    if 300 <= status < 400:
        return RetortError("The model's address leads elsewhere.", why, _ADDRESS)
    if _TOO_LONG.search(words):
        return RetortError(
            "The question with its evidence does not fit into the model's context.",
            why,
            "RETORT_EVIDENCE_TOKENS=2000, a new --session, or a server with a longer context",
        )
    if refuses_tools(status, words):
        return RetortError("The model's server takes no tools.", why, _LOG)
    if status == 404 and "model" in words.lower():
        return RetortError(f"The server has no model {name!r}.", why, "retort doctor")
    if status in (404, 405):
        return RetortError("No OpenAI-compatible server is at this address.", why, _ADDRESS)
    if status == 429:
        return OutageError(
            "The model's server is busy.", why, f"Try again later, with fewer workers, {_OTHER_WAY}"
        )
    if status == 503:
        return OutageError("The model's server is not ready.", why, f"Wait a minute. {_LOG}")
    if 400 <= status < 500:
        return RetortError("The model's server refused the request.", why, _LOG)
    return OutageError("The model's server failed.", why, _LOG)


def put_off(error: RetortError, wait_s: float) -> RetortError:
    """The refusal of a server that asks for a longer pause than a user would sit through."""
    why = f"{error.why} It asks to come back in {wait_s:,.0f} s."
    return OutageError(error.what, why, error.next)


def absent(server: Server, name: str, names: Sequence[str]) -> RetortError:
    """The server runs and holds other models than the one that was named."""
    by_end = {each.lower().rsplit("/", 1)[-1]: each for each in names}
    near = difflib.get_close_matches(name.lower().rsplit("/", 1)[-1], by_end, n=3, cutoff=0.4)
    best = by_end[near[0]] if near else names[0]
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return RetortError(
        f"The server at {server.url} has no model {name!r}.",
        f"It has: {shown}.",
        f"--model '{server.url}#{best}'",
    )
