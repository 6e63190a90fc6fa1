"""Records ranked once, and a labelled set replayed: what the command line asks for.

Owns how records, criteria, labels and an encoder become one ranking. Knows no store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retort.agent.triage import matching, order, ranking, simulate, vectors
from retort.agent.triage.features import Features, counted, word_features
from retort.agent.triage.intake import Intake
from retort.agent.triage.ranking import Flags, Floats, Ints, Prior
from retort.agent.triage.records import Chosen, Criteria, Shown
from retort.retrieval.errors import UsageError

if TYPE_CHECKING:
    from retort.retrieval.encode import Encoder

Tell = Callable[[int, int, str], None]
"""``progress(done, total, note)``"""


class Ranker:
    """What rankings of some records need, made once.

    Args:
        taken: the records.
        criteria: may be empty.
        encoder: None ranks by words alone.
        cache: folder for the encoder's vectors; None keeps none.
        progress: called with the records the encoder has read, then with those counted.
    """

    def __init__(
        self,
        taken: Intake,
        criteria: Criteria,
        encoder: Encoder | None = None,
        cache: Path | None = None,
        progress: Tell | None = None,
    ) -> None:
        def tell(done: int, total: int, note: str) -> None:
            if progress:
                progress(done, total, note)

        texts = [record.text for record in taken.records]
        encoded, words = partial(tell, note="by the encoder"), partial(tell, note="by its words")
        read = vectors.read(texts, encoder, cache, encoded) if encoder else None
        counts = counted(texts, progress=words)
        self.has_text = np.array([bool(text) for text in texts])
        queries = matching.asked(criteria)
        sides = [matching.lexical(counts, queries)] if queries else []
        self.features = Features(word_features(taken.records, counts), read)
        if sides and encoder and read is not None:
            sides.append(matching.similarity(read, queries, encoder))
        self.prior = matching.prior(sides) if sides else Prior.none(len(texts))

    def scores(self, rows: Ints, is_relevant: Flags) -> Floats:
        """(n,) the higher, the sooner worth reading; records without text below all others."""
        scores = ranking.order(self.features, self.prior, rows, is_relevant)
        return np.where(self.has_text, scores, scores.min() - 1)


def rank(
    taken: Intake,
    criteria: Criteria,
    encoder: Encoder | None = None,
    cache: Path | None = None,
    progress: Tell | None = None,
) -> list[Shown]:
    """All records, best first, with the labels that they brought."""
    ranker = Ranker(taken, criteria, encoder, cache, progress)
    row_of = {record.id: row for row, record in enumerate(taken.records)}
    unclear = {conflict.record_id for conflict in taken.conflicts}
    holding = {d.record_id: d for d in taken.decisions if d.record_id not in unclear}
    known = [
        (row_of[one], d.label == "include") for one, d in holding.items() if d.label != "maybe"
    ]
    rows = np.array([row for row, _ in known], np.int64)
    flags = np.array([flag for _, flag in known], bool)
    scores = ranker.scores(rows, flags)
    stamp = order.stamped(flags, bool(ranker.prior), ranker.features.vectors is not None)
    shown = []
    for place, row in enumerate(np.argsort(-scores, kind="stable"), 1):
        record = taken.records[row]
        held = holding.get(record.id)
        note = held.note if held else taken.notes.get(record.id, "")
        chosen: Chosen = "certain" if record.text else "unreadable"
        shown.append(Shown(record, place, float(scores[row]), stamp, chosen, held, note))
    return shown


def replayed(
    taken: Intake,
    criteria: Criteria,
    seed: int = 0,
    encoder: Encoder | None = None,
    cache: Path | None = None,
    progress: Tell | None = None,
) -> simulate.Replay:
    """Replay a labelled set; see `simulate.replay`.

    Raises:
        UsageError: a record has no label, or none is relevant, or all are.
    """
    said = {decision.record_id: decision.label for decision in taken.decisions}
    missing = [record.id for record in taken.records if record.id not in said]
    found = sum(label == "include" for label in said.values())
    if missing or taken.conflicts or not 0 < found < len(taken.records):
        why = (
            f"{len(missing):,} of {len(taken.records):,} records have no label, the first is "
            f"{missing[0]}."
            if missing
            else f"{taken.conflicts[0].record_id} is labelled both ways."
            if taken.conflicts
            else f"{found} of {len(taken.records):,} records are relevant."
        )
        raise UsageError(
            "This set cannot be replayed.",
            why,
            "Give a set in which each record is labelled, 1 or 0, in a column label_included.",
        )
    labels = np.array([said[record.id] == "include" for record in taken.records])
    ranker = Ranker(taken, criteria, encoder, cache, progress)
    first = () if ranker.prior else simulate.drawn(labels, seed)

    def tell(done: int, total: int) -> None:
        if progress:
            progress(done, total, "")

    return simulate.replay(labels, ranker.scores, first, tell)
