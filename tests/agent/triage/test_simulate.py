"""A replay reads every record once, and its measures are those of the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.triage.simulate import SHARES, drawn, measured, replay


def by_definition(labels: list[bool]) -> tuple[float, dict[int, float]]:
    """WSS@95 and recalls, counted one by one."""
    relevant, total = sum(labels), len(labels)
    read = next(n for n in range(1, total + 1) if sum(labels[:n]) >= 0.95 * relevant)
    shares = {s: sum(labels[: max(round(s / 100 * total), 1)]) / relevant for s in SHARES}
    return (total - read) / total - 0.05, shares


@given(st.lists(st.booleans(), min_size=1, max_size=80).filter(any), st.randoms())
def test_measures_are_those_of_the_definition(labels: list[bool], chance: object) -> None:
    order = list(range(len(labels)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    made = measured(order, np.array(labels))
    wss, shares = by_definition([labels[row] for row in order])
    assert made.wss95 == pytest.approx(wss)
    assert made.recall_at == pytest.approx(shares)
    assert made.recall[-1] == 1
    assert 0 < made.stop_share <= 1


def test_the_ranking_knows_only_what_was_read() -> None:
    labels = np.arange(120) % 7 == 0
    seen: list[int] = []

    def score(rows: np.ndarray, is_relevant: np.ndarray) -> np.ndarray:
        assert (labels[rows] == is_relevant).all()
        assert len(set(rows.tolist())) == len(rows)
        seen.append(len(rows))
        return np.arange(120.0)

    made = replay(labels, score)
    assert sorted(made.order) == list(range(120))
    assert made.order[:3] == (119, 118, 117)
    assert seen[:51] == list(range(51)), "after each of the first labels"
    assert seen[51] - seen[50] == 2, "then in batches of 2 %"


def test_a_perfect_ranking_saves_the_most() -> None:
    labels = np.arange(100) < 20
    made = replay(labels, lambda rows, _: -np.arange(100.0))
    assert made.wss95 == pytest.approx(1 - 0.19 - 0.05)
    assert made.recall_at[10] == 0.5
    assert made.recall_at[20] == 1


def test_the_start_is_one_of_each_and_the_seed_decides() -> None:
    labels = np.arange(50) < 10
    starts = {drawn(labels, seed) for seed in range(20)}
    assert all(labels[one] and not labels[other] for one, other in starts)
    assert len(starts) > 10
    assert drawn(labels, 3) == drawn(labels, 3)


def test_a_set_without_a_relevant_record_is_refused() -> None:
    with pytest.raises(ValueError, match="no record is relevant"):
        replay(np.zeros(5, bool), lambda rows, _: np.zeros(5))
