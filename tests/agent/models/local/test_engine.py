"""The engine against transformers' own generation: equality, joining, leaving, failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chat_models import FAMILIES, make_model

from retort.agent.models.local.cache import KeyValues
from retort.agent.models.local.engine import Engine, Request


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> Any:
    return make_model(request.param)


@pytest.fixture(scope="module")
def qwen() -> Any:
    return make_model("qwen3")


def engine(model: Any, prefix_bytes: int = 0, chunk: int = 7, ends: tuple[int, ...] = ()) -> Engine:
    return Engine(model, frozenset(ends), prefix_bytes, chunk)


def prompt(length: int, start: int = 0) -> list[int]:
    """Bytes as tokens; the first few tokens of a family are its marks."""
    return [4 + (start + 37 * n * n + 11 * n) % 250 for n in range(length)]


def alone(model: Any, tokens: list[int], count: int) -> list[int]:
    """What transformers' own ``generate`` writes, greedily."""
    import torch

    with torch.inference_mode():
        written = model.generate(
            torch.tensor([tokens]), max_new_tokens=count, do_sample=False, eos_token_id=None
        )
    return written[0, len(tokens) :].tolist()


def together(engine: Engine, requests: list[Request]) -> list[list[int]]:
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda request: list(engine.stream(request)), requests))


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_batch_writes_what_each_writes_alone(model: Any) -> None:
    prompts = [prompt(length, start) for start, length in enumerate((3, 40, 9, 25, 1))]
    counts = (30, 12, 40, 5, 25)
    requests = [Request(p, n) for p, n in zip(prompts, counts, strict=True)]
    expected = [alone(model, p, n) for p, n in zip(prompts, counts, strict=True)]
    assert len({tuple(each) for each in expected}) == len(expected)  # the models do say something
    assert together(engine(model), requests) == expected


def test_a_request_joins_while_another_is_written(model: Any) -> None:
    running = engine(model)
    first, second, third = prompt(20), prompt(33, 5), prompt(4, 9)
    stream = running.stream(Request(first, 60))
    begun = [next(stream) for _ in range(5)]
    assert list(running.stream(Request(second, 20))) == alone(model, second, 20)
    assert list(running.stream(Request(third, 8))) == alone(model, third, 8)
    assert begun + list(stream) == alone(model, first, 60)


def test_the_end_token_ends_and_is_not_told(qwen: Any) -> None:
    tokens = prompt(12)
    expected = alone(qwen, tokens, 30)
    end = expected[10]
    first = expected.index(end)
    assert list(engine(qwen, ends=(end,)).stream(Request(tokens, 30))) == expected[:first]


def test_a_stop_ends_one_and_no_other(qwen: Any) -> None:
    running, cancel = engine(qwen), threading.Event()
    other = running.stream(Request(prompt(9, 2), 50))
    head = [next(other)]
    stopped = running.stream(Request(prompt(12), 4000, cancel=cancel))
    next(stopped)
    cancel.set()
    assert len(list(stopped)) < 3900
    assert head + list(other) == alone(qwen, prompt(9, 2), 50)


def test_a_stop_ends_the_reading_of_a_prompt(qwen: Any) -> None:
    running, cancel = engine(qwen, chunk=1), threading.Event()
    pieces = 0
    forward = running._forward

    def counted(*args: Any) -> Any:
        nonlocal pieces
        pieces += 1
        if pieces == 3:
            cancel.set()
        return forward(*args)

    running._forward = counted  # type: ignore[method-assign]
    assert list(running.stream(Request(prompt(500), 10, cancel=cancel))) == []
    assert pieces == 3


