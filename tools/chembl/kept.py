"""Answers of the web service, kept on disk with the time at which they were given.

Owns the files and how long an answer counts as fresh. Knows no service.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FRESH_S = 24 * 3600
"""seconds for which a kept answer stands for a new one"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of a resource."""

    rows: tuple[dict[str, Any], ...]
    total: int
    """rows that match in all"""
    retrieved_at: str
    """UTC, ISO 8601: when the service said so"""

    @property
    def is_fresh(self) -> bool:
        """Whether it stands for a new one."""
        return is_fresh(self.retrieved_at)


def now() -> str:
    """The time, as an answer carries it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def age_s(retrieved_at: str) -> float:
    """Seconds since an answer was given.

    Raises:
        ValueError: this is no time, has no time zone, or lies ahead.
    """
    age = (datetime.now(UTC) - datetime.fromisoformat(retrieved_at).astimezone(UTC)).total_seconds()
    if age < -60:
        raise ValueError(f"{retrieved_at} lies ahead")
    return age


def is_fresh(retrieved_at: str) -> bool:
    """Whether an answer of this time stands for a new one; older ones are shown in outages only."""
    return age_s(retrieved_at) < FRESH_S


def read(path: Path) -> Answer | None:
    """A kept answer, fresh or not. A damaged file is thrown away."""
    try:
        kept = json.loads(path.read_bytes())
        answer = Answer(tuple(kept["rows"]), kept["total"], kept["retrieved_at"])
        age_s(answer.retrieved_at)
        whole = isinstance(answer.total, int) and all(isinstance(row, dict) for row in answer.rows)
        if not whole:
            raise ValueError("rows or total have another form")
    except OSError:
        return None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        drop(path)
        return None
    return answer


def write(path: Path, head: dict[str, Any], answer: Answer) -> None:
    """Keep an answer, all of it or nothing; where nothing can be written, nothing is kept.

    Args:
        path: the file.
        head: what was asked, for whoever reads the file.
        answer: the answer.
    """
    kept = {"retrieved_at": answer.retrieved_at, "total": answer.total, "rows": answer.rows}
    part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(head | kept), encoding="utf-8")
        part.replace(path)
    except OSError:
        drop(part)


def drop(path: Path) -> None:
    """Throw a file away, if that can be done."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
