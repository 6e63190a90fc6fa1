"""A reply read with the tokenizer's own response template where it has one, else with ours."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from retort.agent.models.notation.found import Found, Parsed
from retort.agent.models.notation.scanner import opens_thinking, parse

log = logging.getLogger(__name__)


def parse_reply(
    message: str, tools: Sequence[Mapping[str, Any]], prompt: str = "", tokenizer: Any = None
) -> Parsed:
    """Take a finished message apart, as the model's makers meant it where they say so.

    Args:
        message: the model's text without its end token.
        tools: schemas of the tools it may call.
        prompt: what the model was given, as text; it tells whether thinking was opened there.
        tokenizer: a transformers tokenizer; its ``response_template`` is tried first.
    """
    ours = parse(message, tools, opens_thinking(prompt))
    if getattr(tokenizer, "response_template", None) is None:
        return ours
    try:
        reply = tokenizer.parse_response(message, prefix=prompt, tools=list(tools))
        theirs = _taken(reply, tools)
    except Exception as error:  # any template may fail in any way; ours stands
        log.info("the tokenizer's response template failed: %s", error)
        return ours
    # A template may close what the message left open; a call that breaks off is never run.
    return ours if ours.invalid else theirs


def _taken(reply: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> Parsed:
    found = Found.among(tools)
    for call in reply.get("tool_calls") or ():
        found.take(call)
    thinking = reply.get("reasoning_content") or reply.get("thinking") or ""
    text = reply.get("content") or ""
    return Parsed(text.strip(), thinking.strip(), tuple(found.calls), tuple(found.invalid))
