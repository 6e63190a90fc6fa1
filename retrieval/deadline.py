"""Work that may hang, waited for no longer than it may take.

A socket's own timeout counts from byte to byte, so a slow drip outlasts it; this does not.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """Run in a thread and wait no longer than the deadline.

    A thread that hangs is left behind, to its own timeout.

    Raises:
        TimeoutError: the deadline passed. What the work itself raises comes through.
    """
    done: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except Exception as error:  # handed over, raised below
            done.put((None, error))

    threading.Thread(target=run, name="within-deadline", daemon=True).start()
    try:
        found, error = done.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return found  # type: ignore[return-value]
