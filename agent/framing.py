"""How evidence is set before a model: one line a piece, which its text can neither leave nor fake.

Papers and records are data. A quote may hold "[E9]", "</evidence>", a tool call or the control
tokens of a chat template; each is changed so that it still reads but no longer works, before any
template renders it. Only what the model reads is changed: citations keep the verbatim text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from retort.tools.records import Evidence

_TAG = re.compile(r"<(/?[A-Za-z_|｜][^<>\n]{0,80})>")
"""Anything like a tag: ``</evidence>``, ``<tool_call>``, ``<|im_start|>``, ``<start_of_turn>``,
``<s>``, ``<<SYS>>``; not "p < 0.05"."""
_BAR = re.compile(r"<([|｜])|([|｜])>")
"""Half of a control token: two pieces of text must not make a whole one."""
_BRACKET = re.compile(r"\[(/?(?:[A-Z]{3}[A-Z_]+|IMG|gMASK))\]")
"""``[INST]``, ``[/INST]``, ``[TOOL_CALLS]``; no atom of a SMILES is written so."""
_KEY = re.compile(r"\[(\s*[Ee]\d+(?:\s*[,;]\s*[Ee]\d+)*\s*)\]")

_KINDS = {
    "literature": "literature",
    "chembl": "measured",
    "calculation": "calculated",
    "prediction": "predicted",
}
_RECORDS = {"mechanism", "indication", "molecule", "target"}
"""Records of a database that are curated, not measured."""

OPEN, CLOSE = "<evidence>", "</evidence>"


def defused(text: str) -> str:
    """A text without control tokens; for all that a user or a source wrote."""
    text = _TAG.sub(r"‹\1›", text)
    text = _BAR.sub(lambda found: f"‹{found[1]}" if found[1] else f"{found[2]}›", text)
    return _BRACKET.sub(r"(\1)", text)


def defused_around_frames(text: str) -> str:
    """A text of the loop's own that may hold framed evidence: all but the frames defused.

    No line of a frame's contents can be taken for its end: each begins with a key.
    """
    lines = text.split("\n")
    return "\n".join(each if each in (OPEN, CLOSE) else defused(each) for each in lines)


def quoted(text: str) -> str:
    """A source's text as it may stand inside a frame: on one line, without keys of evidence."""
    return _KEY.sub(r"(\1)", defused(" ".join(text.split())))


def defused_values(value: Any) -> Any:
    """JSON-like data with its texts defused: the arguments of a call."""
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, dict):
        return {key: defused_values(item) for key, item in value.items()}
    return [defused_values(item) for item in value] if isinstance(value, list) else value


def kind(evidence: Evidence) -> str:
    """What a model is told of a piece: measured, calculated, predicted, literature, record or
    searched (nothing was found).
    """
    shape = evidence.record.get("record", "")
    if shape == "training":
        return "measured"
    if evidence.kind == "chembl" and shape in _RECORDS:
        return "record"
    if evidence.kind == "chembl" and shape == "absence":
        return "searched"
    return _KINDS[evidence.kind]


def line(evidence: Evidence) -> str:
    """One piece on one line: ``[E3] measured, CHEMBL553: "..."``."""
    source = quoted(evidence.source_id)
    if evidence.kind == "literature":
        source = f"{quoted(evidence.title)} ({source})"
    return f'[{evidence.key}] {kind(evidence)}, {source}: "{quoted(evidence.quote)}"'


def framed(evidence: Iterable[Evidence]) -> str:
    """The pieces in their frame; empty for none."""
    lines = [line(item) for item in evidence]
    return "\n".join([OPEN, *lines, CLOSE]) if lines else ""
