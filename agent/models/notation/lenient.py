"""Values as models write them: JSON, or what is JSON but for a slip that has one reading.

Repaired: single and curly quotes, a comma after the last item, True, False and None, keys without
quotes, line ends in strings, and backslashes of a SMILES that were not doubled. Everything else is
refused with its reason. Knows no notation of calls.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

DEEPEST = 60
"""levels of nesting, far above what a tool takes and far below what Python's stack takes"""

BREAKS_OFF = "the call breaks off"

_SPACE = re.compile(r"\s*")
_BETWEEN = re.compile(r"[\s;,]*")
_KEY = re.compile(r"[A-Za-z_][\w-]*")
_WORD = re.compile(r"(true|True|false|False|null|None)\b")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_CLOSING = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_STRINGS = {
    quote: re.compile(rf"{quote}((?:[^{end}\\]++|\\.)*+){end}", re.DOTALL)
    for quote, end in _CLOSING.items()
}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_KNOWN = re.compile(r"""["'\\/bfnrt]|u[0-9a-fA-F]{4}""")
_OF_PYTHON = re.compile(r"[av0-7\n]|u|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|N\{")


class Unreadable(ValueError):
    """No value stands here, or one with several readings; the text says which."""


def read(text: str, at: int = 0, quote: str = "") -> tuple[Any, int]:
    """The value that begins at ``at``, after white space.

    Args:
        text: what the model wrote.
        at: where to begin.
        quote: a mark that stands at both ends of a string, besides the usual quotes.

    Returns:
        The value and where it ends.

    Raises:
        Unreadable: there is none, it breaks off, or it has several readings.
    """
    reader = _Reader(text, at, quote)
    return reader.value(0), reader.at


def read_all(text: str, at: int) -> tuple[list[Any], int]:
    """The objects from ``at`` on, parted by white space, comma or semicolon; lists laid open."""
    values: list[Any] = []
    end = at
    while True:
        value, end = read(text, end)
        values += value if isinstance(value, list) else [value]
        following = _following(text, end)
        if not text.startswith("{", following):
            return values, end
        end = following


def skip(text: str, at: int) -> int:
    """Where the white space at ``at`` ends."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _following(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


@dataclass(slots=True)
class _Reader:
    text: str
    at: int
    quote: str

    def value(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise Unreadable("it is nested too deeply")
        self.at = skip(self.text, self.at)
        if self.text.startswith("{", self.at):
            return self._object(depth)
        if self.text.startswith("[", self.at):
            return self._list(depth)
        if (string := self._string()) is not None:
            return string
        if match := _WORD.match(self.text, self.at):
            self.at = match.end()
            return _WORDS[match[1]]
        if match := _NUMBER.match(self.text, self.at):
            self.at = match.end()
            return _number(match[0])
        self._refuse("a value")

    def _object(self, depth: int) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        self.at += 1
        while not self._take("}"):
            if pairs and not self._take(","):
                self._refuse("a comma or }")
            if pairs and self._take("}"):
                break
            key = self._key()
            if key in pairs:
                raise Unreadable(f"the key {key} stands twice")
            pairs[key] = self.value(depth + 1)
        return pairs

    def _key(self) -> str:
        self.at = skip(self.text, self.at)
        key = self._string()
        if key is None:
            match = _KEY.match(self.text, self.at)
            if not match:
                self._refuse("a key")
            key, self.at = match[0], match.end()
        if not self._take(":"):
            self._refuse("a colon")
        return key

    def _list(self, depth: int) -> list[Any]:
        items: list[Any] = []
        self.at += 1
        while not self._take("]"):
            if items and not self._take(","):
                self._refuse("a comma or ]")
            if items and self._take("]"):
                break
            items.append(self.value(depth + 1))
        return items

    def _string(self) -> str | None:
        if self.quote and self.text.startswith(self.quote, self.at):
            start = self.at + len(self.quote)
            end = self.text.find(self.quote, start)
            if end < 0:
                raise Unreadable(BREAKS_OFF)
            self.at = end + len(self.quote)
            return self.text[start:end]
        pattern = _STRINGS.get(self.text[self.at : self.at + 1])
        if not pattern:
            return None
        closing = _CLOSING[self.text[self.at]]
        has_end = self.text.find(closing, self.at + 1) >= 0
        match = pattern.match(self.text, self.at) if has_end else None
        if not match:
            raise Unreadable(BREAKS_OFF)
        self.at = match.end()
        return _unescaped(match[1])

    def _take(self, mark: str) -> bool:
        self.at = skip(self.text, self.at)
        has_mark = self.text.startswith(mark, self.at)
        self.at += has_mark
        return has_mark

    def _refuse(self, wanted: str) -> NoReturn:
        rest = self.text[self.at : self.at + 20]
        raise Unreadable(f"{wanted} is missing before {rest!r}" if rest else BREAKS_OFF)


def _unescaped(body: str) -> str:
    """A string's text; backslashes that mean nothing stand for themselves, as in a SMILES."""
    marks = [match.start() + 1 for match in _ESCAPE.finditer(body)]
    if not marks:
        return body
    if all(_KNOWN.match(body, at) for at in marks):
        plain = re.sub(r'\\(.)|(")', _as_json, body, flags=re.DOTALL)
        return str(json.loads(f'"{plain}"', strict=False))
    if any(_KNOWN.match(body, at) or _OF_PYTHON.match(body, at) for at in marks):
        raise Unreadable("a backslash has two readings; double it")
    return body


def _as_json(match: re.Match[str]) -> str:
    if match[2]:
        return '\\"'
    return "'" if match[1] == "'" else match[0]


def _number(text: str) -> float:
    value = float(text) if set(text) & set(".eE") else int(text) if len(text) < 30 else math.inf
    if not math.isfinite(value):
        raise Unreadable(f"{text[:40]} is no number that can be used")
    return value
