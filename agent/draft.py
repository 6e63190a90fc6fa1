"""A draft: a text held against its evidence, and what is wrong with it.

Owns what counts as a fault and which of two drafts is better. Changes no text and asks no model but
the judge that it is handed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from retort.agent import checks, support
from retort.agent.citations import Resolved, resolve
from retort.agent.ledger import Ledger
from retort.agent.records import ABSTENTION, Checks, Citation
from retort.agent.verdicts.labels import CONTRADICTED

if TYPE_CHECKING:
    from retort.agent.verdicts.judge import Judge


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, what it cites, and what the checks found."""

    written: str
    """as the model wrote it, with the ledger's keys"""
    text: str
    """with markers, as a user reads it"""
    citations: tuple[Citation, ...] = ()
    """each with the whole passage that was found"""
    checks: Checks = field(default_factory=Checks)

    @classmethod
    def of(
        cls,
        written: str,
        ledger: Ledger,
        question: str,
        known: Iterable[str] = (),
        judge: Judge | None = None,
    ) -> Draft:
        """Hold a text against the evidence of a conversation.

        Args:
            written: with the ledger's keys.
            ledger: the evidence.
            question: the user's text; its numbers may be repeated.
            known: what the tools said besides evidence.
            judge: of the cited papers' support; without one only verbatim quotes are known to.
        """
        return cls.held(written, resolve(written, ledger), question, known, judge)

    @classmethod
    def held(
        cls,
        written: str,
        resolved: Resolved,
        question: str,
        known: Iterable[str] = (),
        judge: Judge | None = None,
    ) -> Draft:
        """The same for a text whose markers are resolved already."""
        text = resolved.text.strip()
        found = replace(
            checks.review(text, resolved.citations, question, known),
            removed_citations=resolved.removed,
            verdicts=support.verdicts(text, resolved.citations, judge),
        )
        return cls(written, text, resolved.citations, found)

    @property
    def is_abstention(self) -> bool:
        """Whether it says that there is no answer."""
        return self.text.startswith(ABSTENTION)

    @property
    def is_guess(self) -> bool:
        """Whether it rests on nothing and states things (what a model remembers, or makes up), or
        holds no word at all.
        """
        stated = self.checks.uncited_sentences or self.checks.unsupported_numbers
        has_words = any(map(str.isalpha, self.text))
        return not self.citations and (bool(stated) or not has_words)

    def faults(self) -> tuple[str, ...]:
        """What is wrong with it, a line each, in words for its writer."""
        keys = {citation.marker: citation.evidence.key for citation in self.citations}
        found = self.checks
        return (
            *(f"{mark} is no key of the evidence." for mark in found.removed_citations),
            *(
                f"{number} does not stand in the evidence that its sentence cites."
                for number in found.unsupported_numbers
            ),
            *(f'This cites nothing: "{said}"' for said in found.uncited_sentences),
            *(
                f'[{keys[verdict.marker]}] says otherwise: "{verdict.sentence}"'
                for verdict in found.verdicts
                if verdict.verdict == CONTRADICTED
            ),
        )

    def sound(self) -> int:
        """How many of its statements cite something that is not known to say otherwise, with
        numbers that stand there.
        """
        wrong = {v.sentence for v in self.checks.verdicts if v.verdict == CONTRADICTED}
        wrong_numbers = set(self.checks.unsupported_numbers)
        said = {statement for statement, _ in support.cited(self.text)} - wrong
        return sum(not wrong_numbers & set(checks.written(statement)) for statement in said)

    def is_better_than(self, other: Draft) -> bool:
        """Whether it has fewer faults and keeps at least as many sound statements."""
        return len(self.faults()) < len(other.faults()) and self.sound() >= other.sound()
