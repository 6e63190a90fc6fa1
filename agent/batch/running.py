"""Runs a batch: what is missing is asked, several questions at a time, and written as it comes.

Owns the order: questions of a conversation one after the other, equal questions once, the rest in
any order. Knows neither model nor format.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from retort.agent.assistant import LONGEST_QUESTION
from retort.agent.batch.records import Asker, Item, Line, Progress
from retort.agent.batch.writing import Answers
from retort.retrieval.errors import UsageError

Lane = deque[Item]
"""questions that must keep their order"""


def run(
    asker: Asker,
    items: Iterable[Item],
    answers: Answers,
    workers: int = 1,
    retry_failed: bool = False,
    mix_settings: bool = False,
    cancel: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Answer what is not yet answered in ``answers`` and append it there.

    Args:
        asker: answers the questions.
        items: the questions.
        answers: where answers go, in the order of completion.
        workers: questions answered at the same time.
        retry_failed: ask again what ended with status ``failed``. Its old line is dropped.
        mix_settings: keep answers that another model or other settings gave.
        cancel: set it to stop after the questions in flight, which are kept.
        progress: called after each answer.

    Raises:
        UsageError: ``answers`` holds answers to other questions, or made otherwise.
        RetortError: an answer cannot be written, or no question can be asked.
    """
    stop = cancel or threading.Event()
    wanted = list(items)
    if retry_failed:
        answers.drop_failed()
    _refuse_others(asker, wanted, answers, mix_settings)
    groups: dict[tuple[object, ...], list[Item]] = {}
    for item in wanted:
        groups.setdefault(item.same(), []).append(item)
    missing = [item for item in wanted if item.id not in answers.kept]
    state = Progress(0, 0, len(missing), len(wanted) - len(missing))
    first: list[Item] = []

    def keep(line: Line) -> None:
        nonlocal state
        answers.add(line)
        failed = state.failed + (line["status"] == "failed")
        state = Progress(state.done + 1, failed, state.total, state.skipped)
        if progress:
            progress(state)

    def copy(line: Line, group: Sequence[Item]) -> None:
        for item in group:
            if item.id not in answers.kept:
                first_id = line.get("copied_from", line["id"])
                keep(line | {"id": item.id, "question": _said(item), "copied_from": first_id})

    for group in groups.values():
        if answered := next((item for item in group if item.id in answers.kept), None):
            copy(answers.line(answered.id), group)
        else:
            first.append(group[0])
    for item, line in _asked(asker, _lanes(first), workers, stop):
        keep(line | {"question": _said(item), "row": item.row()})
        copy(answers.line(item.id), groups[item.same()])
    return state


def _asked(
    asker: Asker, lanes: Iterable[Lane], workers: int, stop: threading.Event
) -> Iterator[tuple[Item, Line]]:
    """Questions and their answers as they come; after a stop those in flight still come."""
    waiting = deque(lanes)
    running: dict[Future[Line], Lane] = {}
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        while True:
            while waiting and len(running) < max(1, workers) and not stop.is_set():
                lane = waiting.popleft()
                running[pool.submit(asker.ask, lane[0])] = lane
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                lane = running.pop(future)
                item = lane.popleft()
                if lane:
                    waiting.appendleft(lane)
                yield item, future.result()


def _lanes(items: Iterable[Item]) -> list[Lane]:
    """Questions of a conversation share a lane."""
    lanes: dict[str, Lane] = {}
    for item in items:
        lane = f"session {item.session}" if item.session else f"single {item.id}"
        lanes.setdefault(lane, deque()).append(item)
    return list(lanes.values())


def _said(item: Item) -> str:
    """The question as its answer keeps it: what is too long to be asked is cut."""
    return item.question[:LONGEST_QUESTION]


def _refuse_others(
    asker: Asker, items: Sequence[Item], answers: Answers, mix_settings: bool
) -> None:
    """Notice answers that are not those of this run.

    Raises:
        UsageError: an id belonged to another question, or to a row that set something else; or a
            model or settings differ, unless they may be mixed.
    """
    others = []
    for item in items:
        if (kept := answers.kept.get(item.id)) is None:
            continue
        if kept.question != _said(item):
            raise UsageError(
                f"The answer {item.id} in {answers.path} is to another question.",
                f'It was: "{kept.question[:80]}". It is now: "{item.question[:80]}".',
                "Give the question a new id, or another --output file.",
            )
        if kept.row is not None and kept.row != item.row():
            raise _other_row(item, kept.row, answers)
        if kept.stamp != (stamp := asker.stamp(item)):
            others.append((kept.stamp, stamp))
    if others and not mix_settings:
        old, new = others[0]
        raise UsageError(
            f"{len(others)} answers in {answers.path} were made with other settings.",
            f"They are of model {old.model}, settings {old.settings_digest}; this run is of model "
            f"{new.model}, settings {new.settings_digest}.",
            "Give another --output file, set what was set before, or keep both: --mix-settings",
        )


def _other_row(item: Item, before: dict[str, Any], answers: Answers) -> UsageError:
    now = item.row()
    changed = [name for name in (before | now) if before.get(name) != now.get(name)]
    was, is_now = (", ".join(_cell(name, row) for name in changed) for row in (before, now))
    return UsageError(
        f"The answer {item.id} in {answers.path} was made with other {' and '.join(changed)}.",
        f"Its row said: {was}. It now says: {is_now}.",
        "Give the question a new id, or another --output file, or set what was set before.",
    )


def _cell(name: str, row: dict[str, Any]) -> str:
    if name not in row:
        return f"no {name}"
    return f"{name} {json.dumps(row[name], ensure_ascii=False)[:80]}"
