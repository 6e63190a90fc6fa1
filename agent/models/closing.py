"""The piece that closes a streamed message: tool calls, thinking and token counts.

Owns their form for LangChain. Knows no model, and not how a call is written (``toolcalls``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessageChunk

UNREADABLE = "unreadable: "
"""stands before the arguments of an invalid call: LangChain would complete JSON that is cut off, so
that a call with half a name would run"""


def closing(
    calls: Sequence[Mapping[str, Any]],
    invalid: Sequence[Mapping[str, str]],
    text: str = "",
    thinking: str = "",
    tokens: tuple[int, int] | None = None,
) -> AIMessageChunk:
    """The last chunk of a message.

    Args:
        calls: ``{"name", "args"}`` and perhaps ``"id"``; one is made up where there is none.
        invalid: ``{"name", "args", "error"}`` of calls that cannot be read; told only where no
            call can.
        text: what was held back while streaming.
        thinking: kept apart from the text.
        tokens: of the prompt and of the reply, where they are known.
    """
    chunks: list[Any] = [
        {
            "name": call["name"],
            "args": json.dumps(call["args"]),
            "id": call.get("id") or _new_id(),
            "index": index,
            "type": "tool_call_chunk",
        }
        for index, call in enumerate(calls)
    ]
    broken: list[Any] = [
        {
            **call,
            "args": f"{UNREADABLE}{call['args']}",
            "id": _new_id(),
            "type": "invalid_tool_call",
        }
        for call in invalid
    ]
    prompt, reply = tokens or (0, 0)
    return AIMessageChunk(
        content=text,
        tool_call_chunks=chunks,
        invalid_tool_calls=[] if chunks else broken,
        additional_kwargs={"reasoning_content": thinking} if thinking else {},
        usage_metadata=None
        if tokens is None
        else {"input_tokens": prompt, "output_tokens": reply, "total_tokens": prompt + reply},
        chunk_position="last",
    )


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex[:12]}"
