"""Scripted questions: a file of questions in, a file of answers out, never starting over.

Each answer is one JSON line, appended and flushed to disk as it is done. A rerun reads the output
file and asks only what is missing. Questions of one session keep their order; the rest may run side
by side.
"""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from retort.agent.records import Answer, storable
from retort.retrieval.errors import RetortError, UsageError

if TYPE_CHECKING:
    from retort.agent.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a batch."""

    id: str
    question: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a batch stands, after each answer."""

    done: int
    failed: int
    total: int
    """questions of this run, those already answered left out"""
    skipped: int
    """already answered in the output file"""


def read_questions(path: Path) -> tuple[Item, ...]:
    """Read questions from JSONL or CSV: fields ``id``, ``question``, optional ``session``.

    The format is decided by content. A missing id becomes the row's number.

    Raises:
        UsageError: no such file, no ``question`` field, an id twice, or a line that is not JSON.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"Cannot read the questions in {path}.",
            _why(error),
            "Give a JSONL or CSV file in UTF-8.",
        ) from error
    rows = list(_json_rows(text, path) if text.lstrip().startswith("{") else _csv_rows(text, path))
    items = tuple(_item(number, row, path) for number, row in enumerate(rows, 1))
    if not items:
        raise UsageError(f"{path} holds no question.", "The file is empty.", "Add one per line.")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise UsageError(
                f"The id {item.id!r} stands twice in {path}.",
                "Answers are matched to questions by their id.",
                "Give each question an id of its own, or leave the ids out.",
            )
        seen.add(item.id)
    return items


def run(
    assistant: Assistant,
    items: Iterable[Item],
    output: Path,
    workers: int = 1,
    retry_failed: bool = False,
    cancel: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Answer what is not yet answered in ``output`` and append it there.

    Args:
        assistant: answers the questions.
        items: the questions.
        output: JSONL; one answer per line, in the order of completion.
        workers: questions answered at the same time; those of one session stay in order.
        retry_failed: ask again what ended with status ``failed``. Its old line is dropped.
        cancel: set it to stop after the questions in flight.
        progress: called after each answer.

    Raises:
        RetortError: the output cannot be written, or holds lines that are not answers.
    """
    stop = cancel or threading.Event()
    wanted = list(items)
    done = _answered(output, retry_failed)
    lanes = _lanes(item for item in wanted if item.id not in done)
    total = sum(len(lane) for lane in lanes)
    state = Progress(0, 0, total, len(wanted) - total)
    lock = threading.Lock()
    with _append_to(output) as file, ThreadPoolExecutor(max_workers=max(1, workers)) as pool:

        def work(lane: list[Item]) -> None:
            nonlocal state
            for item in lane:
                if stop.is_set():
                    return
                answer = _ask(assistant, item)
                with lock:
                    _write(file, output, {**answer, "id": item.id})
                    failed = state.failed + (answer["status"] == "failed")
                    state = Progress(state.done + 1, failed, total, state.skipped)
                    if progress:
                        progress(state)

        jobs = [pool.submit(work, lane) for lane in lanes]
        try:
            for job in as_completed(jobs):
                job.result()
        except BaseException:
            stop.set()
            for job in jobs:
                job.cancel()
            raise
    return state


def _ask(assistant: Assistant, item: Item) -> dict[str, Any]:
    try:
        return assistant.answer(item.question, item.session).as_dict()
    except UsageError as error:
        blank = Answer(item.id, item.question, "failed", "", error=error.as_dict())
        return blank.as_dict()


def _lanes(items: Iterable[Item]) -> list[list[Item]]:
    """Questions that must keep their order share a lane."""
    lanes: dict[str, list[Item]] = {}
    for item in items:
        lane = f"session {item.session}" if item.session else f"single {item.id}"
        lanes.setdefault(lane, []).append(item)
    return list(lanes.values())


def _answered(output: Path, retry_failed: bool) -> set[str]:
    """Ids that ``output`` already answers; a half-written last line (a kill) is cut off."""
    if not output.exists():
        return set()
    kept: list[str] = []
    ids: set[str] = set()
    try:
        lines = _lines(output.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"Cannot read the answers in {output}.", _why(error), "Give another --output file."
        ) from error
    for number, line in enumerate(lines, 1):
        try:
            answer = json.loads(line)
            answer_id, status = answer["id"], answer["status"]
        except (ValueError, KeyError, TypeError):
            if number == len(lines):
                continue
            raise UsageError(
                f"Line {number} of {output} is no answer.",
                "The file was not written by retort batch, or was edited.",
                "Give another --output file.",
            ) from None
        if retry_failed and status == "failed":
            continue
        kept.append(line)
        ids.add(answer_id)
    if len(kept) != len(lines):
        temporary = output.with_name(output.name + ".tmp")
        temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        os.replace(temporary, output)
    return ids


def _lines(text: str) -> list[str]:
    """The lines of JSONL. ``str.splitlines`` would also cut at U+2028, which JSON may hold."""
    return text.removesuffix("\n").split("\n") if text else []


def _why(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    return f"It is not UTF-8: {error.reason} at byte {error.start:,}."


def _append_to(output: Path) -> IO[str]:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        return output.open("a", encoding="utf-8")
    except OSError as error:
        raise RetortError(
            f"Cannot write the answers to {output}.",
            f"{error.strerror}.",
            "Give another --output file.",
        ) from error


def _write(file: IO[str], output: Path, answer: dict[str, Any]) -> None:
    try:
        file.write(json.dumps(answer, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise RetortError(
            f"Cannot write the answers to {output}.",
            f"{error.strerror}. Everything before this answer is saved.",
            "Make room and run the same command again; it goes on where it stopped.",
        ) from error


def _json_rows(text: str, path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(text), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(
                f"Line {number} of {path} is not JSON.", f"{error}.", "Correct the line."
            ) from None
        yield row if isinstance(row, dict) else {}


def _csv_rows(text: str, path: Path) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text))
    if "question" not in (reader.fieldnames or ()):
        raise UsageError(
            f"{path} has no column named question.",
            f"Its columns are: {', '.join(reader.fieldnames or ['none'])}.",
            "Rename the column that holds the questions to: question",
        )
    yield from reader


def _item(number: int, row: dict[str, Any], path: Path) -> Item:
    if "question" not in row:
        raise UsageError(
            f"Row {number} of {path} has no question.",
            f"Its fields are: {', '.join(map(str, row)) or 'none'}.",
            'Write {"id": "1", "question": "..."} on each line.',
        )
    return Item(
        storable(str(row.get("id") or number)),
        storable(str(row["question"] or "")),
        storable(str(row.get("session") or "")) or None,
    )
