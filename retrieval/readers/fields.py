"""The tagged lines of one record, as they are gathered: a tag, its value, and the lines that go on.

Shared by the line-oriented formats (MEDLINE, RIS). Knows no tag. A record is bounded, so that a
file that never ends its first record does not end up in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from retort.retrieval.readers.lines import LINE_LIMIT

RECORD_LIMIT = LINE_LIMIT
"""characters; what a record holds beyond is left out and noted as a fault"""


@dataclass(slots=True)
class Fields:
    """The fields of one record."""

    line: int
    """number of its first line"""
    faults: list[str] = field(default_factory=list)
    _values: list[tuple[str, list[str]]] = field(default_factory=list)
    _loose: list[str] = field(default_factory=list)
    _has_gap: bool = False
    _room: int = RECORD_LIMIT

    def add(self, tag: str, value: str) -> None:
        """Begin a field."""
        for line in self._loose:
            self._continue(line)
        self._loose.clear()
        self._has_gap = False
        self._values.append((tag, [self._bounded(value.strip())]))

    def extend(self, line: str) -> None:
        """Go on with the last field; after a gap only for the time being (see ``end``)."""
        if self._has_gap:
            self._loose.append(self._bounded(line.strip()))
        else:
            self._continue(line)

    def gap(self) -> None:
        """Note a blank line: what follows may belong to no record."""
        self._has_gap = bool(self._values)

    def end(self, is_closed: bool) -> None:
        """End the record; text after a gap belongs to it only where a closing tag follows it."""
        if is_closed:
            for line in self._loose:
                self._continue(line)
        self._loose.clear()

    def absorb(self, other: Fields) -> None:
        """Add the fields of another block at the end."""
        for tag, parts in other._values:
            self.add(tag, parts[0])
            for line in parts[1:]:
                self.extend(line)
        self.faults += other.faults

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, tag: str) -> bool:
        return any(tag == each for each, _ in self._values)

    def tags(self) -> list[str]:
        """Each tag once, in the order of the record."""
        return list(dict.fromkeys(tag for tag, _ in self._values))

    def lines(self, *tags: str) -> list[str]:
        """The lines of all fields with these tags, tag after tag; blank ones left out."""
        return [
            line
            for tag in tags
            for each, parts in self._values
            if each == tag
            for line in parts
            if line
        ]

    def all(self, *tags: str) -> list[str]:
        """The values of these tags, tag after tag, each on one line; empty ones left out."""
        joined = (
            " ".join(part for part in parts if part)
            for tag in tags
            for each, parts in self._values
            if each == tag
        )
        return [value for value in joined if value]

    def first(self, *tags: str) -> str:
        """The first value among these tags, by the order of the tags; empty where there is none."""
        return next(iter(self.all(*tags)), "")

    def _continue(self, line: str) -> None:
        if self._values:
            self._values[-1][1].append(self._bounded(line.strip()))

    def _bounded(self, line: str) -> str:
        if len(line) > self._room:
            if self._room:
                self.faults.append(f"record: longer than {RECORD_LIMIT:,} characters")
            self._room = 0
            return ""
        self._room -= len(line) + 1 if len(line) < self._room else self._room
        return line
