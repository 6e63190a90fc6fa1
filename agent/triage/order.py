"""A ranking of all records, and how it is kept from one start to the next.

Owns the file of a ranking. Knows not how one is made.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from retort.agent.triage import cache
from retort.agent.triage.ranking import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Ranking:
    """All records in the order in which they are worth reading."""

    stamp: str
    """``criteria``, ``by chance`` or ``labels-N``; with ``+vectors`` where an encoder has read"""
    scores: Floats
    """(n,)"""
    order: Ints
    """(n,) rows, best first; those with neither title nor abstract last"""
    places: Ints
    """(n,) of each row, 1 for the best"""
    readable: int
    """records with a title or an abstract, the first so many of ``order``"""


def stamped(is_relevant: Flags, has_criteria: bool, has_vectors: bool) -> str:
    """The stamp of a ranking made of these labels, criteria and vectors; see `Ranking`."""
    if has_both(is_relevant):
        made_of = f"labels-{len(is_relevant)}"
    elif has_criteria:
        made_of = "criteria"
    else:
        return "by chance"
    return made_of + "+vectors" * has_vectors


def has_both(is_relevant: Flags) -> bool:
    """Whether there are labels of both kinds, without which none can teach."""
    return bool(0 < is_relevant.sum() < len(is_relevant))


def ranking(stamp: str, scores: Floats, has_text: Flags, chance: Ints) -> Ranking:
    """The ranking that scores make.

    Args:
        stamp: see `Ranking`.
        scores: (n,) the higher, the sooner worth reading.
        has_text: (n,) False puts a record last.
        chance: (n,) the order of equals.
    """
    return _ordered(stamp, scores, np.lexsort((chance, -scores, ~has_text)), int(has_text.sum()))


def keep(file: Path, made: Ranking) -> None:
    """Keep a ranking for the next start, scores in single precision."""
    content = io.BytesIO()
    np.savez(
        content,
        stamp=np.array(made.stamp),
        scores=made.scores.astype(np.float32),
        order=made.order.astype(np.int32),
        readable=np.array(made.readable),
    )
    cache.keep(file, content.getvalue())


def kept(file: Path, count: int) -> Ranking | None:
    """The ranking of so many records at the last start; None where none was kept whole."""
    content = cache.read(file)
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            stamp, readable = str(held["stamp"]), int(held["readable"])
            scores, order = held["scores"].astype(np.float64), held["order"].astype(np.int64)
    except (ValueError, KeyError, BadZipFile):
        return None
    is_whole = scores.shape == order.shape == (count,)
    if not is_whole or not (np.sort(order) == np.arange(count)).all():
        return None
    return _ordered(stamp, scores, order, readable)


def _ordered(stamp: str, scores: Floats, order: Ints, readable: int) -> Ranking:
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(1, len(order) + 1)
    return Ranking(stamp, scores, order, places, readable)
