"""Asks in processes of their own: for the embedded model, which computes in Python.

Each opens its own assistant and answers one question at a time; only the parent writes answers. A
process that is killed takes one question with it: that is asked once more, of a new process, and
then given up. Processes end when their parent does, however that ends.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Self

from retort.agent.batch.records import Asker, Item, Line, Stamp, failed
from retort.retrieval.errors import RetortError

TRIES = 2
"""processes that a question may end before it is given up"""

Opener = Callable[[], Asker]
"""Opens the asker of a process; travels to it, so a function of a module, or a partial of one."""


class Processes:
    """An asker that is some processes, started when they are first needed.

    Args:
        open_asker: what each process calls once.
        workers: how many.
        stamp: of a question's answer, as the processes would give it.
    """

    def __init__(self, open_asker: Opener, workers: int, stamp: Callable[[Item], Stamp]) -> None:
        self.stamp = stamp
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(_Worker(open_asker))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the idle processes; a busy one ends when it finds that nobody listens."""
        while not self._idle.empty():
            self._idle.get_nowait().end()

    def ask(self, item: Item) -> Line:
        """The answer to a question; see ``Asker.ask``.

        Raises:
            RetortError: no process could be opened.
        """
        worker = self._idle.get()
        try:
            for _ in range(TRIES):
                try:
                    return worker.ask(item)
                except _Ended as end:
                    why = str(end)
        finally:
            self._idle.put(worker)
        return failed(
            item,
            self.stamp(item),
            {
                "what": f"The process that answered this question ended, {TRIES} times.",
                "why": f"{why} A process without memory is killed by signal 9.",
                "next": "Run the command again with --retry-failed and fewer --workers.",
            },
        )


class _Ended(Exception):
    """A process ended while it had a question; says how."""


class _Worker:
    """One process and the pipe to it; started by the first question, and again after it ended."""

    def __init__(self, open_asker: Opener) -> None:
        self._open_asker = open_asker
        self._process: Any = None
        self._pipe: Connection | None = None

    def ask(self, item: Item) -> Line:
        pipe = self._pipe or self._start()
        try:
            pipe.send(item)
            line: Line = pipe.recv()
        except (EOFError, OSError):
            raise _Ended(self._end_told()) from None
        return line

    def end(self) -> None:
        """End the process; it has no question."""
        if self._pipe is not None:
            self._end_told()

    def _start(self) -> Connection:
        spawning = multiprocessing.get_context("spawn")  # a copy of threads and locks would hang
        pipe, other = spawning.Pipe()
        process = spawning.Process(target=_serve, args=(self._open_asker, other), daemon=True)
        process.start()
        other.close()
        self._process, self._pipe = process, pipe
        try:
            error = pipe.recv()
        except (EOFError, OSError):
            error = RetortError(
                "A process that answers questions could not start.",
                self._end_told(),
                "Give fewer --workers; the log of the run may say more: retort doctor",
            )
        if error is not None:
            self._end_told()
            raise error
        return pipe

    def _end_told(self) -> str:
        if self._pipe is not None:
            self._pipe.close()
        self._process.join()
        code, self._pipe = self._process.exitcode, None
        if code is not None and code < 0:
            return f"It was killed by signal {-code} ({signal.Signals(-code).name})."
        return f"It ended with exit code {code}."


def _serve(open_asker: Opener, pipe: Connection) -> None:
    """The life of a process: open the asker, say so, answer until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    with suppress(EOFError, OSError):
        try:
            asker = open_asker()
        except RetortError as error:
            pipe.send(error)
            return
        pipe.send(None)
        while True:
            pipe.send(asker.ask(pipe.recv()))
