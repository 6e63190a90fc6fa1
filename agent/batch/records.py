"""The records of a batch: a question of a file, where a run stands, and who answers.

Knows neither files nor models.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from retort.retrieval.records import Filter

Line = dict[str, Any]
"""One answer on the wire (DESIGN section 6), with the question's own id. Of a multiple-choice
question also ``choice``; of one that was answered under another id ``copied_from``; and ``row``,
what else the question's row set (`Item.row`)."""

LETTERS = "ABCDEFGHIJ"
"""of the choices of a question, in their order"""


@dataclass(frozen=True, slots=True)
class Gold:
    """What is known about a question, to hold its answer against."""

    answer: str = ""
    """a text, alternatives between ``|``; a number with or without a unit; or the right choice, as
    its letter or its text"""
    source: str = ""
    """ids of sources, any of which an answer should cite, between blanks, commas or ``;``"""
    group: str = ""
    """what the answers are told apart by in the report"""
    tolerance: float | None = None
    """of a number, relative: 0.05 is 5 %; None for the usual one"""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a batch."""

    id: str
    question: str
    session: str | None = None
    """the conversation that the question belongs to; its questions are asked in order"""
    choices: tuple[str, ...] = ()
    """texts to choose from, A first; empty for an open question"""
    library: str = ""
    """the library to answer from; empty for that of the settings"""
    only: Filter = field(default_factory=Filter)
    """the papers that may be found"""
    gold: Gold = Gold()

    def row(self) -> dict[str, Any]:
        """What else decides the answer, as JSON-ready values; what is empty is left out."""
        found: dict[str, Any] = {
            "session": self.session,
            "choices": [*self.choices],
            "library": self.library,
        }
        asked, blank = asdict(self.only), asdict(Filter())
        filters = {name: value for name, value in asked.items() if value != blank[name]}
        found["filters"] = json.loads(json.dumps(filters))
        return {name: value for name, value in found.items() if value}

    def same(self) -> tuple[object, ...]:
        """What two questions share that are answered once; a conversation's are never alike."""
        alone = self.id if self.session else None
        return (alone, self.question.strip(), self.choices, self.library, self.only)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a batch stands, after each answer."""

    done: int
    failed: int
    total: int
    """questions of this run, those already answered left out"""
    skipped: int
    """already answered in the output file"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an answer was made with."""

    model: str
    settings_digest: str


class Asker(Protocol):
    """Answers questions, several at a time: here, in other processes or on other machines."""

    def ask(self, item: Item) -> Line:
        """The answer to a question. Called from several threads; a failure is a line with status
        ``failed``.
        """
        ...

    def stamp(self, item: Item) -> Stamp:
        """What the answer to a question would be made with."""
        ...


def failed(item: Item, stamp: Stamp, error: dict[str, str]) -> Line:
    """The line of a question that has no answer."""
    from retort.agent.records import Answer

    blank = Answer(
        item.id,
        item.question,
        "failed",
        "",
        model=stamp.model,
        settings_digest=stamp.settings_digest,
        error=error,
    )
    return blank.as_dict()
