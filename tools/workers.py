"""Work spread over processes, results in order; the death of a process costs one item's time.

Owns the processes, what each has in hand and how much may wait. Knows nothing of what the work is.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar

from retort.retrieval.errors import RetortError

WINDOW = 4
"""items a worker that may be begun before the first unfinished one: bounds memory"""
ATTEMPTS = 2
"""processes that an item may cost"""
_PATIENCE = 0.2
"""seconds between looks at ``cancel``"""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Spread(Protocol):
    """Spreads work: over processes of this machine (``mapped``), or over a cluster."""

    def __call__(
        self,
        hire: Callable[[], Callable[[Item], Result]],
        items: Iterator[Item],
        workers: int,
        cancel: threading.Event | None = None,
    ) -> Iterator[Result]:
        """The results of items in their order; see ``mapped``."""


class WorkerDied(Exception):
    """An item was given to ``ATTEMPTS`` processes, and each of them ended without an answer.

    Args:
        index: of the item, from 0.
        exit_code: of the last process; negative: the signal that killed it.
    """

    def __init__(self, index: int, exit_code: int | None) -> None:
        super().__init__(f"item {index}: worker ended with {exit_code}")
        self.index = index
        self.exit_code = exit_code


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mapped(
    hire: Callable[[], Callable[[Item], Result]],
    items: Iterator[Item],
    workers: int,
    cancel: threading.Event | None = None,
) -> Iterator[Result]:
    """The results of items in their order, made by several processes.

    Processes are started anew (``spawn``), with one computing thread each, and end with this
    iterator or with this process, whatever ends it. A process that dies is replaced and its item
    done again.

    Args:
        hire: called once in each process; gives what is called with each item. Can be pickled.
        items: taken as there is room; only ``WINDOW`` of a worker are held at a time.
        workers: processes.
        cancel: set it to end early.

    Raises:
        WorkerDied: where its item's result would stand.
        RetortError: what the work raised, at the same place.
        RuntimeError: the same for any other error, with its traceback.
    """
    crew: list[_Worker] = []
    finished: dict[int, Callable[[], Result]] = {}
    begun = given = 0
    is_left = True
    try:
        crew.extend(_Worker(hire) for _ in range(workers))
        while (is_left or given < begun) and not (cancel and cancel.is_set()):
            for worker in crew:
                if is_left and not worker.task and begun - given < WINDOW * workers:
                    try:
                        worker.give(_Task(begun, next(items)))
                    except StopIteration:
                        is_left = False
                        break
                    begun += 1
            busy: dict[Any, _Worker] = {worker.pipe: worker for worker in crew if worker.task}
            for pipe in wait(list(busy), _PATIENCE):
                finished.update(busy[pipe].answers())
            while given in finished:
                yield finished.pop(given)()
                given += 1
    finally:
        for worker in crew:
            worker.dismiss()


@dataclass(slots=True)
class _Task:
    index: int
    item: Any
    attempts: int = 0


class _Worker:
    """One process and what it has in hand."""

    def __init__(self, hire: Callable[[], Callable[[Any], Any]]) -> None:
        self._hire = hire
        self.task: _Task | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(self._hire, theirs), daemon=True)
        with _interrupt_held_back():
            self._process.start()
        theirs.close()

    def give(self, task: _Task) -> None:
        self.task = task
        task.attempts += 1
        with suppress(OSError):  # it has died: ``answers`` finds the pipe at its end
            self.pipe.send(task.item)

    def answers(self) -> Iterator[tuple[int, Callable[[], Any]]]:
        """The item in hand with its result; nothing where another process begins it again."""
        task = self.task
        assert task
        try:
            is_made, result = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            exit_code = self._process.exitcode
            self.dismiss()
            self._start()
            if task.attempts < ATTEMPTS:
                self.give(task)
                return
            is_made, result = False, WorkerDied(task.index, exit_code)
        self.task = None
        yield task.index, (lambda: result) if is_made else _raising(result)

    def dismiss(self) -> None:
        self.pipe.close()
        self._process.terminate()
        self._process.join()


def _raising(error: Exception) -> Callable[[], Any]:
    def fail() -> None:
        raise error

    return fail


def _work(hire: Callable[[], Callable[[Any], Any]], pipe: Connection) -> None:
    """What a process does until the other end of the pipe is closed."""
    work = None
    with suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            answer: tuple[bool, Any]
            try:
                work = work or hire()
                _one_thread()
                answer = True, work(item)
            except RetortError as error:
                answer = False, error
            except Exception:
                answer = False, RuntimeError(traceback.format_exc())
            pipe.send(answer)


def _one_thread() -> None:
    """Let torch, where the work has loaded it, compute in one thread: processes fill the cores."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Processes started meanwhile leave Ctrl-C to this one, which gets it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
