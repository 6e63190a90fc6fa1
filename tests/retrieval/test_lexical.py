"""The lexical index: BM25 to the last digit, and derived generations equal to new ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.lexical import K1, B, Ints, LexicalIndex
from retort.retrieval.tokens import terms

TEXT = st.lists(st.sampled_from("egfr kinase T790M IL-6 dose dosing the of".split()), max_size=12)
CORPUS = st.dictionaries(st.integers(1, 60), TEXT.map(" ".join), max_size=12)


def build(corpus: Mapping[int, str], before: LexicalIndex | None = None) -> LexicalIndex:
    def texts(rows: Ints) -> Iterator[str]:
        return (corpus[int(row)] for row in rows)

    rows = np.array(sorted(corpus), np.int64)
    return (before or LexicalIndex.empty()).derive(rows, texts)


def bm25(documents: list[list[str]], query: str) -> list[float]:
    """As in the textbook, one document at a time."""
    mean = max(sum(map(len, documents)) / len(documents), 1.0) if documents else 1.0
    scores = []
    for document in documents:
        counts, score = Counter(document), 0.0
        for word in terms(query):
            held = sum(word in other for other in documents)
            if word in counts:
                idf = math.log(1 + (len(documents) - held + 0.5) / (held + 0.5))
                norm = K1 * (1 - B + B * len(document) / mean)
                score += idf * counts[word] / (counts[word] + norm)
        scores.append(score)
    return scores


@given(CORPUS, TEXT.map(" ".join))
def test_scores_are_those_of_bm25(corpus: dict[int, str], query: str) -> None:
    expected = bm25([terms(corpus[row]) for row in sorted(corpus)], query)
    assert np.allclose(build(corpus).scores(query), expected, rtol=1e-5)


@given(CORPUS, TEXT.map(" ".join), st.data())
def test_grouped_scores_are_those_of_the_joined_texts(
    corpus: dict[int, str], query: str, data: st.DataObject
) -> None:
    rows = sorted(corpus)
    group = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    joined: list[list[str]] = [[] for _ in range(4)]
    for row, number in zip(rows, group, strict=True):
        joined[number] += terms(corpus[row])
    scores = build(corpus).scores(query, np.array(group, np.int64), 4)
    assert np.allclose(scores, bm25(joined, query), rtol=1e-5)


@given(CORPUS, CORPUS, TEXT.map(" ".join))
def test_a_derived_index_equals_a_new_one(
    old: dict[int, str], new: dict[int, str], query: str
) -> None:
    new = {row: old.get(row, text) for row, text in new.items()}  # a row names one text for ever
    derived, fresh = build(new, before=build(old)), build(new)
    assert derived.rows.tolist() == fresh.rows.tolist()
    assert derived.lengths.tolist() == fresh.lengths.tolist()
    assert np.array_equal(derived.scores(query), fresh.scores(query))


def test_only_rows_not_seen_before_are_read() -> None:
    asked: list[int] = []

    def texts(rows: Ints) -> Iterator[str]:
        asked.extend(rows.tolist())
        return (f"text {row}" for row in rows)

    first = LexicalIndex.empty().derive(np.array([1, 2, 3], np.int64), texts)
    second = first.derive(np.array([2, 3, 7], np.int64), texts)
    assert asked == [1, 2, 3, 7]
    assert second.derive(second.rows, texts) is second


def test_an_index_of_nothing_and_a_query_of_nothing_score_nothing() -> None:
    assert LexicalIndex.empty().scores("egfr").tolist() == []
    assert build({1: "egfr", 2: ""}).scores("").tolist() == [0, 0]
