"""What a source of papers gives: how much it found, and its records batch by batch."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from retort.retrieval.records import Paper


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search, before a record is fetched."""

    count: int
    """records that match, by the service's count"""
    cursor: str
    """where the records begin; what it means only the source knows"""
    ids: tuple[str, ...] = ()
    """of the records, best first, where the source lists them ahead"""
    translation: str = ""
    """the query as the service understood it"""
    notes: tuple[str, ...] = ()
    """what the service warns of, and what is out of reach"""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a service."""

    id: str
    paper: Paper | None
    """None where it was left out"""
    reason: str = ""
    """why it was left out; or, with a paper, why only its abstract is there"""
    is_final: bool = True
    """False where a later search should ask for it again"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records in the order of the service."""

    records: tuple[Record, ...]
    passed: tuple[str, ...]
    """ids that were known and not fetched again"""
    cursor: str
    """where the next batch begins; empty after the last"""


class Source(Protocol):
    """A service that is searched and gives records; its settings are its own."""

    name: str
    """as the command line calls it"""
    title: str
    """as a reader knows it"""
    full_text: bool
    """whether it gives full text where it may"""

    def find(self, query: str, most: int) -> Found:
        """Search.

        Args:
            query: in the service's own language.
            most: records wanted.

        Raises:
            RetortError: the service refused the query or did not answer.
        """

    def batch(
        self, query: str, ids: Sequence[str], cursor: str, most: int, known: Container[str]
    ) -> Batch:
        """Fetch the next records.

        Args:
            query: as searched.
            ids: as found.
            cursor: as found, or as the batch before gave it.
            most: records at most.
            known: ids that need not be fetched.

        Raises:
            RetortError: the service did not answer; nothing of the batch is kept.
        """
