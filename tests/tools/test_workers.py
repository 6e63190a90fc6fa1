"""Processes: results in order, errors in their place, a dead one replaced, none left behind."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import labour
import pytest

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import workers
from retort.tools.workers import WorkerDied, mapped


def taken(hire: Callable[[], Any], count: int, processes: int = 2) -> tuple[list[int], Exception]:
    """What comes before an error, and the error."""
    found: list[int] = []
    with pytest.raises(Exception) as caught:
        found.extend(mapped(hire, iter(range(count)), processes))
    return found, caught.value


def test_results_come_in_order_and_little_is_taken_ahead() -> None:
    ahead = given = 0

    def items() -> Iterator[int]:
        nonlocal ahead
        for number in range(40):
            ahead = max(ahead, number - given)
            yield number

    for given, result in enumerate(mapped(labour.squarer, items(), 2), 1):
        assert result == (given - 1) ** 2
    assert given == 40 and ahead <= 2 * workers.WINDOW
    assert multiprocessing.active_children() == []
    assert list(mapped(labour.squarer, iter([]), 1)) == []


def test_a_process_that_dies_is_replaced_once(tmp_path: Path) -> None:
    hire = partial(labour.breaker, tmp_path / "marker")
    found, error = taken(hire, 9)
    assert found == [0, 2, 4, 6, 8]
    assert isinstance(error, WorkerDied) and (error.index, error.exit_code) == (5, -9)
    assert multiprocessing.active_children() == []


def test_errors_come_as_they_were_and_at_their_place() -> None:
    found, error = taken(labour.refuser, 5)
    assert found == [0] and isinstance(error, UsageError)
    assert (error.what, error.why, error.next) == ("What.", "Why.", "Next.")
    unforeseen = mapped(labour.refuser, iter([0, 2]), 1)
    assert next(unforeseen) == 0
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        next(unforeseen)
    found, error = taken(labour.closed, 1, 1)
    assert isinstance(error, RetortError) and error.why == "It is Sunday."


def test_it_ends_early_and_leaves_nobody_behind() -> None:
    stop = threading.Event()
    results = mapped(labour.squarer, iter(range(1000)), 2, stop)
    assert next(results) == 0
    stop.set()
    assert len(list(results)) <= 2 * workers.WINDOW
    assert multiprocessing.active_children() == []
