"""Names of molecules that are known, and the nearest of them to a misspelt one.

Owns lookup and spelling. Knows no sentence: entities.py reads questions. The names themselves are
handed
in (the starter database has a list of them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from retort.agent.models.embedded.vocabulary import ASIDE, GENES

_MIN_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Known molecule names; lookup ignores case."""

    names: Mapping[str, str] = field(default_factory=dict)
    """lower-case name or synonym -> the name as written by the source"""
    longest: int = 1
    """words in the longest name"""
    targets: tuple[str, ...] = ()
    """lower-case names of targets of two words or more, the longest first"""

    @classmethod
    def of(cls, names: Mapping[str, str], targets: Iterable[str] = ()) -> Self:
        """Build from ``{name or synonym: preferred name}`` and the names of targets.

        Names shorter than four characters, everyday words and gene symbols are left out: in a
        question they
        mean something else.
        """
        kept = {
            key.lower().strip(): preferred
            for key, preferred in names.items()
            if len(key.strip()) >= _MIN_LENGTH
            and key.lower().strip() not in ASIDE
            and key.upper().strip() not in GENES
            and not key.strip().isdigit()
        }
        longest = max((len(key.split()) for key in kept), default=1)
        spelt = {name.lower().strip() for name in targets if " " in name.strip()}
        return cls(kept, longest, tuple(sorted(spelt, key=lambda name: (-len(name), name))))

    @classmethod
    def starter(cls) -> Self:
        """The names of the starter database's drugs and targets."""
        from retort.tools.chembl import starter

        pairs = starter.names()
        preferred: dict[str, str] = {}
        for name, chembl_id in pairs:  # preferred names come first
            preferred.setdefault(chembl_id, name.lower())
        return cls.of(
            {name: preferred[chembl_id] for name, chembl_id in reversed(pairs)},
            (name for name, _ in starter.target_names()),
        )

    def targets_in(self, low: str) -> list[str]:
        """Names of targets in a lower-case text, the longest first."""
        return [name for name in self.targets if name in low]

    def preferred(self, text: str) -> str | None:
        """The source's own name for a name or synonym; None where it is not known."""
        return self.names.get(text.lower().strip())

    def nearest(self, word: str) -> str | None:
        """The one known name that ``word`` is a likely misspelling of, in lower case; else None.

        One edit (a letter changed, added, dropped, or two swapped) in a word of six letters or
        more, or two
        letters changed in one of ten or more that begins with the same four. Drug names lie close
        together
        (prednisone, prednisolone), so anything further, or a tie, is nobody's misspelling.
        """
        word = word.lower()
        if len(word) < 6 or word in self.names or word in ASIDE:
            return None
        found = {
            self.names[name]: name
            for name in self.names
            if abs(len(name) - len(word)) <= 1 and name[0] == word[0] and _is_near(word, name)
        }
        return next(iter(found.values())) if len(found) == 1 else None


def _is_near(word: str, name: str) -> bool:
    distance = edit_distance(word, name, limit=2)
    if distance <= 1:
        return True
    alike = len(word) == len(name) and len(name) >= 10 and word[:4] == name[:4]
    return distance == 2 and alike


def edit_distance(a: str, b: str, limit: int) -> int:
    """Damerau's distance (change, add, drop, swap); ``limit + 1`` once it is larger."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        last, before, row = before, row, [i] + [0] * len(b)
        for j, y in enumerate(b, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], last[j - 2] + 1)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
