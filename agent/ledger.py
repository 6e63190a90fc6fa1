"""The ledger: the evidence of one conversation, each piece under a short key that a model can cite.

Owns the keys and the budget of what is shown to the model. Knows neither markers in text
(``citations``) nor how evidence is found (``retort.tools``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from retort.agent import framing
from retort.agent.relevance import Relevance
from retort.tools.records import Evidence, ToolResult

CHARACTERS_PER_TOKEN = 4
"""Rule of thumb for English text; the budget need not be exact, only honest about its order."""

FRAME = 60
"""Characters kept for a pack's frame and for what it says was left out."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What a model is shown of the evidence, as text and as pieces."""

    text: str
    """framed (see ``framing``), with what was left out said; empty without evidence"""
    evidence: tuple[Evidence, ...] = ()
    left_out: int = 0


class Ledger:
    """Evidence by key ("E1", "E2" ...), in the order of discovery. Safe to use from several
    threads.

    Keys run on through a conversation, so that a follow-up can cite what an earlier question found.

    Args:
        budget_tokens: how much evidence the model may be shown in one answer, in tokens. What is
        beyond it
            gets no key, is not shown, and the result's note says how much was left out.
        relevance: orders evidence where not all can be shown.
    """

    def __init__(self, budget_tokens: int = 6000, relevance: Relevance | None = None) -> None:
        self.budget_tokens = budget_tokens
        self.relevance = relevance or Relevance()
        self._by_key: dict[str, Evidence] = {}
        self._keys: dict[tuple[object, ...], str] = {}
        self._fresh: list[str] = []
        self._left = budget_tokens * CHARACTERS_PER_TOKEN
        self._lock = threading.Lock()

    def restore(self, artifacts: Iterable[Mapping[str, Any]]) -> None:
        """Take up the evidence of earlier answers from their tool messages' artifacts."""
        for artifact in artifacts:
            for item in artifact.get("evidence", ()):
                evidence = Evidence(**item)
                self._by_key[evidence.key] = evidence
                self._keys[_identity(evidence)] = evidence.key

    def enter(self, result: ToolResult) -> ToolResult:
        """Give each piece of evidence its key; the same piece found again keeps its first key.

        Evidence arrives best first, so what the budget cuts is the least useful.
        """
        kept: list[Evidence] = []
        with self._lock:
            for evidence in result.evidence:
                key = self._keys.get(_identity(evidence))
                if key is None:
                    if len(evidence.quote) > self._left:
                        continue
                    self._left -= len(evidence.quote)
                    key = f"E{len(self._by_key) + 1}"
                    self._by_key[key] = replace(evidence, key=key)
                    self._keys[_identity(evidence)] = key
                if key not in self._fresh:
                    self._fresh.append(key)
                kept.append(self._by_key[key])
        cut = len(result.evidence) - len(kept)
        note = result.note
        if cut:
            said = f"{cut} more not shown: the evidence budget of this answer is used up."
            note = f"{note} {said}".strip()
        return replace(result, evidence=tuple(kept), note=note)

    def pack(self, question: str, budget_tokens: int | None = None) -> Pack:
        """The evidence that serves a question best, within a budget; its text is data to a model.

        What this answer's own tools found comes before what earlier answers found; each as it was
        found while all fits, else best first.

        Args:
            question: what the evidence is ordered for.
            budget_tokens: of the text; None for the budget of an answer.
        """
        left = (budget_tokens or self.budget_tokens) * CHARACTERS_PER_TOKEN - FRAME
        fresh = self.fresh()
        earlier = tuple(item for item in self if item.key not in self._fresh)
        shown: list[Evidence] = []
        for found in (fresh, earlier):
            lengths = {item.key: len(framing.line(item)) + 1 for item in found}
            has_room = sum(lengths.values()) <= left
            for item in found if has_room else self.relevance.order(question, found):
                if lengths[item.key] <= left:
                    left -= lengths[item.key]
                    shown.append(item)
        left_out = len(fresh) + len(earlier) - len(shown)
        text = framing.framed(shown)
        if left_out:
            text = f"{text}\n({left_out} more not shown.)".strip()
        return Pack(text, tuple(shown), left_out)

    def get(self, key: str) -> Evidence | None:
        """The evidence under a key, or None where no such key was handed out."""
        return self._by_key.get(key)

    def fresh(self) -> tuple[Evidence, ...]:
        """What this answer's own tools found, in order; earlier answers' evidence is left out."""
        return tuple(self._by_key[key] for key in self._fresh)

    def __iter__(self) -> Iterator[Evidence]:
        return iter(tuple(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)


def _identity(evidence: Evidence) -> tuple[object, ...]:
    return (evidence.kind, evidence.source_id, evidence.start, evidence.quote)
