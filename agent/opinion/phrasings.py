"""Phrasings for training: patterns with choices and slots, filled to questions.

A file of phrasings holds lines of kind, family and pattern, tabs between; ``(a|b)`` is a choice and
``{slot}`` a name. Knows nothing of what the kinds mean.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One pattern, what it asks for, and the family of wordings that it belongs to."""

    kind: str
    family: str
    pattern: str

    @property
    def subject(self) -> str:
        """Kind and family: what is held out when whole subjects are."""
        return f"{self.kind} {self.family}"


def phrasings(path: Path) -> Iterator[Phrasing]:
    """The patterns of a file, in its order."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield Phrasing(*line.split("\t"))


def fill(pattern: str, fillings: Mapping[str, tuple[str, ...]], rng: random.Random) -> str:
    """One question from a pattern: alternatives chosen, slots filled."""
    while choice := _CHOICE.search(pattern):
        chosen = rng.choice(choice[1].split("|"))
        pattern = pattern[: choice.start()] + chosen + pattern[choice.end() :]
    while slot := re.search(r"\{(\w+)\}", pattern):
        pattern = pattern[: slot.start()] + rng.choice(fillings[slot[1]]) + pattern[slot.end() :]
    return " ".join(pattern.replace("\\", "").split())


def slots(values: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What may fill each slot, from lists with ``;`` between."""
    return {slot: tuple(text.split(";")) for slot, text in values.items()}
