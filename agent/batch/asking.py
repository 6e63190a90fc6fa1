"""Asks an assistant the questions of a batch, in this process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retort.agent.baseline import unmarked
from retort.agent.batch import choices
from retort.agent.batch.records import Item, Line, Stamp, failed
from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError

if TYPE_CHECKING:
    from retort.agent.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Here:
    """An asker that is this process; as thread-safe as its assistant."""

    assistant: Assistant

    def ask(self, item: Item) -> Line:
        """The answer to a question; see ``Asker.ask``."""
        by_evidence = self.assistant.is_planner  # it reads no choices: its evidence chooses
        try:
            assistant = self._assistant(item)
            if item.library:
                assistant.benches.library()  # one that is named must be there
            text = item.question if by_evidence else choices.asked(item)
            line = assistant.answer(text, item.session).as_dict()
        except RetortError as error:
            return failed(item, self.stamp(item), error.as_dict())
        line |= {"id": item.id, "question": item.question}
        if item.choices:
            said = unmarked(line["model"], line["answer"])
            chosen = choices.read(said, line["status"], item.choices)
            if by_evidence and line["status"] == "answered":
                chosen = choices.supported(line["citations"], item.question, item.choices)
            line["choice"] = chosen.as_dict()
        return line

    def stamp(self, item: Item) -> Stamp:
        """What the answer to a question would be made with; see ``Asker.stamp``."""
        settings = self.assistant.settings
        library = item.library or settings.library
        return Stamp(self.assistant.model_name, replace(settings, library=library).digest())

    def _assistant(self, item: Item) -> Assistant:
        if not item.library and not item.only:
            return self.assistant
        benches = self.assistant.benches.over(item.library, item.only)
        return replace(self.assistant, settings=benches.settings, benches=benches)


def open_here(settings: Settings) -> Here:
    """An asker in this process from settings; see ``open_assistant``."""
    from retort.agent.opening import open_assistant
    from retort.agent.settings import silence_telemetry

    silence_telemetry()
    return Here(open_assistant(settings).assistant)
