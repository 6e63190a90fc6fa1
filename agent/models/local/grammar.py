"""Holds a model to its tools while it writes: a name among them, arguments by their schemas.

A grammar begins where a call begins; text and thinking are free. Owns the grammar of calls and
where it holds; the matching is llguidance's. Knows no model and no engine.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from retort.agent.models.local.families import Caps, Family, capped, detect
from retort.agent.models.notation import opens_thinking

if TYPE_CHECKING:
    from torch import Tensor

MOST_CALLS = 4
"""calls in one message that must hold one"""

log = logging.getLogger(__name__)

KEPT = 32
"""grammars that are kept, since questions of one kind get the same tools"""

_TAIL_BYTES = 64
_JSON = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class GrammarError(ValueError):
    """A grammar cannot be made of these tools, or does not fit what was written."""


def available() -> str | None:
    """Why calls cannot be held to their grammar here; None where they can."""
    try:
        import llguidance  # noqa: F401
    except ImportError as error:
        return f"llguidance cannot be loaded: {error}"
    return None


class Grammars:
    """The grammars of one tokenizer; make it once per model."""

    def __init__(self, tokenizer: Any, ends: Sequence[int], caps: Caps | None = None) -> None:
        """Nothing is built before the first constraint.

        Args:
            tokenizer: a fast transformers tokenizer with a chat template.
            ends: tokens that end an answer.
            caps: of what one argument may hold.
        """
        self.tokenizer = tokenizer
        self.ends = list(ends)
        self.caps = caps or Caps()
        template = getattr(tokenizer, "chat_template", None) or ""
        self.family = detect(template if isinstance(template, str) else json.dumps(template))
        self.has_thinking = "<think>" in str(template)
        self._known: dict[str, Any] = {}

    def constraint(
        self, tools: Sequence[Mapping[str, Any]], tool_choice: str | None = None, prompt: str = ""
    ) -> Constrained | None:
        """What a request may write; None where it may write anything.

        Args:
            tools: OpenAI-style schemas of the tools.
            tool_choice: None or "auto", "required" or "any", "none", or a tool's name.
            prompt: the end of the prompt, as text; it tells whether thinking was opened there.
        """
        if not tools or not self.is_usable:
            return None
        choice = {None: "auto", "any": "required"}.get(tool_choice, tool_choice) or "auto"
        if choice not in ("auto", "none", "required"):
            tools = [tool for tool in tools if tool.get("function", tool)["name"] == choice]
            if not tools:
                raise ValueError(f"tool_choice names no tool that is bound: {choice}")
            choice = "required"
        assert self.family is not None
        try:
            if choice == "auto":
                self.matcher(self.family, tools, is_begun=True)
            return Constrained(self, self.family, tools, choice, prompt)
        except GrammarError as error:
            log.warning("calls are not held to their schemas: %s", error)
            return None

    @cached_property
    def is_usable(self) -> bool:
        """Whether this tokenizer's calls can be held to a grammar."""
        if self.family is None or available():
            return False
        try:
            return bool(self.matching.vocab_size)
        except Exception as error:  # of a tokenizer that llguidance cannot read
            log.warning("calls are not held to their schemas: %s", error)
            return False

    @cached_property
    def matching(self) -> Any:
        """The vocabulary as llguidance has it; takes seconds for 150,000 tokens."""
        import llguidance.hf

        return llguidance.hf.from_tokenizer(self.tokenizer, eos_token=self.ends)

    @cached_property
    def pieces(self) -> list[bytes]:
        """(v,) the bytes that each token stands for."""
        return [bytes(self.matching.decode_bytes([n])) for n in range(self.matching.vocab_size)]

    @cached_property
    def completing(self) -> list[tuple[bytes, list[int]]]:
        """For each beginning of the opener, the tokens that complete it; first the empty one."""
        opener = self.family.opener.encode() if self.family else b""
        found: list[tuple[bytes, list[int]]] = []
        for length in range(len(opener)):
            rest = opener[length:]
            tokens = [
                number
                for number, piece in enumerate(self.pieces)
                if (piece.startswith(rest) if length else rest in piece)
            ]
            found.append((opener[:length], tokens))
        return found

    def matcher(self, family: Family, tools: Sequence[Mapping[str, Any]], is_begun: bool) -> Any:
        """A matcher for the calls of a message.

        Args:
            family: how they are written.
            tools: those that may be called.
            is_begun: whether the opener stands already; one call follows then.
        """
        import llguidance

        key = json.dumps([tools, is_begun])
        matcher = self._known.get(key)
        if matcher is None:
            matcher = llguidance.LLMatcher(self.matching, self._lark(family, tools, is_begun))
            if matcher.is_error():
                raise GrammarError(f"no grammar for these tools: {matcher.get_error()[:300]}")
            while len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)), None)
            self._known[key] = matcher
        return matcher.deep_copy()

    def _lark(self, family: Family, tools: Sequence[Mapping[str, Any]], is_begun: bool) -> str:
        one = f"call: {self._literal(family.head)} named {self._literal(family.tail)}"
        if family.again is not None:
            again = f"{self._literal(family.again)} named {self._literal(family.tail)}"
            one += f" ({again}){{0,{MOST_CALLS - 1}}}"
        one += f" {self._literal(family.last)}"
        opened = f"{self._literal(family.opener)} call"
        start = "call" if is_begun else f"/\\n{{0,2}}/ {opened}"
        if not is_begun and family.between is not None:
            more = f"{self._literal(family.between)} {opened}"
            start += f" ({more}){{0,{MOST_CALLS - 1}}}"
        functions = [tool.get("function", tool) for tool in tools]
        options = [
            f"{json.dumps(function['name'])} {self._literal(family.middle)} args{n}"
            for n, function in enumerate(functions)
        ]
        rules = [f"start: {start}", one, "named: " + " | ".join(options)]
        for n, function in enumerate(functions):
            schema = capped(function.get("parameters") or {"type": "object"}, self.caps)
            rules.append(f"args{n}: %json {json.dumps(schema | {'x-guidance': _JSON})}")
        return "\n".join(rules) + "\n"

    def _literal(self, text: str) -> str:
        """Text in a grammar; what is one token of its own for the tokenizer stays that token."""
        added = {
            token.content: number for number, token in self.tokenizer.added_tokens_decoder.items()
        }
        special = [re.escape(t) for t, n in added.items() if self.matching.is_special_token(n)]
        parts = re.split(f"({'|'.join(special)})", text) if special else [text]
        return " ".join(
            f"<[{added[part]}]>" if part in added else json.dumps(part) for part in parts if part
        )


