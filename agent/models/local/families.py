"""How families of models write a call, and what of a schema a grammar holds them to.

Owns which family a chat template belongs to. Knows no grammar's language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Caps:
    """What keeps a weak model from writing without end; far above what tools take."""

    characters: int = 4000
    """of a string; a SMILES takes two to three for each heavy atom"""
    items: int = 64
    """of a list"""
    thinking: int = 512
    """tokens of thinking before a call that must come; it is closed for the model after these"""


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of models writes a call: ``opener head NAME middle ARGUMENTS tail``.

    Attributes:
        opener: what no text holds; a call has begun where it stands.
        last: what closes a list of calls.
        again: what parts two calls after one opener; None where it holds one call.
        between: what parts two calls with an opener each; None where there is one opener.
        is_first: whether a call stands at the beginning of a message only.
    """

    opener: str
    head: str
    middle: str
    tail: str
    last: str = ""
    again: str | None = None
    between: str | None = None
    is_first: bool = False


HERMES = Family("<tool_call>", '\n{"name": "', '", "arguments": ', "}\n</tool_call>", between="\n")
LLAMA = Family('{"name": "', "", '", "parameters": ', "}", is_first=True)
MISTRAL = Family(
    "[TOOL_CALLS]", '[{"name": "', '", "arguments": ', "}", last="]", again=', {"name": "'
)
MISTRAL_NAMED = Family("[TOOL_CALLS]", "", "[ARGS]", "", between="")


def detect(chat_template: str) -> Family | None:
    """The family whose calls a chat template writes; None where no grammar is known for it."""
    if "<tool_call>" in chat_template:
        is_json = "arguments" in chat_template and not re.search(
            "<function=|<arg_key>", chat_template
        )
        return HERMES if is_json else None
    if "[TOOL_CALLS]" in chat_template:
        if "[ARGS]" in chat_template:
            return MISTRAL_NAMED
        has_space = "[TOOL_CALLS] [" in chat_template
        return replace(MISTRAL, head=" " + MISTRAL.head) if has_space else MISTRAL
    if re.search(r'"name"\s*:.{0,80}"parameters"\s*:', chat_template, re.DOTALL):
        return LLAMA
    return None


def capped(schema: Mapping[str, Any], caps: Caps) -> dict[str, Any]:
    """A schema for a grammar: no prose, no further keys, no value without end.

    Numbers have at most 12 digits before and 6 after the point.
    """
    kept = {
        key: value
        for key, value in schema.items()
        if key not in ("description", "title", "default", "examples")
    }
    for key in ("anyOf", "oneOf", "allOf"):
        if key in kept:
            kept[key] = [capped(option, caps) for option in kept[key]]
    kind = kept.get("type")
    if kind == "object":
        kept["properties"] = {
            key: capped(value, caps) for key, value in kept.get("properties", {}).items()
        }
        kept["additionalProperties"] = False
    elif kind == "array":
        kept["maxItems"] = min(kept.get("maxItems", caps.items), caps.items)
        kept["items"] = capped(kept.get("items", {"type": "string"}), caps)
    elif kind == "string" and "enum" not in kept and "const" not in kept:
        kept["maxLength"] = min(kept.get("maxLength", caps.characters), caps.characters)
    elif kind in ("number", "integer") and "enum" not in kept:
        if not {"minimum", "exclusiveMinimum"} & set(kept):
            kept["minimum"] = -(10**12)
        if not {"maximum", "exclusiveMaximum"} & set(kept):
            kept["maximum"] = 10**12
        if kind == "number":
            kept.setdefault("multipleOf", 1e-6)
    return kept
