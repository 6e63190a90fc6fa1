"""The questions that the planner learns from, as data: phrasings with slots, and what fills them.

Owns the two files beside the weights and how they are read. Knows no encoder and no weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

PHRASINGS = Path(__file__).parent / "weights" / "phrasings.tsv"
FILLINGS = PHRASINGS.with_name("fillings.tsv")


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One line of the phrasings file."""

    family: str
    intents: tuple[str, ...]
    pattern: str


@cache
def read_phrasings(path: Path = PHRASINGS) -> tuple[Phrasing, ...]:
    """The phrasings of a file: ``family <tab> intents <tab> pattern`` per line, ``#`` comments."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            family, intents, pattern = line.split("\t")
            rows.append(Phrasing(family, tuple(intents.split(",")), pattern))
    return tuple(rows)


@cache
def read_fillings(path: Path = FILLINGS) -> dict[str, tuple[str, ...]]:
    """Slot -> what may fill it; a slot with a number ("drug2") is filled like the one without."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {slot: tuple(values.split(";")) for slot, values in rows}
