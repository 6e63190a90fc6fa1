"""Work for processes to do, found by name in a process that was started anew."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError, UsageError


def squarer() -> Callable[[int], int]:
    """Squares numbers; the even ones slowly, so that they are ready last."""

    def square(number: int) -> int:
        time.sleep(0.02 * (number % 2 == 0))
        return number * number

    return square


def breaker(marker: Path) -> Callable[[int], int]:
    """Doubles numbers; kills itself at 3 where there is no ``marker`` yet, and always at 5."""

    def work(number: int) -> int:
        if number == 5 or (number == 3 and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number

    return work


def refuser() -> Callable[[int], int]:
    """Raises at 1 what a user reads, at 2 what nobody foresaw."""

    def work(number: int) -> int:
        if number == 1:
            raise UsageError("What.", "Why.", "Next.")
        return number // (2 - number)

    return work


def closed() -> Callable[[int], int]:
    """Cannot be had."""
    raise RetortError("Nobody is here.", "It is Sunday.", "Come again.")


def dies_on(smiles: str, predictors: Any) -> Any:
    """Predictors in whose process a structure is deadly."""

    class Deadly(predictors):  # type: ignore[misc]
        def answer(self, given: Sequence[str], endpoints: Sequence[Any]) -> Any:
            if smiles in given:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().answer(given, endpoints)

    return Deadly.load()
