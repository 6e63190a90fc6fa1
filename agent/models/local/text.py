"""Tokens become text as they come, up to a stop sequence.

Knows a tokenizer, no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from retort.agent.models.notation import is_mark


class Decoder:
    """The text of one answer; characters that need several tokens come whole.

    Special tokens are left out, but for those that mark thinking and tool calls.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._hidden = {
            number
            for number, token in tokenizer.added_tokens_decoder.items()
            if token.special and not is_mark(token.content)
        }
        self.count = 0
        """tokens that were fed"""
        self._tokens: list[int] = []
        self._before = 0  # text of tokens from here to _told was told already, and is context
        self._told = 0

    def feed(self, token: int) -> str:
        """The text that the token completes; empty while a character is not whole."""
        self.count += 1
        if token in self._hidden:
            return ""
        self._tokens.append(token)
        return self._new(is_last=False)

    def end(self) -> str:
        """What is left, with a replacement character for one that never became whole."""
        return self._new(is_last=True)

    def _new(self, is_last: bool) -> str:
        known = self._decoded(self._tokens[self._before : self._told])
        text = self._decoded(self._tokens[self._before :])
        if len(text) <= len(known) or (text.endswith("\ufffd") and not is_last):
            return ""
        self._before, self._told = self._told, len(self._tokens)
        return text[len(known) :]

    def _decoded(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, clean_up_tokenization_spaces=False))


def until_stop(pieces: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """The text before the first stop sequence; what may be the beginning of one is held back."""
    stops = [stop for stop in stops if stop]
    held = ""
    for piece in pieces:
        held += piece
        found = [at for stop in stops if (at := held.find(stop)) >= 0]
        if found:
            yield held[: min(found)]
            return
        rest = max((_begun(held, stop) for stop in stops), default=0)
        if ready := held[: len(held) - rest]:
            yield ready
        held = held[len(held) - rest :]
    if held:
        yield held


def _begun(text: str, stop: str) -> int:
    """Length of the longest end of the text that begins the stop sequence."""
    return max((n for n in range(1, len(stop)) if text.endswith(stop[:n])), default=0)
