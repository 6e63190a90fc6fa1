"""What the order of reading rests on: criteria first, labels later, the same every time."""

from __future__ import annotations

import numpy as np

from retort.agent.triage.features import Features, word_features, words_and_pairs
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


def test_terms_and_their_neighbours() -> None:
    assert words_and_pairs("Rizatriptan for migraines") == [
        "rizatriptan",
        "migrain",
        "rizatriptan migrain",
    ]


def test_scores_that_are_all_alike_are_nought() -> None:
    assert (standardised(np.ones(3)) == 0).all()
