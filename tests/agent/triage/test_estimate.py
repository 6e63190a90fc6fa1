"""What the records read say of the rest: bounds that hold together, and exact at the end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.triage.estimate import Lasting, estimate, is_target_met

RANDOM = Lasting(0, 0, 0)
LABELS = st.lists(st.booleans(), max_size=60)


@given(LABELS, st.integers(0, 200))
def test_bounds_hold_together(labels: list[bool], unread: int) -> None:
    total = len(labels) + unread
    told = estimate(labels, total)
    assert sum(labels) == told.found <= told.low <= told.relevant <= told.high <= total
    assert told.high <= told.found + unread
    assert 0 <= told.recall_low <= told.recall <= 1


@given(LABELS.filter(len))
def test_when_all_is_read_it_is_exact(labels: list[bool]) -> None:
    told = estimate(labels, len(labels))
    assert (told.low, told.relevant, told.high) == (sum(labels),) * 3
    assert told.is_target_met
    assert told.recall == 1


@given(LABELS, st.integers(1, 100), st.integers(1, 30))
def test_more_irrelevant_records_never_raise_the_upper_bound(
    labels: list[bool], unread: int, more: int
) -> None:
    total = len(labels) + more + unread
    assert estimate(labels + [False] * more, total).high <= estimate(labels, total).high


@given(LABELS, st.integers(0, 100))
def test_a_random_order_is_believed_less(labels: list[bool], unread: int) -> None:
    total = len(labels) + unread
    assert estimate(labels, total, lasting=RANDOM).high >= estimate(labels, total).high


@given(LABELS, st.integers(0, 100), st.sampled_from((0.5, 0.8, 0.95)))
def test_the_rule_alone_says_what_the_estimate_says(
    labels: list[bool], unread: int, target: float
) -> None:
    total = len(labels) + unread
    told = estimate(labels, total, target)
    assert is_target_met(labels, total, target) == told.is_target_met
    is_reached = told.found > 0 and told.found >= target * told.high - 1e-6
    assert told.is_target_met == (unread == 0 or is_reached)


def test_the_run_of_irrelevant_records_is_counted() -> None:
    assert estimate([True, False, True, False, False], 10).in_a_row == 2
    assert estimate([False, False], 10).in_a_row == 2


def test_nothing_found_never_meets_the_target_before_the_end() -> None:
    assert not estimate([False] * 99, 100).is_target_met


def test_in_a_random_order_the_bound_is_that_of_an_urn() -> None:
    """Half of 1,000 records read at random and none relevant: 5 left would be seen with a chance of
    31 in 32, 4 with 15 in 16; so 4 is the most at 95 %."""
    assert estimate([False] * 500, 1000, lasting=RANDOM).high == 4


def test_in_random_orders_the_interval_holds_as_often_as_it_says() -> None:
    chance = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        labels = chance.permutation([True] * 30 + [False] * 270)
        held += 30 <= estimate(labels[:150], 300, lasting=RANDOM).high
    assert held >= 0.9 * 200


def test_more_read_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="3 records were read of 2"):
        estimate([True, False, False], 2)
