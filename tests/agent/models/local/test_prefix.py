"""Which prompts are kept, and how much of them is found again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.models.local.prefix import PrefixStore, common_length

TOKENS = st.lists(st.integers(0, 2))


class Cache:
    """As large as it is told."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes

    def prefix(self, columns: int, room: int) -> Any:
        return (self, columns, room)


@pytest.fixture
def store() -> PrefixStore:
    return PrefixStore(100)


@given(TOKENS, TOKENS)
def test_the_common_length_is_that_of_the_common_prefix(a: list[int], b: list[int]) -> None:
    n = common_length(a, b)
    assert a[:n] == b[:n] and (n == min(len(a), len(b)) or a[n] != b[n])


def test_the_longest_prefix_is_found_and_a_token_is_left(store: PrefixStore) -> None:
    short, long = Cache(1), Cache(1)
    store.keep([*range(20), 99], short)  # type: ignore[arg-type]
    store.keep([*range(30), 98], long)  # type: ignore[arg-type]
    assert store.find([*range(25)], 40) == ((long, 24, 40), 24)
    assert store.find([*range(20), 99, 5], 9)[0] == (short, 21, 9)


def test_a_few_tokens_in_common_are_not_worth_it(store: PrefixStore) -> None:
    store.keep(range(15), Cache(1))  # type: ignore[arg-type]
    assert store.find(range(30), 30) == (None, 0)
    assert store.find([], 0) == (None, 0)


def test_what_was_not_used_for_longest_goes_first(store: PrefixStore) -> None:
    for start in (0, 1000, 2000):
        store.keep(range(start, start + 50), Cache(40))  # type: ignore[arg-type]
    assert store.size_bytes == 80 and store.find(range(51), 51) == (None, 0)
    assert store.find(range(1000, 1051), 51)[1] == 50
    store.keep(range(3000, 3050), Cache(40))  # type: ignore[arg-type]
    assert store.find(range(1000, 1051), 51)[1] == 50
    assert store.find(range(2000, 2051), 51) == (None, 0)


def test_a_prompt_that_grows_replaces_itself(store: PrefixStore) -> None:
    store.keep(range(20), Cache(10))  # type: ignore[arg-type]
    store.keep(range(40), Cache(20))  # type: ignore[arg-type]
    assert store.size_bytes == 20


def test_what_is_larger_than_the_limit_is_not_kept_and_pushes_nothing_out(
    store: PrefixStore,
) -> None:
    store.keep(range(20), Cache(60))  # type: ignore[arg-type]
    store.keep(range(500, 600), Cache(101))  # type: ignore[arg-type]
    assert store.size_bytes == 60
    store.clear()
    assert store.size_bytes == 0
