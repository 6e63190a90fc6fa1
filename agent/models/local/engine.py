"""Runs a model for several readers at once: requests join and leave between any two tokens.

One thread owns the model while there is something to do. Each turn of it takes one more piece of
the prompt that is being read and one more token for every request that is being written, so that
nobody waits for another's end. Knows tokens only: text, stop strings and tool calls are the
reader's matter.

transformers' own continuous batching was tried and does not serve here: its score processors do
not learn whose row they see (no grammar per request), one global seed serves all, one error ends
the whole batch, and prefixes are not shared where a model has sliding windows.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import torch

from retort.agent.models.local.cache import KeyValues
from retort.agent.models.local.constraint import Constraint
from retort.agent.models.local.prefix import PrefixStore
from retort.agent.models.local.sampling import Sampler

MAX_ROWS = 128
"""requests written at the same time; the memory may allow fewer"""
_END = object()


@dataclass(eq=False, slots=True)
class Request:
    """What is asked of the engine, and what it counted."""

    prompt: list[int]
    max_new_tokens: int
    seed: int = 0
    """greedy when 0"""
    constraint: Constraint | None = None
    cancel: threading.Event | None = None
    """the user's Stop: the stream ends, whole as far as it goes"""
    reused: int = 0
    """tokens of the prompt whose keys and values were kept from before; known with the first token
    that is written"""


@dataclass(eq=False, slots=True)
class _Row:
    request: Request
    sampler: Sampler
    tokens: list[int]
    """the prompt and what was written; the last one of a running row is not in the cache yet"""
    left: int
    """tokens that may still be written"""
    outbox: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    cache: KeyValues | None = None
    """of its own while the prompt is read"""
    is_closed: bool = False
    """its reader has gone"""

    @property
    def columns(self) -> int:
        """Tokens whose keys and values are in the cache, once the row runs."""
        return len(self.tokens) - 1

    @property
    def is_over(self) -> bool:
        cancel = self.request.cancel
        return self.is_closed or (cancel is not None and cancel.is_set())


