"""Dense search: exact equals brute force, lists reach their recall, masks hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval import vectors
from retort.retrieval.vectors import VectorIndex, VectorPart, make_lists


def unit(count: int, seed: int = 0, dimension: int = 16) -> np.ndarray:
    """Vectors in clouds, as those of texts are."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((max(count // 40, 1), dimension))
    cloud = centres[random.integers(0, len(centres), count)]
    made = cloud + 0.5 * random.standard_normal((count, dimension))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def nearest(values: np.ndarray, query: np.ndarray, k: int, may: np.ndarray) -> list[int]:
    scores = np.einsum("nd,d->n", values.astype(np.float32), query)
    scores[~may] = -np.inf
    order = np.argsort(-scores, kind="stable")[:k]
    return [int(n) for n in order if np.isfinite(scores[n])]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 20), st.integers(0, 5), st.data())
def test_exact_search_is_brute_force(
    first: int, second: int, k: int, seed: int, data: st.DataObject
) -> None:
    values = unit(first + second, seed)
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    alive, allowed = (random.random((2, len(values))) < 0.8).astype(bool)
    index = VectorIndex([VectorPart(values[:first]), VectorPart(values[first:])], alive)
    queries = unit(3, seed + 1).astype(np.float32)
    assert len(index) == alive.sum()
    for query, found, within in zip(
        queries, index.search(queries, k), index.search(queries, k, allowed), strict=True
    ):
        assert found.tolist() == nearest(values, query, k, alive)
        assert within.tolist() == nearest(values, query, k, alive & allowed)
        assert np.allclose(index.similarity(query, found), values[found] @ query, atol=1e-3)


@pytest.fixture(scope="module")
def listed() -> tuple[np.ndarray, VectorPart]:
    values = unit(5_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "_GATHERED", 0)
        return values, VectorPart(values, make_lists(values))


@pytest.fixture(autouse=True)
def nothing_is_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_GATHERED", 0)


def test_lists_find_what_they_promise(listed: tuple[np.ndarray, VectorPart]) -> None:
    values, part = listed
    assert part.lists is not None
    assert part.lists.probes < part.lists.lists
    assert part.lists.recall >= vectors.WANTED_RECALL
    queries = unit(200, seed=0)[:50].astype(np.float32)
    everything = np.ones(len(values), bool)
    shares = [
        np.isin(nearest(values, query, 100, everything), found).mean()
        for query, found in zip(
            queries, VectorIndex([part], everything).search(queries, 100), strict=True
        )
    ]
    assert np.mean(shares) >= vectors.WANTED_RECALL - 0.02


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_lists_find_among_the_allowed(
    listed: tuple[np.ndarray, VectorPart], share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, part = listed
    monkeypatch.setattr(vectors, "_GATHERED", 300)
    allowed = np.random.default_rng(3).random(len(values)) < share
    index = VectorIndex([part], np.ones(len(values), bool))
    queries = values[:40].astype(np.float32)
    found = index.search(queries, 10, allowed)
    assert all(allowed[positions].all() and len(positions) == 10 for positions in found)
    right = [
        np.isin(nearest(values, query, 10, allowed), positions).mean()
        for query, positions in zip(queries, found, strict=True)
    ]
    assert np.mean(right) > 0.97


def test_what_was_added_and_removed_beside_lists_is_seen(
    listed: tuple[np.ndarray, VectorPart],
) -> None:
    values, part = listed
    added = unit(30, seed=9)
    alive = np.ones(len(values) + len(added), bool)
    alive[:500] = False
    index = VectorIndex([part, VectorPart(added)], alive)
    for number in (0, 29):
        (found,) = index.search(added[number : number + 1].astype(np.float32), 5)
        assert found[0] == len(values) + number
    assert all(found.min() >= 500 for found in index.search(values[:40].astype(np.float32), 20))
    assert len(index) == len(values) - 500 + 30


def test_equal_vectors_come_in_their_order_and_ranks_are_exact(
    listed: tuple[np.ndarray, VectorPart],
) -> None:
    values, part = listed
    index = VectorIndex([part], np.ones(len(values), bool))
    query = values[7].astype(np.float32)
    (found,) = index.search(query[None], 50)
    scores = index.similarity(query, found)
    assert (np.diff(scores) <= 0).all()
