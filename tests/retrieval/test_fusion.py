"""The two ways to add lexical and dense scores, and what ships for one encoder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import all_passages, make_library, make_paper

from retort.retrieval import fusion, minilm
from retort.retrieval.encode import BundledEncoder, HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.library import Library
from retort.retrieval.search import PAPER_SHARE, search

TWO, MANY = 30, 90
"""sentences of a paper of two passages, and of more"""
SCORES = st.lists(st.floats(0, 40, width=32), min_size=2, max_size=20)


@given(SCORES)
def test_plain_scores_lie_between_0_and_1_and_both_sides_weigh_alike(values: list[float]) -> None:
    lexical = np.array(values, np.float32)
    dense = lexical[::-1].copy()
    scores = fusion.plain(lexical, dense)
    assert scores.min() >= 0 and scores.max() <= 1
    assert np.array_equal(scores, fusion.plain(dense, lexical))


@given(SCORES, st.floats(1, 50))
def test_a_learnt_score_does_not_depend_on_what_else_is_found(
    values: list[float], bound: float
) -> None:
    lexical = np.array(values, np.float32)
    dense = np.cos(lexical)
    alone = [fusion.learnt(lexical[[n]], bound, dense[[n]])[0] for n in range(len(values))]
    assert np.array_equal(fusion.learnt(lexical, bound, dense), alone)


def test_without_a_known_term_the_dense_side_decides() -> None:
    dense = np.array([0.2, 0.6], np.float32)
    assert fusion.learnt(np.zeros(2, np.float32), 0.0, dense).tolist() == (dense / 2).tolist()


def test_what_ships_is_for_the_bundled_encoder_and_no_other() -> None:
    learnt = fusion.query_map(BundledEncoder.digest)
    assert learnt is not None and learnt.matrix.shape == (minilm.DIMENSION,) * 2
    assert learnt.matrix.dtype == np.float32 and np.isfinite(learnt.matrix).all()
    assert fusion.query_map(HashingEncoder().digest) is None
    assert fusion.WEIGHTS.stat().st_size < 1 << 20
    # It turns a query a little: it must still find a passage that says the same.
    size = minilm.DIMENSION
    vectors = np.random.default_rng(0).standard_normal((200, size)).astype(np.float32)
    turned = vectors @ (learnt.weight * np.eye(size) + learnt.matrix)
    assert (np.argmax(turned @ vectors.T, axis=1) == np.arange(200)).all()


@pytest.mark.parametrize("content", [None, b"", b"no weights"])
def test_a_missing_or_damaged_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "query_map.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RetortError, match="query_map"):
        fusion.query_map("x", path)


def test_no_passage_scores_more_than_the_bound(tmp_path: Path) -> None:
    library = make_library(tmp_path / "a", papers=20)
    with library.view() as view:
        for query in ("warfarin dose", "EGFR T790M resistance", "unknownword"):
            question = view.ask(query, PAPER_SHARE)
            _, scores = question.best(100)
            assert scores.max(initial=0) <= question.bound
    assert question.bound == 0


@pytest.fixture
def mixed(tmp_path: Path) -> Library:
    """Twenty papers: of every four, two of one passage, one of two, one of three or more."""
    library = make_library(tmp_path / "mixed")
    library.add(make_paper(number, (4, 4, TWO, MANY)[number % 4]) for number in range(20))
    return library


def counts(library: Library) -> Counter[str]:
    return Counter(passage.paper_id for passage in all_passages(library))


def test_the_view_knows_the_length_of_each_paper(mixed: Library) -> None:
    mixed.remove(mixed.removal(["PMID:3"]))
    mixed.add([make_paper(2, MANY), make_paper(19, 4, "Changed. ")])
    held = counts(mixed)
    assert {1, 2} < set(held.values())
    with mixed.view() as view:
        alive = np.flatnonzero(view.snapshot.alive)[::3]
        papers = [passage.paper_id for passage, _ in view.passages(alive)]
        assert view.lengths_of(alive).tolist() == [held[paper] for paper in papers]


def test_the_matrix_counts_for_short_papers_only(
    mixed: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, held = "warfarin dose", counts(mixed)
    near = search(mixed, query, 200, "dense", None)
    cosines = {hit.passage.passage_id: hit.score for hit in near}
    with mixed.view() as view:
        question = view.ask(query, PAPER_SHARE)
        positions = np.arange(len(near))
        shares = (question.scores(positions) / question.bound).tolist()
        names = [passage.passage_id for passage, _ in view.passages(positions)]
    lexical = dict(zip(names, shares, strict=True))
    learnt = fusion.QueryMap(0.9, -0.5 * np.eye(mixed.encoder().dimension, dtype=np.float32))
    monkeypatch.setattr(fusion, "query_map", {mixed.encoder().digest: learnt}.__getitem__)
    found = search(mixed, query, 200, "fused", None)
    assert {hit.passage.passage_id for hit in found} == set(lexical)
    for hit in found:
        name = hit.passage.passage_id
        weight = 0.4 if held[hit.passage.paper_id] <= fusion.SHORT else 0.9
        assert hit.score == pytest.approx((lexical[name] + weight * cosines[name]) / 2, abs=2e-6)


def test_the_dense_ranking_is_as_without_the_matrix(
    mixed: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = search(mixed, "warfarin dose", 20, "dense")
    matrix = np.ones((mixed.encoder().dimension,) * 2, np.float32)
    monkeypatch.setattr(fusion, "query_map", lambda _: fusion.QueryMap(1.0, matrix))
    assert search(mixed, "warfarin dose", 20, "dense") == near
