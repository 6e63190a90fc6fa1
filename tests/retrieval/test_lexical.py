"""The lexical index: BM25 to the last digit, segments equal to one index, pruning to none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retort.retrieval import lexical, segments
from retort.retrieval.arrays import in_memory
from retort.retrieval.lexical import K1, B, LexicalIndex
from retort.retrieval.segments import Segment
from retort.retrieval.tokens import terms

TEXT = st.lists(
    st.sampled_from("egfr kinase T790M IL-6 dose dosing the of α".split()), max_size=12
).map(" ".join)
PAPER = st.lists(TEXT, min_size=1, max_size=4)
PAPERS = st.lists(PAPER, max_size=10)
QUERY = TEXT

Corpus = Mapping[int, list[str]]
"""paper -> its passages"""


def segment(papers: Corpus, rows: Mapping[int, list[int]]) -> Segment:
    numbers = sorted(papers)
    return segments.count(
        np.array([row for paper in numbers for row in rows[paper]], np.int64),
        np.array([paper for paper in numbers for _ in papers[paper]], np.int64),
        [text for paper in numbers for text in papers[paper]],
    )


def index(parts: list[Segment], removed: set[int] = frozenset()) -> LexicalIndex:  # type: ignore[assignment]
    papers = np.concatenate([np.zeros(0, np.int64), *(part.papers for part in parts)])
    alive = ~np.isin(papers, list(removed)) if removed else np.ones(len(papers), bool)
    return LexicalIndex(parts, alive, np.cumsum(np.diff(papers, prepend=papers[:1]) > 0))


def built(papers: list[list[str]]) -> tuple[Corpus, dict[int, list[int]]]:
    corpus, rows, row = {}, {}, 1
    for number, passages in enumerate(papers, 1):
        corpus[number] = passages
        rows[number] = list(range(row, row + len(passages)))
        row += len(passages)
    return corpus, rows


def bm25(documents: list[list[str]], query: str) -> list[float]:
    """As in the textbook, one document at a time."""
    mean = max(sum(map(len, documents)) / len(documents), 1.0) if documents else 1.0
    scores = []
    for document in documents:
        counts, score = Counter(document), 0.0
        for word in dict.fromkeys(terms(query)):
            held = sum(word in other for other in documents)
            if word in counts:
                idf = math.log(1 + (len(documents) - held + 0.5) / (held + 0.5))
                norm = K1 * (1 - B + B * len(document) / mean)
                score += idf * counts[word] / (counts[word] + norm)
        scores.append(score)
    return scores


@given(PAPERS, QUERY, st.sampled_from([0, 0.5, 2 / 3]))
def test_scores_are_those_of_bm25_over_passages_and_papers(
    papers: list[list[str]], query: str, share: float
) -> None:
    passages = [terms(text) for paper in papers for text in paper]
    whole = bm25([terms(" ".join(paper)) for paper in papers], query)
    of_paper = [whole[number] for number, paper in enumerate(papers) for _ in paper]
    if len(passages) == len(papers):
        share = 0
    expected = [
        (1 - share) * one + share * other if one else 0
        for one, other in zip(bm25(passages, query), of_paper, strict=True)
    ]
    found = index([segment(*built(papers))]).scores(query, share)
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAPERS, QUERY, st.sampled_from([0, 2 / 3]), st.integers(1, 5), st.data())
def test_the_best_are_the_best_of_all_though_not_all_is_read(
    monkeypatch: pytest.MonkeyPatch,
    papers: list[list[str]],
    query: str,
    share: float,
    k: int,
    data: st.DataObject,
) -> None:
    made = index([segment(*built(papers))])
    count = len(made.papers)
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)
    monkeypatch.setattr(lexical, "FEW", 1)
    scores = np.where(allowed, made.scores(query, share), 0)
    order = np.argsort(-scores, kind="stable")[:k]
    order = order[scores[order] > 0]
    positions, found = made.ask(query, share).best(k, allowed)
    assert positions.tolist() == order.tolist()
    assert found.tolist() == scores[order].tolist()


def test_frequent_terms_are_not_read_where_they_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [["kinase of dose"] for _ in range(300)]
    for number in range(0, 300, 50):
        texts[number] = [f"zanubrutinib kinase dose {'egfr ' * (number // 50)}"]
    made = index([segment(*built(texts))])
    monkeypatch.setattr(lexical, "FEW", 20)
    read: list[int] = []
    add = lexical.Where.add_to

    def counted(self: lexical.Where, *given: Any) -> None:
        read.append(len(self))
        add(self, *given)

    monkeypatch.setattr(lexical.Where, "add_to", counted)
    positions, _ = made.ask("kinase dose zanubrutinib egfr").best(3)
    assert [count for count in read if count] == [5, 6]
    assert (
        positions.tolist()
        == np.argsort(-made.scores("kinase dose zanubrutinib egfr"), kind="stable")[:3].tolist()
    )


@given(PAPERS, st.data(), QUERY)
def test_segments_with_removals_equal_one_new_index(
    papers: list[list[str]], data: st.DataObject, query: str
) -> None:
    corpus, rows = built(papers)
    numbers = sorted(corpus)
    removed = set(data.draw(st.lists(st.sampled_from(numbers), unique=True))) if numbers else set()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(numbers)), max_size=3)))
    parts = []
    for first, last in zip([0, *cuts], [*cuts, len(numbers)], strict=True):
        parts.append(segment({n: corpus[n] for n in numbers[first:last]}, rows))
    fresh = index([segment({n: corpus[n] for n in numbers if n not in removed}, rows)])
    masked = index(parts, removed)
    keeps = [~np.isin(part.papers, list(removed)) for part in parts]
    merged = segments.merge(list(zip(parts, keeps, strict=True)), in_memory)
    expected = fresh.scores(query, 2 / 3)
    assert np.array_equal(masked.scores(query, 2 / 3)[masked.alive], expected)
    assert np.array_equal(index([merged]).scores(query, 2 / 3), expected)


@given(PAPERS, st.integers(1, 20))
def test_a_merged_segment_is_the_counted_one(papers: list[list[str]], at_once: int) -> None:
    corpus, rows = built(papers)
    parts = [segment({number: corpus[number]}, rows) for number in sorted(corpus)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "_POSTINGS_AT_ONCE", at_once)
        keeps = [np.ones(len(part.rows), bool) for part in parts]
        merged = segments.merge(list(zip(parts, keeps, strict=True)), in_memory)
    counted = segment(corpus, rows)
    for name in Segment.__slots__:
        one, other = getattr(merged, name)[:], getattr(counted, name)[:]
        assert one.dtype == other.dtype and np.array_equal(one, other), name


def test_an_index_of_nothing_and_a_query_of_nothing_score_nothing() -> None:
    nothing = index([])
    assert nothing.scores("egfr").tolist() == []
    assert nothing.ask("egfr").best(3)[0].tolist() == []
    made = index([segment(*built([["egfr"], [""]]))])
    assert made.scores("").tolist() == [0, 0]
    assert made.ask("the of").best(3)[0].tolist() == []
