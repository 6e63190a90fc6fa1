"""Papers from public services: PubMed and Europe PMC, searched by query, fetched politely.

``open_source`` is the door to a service, ``fetching.fetch`` brings what it finds into a library.
Only the query is sent, with the name of this tool and, where set, an email address and a key.
"""

from __future__ import annotations

from retort.retrieval.errors import UsageError
from retort.retrieval.fetch.europepmc import EuropePMC
from retort.retrieval.fetch.fetching import Report, fetch
from retort.retrieval.fetch.pubmed import PubMed
from retort.retrieval.fetch.records import Source

__all__ = ["Report", "Source", "fetch", "open_source"]


def open_source(
    name: str, *, full_text: bool, offline: bool, email: str = "", ncbi_key: str = ""
) -> Source:
    """A service by its name.

    Args:
        name: ``pubmed`` or ``europepmc``.
        full_text: fetch open full text; Europe PMC only.
        offline: connections are forbidden.
        email: whom the service may write to.
        ncbi_key: of an NCBI account, for PubMed.

    Raises:
        UsageError: there is no such source, or it has no full text.
        OfflineError: connections are forbidden.
    """
    if name == EuropePMC.name:
        return EuropePMC(offline=offline, full_text=full_text, email=email)
    if name != PubMed.name:
        raise UsageError(
            f"No source {name!r}.", "There are pubmed and europepmc.", "--source pubmed"
        )
    if full_text:
        raise UsageError(
            "PubMed has no full text.",
            "It holds abstracts; open full text is at Europe PMC.",
            "--source europepmc --full-text",
        )
    return PubMed(offline=offline, email=email, key=ncbi_key)
