"""What a library asks of the place where its papers stand.

A folder of this machine (``folder``) or a server that many share (``postgres``): both give
connections that understand the same statements, so what is written and by which rules is said
once, in ``writing`` and ``commits``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from retort.retrieval.database import Connection
from retort.retrieval.verifying import Check
from retort.retrieval.views import View


class Store(Protocol):
    """Where one library stands; safe to use from several threads."""

    @property
    def name(self) -> str:
        """As the user names the library. Holds no password."""
        ...

    @property
    def path(self) -> Path | None:
        """Its folder, where it has one."""
        ...

    def borrow(self) -> AbstractContextManager[Connection]:
        """A connection for this block.

        Raises:
            RetortError: the library is gone, or cannot do in the block what it is asked to.
        """
        ...

    def writer(self, wait_seconds: float = 0) -> AbstractContextManager[Connection]:
        """A connection for this block, which alone may write.

        Raises:
            RetortError: another run writes and went on for so long, or see `borrow`.
        """
        ...

    def beside(self, name: str) -> AbstractContextManager[Connection]:
        """A connection for this block to what is noted beside the papers, in tables of its own.

        What it commits stays, whatever becomes of the writer's transaction.
        """
        ...

    def view(self, connection: Connection) -> View:
        """What a search sees in this read transaction."""
        ...

    def forget(self) -> None:
        """Give up what is held in memory, after some of it was found damaged."""
        ...

    def index(self, connection: Connection) -> None:
        """Index what was written, before it is committed."""
        ...

    def refresh(self) -> None:
        """Bring the indexes up to the present."""
        ...

    def reindex(self) -> None:
        """Make all indexes anew from the papers."""
        ...

    def verify(self) -> list[Check]:
        """Check everything; see ``verifying``."""
        ...

    def describe(self, connection: Connection) -> dict[str, Any]:
        """``bytes_on_disk``, and what the indexes are under ``index``."""
        ...

    def close(self) -> None:
        """Close all connections, those in use when their block ends."""
        ...
