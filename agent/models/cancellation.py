"""The Stop of the answer that is being written, visible to a chat model's token loop.

A chat model's interface has no room for it, so it travels as a context variable, which LangGraph
copies into its worker threads. Models that generate step by step look at ``is_cancelled`` between
steps.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar

_current: ContextVar[threading.Event | None] = ContextVar("retort_cancel", default=None)


def set_current(cancel: threading.Event) -> None:
    """Make ``cancel`` the Stop of everything that runs in this context."""
    _current.set(cancel)


def current() -> threading.Event | None:
    """The Stop of this context, for work that goes on in a thread of another."""
    return _current.get()


def is_cancelled() -> bool:
    """Whether the user has stopped the answer that this context is writing."""
    cancel = _current.get()
    return cancel is not None and cancel.is_set()
