"""Askers for batches, some of which end badly; importable by the processes that tests start."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from retort.agent.batch.records import Item, Line, Stamp, failed
from retort.agent.records import Answer
from retort.retrieval.errors import RetortError

STAMP = Stamp("echo", "0123456789ab")


def answered(item: Item, text: str = "") -> Line:
    """A line that answers with the question's length, or a text."""
    said = text or str(len(item.question))
    made = Answer(item.id, item.question, "answered", said, model=STAMP.model)
    return made.as_dict() | {"settings_digest": STAMP.settings_digest}


class Echo:
    """Answers with the question's length; fails where it is told to."""

    def __init__(self, failing: str = "", stamp: Stamp = STAMP) -> None:
        self.asked: list[str] = []
        self.failing = failing
        self.made_with = stamp

    def stamp(self, item: Item) -> Stamp:
        return self.made_with

    def ask(self, item: Item) -> Line:
        self.asked.append(item.question)
        if item.question == self.failing:
            return failed(item, self.made_with, {"what": "what", "why": "why", "next": "next"})
        made = {"model": self.made_with.model, "settings_digest": self.made_with.settings_digest}
        return answered(item) | made


class Deadly(Echo):
    """Kills its process at a question: always, or the first time that any process is asked it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def ask(self, item: Item) -> Line:
        if item.question == "slow":
            time.sleep(0.3)
        mark = self.folder / item.id
        is_first = not mark.exists()
        mark.touch()
        if item.question == "deadly" or (item.question == "deadly once" and is_first):
            os.kill(os.getpid(), signal.SIGKILL)
        if item.question == "whose":
            return answered(item, f"process {os.getpid()}")
        return super().ask(item)


def deadly(folder: Path) -> Deadly:
    """Opens the asker of a process."""
    return Deadly(folder)


def unopened() -> Echo:
    """Cannot open an asker, and says why."""
    raise RetortError("No model.", "It is not there.", "--model embedded")


def dying() -> Echo:
    """Ends its process before it is open."""
    os._exit(7)
