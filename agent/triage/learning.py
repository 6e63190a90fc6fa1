"""A ranking that learns in the background: a thread that nobody waits for.

Owns when the ranking is made anew, and the encoder's vectors, which come later than the words.
Vectors and the newest ranking are kept in a cache that can be made again: with it the next start
has a ranking at once, while the words are counted anew. Knows no store and no page.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retort.agent.triage import matching, order, ranking, vectors
from retort.agent.triage.features import Features, Vectors, counted, word_features
from retort.agent.triage.order import Ranking
from retort.agent.triage.ranking import Flags, Floats, Ints, Prior
from retort.agent.triage.records import Criteria, Record

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from retort.retrieval.encode import Encoder

log = logging.getLogger(__name__)

LATER = 15
"""niceness of the thread that encodes"""


class Learner:
    """Ranks records, anew whenever labels or vectors have come.

    Args:
        records: all of a screening.
        criteria: may be empty.
        encoder: reads the records in a thread of its own; None: words only.
        cache: folder for the vectors and the ranking; None keeps none.
        name: of the ranking in the cache; no other screening's.
        seed: of the order where neither criteria nor labels say anything.
    """

    def __init__(
        self,
        records: Sequence[Record],
        criteria: Criteria,
        encoder: Encoder | None = None,
        cache: Path | None = None,
        name: str = "",
        seed: int = 0,
    ) -> None:
        self._records = records
        self._criteria = criteria
        self._encoder = encoder
        self._cache = cache
        self._file = cache / f"{name}.npz" if cache and name else None
        self._chance = np.random.default_rng(seed).permutation(len(records))
        self._news = threading.Condition()
        self._labels: tuple[Ints, Flags] = (np.zeros(0, np.int64), np.zeros(0, bool))
        self._asked, self._answered = 1, 0
        self._vectors: Vectors | None = None
        self._encoded, self._is_encoded = 0, encoder is None
        self._is_closed = False
        self._newest = order.kept(self._file, len(records)) if self._file else None
        self._counted = 0
        self._threads = [threading.Thread(target=self._learn, daemon=True)]
        if encoder is not None:
            self._threads.append(threading.Thread(target=self._encode, daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def newest(self) -> Ranking:
        """The ranking as it is now; waits for the first."""
        with self._news:
            self._news.wait_for(lambda: self._newest is not None)
            assert self._newest is not None
            return self._newest

    def wait_for_first(self, seconds: float) -> bool:
        """Wait for the first ranking; False where that took longer."""
        with self._news:
            return self._news.wait_for(lambda: self._newest is not None, seconds)

    @property
    def is_learning(self) -> bool:
        """Whether labels or vectors have come that the newest ranking does not know."""
        with self._news:
            return self._answered < self._asked

    @property
    def encoded(self) -> tuple[int, int]:
        """Records that an encoder has read, of all; (0, 0) without an encoder."""
        return (self._encoded, len(self._records)) if self._encoder else (0, 0)

    @property
    def counted(self) -> tuple[int, int]:
        """Records of which the words are counted, of all."""
        return self._counted, len(self._records)

    def learn(self, rows: Ints, is_relevant: Flags) -> None:
        """Take these labels from now on; returns at once."""
        with self._news:
            self._labels = (rows, is_relevant)
            self._asked += 1
            self._news.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until the newest ranking knows all; False where that took longer."""
        with self._news:
            return self._news.wait_for(self._knows_all, seconds)

    def _knows_all(self) -> bool:
        return self._is_encoded and self._answered == self._asked

    def close(self) -> None:
        """Stop both threads."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()
        for thread in self._threads:
            thread.join()

    def _learn(self) -> None:
        queries = matching.asked(self._criteria)
        try:
            has_text, words, sides = self._words(queries)
        except _Closed:
            return
        prior = matching.prior(sides) if sides else Prior.none(len(self._records))
        has_vectors = False
        while True:
            with self._news:
                self._news.wait_for(lambda: self._is_closed or self._answered < self._asked)
                if self._is_closed:
                    return
                asked, labels, read = self._asked, self._labels, self._vectors
            try:
                if read is not None and self._encoder and not has_vectors:
                    has_vectors = True
                    if sides:
                        near = matching.similarity(read, queries, self._encoder)
                        prior = matching.prior([*sides, near])
                made = self._ranked(Features(words, read), prior, has_text, *labels)
            except Exception:  # the ranking before stays
                log.exception("the ranking could not learn")
                made = self._newest or self._ranked(Features(words), prior, has_text, *_NO_LABELS)
            self._offer(made, asked)
            if self._file:
                order.keep(self._file, made)

    def _offer(self, made: Ranking, asked: int = 0) -> None:
        """Let a ranking be used, which knows what was asked for so far."""
        with self._news:
            self._newest, self._answered = made, asked
            self._news.notify_all()

    def _words(self, queries: Sequence[str]) -> tuple[Flags, csr_matrix, list[Floats]]:
        """Which records have text, their words, and what these say to the queries."""
        has_text = np.ones(len(self._records), bool)
        try:
            texts = [record.text for record in self._records]
            has_text = np.array([bool(text) for text in texts])
            if not queries and not order.has_both(self._labels[1]):
                by_chance = Prior.none(len(texts)).first
                self._offer(order.ranking("by chance", by_chance, has_text, self._chance))
            counts = counted(texts, progress=self._tell_counted)
            del texts
            sides = [matching.lexical(counts, queries)] if queries else []
            return has_text, word_features(self._records, counts), sides
        except _Closed:
            raise
        except Exception:  # records are shown all the same, as they came
            log.exception("the words of the records could not be read")
            return has_text, word_features([Record("", "")] * len(self._records)), []

    def _tell_counted(self, done: int, total: int) -> None:
        if self._is_closed:
            raise _Closed
        self._counted = done

    def _ranked(
        self, features: Features, prior: Prior, has_text: Flags, rows: Ints, flags: Flags
    ) -> Ranking:
        scores = ranking.order(features, prior, rows, flags)
        stamp = order.stamped(flags, bool(prior), features.vectors is not None)
        return order.ranking(stamp, scores, has_text, self._chance)

    def _encode(self) -> None:
        assert self._encoder
        _step_back()
        read = None
        try:
            texts = [record.text for record in self._records]
            read = vectors.read(
                texts, self._encoder, self._cache, self._tell_encoded, lambda: self._is_closed
            )
        except Exception:  # words alone rank, too
            log.exception("the encoder could not read the records")
        with self._news:
            if read is not None:
                self._vectors = read
                self._asked += 1
            self._encoded, self._is_encoded = len(self._records), True
            self._news.notify_all()

    def _tell_encoded(self, done: int, total: int) -> None:
        self._encoded = done


def _step_back() -> None:
    """Let this thread, and those that compute for it, wait for all others: with many records it
    runs for an hour, and somebody reads meanwhile. Only Linux knows priorities of threads.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(now, LATER))


_NO_LABELS: tuple[Ints, Flags] = (np.zeros(0, np.int64), np.zeros(0, bool))


class _Closed(Exception):
    """Nobody waits for the words any more."""
