"""Opens an assistant from settings: the one construction path, used by every door."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler

from retort.agent.assistant import Assistant
from retort.agent.bench import DEFAULT, STARTER, BenchMaker
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings
from retort.agent.support import Support
from retort.agent.verdicts.judge import choose
from retort.retrieval.errors import RetortError, UsageError


@dataclass(frozen=True, slots=True)
class Opened:
    """An assistant and what was chosen to make it."""

    assistant: Assistant
    model_why: str
    """why this model: "asked for", "no CUDA GPU" ..."""

    def status_line(self) -> str:
        """``model | library | ChEMBL``, as it stands on top of the page and of a terminal."""
        settings = self.assistant.settings
        model = f"model {self.assistant.model_name} ({self.model_why})"
        network = " | offline" if settings.offline else ""
        return f"{model} | {self._library()} | {self._chembl()}{network}"

    def _library(self) -> str:
        try:
            library = self.assistant.benches.library()
        except RetortError as error:
            return f"library: {error.what}"
        papers, passages = library.count()
        noun = "notes" if library.name == STARTER else "papers"
        return f"library {library.name}: {papers:,} {noun}, {passages:,} passages"

    def _chembl(self) -> str:
        try:
            return f"ChEMBL {self.assistant.benches.chembl().release()}"
        except RetortError as error:
            return f"ChEMBL: {error.what}"


def open_assistant(settings: Settings) -> Opened:
    """Make the assistant that the settings describe. Nothing heavy is loaded that no question
    needs.

    Raises:
        UsageError: the embedded model was to answer without tools.
        RetortError: the model cannot be had, a library was named and is not there, or the state's
            folder cannot be written.
    """
    from retort.agent.models.select import load_model
    from retort.agent.opinion.judge import Opinion

    keep_log(settings)
    benches = BenchMaker(settings)
    if settings.library != DEFAULT:
        benches.library()  # a library that was named must be there
    loaded = load_model(settings, benches.encoder)
    if settings.no_tools and loaded.is_planner:
        raise UsageError(
            "The embedded model has nothing to say without tools.",
            "It writes answers from what tools return and remembers nothing itself.",
            'retort ask --no-tools --model hf:NAME-OR-PATH "QUESTION"',
        )
    assistant = Assistant(
        settings,
        loaded.model,
        loaded.name,
        benches,
        Sessions(settings.sessions_path),
        Support(choose(loaded.model, loaded.name, benches.encoder), benches.encoder),
        is_planner=loaded.is_planner,
        opinion=Opinion(benches.encoder),
    )
    return Opened(assistant, loaded.why)


def keep_log(settings: Settings) -> None:
    """Send Retort's own log to its rotating file, once; nothing is printed to the user."""
    logger = logging.getLogger("retort")
    if any(isinstance(handler, RotatingFileHandler) for handler in logger.handlers):
        return
    try:
        settings.log_path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            settings.log_path, maxBytes=2_000_000, backupCount=3, encoding="utf-8"
        )
    except OSError as error:
        raise RetortError(
            f"Cannot write to {settings.home}.",
            f"{error.strerror}.",
            "Set RETORT_HOME to a folder that can be written.",
        ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
