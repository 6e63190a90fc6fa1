"""What the order of reading rests on: criteria first, labels later, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from retort.agent.triage import features as features_of
from retort.agent.triage.features import Features, counted, word_features
from retort.agent.triage.ranking import Prior, order, standardised
from retort.agent.triage.records import Record
from retort.retrieval.encode import HashingEncoder

NO_ROWS, NO_LABELS = np.zeros(0, np.int64), np.zeros(0, bool)


def features(records: tuple[Record, ...], has_vectors: bool = True) -> Features:
    vectors = HashingEncoder().encode([r.text for r in records]) if has_vectors else None
    return Features(word_features(records), vectors)


def truth(records: tuple[Record, ...]) -> np.ndarray:
    return np.array([int(record.id) % 4 == 0 for record in records])


def test_criteria_alone_decide_until_both_kinds_are_labelled(records: tuple[Record, ...]) -> None:
    prior = Prior(np.arange(40.0), -np.arange(40.0))
    for rows, labels in (
        (NO_ROWS, NO_LABELS),
        (np.array([3]), np.array([False])),
    ):
        scores = order(features(records), prior, rows, labels)
        assert scores.argsort().tolist() == list(range(40))


def test_labels_teach_and_no_chance_is_in_it(records: tuple[Record, ...]) -> None:
    rows, known = np.array([0, 1]), features(records)
    labels = truth(records)[rows]
    scores = order(known, Prior.none(40), rows, labels)
    assert set(np.argsort(-scores)[:10]) == set(np.flatnonzero(truth(records)))
    assert (scores == order(known, Prior.none(40), rows, labels)).all()


def test_criteria_fade_as_relevant_records_are_found(records: tuple[Record, ...]) -> None:
    wrong = np.where(truth(records), -1.0, 1.0)
    prior = Prior(wrong, standardised(wrong))

    def lead(count: int) -> float:
        rows = np.arange(count)
        scores = order(features(records, False), prior, rows, truth(records)[rows])
        unread = np.arange(40) >= count
        good = truth(records)
        return float(scores[good & unread].mean() - scores[~good & unread].mean())

    assert lead(2) < lead(36)


def test_a_title_counts_without_an_abstract() -> None:
    records = (Record("1", "Migraine and triptans"), Record("2", ""), Record("3", "x", "migraine"))
    words = word_features(records)
    assert words.shape[0] == 3
    assert words[0].nnz > 0 and words[1].nnz == 0


def test_columns_that_hold_nothing_are_left_out(records: tuple[Record, ...]) -> None:
    words = word_features(records)
    assert (np.asarray(words.sum(axis=0)).ravel()[1:] > 0).all()
    scores = order(
        Features(word_features([Record("1", ""), Record("2", "")])),
        Prior.none(2),
        np.array([0, 1]),
        np.array([True, False]),
    )
    assert not scores.any()  # nothing tells them apart, and nothing fails


def test_terms_and_their_neighbours_are_counted() -> None:
    counts = counted(["Rizatriptan for migraines, migraines", "migraine", "", "migraine for"])
    assert counts.sum(axis=1).ravel().tolist() == [[5, 1, 0, 1]], "three terms and two pairs"
    assert sorted(counts[0].data) == [1, 1, 1, 2]
    assert (counts[1] != counts[3]).nnz == 0, "stop words are none"
    single = counted(["rizatriptan migraine migraine"], has_pairs=False)
    assert single.sum() == 3 and counts[0].multiply(single).nnz == 2


def test_neighbours_have_an_order() -> None:
    one, other = counted(["headache nausea"]), counted(["nausea headache"])
    assert one.multiply(other).nnz == 2, "the terms alone"


def test_texts_are_counted_alike_however_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"migraine number {n} of {n % 3}" for n in range(7)]
    whole, told = counted(texts), []
    monkeypatch.setattr(features_of, "CHUNK", 3)
    parts = counted(texts, progress=lambda done, total: told.append((done, total)))
    assert (whole != parts).nnz == 0
    assert told == [(3, 7), (6, 7), (7, 7)]


def test_scores_that_are_all_alike_are_nought() -> None:
    assert (standardised(np.ones(3)) == 0).all()
