"""Ctrl-C is Stop: what is done is kept."""

from __future__ import annotations

import signal
import threading

from retort.ui import terminal


def stop_on_interrupt() -> threading.Event:
    """The first Ctrl-C stops and keeps what is there; the second ends the process."""
    stop = threading.Event()

    def handle(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        terminal.say("Stopping ... (Ctrl-C again to end at once)")

    signal.signal(signal.SIGINT, handle)
    return stop
