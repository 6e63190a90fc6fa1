"""PubMed's E-utilities and Europe PMC's REST service on the loopback, with faults on demand.

The shapes are those of the services: ESearch's JSON with its counts as strings, its 9,999 records
and its errors inside status 200; EFetch's XML with its DOCTYPE; Europe PMC's cursor, its echo of
the request and its ``errCode``. The records are made up.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

FIRST_PMID = 30_000_001
FIRST_DAY = date(2001, 1, 1)
PAGE_500 = (
    "<!DOCTYPE html><html><head><title>Error</title><style>h1 {color: red}</style></head><body>"
    "<h1>Server Error</h1><p>Your request could not be processed.</p></body></html>"
)
PAGE_BLOCKED = (
    "<html><head><title>NCBI - WWW Error Blocked Diagnostic</title></head><body><h1>Access"
    " Denied</h1><p>Your access to the NCBI website has been temporarily blocked.</p></body></html>"
)
RATE = '{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'
DOCTYPE = (
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"'
    ' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaaaaaaaa">'
    '<!ENTITY b "&a;&a;&a;&a;">]><PubmedArticleSet><PubmedArticle>&b;</PubmedArticle>'
    "</PubmedArticleSet>"
)


class Services:
    """Both services over ``count`` records; made by ``serve``."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.per_day = 1
        """records entered on one day"""
        self.deleted: set[str] = set()
        """PMIDs that a search lists and EFetch does not send"""
        self.translation = '"warfarin"[MeSH Terms] OR "warfarin"[All Fields]'
        self.said: dict[str, Any] = {}
        """further fields of ESearch's result: errorlist, warninglist, ERROR"""
        self.faults: deque[tuple[str, str]] = deque()
        """(part of the path, fault), each for one request"""
        self.always: dict[str, str] = {}
        """part of the path -> fault, for every request"""
        self.retry_after = "3"
        self.requests: list[tuple[str, dict[str, str], dict[str, str]]] = []
        """path, form, headers"""
        self.cursors = 0
        self.released = threading.Event()
        self.url = ""

    @property
    def eutils(self) -> str:
        """Base address of the E-utilities."""
        return f"{self.url}/entrez/eutils/"

    @property
    def europepmc(self) -> str:
        """Base address of Europe PMC."""
        return f"{self.url}/europepmc/webservices/rest/"

    def asked(self, part: str) -> list[dict[str, str]]:
        """The forms posted to a path."""
        return [form for path, form, _ in self.requests if part in path]

    def fault(self, path: str) -> str:
        """What goes wrong with this request."""
        if self.faults and self.faults[0][0] in path:
            return self.faults.popleft()[1]
        return next((fault for part, fault in self.always.items() if part in path), "")

    def answer(self, path: str, form: dict[str, str], fault: str) -> tuple[int, str]:
        """Status and body of a request that goes well, or of a fault of the service's making."""
        if path.endswith("esearch.fcgi"):
            return self._esearch(form)
        if path.endswith("efetch.fcgi"):
            return self._efetch(form, fault)
        if path.endswith("searchPOST"):
            return self._search(form, fault)
        if path.endswith("/fullTextXML"):
            return full_text(int(path.split("/")[-2].removeprefix("PMC")))
        return 404, '{"errCode":404,"errMsg":"Not Found"}'

    def _esearch(self, form: dict[str, str]) -> tuple[int, str]:
        start, most = int(form["retstart"]), min(int(form["retmax"]), 9_999)
        ids = [str(FIRST_PMID + n) for n in range(self.count)]
        if form.get("datetype") == "edat":
            first, last = (date(*map(int, form[end].split("/"))) for end in ("mindate", "maxdate"))
            ids = [
                own
                for n, own in enumerate(ids)
                if first <= FIRST_DAY + timedelta(days=n // self.per_day) <= last
            ]
        if start > 9_998:
            said: dict[str, Any] = {
                "ERROR": "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998."
            }
        else:
            listed = ids[start : min(start + most, 9_999)]
            said = {
                "count": str(len(ids)),
                "retmax": str(len(listed)),
                "retstart": str(start),
                "idlist": listed,
                "translationset": [],
                "querytranslation": self.translation,
            } | self.said
        # NCBI sends line breaks inside strings as they are.
        body = json.dumps({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": said})
        return 200, body.replace("\\n", "\n")

    def _efetch(self, form: dict[str, str], fault: str) -> tuple[int, str]:
        ids = [own for own in form["id"].split(",") if own not in self.deleted]
        if fault == "fewer":
            ids = ids[:-2]
        if not ids:
            return 400, "<eFetchResult><ERROR>ID list is empty! Possibly it has no correct IDs."
        articles = "\n".join(article(int(own) - FIRST_PMID) for own in ids)
        return 200, (
            f'<?xml version="1.0" ?>\n{DOCTYPE}\n<PubmedArticleSet>{articles}</PubmedArticleSet>'
        )

    def _search(self, form: dict[str, str], fault: str) -> tuple[int, str]:
        size, mark = int(form["pageSize"]), form["cursorMark"]
        if not 1 <= size <= 1_000:
            message = "Invalid page size provided. Valid size is between 1 and 1000"
            return 200, json.dumps({"version": "6.9", "errCode": 404, "errMsg": message})
        begin = 0 if mark == "*" else int(mark.removeprefix("AoIIQ").split("+")[0])
        if fault == "overlapping":
            begin = max(0, begin - 3)
        count = self.count - 5 if fault == "fewer" else self.count
        end = min(begin + size, count)
        following = f"AoIIQ{end}" if end > begin else mark
        if fault == "endless":
            self.cursors += 1
            begin, end = (begin, end) if end > begin else (max(0, count - size), count)
            following = f"AoIIQ{end}+{self.cursors}"
        rows = [core(n) if form["resultType"] == "core" else {} for n in range(begin, end)]
        request = {
            "queryString": form["query"],
            "resultType": form["resultType"],
            "cursorMark": mark,
            "pageSize": size,
            "sort": "",
            "synonym": False,
        }
        return 200, json.dumps(
            {
                "version": "6.9",
                "hitCount": self.count,
                "nextCursorMark": following,
                "request": request,
                "resultList": {"result": rows},
            }
        )


def article(number: int) -> str:
    """One PubmedArticle; every tenth has no abstract."""
    pmid = FIRST_PMID + number
    abstract = (
        ""
        if number % 10 == 7
        else f"""<Abstract>
          <AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">Warfarin dose varies with
            <i>CYP2C9*{number}</i>.</AbstractText>
          <AbstractText Label="RESULTS" NlmCategory="RESULTS">Study {number} found 10<sup>-3</sup>
            of it.</AbstractText>
        </Abstract>"""
    )
    return f"""<PubmedArticle>
      <MedlineCitation Status="MEDLINE" Owner="NLM" IndexingMethod="Automated">
        <PMID Version="1">{pmid}</PMID>
        <Article PubModel="Print-Electronic">
          <Journal><ISSN IssnType="Electronic">1234-5678</ISSN>
            <JournalIssue CitedMedium="Internet"><PubDate><Year>2019</Year></PubDate></JournalIssue>
            <Title>Journal of invented pharmacology</Title></Journal>
          <ArticleTitle>Warfarin study {number}.</ArticleTitle>
          {abstract}
          <AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Doe</LastName>
            <ForeName>Jane</ForeName><Initials>J</Initials></Author></AuthorList>
          <PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
          </PublicationTypeList>
        </Article>
      </MedlineCitation>
      <PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>
        <ArticleId IdType="doi">10.1000/warfarin.{number}</ArticleId></ArticleIdList></PubmedData>
    </PubmedArticle>"""


def core(number: int) -> dict[str, Any]:
    """One record of ``resultType=core``; every tenth has no abstract, every third is open."""
    pmid = str(FIRST_PMID + number)
    record: dict[str, Any] = {
        "id": pmid,
        "source": "MED",
        "pmid": pmid,
        "doi": f"10.1000/warfarin.{number}",
        "title": f"Warfarin and <i>CYP2C9</i>: study {number}.",
        "authorString": "Doe J, The Invented Group.",
        "authorList": {
            "author": [
                {"fullName": "Doe J", "firstName": "Jane", "lastName": "Doe", "initials": "J"},
                {"collectiveName": "The Invented Group"},
            ]
        },
        "journalInfo": {"issue": "2", "journal": {"title": "Journal of invented pharmacology"}},
        "pubYear": "2019",
        "abstractText": f"<h4>Background</h4>Study {number}: 10<sup>-3</sup> with p<0.05 &amp; "
        "<i>CYP2C9</i>.<h4>Results</h4>It works.",
        "pubTypeList": {"pubType": ["Journal Article", "research-article"]},
        "meshHeadingList": {"meshHeading": [{"majorTopic_YN": "N", "descriptorName": "Warfarin"}]},
        "keywordList": {"keyword": ["dosing"]},
        "isOpenAccess": "N",
        "inEPMC": "N",
    }
    if number % 10 == 7:
        del record["abstractText"]
    if number % 3 == 0:
        record |= {"pmcid": f"PMC{number + 1}", "isOpenAccess": "Y", "license": "cc by"}
    return record


def full_text(number: int) -> tuple[int, str]:
    """JATS; of every second open paper there is none."""
    if number % 2 == 0:
        return 404, ""
    return 200, (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96)'
        ' Journal Archiving DTD v1.2 20190208//EN" "JATS-archivearticle1.dtd">'
        '<article article-type="research-article"><front><article-meta>'
        f'<article-id pub-id-type="pmc">PMC{number}</article-id>'
        "<title-group><article-title>Warfarin in full</article-title></title-group>"
        "<abstract><p>The abstract.</p></abstract></article-meta></front>"
        "<body><sec><title>Methods</title><p>Doses were given daily for six weeks.</p></sec></body>"
        "</article>"
    )


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._serve({k: v[0] for k, v in parse_qs(text, keep_blank_values=True).items()})

    def _serve(self, form: dict[str, str]) -> None:
        services: Services = self.server.services
        services.requests.append((self.path, form, dict(self.headers)))
        fault = services.fault(self.path)
        status, text = services.answer(self.path, form, fault)
        headers = {"Content-Type": "application/json" if text[:1] == "{" else "text/xml"}
        if fault == "hang":
            services.released.wait(30)
            return
        if fault in ("500", "503"):
            status, text = int(fault), PAGE_500
        elif fault == "page":
            status, text = 200, PAGE_BLOCKED
        elif fault == "429":
            status, text = 429, RATE
            headers["Retry-After"] = services.retry_after
        elif fault == "rate":
            text = RATE
        elif fault == "key":
            status, text = 400, '{"error":"API key invalid","api-key":"x","status":"unknown"}'
        elif fault == "errcode":
            text = '{"version":"6.9","errCode":400,"errMsg":"Invalid query."}'
        elif fault == "empty":
            text = ""
        elif fault == "huge":
            text = "<PubmedArticleSet>" + " " * 2**22
        elif fault == "bomb":
            text = BOMB
        elif fault == "type":
            headers["Content-Type"] = "text/html; charset=iso-8859-1"
        elif fault == "truncated":
            text = text[: len(text) // 2]
        elif fault in ("away", "home"):
            host = "http://elsewhere.example" if fault == "away" else ""
            status, text = 302, ""
            headers["Location"] = f"{host}{self.path}"
        self._send(status, headers, text, fault)

    def _send(self, status: int, headers: dict[str, str], text: str, fault: str) -> None:
        body = gzip.compress(text.encode()) if text else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            # Lingering for no time makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "drip":
            for position in range(len(body)):
                if self.server.services.released.is_set():
                    return
                self.wfile.write(body[position : position + 1])
                time.sleep(0.05)
        else:
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some of the faults are for."""


@contextmanager
def serve(count: int = 30) -> Iterator[Services]:
    """Both services over ``count`` records, until the block ends."""
    services = Services(count)
    server: Any = _Server(("127.0.0.1", 0), _Handler)
    server.services = services
    services.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield services
    finally:
        services.released.set()
        server.shutdown()
        server.server_close()
