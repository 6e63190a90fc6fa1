"""Europe PMC by its REST service: records page by page, open full text by its PMCID.

Pages follow the service's cursor (``cursorMark``), which holds the place itself and so stays good
for days. Errors come with status 200 as well (``errCode``). See
https://europepmc.org/RestfulWebService.
"""

from __future__ import annotations

import tempfile
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from retort.retrieval.errors import OutageError, RetortError
from retort.retrieval.fetch.core import listed, paper_of
from retort.retrieval.fetch.http import Client, Limits, Passing, Refused, as_json, refuse_page
from retort.retrieval.fetch.records import Batch, Found, Record
from retort.retrieval.readers import read
from retort.retrieval.records import Paper

URL = "https://www.ebi.ac.uk/europepmc/webservices/rest/"
PER_PAGE = 100
PER_PAGE_FULL_TEXT = 25
"""what a kill can cost, where each record is a request of its own"""
OUTAGES_IN_A_ROW = 3
"""full texts that fail one after another until the service counts as down"""
_REFUSAL = "Correct the query and repeat the command."


class EuropePMC:
    """The source ``europepmc``.

    Args:
        offline: connections are forbidden.
        full_text: fetch the full text of open access papers.
        email: whom Europe PMC may write to.
        url: base of the service.
        limits: pace and patience.
    """

    name, title = "europepmc", "Europe PMC"

    def __init__(
        self,
        *,
        offline: bool,
        full_text: bool = False,
        email: str = "",
        url: str = URL,
        limits: Limits | None = None,
    ) -> None:
        self.full_text = full_text
        self._client = Client(
            self.title,
            url,
            offline=offline,
            limits=limits or Limits(),
            email=email,
            refusal=_REFUSAL,
        )
        self._base = {"format": "json"} | ({"email": email} if email else {})
        self._outages = 0

    def find(self, query: str, most: int) -> Found:
        """Count what matches; the records themselves come with the pages."""
        found = self._page(query, "*", 1, "idlist")
        count = found.get("hitCount")
        if not isinstance(count, int):
            raise OutageError(
                "Europe PMC did not answer.", "Its answer has no hitCount.", "Try again later."
            )
        request = found.get("request")
        asked = str(request.get("queryString", "")) if isinstance(request, dict) else ""
        return Found(count, "*" if count else "", translation=asked)

    def batch(
        self, query: str, ids: Sequence[str], cursor: str, most: int, known: Container[str]
    ) -> Batch:
        """The next page, its full texts included where they are wanted and open."""
        size = min(most, PER_PAGE_FULL_TEXT if self.full_text else PER_PAGE)
        found = self._page(query, cursor, size, "core")
        rows = [row for row in listed(found, "resultList", "result") if isinstance(row, dict)]
        named = {f"{row.get('source', '')}:{row.get('id', '')}": row for row in rows[:most]}
        records = tuple(self._record(own, row) for own, row in named.items() if own not in known)
        following = str(found.get("nextCursorMark") or "")
        is_last = not rows or following == cursor
        passed = tuple(own for own in named if own in known)
        return Batch(records, passed, "" if is_last else following)

    def _page(self, query: str, cursor: str, size: int, kind: str) -> dict[str, Any]:
        form = self._base | {
            "query": query,
            "resultType": kind,
            "pageSize": str(size),
            "cursorMark": cursor,
        }
        return self._client.ask("searchPOST", form, self._searched)

    def _searched(self, body: bytes) -> dict[str, Any]:
        found = as_json(body)
        if "errCode" in found:
            message = str(found.get("errMsg") or f"error {found['errCode']}").rstrip(".")
            raise Refused.of(self.title, 0, message, _REFUSAL)
        if not isinstance(found.get("resultList"), dict):
            raise Passing("the answer has no resultList")
        return found

    def _record(self, own: str, row: dict[str, Any]) -> Record:
        paper = paper_of(row)
        if isinstance(paper, str):
            return Record(own, None, paper)
        return self._with_full_text(own, paper) if self.full_text else Record(own, paper)

    def _with_full_text(self, own: str, paper: Paper) -> Record:
        """The paper with its full text, or with its abstract and why there is no more."""
        if paper.metadata.get("open_access") != "Y" or not paper.pmcid:
            return Record(own, paper, "not open access")
        try:
            full = self._full_text(paper.pmcid)
        except OutageError as outage:
            self._outages += 1
            if self._outages >= OUTAGES_IN_A_ROW:
                raise
            return Record(own, paper, outage.why, is_final=False)
        except RetortError as refusal:
            return Record(own, paper, f"{refusal.what} {refusal.why}", is_final=False)
        self._outages = 0
        whole = replace(
            paper,
            text=full.text,
            sections=full.sections,
            metadata=paper.metadata | {"full_text": "Europe PMC"},
        )
        return Record(own, whole)

    def _full_text(self, pmcid: str) -> Paper:
        """What the reader of JATS makes of the open full text."""
        body = self._client.ask(f"{pmcid}/fullTextXML", None, _article)
        with tempfile.TemporaryDirectory(prefix="retort-") as folder:
            path = Path(folder) / f"{pmcid}.xml"
            path.write_bytes(body)
            return next(iter(read(path).papers))


def _article(body: bytes) -> bytes:
    """A whole XML document whose root is an article; entities are the reader's to judge."""
    refuse_page(body, "XML")
    if b"<article" not in body or not body.rstrip().endswith((b"</article>", b"</pmc-articleset>")):
        raise Passing("the XML breaks off or is damaged")
    return body
