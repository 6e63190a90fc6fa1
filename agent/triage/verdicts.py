"""Verdicts of language models on records: asked for once, kept at once, and found again.

Owns what makes two questions the same (the model, the criteria, what the record says), and how
many records are judged in one go. Knows no ranking and no door.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from typing import Any

from retort.agent.models import cancellation
from retort.agent.triage import judging
from retort.agent.triage.judging import ChatJudge
from retort.agent.triage.records import Criteria, Reason, Record, Shown
from retort.agent.triage.store import Store
from retort.retrieval.errors import OutageError, RetortError


class Verdicts:
    """What was said of records by one set of criteria. Safe to use from several threads."""

    def __init__(self, kept: Store, criteria: Criteria) -> None:
        self._store = kept
        self._criteria = criteria
        self._by = _digest(asdict(criteria))
        self._lock = threading.Lock()
        self._said = kept.verdicts(self._by)

    def of(self, record: Record) -> tuple[Reason, ...]:
        """The newest verdicts on a record, whichever model gave them; empty where none did."""
        with self._lock:
            if not self._said:
                return ()
            models = [*self._said.get(_place(record), {}).values()]
        newest = next((said for said in reversed(models) if said), [])
        return tuple(Reason(**fields) for fields in newest)

    def has(self, record: Record, judge: ChatJudge) -> bool:
        """Whether this judge has judged the record; it may have had nothing to say."""
        with self._lock:
            return judge.name in self._said.get(_place(record), {})

    def ask(self, record: Record, judge: ChatJudge) -> None:
        """Have a record judged and keep what is said; does nothing where that was done before, and
        keeps nothing where a Stop came meanwhile.

        Raises:
            RetortError: the model gave no reply, or the verdicts cannot be kept.
        """
        if self.has(record, judge):
            return
        said = [asdict(reason) for reason in judge.judge(record, self._criteria)]
        if cancellation.is_cancelled():
            return
        place = _place(record)
        self._store.keep_verdicts(self._by, place, judge.name, said)
        with self._lock:
            self._said.setdefault(place, {})[judge.name] = said


def beside(
    rows: Sequence[Shown], criteria: Criteria, verdicts: Verdicts | None = None
) -> list[Shown]:
    """The rows with what was said of their records, and with possible exclusions."""
    return [
        replace(row, reasons=judging.told(row.record, criteria, said))
        for row in rows
        for said in [verdicts.of(row.record) if verdicts else ()]
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging some records."""

    asked: int
    """judged now"""
    before: int
    """judged before, and not asked again"""
    failed: int
    left: int
    """not asked: a Stop came, or the model could not be reached any more"""
    error: RetortError | None = None
    """the first failure"""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        own = {name: getattr(self, name) for name in ("asked", "before", "failed", "left")}
        return own | {"error": self.error and self.error.as_dict()}


def judge_all(
    verdicts: Verdicts,
    records: Sequence[Record],
    judge: ChatJudge,
    at_once: int,
    stop: threading.Event,
    progress: Callable[[int, int, str], None],
) -> Judged:
    """Judge records, several at a time, in their order.

    Args:
        verdicts: where they are kept, each record's as it comes.
        records: what is judged; those that this judge has judged are left out.
        judge: who is asked.
        at_once: records in flight.
        stop: set it to end within a moment; records in flight are asked again another time.
        progress: called with the records done and all, after each.
    """
    wanted = [record for record in records if not verdicts.has(record, judge)]
    is_down = threading.Event()

    def one(record: Record) -> RetortError | None:
        cancellation.set_current(stop)
        if not (stop.is_set() or is_down.is_set()):
            try:
                verdicts.ask(record, judge)
            except RetortError as error:
                if isinstance(error, OutageError):
                    is_down.set()
                return error
        return None

    errors: list[RetortError] = []
    with ThreadPoolExecutor(at_once, thread_name_prefix="judge") as pool:
        futures = [pool.submit(one, record) for record in wanted]
        for number, future in enumerate(as_completed(futures), 1):
            errors += [error] if (error := future.result()) else []
            progress(number, len(wanted), f"{len(errors)} failed" if errors else "")
    asked = sum(verdicts.has(record, judge) for record in wanted)
    left = len(wanted) - asked - len(errors)
    before = len(records) - len(wanted)
    return Judged(asked, before, len(errors), left, errors[0] if errors else None)


def _place(record: Record) -> str:
    return _digest([record.title, record.abstract])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
