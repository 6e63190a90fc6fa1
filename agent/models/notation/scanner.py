"""Takes a message apart from left to right, at once or as it streams, with the same result.

Owns the marks and what follows from each. Knows no notation of arguments: those have their files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from retort.agent.models.notation import (
    deepseek,
    functionary,
    gemma,
    harmony,
    llama,
    mistral,
    tagged,
)
from retort.agent.models.notation.found import Found, Parsed, Tool
from retort.agent.models.notation.lenient import skip

Read = Callable[[str, int, Found], int]
Begins = Callable[[str, int, Found], bool | None]

_THINKING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "[THINK]": "[/THINK]",
    "<|channel>thought": "<channel|>",
}
_CALLS: dict[str, Read] = {
    "<tool_call>": tagged.read_tool_call,
    "<function=": tagged.read_function,
    "[TOOL_CALLS]": mistral.read_tool_calls,
    "<|python_tag|>": llama.read_after_tag,
    "<start_function_call>": gemma.read_function_call,
    "<|tool_call>": gemma.read_tool_call,
    "<｜tool▁call▁begin｜>": deepseek.read_call,
}
_PERHAPS: dict[str, tuple[Begins, Read]] = {
    "```": (llama.begins_fenced, llama.read_fenced),
    ">>>": (functionary.begins_part, functionary.read_part),
    "\n{": (
        lambda text, at, found: llama.begins_call(text, at - 1, found),
        lambda text, at, found: llama.read_bare(text, at - 1, found),
    ),
}
_HEADERS = ("<|channel|>", "<|start|>")
_DROPPED = (
    *_THINKING.values(),
    "</tool_call>",
    "</function>",
    "<end_function_call>",
    "<tool_call|>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁calls▁end｜>",
    ">>>" + functionary.EVERYBODY,
    *harmony.ENDS,
)
_INNER = (
    "[ARGS]", "[CALL_ID]", "<escape>", '<|"|>', "<|constrain|>", "<｜tool▁sep｜>", harmony.MESSAGE,
    "<|channel>", "</parameter>",
)  # fmt: skip
_MARKS = (*_DROPPED, *_THINKING, *_CALLS, *_PERHAPS, *_HEADERS)
_MARK = re.compile("|".join(re.escape(mark) for mark in sorted(_MARKS, key=len, reverse=True)))
_PREFIXES = frozenset(mark[:n] for mark in _MARKS for n in range(1, len(mark)))
_LONGEST = max(map(len, _MARKS))
_STARTED = tuple(_THINKING)[:3]
_ANY_CLOSE = re.compile("|".join(re.escape(_THINKING[mark]) for mark in _STARTED))
_THINKING_OR_CALL = re.compile(
    "|".join(map(re.escape, (*_THINKING, *_CALLS, *(_THINKING[mark] for mark in _STARTED))))
)
_PART_END = re.compile(r"<\|(?:end|return|call)\|>|(?=<\|start\|>|<\|channel\|>)")


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Literal["text", "thinking"]
    text: str


class _Scanner:
    """One message. Calls are read when it has ended; text and thinking as soon as certain."""

    def __init__(self, tools: Sequence[Tool], is_thinking: bool) -> None:
        self.found = Found.among(tools)
        self._rest = ""
        self._close = _ANY_CLOSE if is_thinking else None
        self._is_first = True
        self._is_held = False

    def feed(self, chunk: str) -> Iterator[_Piece]:
        self._rest += chunk
        if not self._is_held:
            yield from self._take(is_whole=False)

    def finish(self) -> Iterator[_Piece]:
        yield from self._take(is_whole=True)

    def _take(self, is_whole: bool) -> Iterator[_Piece]:
        text, at = self._rest, 0
        while at < len(text):
            if self._close:
                piece, at, is_done = self._think(text, at, is_whole)
                if piece:
                    yield _Piece("thinking", piece)
            elif self._is_first:
                at, is_done = self._begin(text, at, is_whole)
            else:
                mark = _MARK.search(text, at)
                end = mark.start() if mark else len(text) - (0 if is_whole else _kept(text, at))
                if end > at:
                    yield _Piece("text", text[at:end])
                at, is_done = end, not mark
                if mark:
                    after, is_done = self._follow(text, mark, is_whole)
                    if after is None:
                        yield _Piece("text", mark[0])
                    at = mark.end() if after is None else after
            if is_done:
                break
        self._rest = text[at:]

    def _think(self, text: str, at: int, is_whole: bool) -> tuple[str, int, bool]:
        """Thinking from ``at`` on, where to go on, and whether to wait."""
        closed = self._close.search(text, at) if self._close else None
        if closed:
            self._close = None
            return text[at : closed.start()] + "\n", closed.end(), False
        end = len(text) if is_whole else max(at, len(text) - _LONGEST)
        return text[at:end], end, True

    def _begin(self, text: str, at: int, is_whole: bool) -> tuple[int, bool]:
        """The first thing of the answer, white space left out: a call may stand there bare."""
        start = skip(text, at)
        if start == len(text):
            return start, False
        mark = _MARK.match(text, start)
        if mark and mark[0] not in _PERHAPS:
            after, is_done = self._follow(text, mark, is_whole)
            return (mark.end() if after is None else after), is_done
        if not is_whole and text[start:] in _PREFIXES:
            return start, True
        if text.startswith(functionary.EVERYBODY, start):
            self._is_first = False
            return start + len(functionary.EVERYBODY), False
        begins, read = self._first_reader(text, start)
        if begins is None and not is_whole:
            return start, True
        self._is_first = bool(begins) and not is_whole
        if not begins:
            return start, False
        self._is_held = not is_whole
        return (read(text, start, self.found) if is_whole else start), not is_whole

    def _first_reader(self, text: str, start: int) -> tuple[bool | None, Read]:
        if text[start] in "{[":
            return llama.begins_call(text, start, self.found), llama.read_bare
        if harmony.RECIPIENT.startswith(text[start : start + len(harmony.RECIPIENT)]):
            is_whole = text.startswith(harmony.RECIPIENT, start)
            return is_whole or None, harmony.read_part
        return functionary.begins_part(text, start, self.found), functionary.read_part

    def _follow(self, text: str, mark: re.Match[str], is_whole: bool) -> tuple[int | None, bool]:
        """Where to go on after a mark and whether to wait; None where it is text after all."""
        tag, at = mark[0], mark.end()
        if tag in _DROPPED:
            return at, False
        if tag in _THINKING:
            self._close = re.compile(re.escape(_THINKING[tag]))
            return at, False
        if tag in _HEADERS:
            return self._header(text, mark, is_whole)
        read = _CALLS.get(tag)
        if read is None:
            begins, read = _PERHAPS[tag]
            verdict = begins(text, at, self.found)
            if verdict is None and not is_whole:
                return mark.start(), True
            if not verdict:
                return None, False
        return self._call(text, mark.start(), at, read, is_whole)

    def _call(self, text: str, start: int, at: int, read: Read, is_whole: bool) -> tuple[int, bool]:
        if not is_whole:
            self._is_held = True
            return start, True
        self._is_first = False
        return read(text, at, self.found), False

    def _header(self, text: str, mark: re.Match[str], is_whole: bool) -> tuple[int, bool]:
        end = text.find(harmony.MESSAGE, mark.end())
        header = text[mark.start() : end if end >= 0 else len(text)]
        if harmony.recipient(header):
            return self._call(text, mark.start(), mark.start(), harmony.read_part, is_whole)
        if end < 0:
            return (len(text), False) if is_whole else (mark.start(), True)
        if harmony.is_thinking(header):
            self._close = _PART_END
        return end + len(harmony.MESSAGE), False


def _kept(text: str, at: int) -> int:
    """Length of the longest end of ``text`` that may be the beginning of a mark."""
    longest = min(_LONGEST - 1, len(text) - at)
    return next((n for n in range(longest, 0, -1) if text[-n:] in _PREFIXES), 0)


def parse(message: str, tools: Sequence[Tool] = (), is_thinking: bool = False) -> Parsed:
    """Take a finished message apart.

    Args:
        message: the model's text without its end token.
        tools: the tools it may call, names or schemas. A call of another is invalid; a call without
            marks (bare or fenced JSON) counts only when it names one, since an answer may hold JSON
            too. Schemas tell text from numbers where a notation does not.
        is_thinking: whether the prompt ends in thinking that the message goes on with.
    """
    first = _THINKING_OR_CALL.search(message)
    is_thinking = is_thinking or bool(first and _ANY_CLOSE.match(first[0]))
    scanner = _Scanner(tools, is_thinking)
    text: list[str] = []
    thinking: list[str] = []
    for pieces in (scanner.feed(message), scanner.finish()):
        for piece in pieces:
            (text if piece.kind == "text" else thinking).append(piece.text)
    found = scanner.found
    return Parsed(
        "".join(text).strip(),
        "".join(thinking).strip(),
        tuple(found.calls),
        tuple(found.invalid),
    )


class VisibleText:
    """The part of a streamed message that is the answer: no thinking, no tool call.

    What might still turn out to be a mark or a call is held back; from the first call on,
    everything is, until ``flush``. What was shown and flushed equals ``parse(message).text`` but
    for outer white space, unless thinking closes that nobody opened.
    """

    def __init__(self, tools: Sequence[Tool] = (), is_thinking: bool = False) -> None:
        self._scanner = _Scanner(tools, is_thinking)

    def feed(self, chunk: str) -> Iterator[str]:
        """Take the next piece; yield what can be shown."""
        for piece in self._scanner.feed(chunk):
            if piece.kind == "text":
                yield piece.text

    def flush(self) -> str:
        """What was held back and is text, now that the message has ended."""
        return "".join(p.text for p in self._scanner.finish() if p.kind == "text")


def is_mark(token: str) -> bool:
    """Whether a special token belongs to a notation, so that a decoder must keep it."""
    return token in _MARKS or token in _INNER


def opens_thinking(prompt: str) -> bool:
    """Whether a prompt ends in thinking that the model is to go on with."""
    return any(prompt.rstrip().endswith(mark) for mark in _STARTED)
