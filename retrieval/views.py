"""What a search sees of a library, wherever its passages and indexes stand.

``indexes`` answers from memory and files, ``postgres`` from a server. A position names a passage
within one view; positions ascend in the order in which passages were stored.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.records import Filter, Passage

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Question(Protocol):
    """The words of a query, ready to be answered."""

    @property
    def bound(self) -> float:
        """What its terms can add up to at most; 0 where none of them is known."""
        ...

    def best(self, k: int) -> tuple[Ints, Floats]:
        """The k best passages that hold a term of it, and their scores; of equals the first."""
        ...

    def scores(self, positions: Ints) -> Floats:
        """(m,) the scores at ascending positions; 0 where no term of it stands."""
        ...


class View(Protocol):
    """One generation of a library, as one search sees it from beginning to end."""

    def __bool__(self) -> bool:
        """Whether there is a passage that may be found."""
        ...

    def only(self, wanted: Filter) -> View:
        """The same view, in which only passages of such papers are found."""
        ...

    def ask(self, query: str, paper_share: float) -> Question:
        """A query's lexical side; see ``LexicalIndex.ask``."""
        ...

    def nearest(self, vector: Floats, k: int) -> Ints:
        """Positions of the k passages nearest to a unit vector (d,), nearest first."""
        ...

    def similarity(self, vector: Floats, positions: Ints) -> Floats:
        """(m,) dot product of a vector (d,) with those of the passages at positions: their cosine,
        if it has unit norm.
        """
        ...

    def papers_of(self, positions: Ints) -> Ints:
        """(m,) a number for the paper of each passage, the same for those of one paper."""
        ...

    def lengths_of(self, positions: Ints) -> Ints:
        """(m,) how many passages the paper of each passage has."""
        ...

    def passages(self, positions: Ints) -> list[tuple[Passage, dict[str, Any]]]:
        """The passages at positions in the order given, each with its paper's record without the
        text.
        """
        ...

    def around(self, passage_id: str, before: int, after: int) -> list[Passage]:
        """A passage with so many before and after it in its paper; none if it is not there."""
        ...
