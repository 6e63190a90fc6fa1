"""An assistant around the scripted model and the toy tools, for tests of the whole loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from scripted import Scripted, Toys

from retort.agent.assistant import Assistant
from retort.agent.records import Answer
from retort.agent.routing import Router
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings


class Alike:
    """An encoder to which all texts are alike."""

    def encode(self, texts: Sequence[str]) -> Any:
        return np.ones((len(texts), 1), dtype=np.float32)


class ToyBenches:
    """Benches of the toy tools; remembers the molecules that each was made with."""

    def __init__(self, toys: Toys) -> None:
        self.known: list[Any] = []
        self.tools = toys.tools

    def make(self, molecules: Any = ()) -> Any:
        self.known.append(list(molecules))
        molecule = SimpleNamespace(as_dict=lambda: {"handle": "M1", "name": "Gefitinib"})
        book = SimpleNamespace(all=lambda: [molecule], meet=lambda calls: None)
        return SimpleNamespace(molecules=book)

    def encoder(self) -> Alike:
        return Alike()

    def router(self) -> Router:
        return Router(self.encoder)


def make(tmp_path: Path, toys: Toys, *steps: Any, **settings: Any) -> Assistant:
    """An assistant whose model plays ``steps``."""
    model = Scripted(steps=list(steps), seen=[], bound=[])
    return Assistant(
        Settings(home=tmp_path, **settings),
        model,
        "scripted",
        ToyBenches(toys),  # type: ignore[arg-type]
        Sessions(tmp_path / "sessions.sqlite"),
    )


def ask(
    assistant: Assistant, question: str = "How potent is gefitinib on EGFR?", **kw: Any
) -> Answer:
    return assistant.answer(question, **kw)


def shown(assistant: Assistant, step: int) -> str:
    """What the model was shown in a step."""
    model: Any = assistant.model
    return "\n".join(message.text for message in model.seen[step])
