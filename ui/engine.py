"""Who does the work of a long command: this machine, or a Ray cluster that helps it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from retort.retrieval.errors import UsageError
from retort.ui import terminal

if TYPE_CHECKING:
    from retort.agent.cluster import Cluster
    from retort.retrieval.ahead import Ahead
    from retort.retrieval.library import Library


@contextmanager
def cluster(engine: str, address: str, workers: int, offline: bool) -> Iterator[Cluster | None]:
    """The cluster that was asked for; None where the work stays on this machine.

    Args:
        engine: ``local`` or ``ray``.
        address: of a cluster that runs.
        workers: at most so many; 0: as many as it has cores.
        offline: refuse a cluster beyond this machine.
    """
    if engine == "local":
        if address:
            raise UsageError(
                "An address was given, but no cluster asked for.",
                "--address is where a Ray cluster is.",
                "Add --engine ray, or leave --address out.",
            )
        yield None
        return
    from retort.agent.cluster import Cluster

    with Cluster(address, workers, offline) as found:
        where = address or "started on this machine"
        terminal.say(f"Ray cluster {where}: {found.workers} workers")
        yield found


@contextmanager
def helpers(found: Cluster | None, library: Library, offline: bool) -> Iterator[Ahead | None]:
    """The workers of a cluster as helpers of the one that writes into a library."""
    if not found:
        yield None
        return
    from retort.retrieval.ahead import Ahead, hired

    encoder = library.encoder()
    crew = found.crew(partial(hired, encoder.name, encoder.digest, offline))
    with Ahead(crew.call, found.workers) as ahead, crew:
        yield ahead
