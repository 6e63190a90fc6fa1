"""PubMed by NCBI's E-utilities: ids by ESearch, records by EFetch.

The ids are kept rather than NCBI's history (WebEnv), which is forgotten after some hours: so a
fetch goes on days later with the same records, and each that does not come is known by its PMID.
The rules are those of "A General Introduction to the E-utilities" (NBK25497) and "The E-utilities
In-Depth" (NBK25499): a tool name, three requests a second (ten with a key), batches of 200, and no
more than 9,999 records of one search, beyond which it is split by date.
"""

from __future__ import annotations

import tempfile
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from retort.retrieval.errors import RetortError
from retort.retrieval.fetch.http import Client, Limits, Passing, Refused, as_json, refuse_page
from retort.retrieval.fetch.records import Batch, Found, Record
from retort.retrieval.readers import pubmed as reader
from retort.retrieval.readers.flow import flatten
from retort.retrieval.readers.reading import Skip

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
WINDOW = 9_999
"""records of one search within reach: ``retstart`` 0 to 9,998"""
PER_BATCH = 200
PER_SECOND_WITH_KEY = 10.0
EARLIEST, LATEST = date(1700, 1, 1), date(3000, 12, 31)
"""of entry dates (EDAT), which for old articles are dates of publication"""
_REFUSAL = "Correct the query, and RETORT_NCBI_KEY where it is set; then repeat the command."
_WARNINGS = {
    "phrasesnotfound": "not found, and left out of the search: {}",
    "fieldsnotfound": "no such field: {}",
    "phrasesignored": "ignored: {}",
    "quotedphrasesnotfound": "no such phrase, its words were searched for instead: {}",
    "outputmessages": "{}",
}
"""``errorlist`` and ``warninglist`` of ESearch, in words"""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What ESearch says."""

    count: int
    ids: tuple[str, ...]
    translation: str
    notes: tuple[str, ...]


class PubMed:
    """The source ``pubmed``.

    Args:
        offline: connections are forbidden.
        email: whom NCBI may write to.
        key: of an NCBI account.
        url: base of the E-utilities.
        limits: pace and patience; a key raises the pace.
    """

    name, title, full_text = "pubmed", "PubMed", False

    def __init__(
        self,
        *,
        offline: bool,
        email: str = "",
        key: str = "",
        url: str = URL,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or (Limits(per_second=PER_SECOND_WITH_KEY) if key else Limits())
        self._client = Client(
            self.title, url, offline=offline, limits=limits, email=email, refusal=_REFUSAL
        )
        given = {"tool": "retort", "email": email, "api_key": key}
        self._base = {"db": "pubmed"} | {name: text for name, text in given.items() if text}

    def find(self, query: str, most: int) -> Found:
        """Search, most relevant first; beyond 9,999 records the newest entries first."""
        answer = self._search(query, min(most, WINDOW))
        if min(answer.count, most) <= WINDOW:
            ids, notes = answer.ids, answer.notes
        else:
            ids, more = self._by_date(query, most)
            notes = answer.notes + more
        cursor = "0" if ids else ""
        return Found(answer.count, cursor, ids[:most], answer.translation, notes)

    def batch(
        self, query: str, ids: Sequence[str], cursor: str, most: int, known: Container[str]
    ) -> Batch:
        """The next records in the order of the ids; what is not sent is asked for once more."""
        begin = int(cursor)
        end = min(begin + PER_BATCH, len(ids))
        asked = ids[begin:end]
        wanted = [each for each in asked if each not in known]
        records = self._fetch(wanted)
        if missing := [each for each in wanted if each not in records]:
            records |= self._fetch(missing)
        gone = "PubMed did not send it: deleted, or merged into another record"
        return Batch(
            tuple(records.get(each, Record(each, None, gone, is_final=False)) for each in wanted),
            tuple(each for each in asked if each in known),
            str(end) if end < len(ids) else "",
        )

    def _by_date(self, query: str, most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids beyond the reach of one search: spans of entry dates are halved until they fit."""
        spans = [(EARLIEST, LATEST)]
        ids: dict[str, None] = {}
        notes: list[str] = []
        while spans and len(ids) < most:
            first, last = spans.pop()
            answer = self._search(query, WINDOW, (first, last))
            if answer.count > WINDOW and first < last:
                middle = first + (last - first) // 2
                spans += [(first, middle), (middle + timedelta(days=1), last)]
                continue
            if len(answer.ids) < answer.count:
                lost = answer.count - len(answer.ids)
                notes.append(f"{lost:,} records entered {first} to {last} are out of reach")
            ids |= dict.fromkeys(answer.ids)
        return tuple(ids), tuple(notes)

    def _search(self, query: str, most: int, entered: tuple[date, date] | None = None) -> _Answer:
        form = {"term": query, "retmode": "json", "retstart": "0", "retmax": str(most)}
        if entered:
            first, last = (day.strftime("%Y/%m/%d") for day in entered)
            form |= {"datetype": "edat", "mindate": first, "maxdate": last}
        else:
            form["sort"] = "relevance"
        return self._client.ask("esearch.fcgi", self._base | form, self._searched)

    def _searched(self, body: bytes) -> _Answer:
        found = as_json(body)
        if "error" in found:  # the gateway's own answers, seen with status 200 as well
            raise Passing(str(found["error"]))
        result = found.get("esearchresult")
        if not isinstance(result, dict):
            raise Passing("the answer has no esearchresult")
        if problem := " ".join(str(result.get("ERROR") or "").split()):
            if "backend" in problem.lower() or "temporarily" in problem.lower():
                raise Passing(problem)
            raise Refused.of(self.title, 0, problem.rstrip("."), _REFUSAL)
        try:
            count, ids = int(result["count"]), tuple(map(str, result["idlist"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Passing("the answer has no count or no list of ids") from error
        translation = str(result.get("querytranslation") or "")
        return _Answer(count, tuple(dict.fromkeys(ids)), translation, tuple(_warnings(result)))

    def _fetch(self, ids: Sequence[str]) -> dict[str, Record]:
        """Records by PMID; those that PubMed does not send are not in it."""
        if not ids:
            return {}
        form = self._base | {"id": ",".join(ids), "retmode": "xml"}
        try:
            sent, body = self._client.ask("efetch.fcgi", form, _articles)
        except Refused as refusal:
            if "ID list is empty" in refusal.why:  # its word for: none of these exist
                return {}
            raise
        papers, skips = {}, []
        with tempfile.TemporaryDirectory(prefix="retort-") as folder:
            path = Path(folder) / "records.xml"
            path.write_bytes(body)
            for record in reader.records(path):
                if isinstance(record, Skip):
                    skips.append(record.reason)
                else:
                    papers[record.pmid] = record
        # Both follow the order of the file: the nth skip is the nth record without a paper.
        reasons = iter(skips)
        return {
            pmid: Record(pmid, papers.get(pmid), "" if pmid in papers else next(reasons, "unread"))
            for pmid in sent
            if pmid in ids
        }


def _warnings(result: dict[str, Any]) -> list[str]:
    """What ESearch did to the query that nobody asked for."""
    said = (result.get("errorlist") or {}) | (result.get("warninglist") or {})
    return [
        wording.format(text)
        for name, wording in _WARNINGS.items()
        for text in said.get(name) or ()
        if not str(text).startswith(("No items found", "Restrictions achieved"))
    ]


def _articles(body: bytes) -> tuple[list[str], bytes]:
    """The PMIDs of the records of a whole and harmless PubmedArticleSet, and the body itself."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    refuse_page(body, "XML")
    try:
        root: Element = fromstring(body)
    except ParseError:
        raise Passing("the XML breaks off or is damaged") from None
    except DefusedXmlException as error:
        raise RetortError(
            "The records that came are refused.",
            f"Their XML defines or fetches entities ({type(error).__name__}), which PubMed's never"
            " does and which can be used to harm.",
            "See whether a proxy changes what comes, then repeat the command.",
        ) from error
    if root.tag != "PubmedArticleSet":
        raise Passing(f"<{root.tag}> came instead of records: {flatten(root)[:200]}")
    pmids = (
        element.findtext("MedlineCitation/PMID") or element.findtext("BookDocument/PMID") or ""
        for element in root
        if element.tag in ("PubmedArticle", "PubmedBookArticle")
    )
    return [pmid.strip() for pmid in pmids], body