def test_a_stop_ends_a_request_that_waits(qwen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retort.agent.models.local.engine.MAX_ROWS", 1)
    running, cancel = engine(qwen), threading.Event()
    first = running.stream(Request(prompt(5), 4000))
    next(first)
    cancel.set()
    assert list(running.stream(Request(prompt(5), 10, cancel=cancel))) == []
    first.close()


def test_a_reader_that_goes_away_frees_its_place(qwen: Any) -> None:
    running = engine(qwen)
    stream = running.stream(Request(prompt(5), 4000))
    next(stream)
    until(lambda: bool(running._running))
    stream.close()
    until(lambda: not running._is_working)
    assert not running._running and running._batch.size_bytes == 0
    assert list(running.stream(Request(prompt(5), 6))) == alone(qwen, prompt(5), 6)


def test_seeds_are_each_requests_own(model: Any) -> None:
    requests = [Request(prompt(8), 25, seed=seed) for seed in (1, 2, 3, 1, 0)]
    one_by_one = [list(engine(model).stream(Request(r.prompt, 25, r.seed))) for r in requests]
    assert together(engine(model), requests) == one_by_one
    assert one_by_one[0] == one_by_one[3] != one_by_one[1]
    assert one_by_one[4] == alone(model, prompt(8), 25)


def test_the_configuration_says_how_to_draw() -> None:
    model = make_model("llama")
    model.generation_config.temperature, model.generation_config.top_k = 2, 1
    drawn = list(engine(model).stream(Request(prompt(8), 20, seed=5)))
    assert drawn == alone(model, prompt(8), 20)  # the best of one


def test_a_kept_prefix_changes_nothing_and_is_counted(model: Any) -> None:
    shared, ends = prompt(90), (prompt(20, 3), prompt(30, 4))
    running = engine(model, prefix_bytes=2**24)
    for number, end in enumerate((*ends, ends[0])):
        request = Request(shared + end, 20)
        assert list(running.stream(request)) == alone(model, shared + end, 20)
        assert request.reused >= (0, 90, 109)[number]
        assert request.reused < len(request.prompt)
    grown = Request(shared + ends[0] + prompt(15, 8), 20)
    assert list(running.stream(grown)) == alone(model, grown.prompt, 20)
    assert grown.reused == 110


class Alternate:
    """Only even tokens, then only odd ones; the tokens it was told."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def mask(self, scores: Any) -> Any:
        scores[len(self.told) % 2 :: 2] = float("-inf")
        return scores

    def accept(self, token: int) -> None:
        self.told.append(token)


def test_a_constraint_binds_its_own_request(qwen: Any) -> None:
    constraints = Alternate(), Alternate()
    bound = [Request(prompt(9), 15, seed, each) for seed, each in enumerate(constraints)]
    free = Request(prompt(9), 15)
    *written, plain = together(engine(qwen), [*bound, free])
    assert plain == alone(qwen, prompt(9), 15)
    for tokens, constraint in zip(written, constraints, strict=True):
        assert constraint.told == tokens
        assert [token % 2 for token in tokens] == [(n + 1) % 2 for n in range(15)]


class Breaking(Alternate):
    def accept(self, token: int) -> None:
        super().accept(token)
        if len(self.told) == 4:
            raise ValueError("no such state")


def test_a_failing_constraint_ends_only_its_request(qwen: Any) -> None:
    running = engine(qwen)
    other = running.stream(Request(prompt(6), 40))
    head = [next(other)]
    with pytest.raises(ValueError, match="no such state"):
        list(running.stream(Request(prompt(9), 15, constraint=Breaking())))
    assert head + list(other) == alone(qwen, prompt(6), 40)


def fail_when(engine: Engine, is_time: Callable[[list[list[int]]], bool], error: Exception) -> None:
    forward = engine._forward

    def failing(tokens: list[list[int]], *args: Any) -> Any:
        if is_time(tokens):
            raise error
        return forward(tokens, *args)

    engine._forward = failing  # type: ignore[method-assign]


def test_a_failure_reaches_every_reader_and_the_engine_goes_on(qwen: Any) -> None:
    running, armed = engine(qwen), [True]
    fail_when(running, lambda tokens: len(tokens) == 3 and armed[0], RuntimeError("broken kernel"))
    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(list, running.stream(Request(prompt(5, n), 3000))) for n in range(3)]
        for task in tasks:
            with pytest.raises(RuntimeError, match="broken kernel"):
                task.result()
    armed.clear()
    armed.append(False)
    assert list(running.stream(Request(prompt(5), 6))) == alone(qwen, prompt(5), 6)


def test_a_failure_while_reading_is_that_requests_own(qwen: Any) -> None:
    running = engine(qwen, chunk=64)
    fail_when(running, lambda tokens: len(tokens[0]) == 50, RuntimeError("broken"))
    other = running.stream(Request(prompt(6), 40))
    head = [next(other)]
    with pytest.raises(RuntimeError, match="broken"):
        list(running.stream(Request(prompt(50), 5)))
    assert head + list(other) == alone(qwen, prompt(6), 40)


def test_what_does_not_fit_beside_others_waits_for_its_turn(qwen: Any) -> None:
    import torch

    running = engine(qwen)
    full = torch.OutOfMemoryError("CUDA out of memory.")
    fail_when(running, lambda tokens: len(tokens) > 2, full)
    requests = [Request(prompt(5 + n, n), 20) for n in range(5)]
    expected = [alone(qwen, request.prompt, 20) for request in requests]
    assert together(running, requests) == expected


@pytest.mark.parametrize("rows", [2, 3])
def test_memory_that_ends_while_rows_join_or_leave_costs_no_answer(
    qwen: Any, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    rearrange, failed = KeyValues.rearrange, []

    def failing(self: KeyValues, keep: Any, joining: Any, width: int) -> None:
        if len(keep) + len(joining) == rows and len(failed) < 2:
            rearrange(self, [], joining or [self], width)  # broken halfway
            failed.append(rows)
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        rearrange(self, keep, joining, width)

    monkeypatch.setattr(KeyValues, "rearrange", failing)
    requests = [Request(prompt(5 + n, n), 10 + 9 * n) for n in range(4)]
    expected = [alone(qwen, request.prompt, request.max_new_tokens) for request in requests]
    assert together(engine(qwen), requests) == expected
    assert failed


def test_seeds_and_constraints_survive_a_wait_for_memory(qwen: Any) -> None:
    import torch

    expected = [list(engine(qwen).stream(Request(prompt(5), 20, seed))) for seed in (1, 2, 3)]
    running = engine(qwen)
    full = torch.OutOfMemoryError("CUDA out of memory.")
    fail_when(running, lambda tokens: len(tokens) > 1, full)
    assert together(running, [Request(prompt(5), 20, seed) for seed in (1, 2, 3)]) == expected


def test_what_does_not_fit_alone_fails_and_no_other(qwen: Any) -> None:
    import torch

    running = engine(qwen, prefix_bytes=2**24, chunk=64)
    full = torch.OutOfMemoryError("CUDA out of memory.")
    fail_when(running, lambda tokens: len(tokens[0]) == 50, full)
    other = running.stream(Request(prompt(6), 40))
    head = [next(other)]
    with pytest.raises(MemoryError, match="CUDA out of memory"):
        list(running.stream(Request(prompt(50), 5)))
    assert head + list(other) == alone(qwen, prompt(6), 40)
    assert list(running.stream(Request(prompt(7), 4))) == alone(qwen, prompt(7), 4)
