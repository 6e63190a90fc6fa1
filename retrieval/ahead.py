"""Files read and papers encoded ahead of the one writer, by helpers in other processes.

Owns what a helper does, how far ahead, and where its results wait. What no helper did the writer
does itself, so a library is the same with helpers and without. Knows not where helpers run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from retort.retrieval import chunks, readers
from retort.retrieval.batches import Progress, Vectors
from retort.retrieval.commits import encoded_text
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.errors import RetortError
from retort.retrieval.readers import PaperStream, Reading
from retort.retrieval.records import Paper
from retort.retrieval.writing import by_id, for_commits

WINDOW = 4
"""tasks of a helper that may be begun before the first unfinished one: bounds memory"""

Task = Path | tuple[Paper, ...]
"""a file to read, whose papers are encoded too if they fit into one commit; or papers to encode"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a helper did."""

    reading: Reading | None = None
    """of a file; None where the writer shall read it itself: it is too large to be handed over, or
    there is something wrong with it, which is told where files are told of"""
    vectors: Mapping[str, Vectors] | None = None
    """text as it was encoded -> (d,) float32"""


Help = Callable[[Task], Prepared]
"""Called from several threads, each waits until a helper has done it; a RetortError if none can."""


def hired(encoder: str, digest: str, offline: bool) -> Help:
    """What a helper does, made where it runs.

    Raises:
        RetortError: the encoder is not to be had there, or is another one.
    """
    found = load_encoder(encoder, offline)
    if found.digest != digest:
        raise RetortError(
            "A helper has another encoder.",
            f"{encoder} is {found.digest} there and {digest} here.",
            "Put the same files of the model on all machines.",
        )
    return partial(prepare, found)


def prepare(encoder: Encoder, task: Task) -> Prepared:
    """What a helper does with a task."""
    reading = None
    if isinstance(task, Path):
        try:
            reading = readers.read(task)
        except Exception:  # also that the file is not on this machine: the writer sees for itself
            return Prepared()
        if isinstance(reading.papers, PaperStream):
            return Prepared()
        parts = for_commits(reading.papers)
        papers, rest = next(parts), next(parts, None)
        if rest:
            return Prepared(reading)
    else:
        papers = list(task)
    texts = [
        encoded_text(paper.title, passage.text)
        for paper in by_id(papers).values()
        for passage in chunks.split(paper)
    ]
    return Prepared(reading, dict(zip(texts, encoder.encode(texts), strict=True)))


class Ahead:
    """Helpers at work for one writer, for a ``with`` block; used by the writer's thread only.

    Args:
        help: does a task.
        helpers: tasks done at the same time.
    """

    def __init__(self, help: Help, helpers: int) -> None:
        self._help = help
        self._window = WINDOW * helpers
        self._threads = ThreadPoolExecutor(helpers)
        self._files: Iterator[Path] = iter(())
        self._begun: dict[Path, Future[Prepared]] = {}
        self._vectors: deque[Mapping[str, Vectors]] = deque(maxlen=2)
        """of what the writer is about to store, and of what it has looked at beyond"""
        self._is_encoded = False
        """whether the file that was read last came with its vectors"""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def expect(self, files: Iterator[Path]) -> None:
        """Say what will be read, in this order; files are taken as helpers get to them."""
        self._files = files

    def read(self, path: Path) -> Reading:
        """As ``readers.read``, and done already if the file was expected."""
        while len(self._begun) < self._window and (file := next(self._files, None)):
            self._begun[file] = self._threads.submit(self._help, file)
        begun = self._begun.pop(path, None)
        done = begun.result() if begun else Prepared()
        self._is_encoded = done.vectors is not None
        self._keep(done)
        return done.reading or readers.read(path)

    def papers(
        self, papers: Iterable[Paper], new: Callable[[Sequence[Paper]], Sequence[Paper]]
    ) -> Iterator[Paper]:
        """The papers as they are given, each when its passages have been encoded.

        Args:
            papers: of the file that was read last.
            new: gives those of some papers that will be stored.
        """
        waiting: deque[tuple[list[Paper], Future[Prepared] | None]] = deque()
        if self._is_encoded:
            yield from papers
            return
        for part in for_commits(papers):
            fresh = tuple(new(part))
            begun = self._threads.submit(self._help, fresh) if fresh else None
            waiting.append((part, begun))
            if len(waiting) == self._window:
                yield from self._encoded(*waiting.popleft())
        while waiting:
            yield from self._encoded(*waiting.popleft())

    def encoder(self, own: Encoder) -> Encoder:
        """An encoder that knows what the helpers encoded, and has its own way with the rest."""
        return _Knowing(own, self._vectors)

    def _encoded(self, part: list[Paper], begun: Future[Prepared] | None) -> list[Paper]:
        if begun:
            self._keep(begun.result())
        return part

    def _keep(self, done: Prepared) -> None:
        if done.vectors:
            self._vectors.append(done.vectors)


class _Knowing:
    """An encoder some of whose vectors were made by others with the same one."""

    def __init__(self, own: Encoder, known: Iterable[Mapping[str, Vectors]]) -> None:
        self.name, self.dimension, self.digest = own.name, own.dimension, own.digest
        self._own = own
        self._known = known

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        known: dict[str, Vectors] = {}
        for each in self._known:
            known.update(each)
        rest = [text for text in texts if text not in known]
        known.update(zip(rest, self._own.encode(rest, progress), strict=True))
        vectors: Vectors = np.array([known[text] for text in texts], np.float32)
        return vectors.reshape(len(texts), self.dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._own.encode_queries(texts)
