"""The order of the calls of one step, which run side by side.

What is numbered is numbered in the order of the calls, however long each takes: molecules get their
handles before the first tool runs, and what a tool found waits for what the calls before it found.
So the same question gives the same answer. Knows no tool and no ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Meet = Callable[[Sequence[Mapping[str, Any]]], None]
"""given the arguments of calls, gives the molecules in them their handles"""


class Order:
    """The calls of one step; each must pass, once, whatever becomes of it.

    Args:
        ids: of the calls, in order.
        args: of those that will be run, in order.
        meet: called once with ``args``, where there are several.
    """

    def __init__(self, ids: Sequence[str], args: Sequence[Mapping[str, Any]], meet: Meet) -> None:
        self._passed = {each: threading.Event() for each in ids}
        self._args = args
        self._meet = meet
        self._lock = threading.Lock()
        self._has_met = len(args) < 2

    def meet(self) -> None:
        """See that the step's molecules have their handles; the first call does it for all."""
        with self._lock:
            if not self._has_met:
                self._has_met = True
                self._meet(self._args)

    def wait(self, call_id: str) -> None:
        """Wait until every call before this one has passed."""
        for each, passed in self._passed.items():
            if each == call_id:
                return
            passed.wait()

    def passed(self, call_id: str) -> None:
        """Let those behind a call go on."""
        if call_id in self._passed:
            self._passed[call_id].set()
