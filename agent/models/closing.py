"""The piece that closes a streamed message: tool calls, thinking and token counts.

Owns their form for LangChain. Knows no model, and not how a call is written (``notation``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata

UNREADABLE = "unreadable: "
"""stands before the arguments of an invalid call: LangChain would complete JSON that is cut off, so
that a call with half a name would run"""


def closing(
    calls: Sequence[Mapping[str, Any]],
    invalid: Sequence[Mapping[str, str]],
    text: str = "",
    thinking: str = "",
    tokens: tuple[int, int] | None = None,
    reused: int | None = None,
) -> AIMessageChunk:
    """The last chunk of a message.

    Args:
        calls: ``{"name", "args"}`` and perhaps ``"id"``; one is made up where there is none.
        invalid: ``{"name", "args", "error"}`` of calls that cannot be read; told only where no
            call can.
        text: what was held back while streaming.
        thinking: kept apart from the text.
        tokens: of the prompt and of the reply, where they are known.
        reused: tokens of the prompt that an earlier one had computed, where that is known.
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
    return AIMessageChunk(
        content=text,
        tool_call_chunks=chunks,
        invalid_tool_calls=[] if chunks else broken,
        additional_kwargs={"reasoning_content": thinking} if thinking else {},
        usage_metadata=None if tokens is None else _usage(*tokens, reused),
        chunk_position="last",
    )


def _usage(prompt: int, reply: int, reused: int | None) -> UsageMetadata:
    usage = UsageMetadata(input_tokens=prompt, output_tokens=reply, total_tokens=prompt + reply)
    if reused is not None:
        usage["input_token_details"] = {"cache_read": reused}
    return usage


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex[:12]}"