class Constrained:
    """One answer's constraint, as the engine asks for it."""

    def __init__(
        self,
        grammars: Grammars,
        family: Family,
        tools: Sequence[Mapping[str, Any]],
        choice: str,
        prompt: str,
    ) -> None:
        self._grammars, self._family, self._tools = grammars, family, tools
        self._is_forbidden = choice == "none"
        self._is_required = choice == "required"
        self._tail = b""
        self._written = 0
        self._is_thinking = opens_thinking(prompt)
        self._matcher: Any = None
        self._forced: list[int] = []
        self._think = self._opener_of_thinking(prompt)
        if self._is_required and not self._is_thinking:
            self._begin()

    @property
    def is_done(self) -> bool:
        """Whether nothing may follow but the end token."""
        return self._matcher is not None and bool(self._matcher.is_stopped())

    def mask(self, scores: Tensor) -> Tensor:
        """The scores (v,) with -inf for what may not come next."""
        if self._forced:
            return _only(scores, [self._forced[0]])
        if self._matcher is not None:
            allowed = self._matcher.compute_bitmask()
            return _masked(scores, allowed, self._think if self._written == 0 else None)
        if self._is_forbidden:
            for begun, tokens in self._grammars.completing:
                if self._tail.endswith(begun):
                    scores[tokens] = float("-inf")
        return scores

    def accept(self, token: int) -> None:
        """Take note of a token."""
        self._written += 1
        if self._forced:
            self._forced = self._forced[1:] if token == self._forced[0] else []
            if not self._forced:
                self._is_thinking = False
                self._begin()
            return
        if self._matcher is not None and not (token == self._think and self._written == 1):
            self._follow(token)
            return
        if token in self._grammars.ends:
            return
        piece = self._grammars.pieces[token]
        self._tail = (self._tail + piece)[-max(_TAIL_BYTES, len(piece) + _TAIL_BYTES) :]
        self._look(len(piece))

    def _opener_of_thinking(self, prompt: str) -> int | None:
        """The token that opens thinking, where a call must come and may be thought over."""
        is_closed = prompt.rstrip().endswith("</think>") or self._is_thinking
        if not self._is_required or is_closed or not self._grammars.has_thinking:
            return None
        tokens = self._grammars.tokenizer.encode("<think>", add_special_tokens=False)
        return int(tokens[0]) if len(tokens) == 1 else None

    def _begin(self) -> None:
        self._matcher = self._grammars.matcher(self._family, self._tools, is_begun=False)

    def _follow(self, token: int) -> None:
        self._matcher.consume_token(token)
        if self._matcher.is_error():
            raise GrammarError(f"the grammar lost its way: {self._matcher.get_error()[:300]}")
        if not self._is_required and self._matcher.is_stopped():
            self._matcher, self._tail = None, b""

    def _look(self, length: int) -> None:
        """Look for marks that end in the last ``length`` bytes of free text."""
        if self._is_thinking or self._think_began():
            self._is_thinking = b"</think>" not in self._tail
            if not self._is_required:
                return
            if not self._is_thinking:
                self._begin()
            elif self._written >= self._grammars.caps.thinking:
                self._forced = self._grammars.tokenizer.encode(
                    "\n</think>\n\n", add_special_tokens=False
                )
            return
        if self._is_forbidden or self._is_required:
            return
        opener = self._family.opener.encode()
        at = self._tail.find(opener, max(0, len(self._tail) - length - len(opener) + 1))
        if at < 0 or (self._family.is_first and not self._stands_first(at)):
            return
        matcher = self._grammars.matcher(self._family, self._tools, is_begun=True)
        surplus = self._tail[at + len(opener) :]
        tokens = self._grammars.matching.tokenize_bytes(surplus) if surplus else []
        if matcher.try_consume_tokens(tokens) == len(tokens):
            self._matcher = matcher

    def _stands_first(self, at: int) -> bool:
        before = self._tail[:at].removesuffix(b"<|python_tag|>").strip()
        return before == b"" or before.endswith(b"</think>")

    def _think_began(self) -> bool:
        if b"<think>" not in self._tail:
            return False
        self._matcher, self._tail = None, self._tail.partition(b"<think>")[2]
        return True


def _only(scores: Tensor, tokens: list[int]) -> Tensor:
    kept = scores[tokens].clone()
    scores[:] = float("-inf")
    scores[tokens] = kept
    return scores


def _masked(scores: Tensor, allowed: bytes, also: int | None) -> Tensor:
    """Scores (v,) where a bit of ``allowed`` is set, -inf elsewhere."""
    import numpy as np
    import torch

    bits = np.unpackbits(np.frombuffer(allowed, np.uint8), bitorder="little")[: len(scores)]
    if also is not None:
        bits[also] = 1
    forbidden = torch.from_numpy(bits == 0).to(scores.device)
    scores[: len(bits)].masked_fill_(forbidden, float("-inf"))
    scores[len(bits) :] = float("-inf")
    return scores