class Engine:
    """One model, many requests.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        ends: tokens that end an answer.
        prefix_bytes: for keys and values of earlier prompts.
        chunk: tokens of a prompt read at a time; a Stop waits for one such piece at most.
    """

    def __init__(self, model: Any, ends: frozenset[int], prefix_bytes: int, chunk: int) -> None:
        self.prefixes = PrefixStore(prefix_bytes)
        self._model, self._ends, self._chunk = model, ends, chunk
        self._layers: int = model.config.get_text_config().num_hidden_layers
        self._lock = threading.Lock()
        self._is_working = False
        self._waiting: deque[_Row] = deque()
        self._reading: _Row | None = None
        self._running: list[_Row] = []
        self._batch = KeyValues(self._layers, 0)
        self._limit = MAX_ROWS

    def stream(self, request: Request) -> Generator[int]:
        """The tokens of the answer as they come, without the end token.

        Closing the iterator frees the request's place.

        Raises:
            Exception: whatever went wrong with this request; ``MemoryError`` where it does not
                fit even alone.
        """
        sampler = Sampler(self._model.generation_config, request.seed, request.constraint)
        row = _Row(request, sampler, list(request.prompt), request.max_new_tokens)
        with self._lock:
            self._waiting.append(row)
            if not self._is_working:
                self._is_working = True
                threading.Thread(target=self._work, name="retort-model", daemon=True).start()
        try:
            while (item := row.outbox.get()) is not _END:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            row.is_closed = True

    def _work(self) -> None:
        with torch.inference_mode():
            while self._has_work():
                if any(row.is_over for row in self._running):
                    self._attempt(self._drop_what_is_over, list(self._running))
                if self._reading:
                    self._attempt(self._read, [self._reading])
                if self._running:
                    self._attempt(self._write, list(self._running))

    def _has_work(self) -> bool:
        """Whether there is something to do; takes the next request in where there is room."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
            for row in waiting:
                self._end(row) if row.is_over else self._waiting.append(row)
            if self._reading and self._reading.is_over:
                self._end(self._reading)
                self._reading = None
            if self._waiting and not self._reading and len(self._running) < self._limit:
                self._reading = self._waiting.popleft()
            self._is_working = bool(self._reading or self._running)
            return self._is_working

    def _attempt(self, step: Callable[[], None], rows: list[_Row]) -> None:
        """Take a step on behalf of some rows; its failure is theirs and nobody else's.

        What does not fit into memory beside others waits until one of them has ended.
        """
        try:
            step()
        except BaseException as error:  # no reader may be left waiting
            self._running = [row for row in self._running if row not in rows]
            self._reading = None if self._reading in rows else self._reading
            if not self._running:
                self._batch = KeyValues(self._layers, 0)
            if not is_out_of_memory(error):
                self._fail(rows, error)
                return
            others = len(self._running) + len(rows) - 1 + bool(self._reading)
            if not others and not self.prefixes.size_bytes:
                self._fail(rows, MemoryError(str(error)))
                return
            self.prefixes.clear()
            self._limit = max(1, others)
            self._put_back(rows)

    def _fail(self, rows: list[_Row], error: BaseException) -> None:
        for row in rows:
            row.cache = None
            row.outbox.put(error)

    def _put_back(self, rows: list[_Row]) -> None:
        """Begin these again later, from what they have written."""
        with self._lock:
            for row in reversed(rows):
                row.cache = None
                self._waiting.appendleft(row)

    def _end(self, row: _Row) -> None:
        row.is_closed, row.cache = True, None
        row.outbox.put(_END)
        self._limit = min(MAX_ROWS, self._limit + 1)

    def _drop_what_is_over(self) -> None:
        self._keep_only([row for row in self._running if not row.is_over])

    def _keep_only(self, rows: list[_Row]) -> None:
        """End the running rows that are not among these."""
        keep = [n for n, row in enumerate(self._running) if row in rows]
        for row in self._running:
            if row not in rows:
                self._end(row)
        self._running = rows
        if rows:
            self._batch.rearrange(keep, [], max(row.columns for row in rows))
        else:
            self._batch = KeyValues(self._layers, 0)

    def _read(self) -> None:
        """One more piece of a prompt; after the last one the row is among those being written."""
        row = self._reading
        assert row is not None
        if row.cache is None:
            row.cache, reused = self.prefixes.find(row.tokens, len(row.tokens))
            row.request.reused = row.request.reused or reused
        cache = row.cache = row.cache or KeyValues(self._layers, len(row.tokens))
        start = cache.width
        piece = row.tokens[start : start + self._chunk]
        scores = self._forward([piece], [list(range(start, start + len(piece)))], cache)
        if cache.width < len(row.tokens):
            return
        self.prefixes.keep(row.tokens, cache)
        is_last = self._choose(row, scores[0])
        self._reading = row.cache = None
        if is_last:
            self._end(row)
        else:
            self._attempt(lambda: self._join(row, cache), [*self._running, row])

    def _join(self, row: _Row, cache: KeyValues) -> None:
        rows = [*self._running, row]
        width = max(row.columns for row in rows)
        self._batch.rearrange(range(len(self._running)), [cache], width)
        self._running = rows

    def _write(self) -> None:
        """One token for every running row."""
        columns = [row.columns for row in self._running]
        width, mask = self._batch.width, None
        if min(columns) < width:
            first = width - torch.tensor(columns)
            mask = torch.arange(width + 1) >= first[:, None]
        tokens = [row.tokens[-1:] for row in self._running]
        scores = self._forward(tokens, [[n] for n in columns], self._batch, mask)
        best = scores.argmax(-1).tolist()
        going = []
        for row, own, greedy in zip(self._running, scores, best, strict=True):
            try:
                if not self._choose(row, own, greedy):
                    going.append(row)
            except Exception as error:  # of this row's constraint
                row.outbox.put(error)
        if len(going) < len(self._running):
            self._keep_only(going)

    def _choose(self, row: _Row, scores: torch.Tensor, token: int | None = None) -> bool:
        """Hand the row its next token, chosen already where all were looked at at once.

        Returns:
            Whether that was the last.
        """
        if token is None or not row.sampler.is_plain:
            token = row.sampler.pick(scores)
        if token in self._ends:
            return True
        row.tokens.append(token)
        row.outbox.put(token)
        row.left -= 1
        return row.left == 0

    def _forward(
        self,
        tokens: list[list[int]],
        positions: list[list[int]],
        cache: KeyValues,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The scores after each row's last token, (rows, v) float32."""
        device = self._model.device
        logits: torch.Tensor = self._model(
            input_ids=torch.tensor(tokens, device=device),
            position_ids=torch.tensor(positions, device=device),
            attention_mask=None if mask is None else mask.to(device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        return logits[:, -1].float()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on a GPU or here."""
    words = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError)
        and ("out of memory" in words or "can't allocate memory" in words)
    )
