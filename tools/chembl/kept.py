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
"""seconds for which an answer kept on disk is used"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of a resource."""

    rows: tuple[dict[str, Any], ...]
    total: int
    """rows that match in all"""
    retrieved_at: str
    """UTC, ISO 8601: when the service said so"""


def read(path: Path) -> Answer | None:
    """A kept answer, if it is there, whole and fresh."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        age = datetime.now(UTC) - datetime.fromisoformat(kept["retrieved_at"])
        answer = Answer(tuple(kept["rows"]), int(kept["total"]), kept["retrieved_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return answer if 0 <= age.total_seconds() < FRESH_S else None


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
        with suppress(OSError):
            part.unlink(missing_ok=True)
