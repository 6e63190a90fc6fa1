"""Asks workers on a Ray cluster; only the parent writes answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retort.agent.batch.asking import open_here
from retort.agent.batch.records import Item, Line, Stamp, failed
from retort.agent.cluster import Crew, LostError
from retort.agent.settings import Settings


@dataclass(frozen=True, slots=True)
class Afar:
    """An asker that is some workers, of whom each asks one question at a time."""

    crew: Crew[Item, Line]
    """told to work as ``opened`` says"""
    stamp: Callable[[Item], Stamp]
    """of a question's answer, as the workers would give it"""

    def ask(self, item: Item) -> Line:
        """The answer to a question; see ``Asker.ask``.

        Raises:
            RetortError: a worker could not open its assistant.
        """
        try:
            return self.crew.call(item)
        except LostError as error:
            return failed(item, self.stamp(item), error.as_dict())


def opened(settings: Settings) -> Callable[[Item], Line]:
    """What a worker does with each question, made where it runs."""
    return open_here(settings).ask
