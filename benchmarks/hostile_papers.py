"""Hostile and broken files given to ``retort library add``: what each one gave.

    python benchmarks/hostile_papers.py [--size 200] [--only NAME] [--json]

Every input is made in a temporary folder, beside one good file, and added by a process of its own
without network. A row holds when the process ended by itself with one of its exit codes, no
traceback was shown, each file has its status, the good file's paper is in the library, and where
the input has good records beside the bad ones, these are in as well. ``--size`` is the length of
the long line, in megabytes.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

GOOD = {"_id": "GOOD", "title": "A good paper", "text": "Erlotinib inhibits EGFR in lung cancer."}
TIMEOUT_S = 900
_BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
_ARTICLE = (
    "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>Paper {0}"
    "</ArticleTitle><Abstract><AbstractText>{1}</AbstractText></Abstract></Article>"
    "</MedlineCitation></PubmedArticle>"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one hostile input gave."""

    name: str
    holds: bool
    seconds: float
    peak_mb: float
    """largest resident memory of the process"""
    exit_code: int
    papers: int
    """in the library afterwards"""
    said: str
    """the first status with its reason"""


@dataclass(frozen=True, slots=True)
class Case:
    """A way to do harm."""

    make: Callable[[Path], None]
    """puts the files into a folder"""
    papers: int = 0
    """good records that it holds and that must not be lost"""
    is_added: bool = False
    """whether its files are to be added; a refusal is expected otherwise"""


def _text(name: str, content: str | bytes) -> Callable[[Path], None]:
    raw = content if isinstance(content, bytes) else content.encode()
    return lambda folder: _written(folder / name, raw)


def _written(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


def _xml(subset: str, references: int = 1) -> Callable[[Path], None]:
    article = _ARTICLE.format(1, "&a9;" * references)
    return _text(
        "x.xml",
        f"<!DOCTYPE PubmedArticleSet [{subset}]><PubmedArticleSet>{article}</PubmedArticleSet>",
    )


def _articles(*bodies: str, end: str = "</PubmedArticleSet>") -> str:
    items = "\n".join(_ARTICLE.format(number, body) for number, body in enumerate(bodies, 1))
    return f"<PubmedArticleSet>{items}{end}"


def _long_line(name: str, head: str, unit: str, tail: str, size: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        with (folder / name).open("w") as file:
            file.write(head)
            block = unit * (1_000_000 // len(unit))
            for _ in range(size):
                file.write(block)
            file.write(tail)

    return make


def _empty_pages(folder: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _ in range(1_000):
        writer.add_blank_page(595, 842)
    writer.write(folder / "empty.pdf")


def _locked_pdf(folder: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(folder / "locked.pdf")


def _tricky_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        for name in ("../out.jsonl", "/tmp/out.jsonl", "C:\\out.jsonl", "a/../../out.jsonl"):
            archive.writestr(zipfile.ZipInfo(name), _record("BAD"))
        archive.writestr("fine/in.jsonl", _record("IN"))


def _tricky_tar(folder: Path) -> None:
    with tarfile.open(folder / "x.tar.gz", "w:gz") as archive:
        kinds = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}
        for name, kind in {**kinds, "../out.jsonl": tarfile.REGTYPE}.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        raw = _record("IN").encode()
        entry = tarfile.TarInfo("in.jsonl")
        entry.size = len(raw)
        archive.addfile(entry, io.BytesIO(raw))


def _zip_bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", _record("IN"))
        with archive.open("bomb.jsonl", "w", force_zip64=True) as member:
            for _ in range(1_000):
                member.write(bytes(1_000_000))


def _gzip_bomb(folder: Path) -> None:
    with gzip.open(folder / "bomb.xml.gz", "wb") as file:
        for _ in range(1_000):
            file.write(b" " * 1_000_000)


def _loop(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "loop").symlink_to(folder)
    (folder / "inside" / "self").symlink_to("self")
    _written(folder / "inside" / "in.jsonl", _record("IN").encode())


def _record(name: str, text: str = "Gefitinib inhibits EGFR too.") -> str:
    return json.dumps({"_id": name, "title": f"Paper {name}", "text": text}) + "\n"


def cases(size: int) -> dict[str, Case]:
    """The inputs by name."""
    same = "".join(_record("ONE", f"Version {number} of one paper.") for number in range(10_000))
    deep = "[" * 100_000 + "]" * 100_000
    trial = '{"protocolSection": {"identificationModule": '
    rows = "".join(f"Title of {n},What paper {n} found in cells\n" for n in range(1, 51))
    table = f"title,abstract\n{rows}"
    latin = _record("ONE") + _record("TWO").replace("inhibits", "inhibit\xe9")
    return {
        "xml: billion laughs": Case(_xml(f'<!ENTITY a0 "ha">{_BOMB}')),
        "xml: quadratic blow-up": Case(_xml(f'<!ENTITY a9 "{"x" * 50_000}">', 20_000)),
        "xml: external entity (file)": Case(_xml('<!ENTITY a9 SYSTEM "file:///etc/passwd">')),
        "xml: external entity (http)": Case(_xml('<!ENTITY a9 SYSTEM "http://192.0.2.1/x">')),
        "xml: external parameter entity": Case(
            _xml('<!ENTITY % p SYSTEM "http://192.0.2.1/p.dtd"> %p;')
        ),
        "xml: 100,000 levels": Case(_text("x.xml", _articles("<i>" * 100_000))),
        "xml: one record without end": Case(
            _long_line("x.xml", "<PubmedArticleSet><PubmedArticle><a>", "x" * 100, "", size)
        ),
        "xml: a bad byte in the second of three": Case(
            _text("x.xml", _articles("one", "two\xff", "three").encode("latin-1")), 2, True
        ),
        "xml: cut short in the third": Case(
            _text("x.xml", _articles("one", "two", end="<PubmedArticle><Medl")), 2, True
        ),
        "xml: declares another encoding": Case(
            _text("x.xml", '<?xml version="1.0" encoding="utf-16"?>' + _articles("one")), 1, True
        ),
        "html: 200,000 levels": Case(_text("x.html", "<!DOCTYPE html>" + "<div>" * 200_000)),
        "pdf: 1,000 empty pages": Case(_empty_pages),
        "pdf: locked": Case(_locked_pdf),
        "pdf: 13 bytes": Case(_text("x.pdf", b"broken pdf...")),
        "pdf: 0 bytes": Case(_text("x.pdf", b"")),
        "text: a line without end": Case(_long_line("x.txt", "Words ", "word ", "", size)),
        "jsonl: a line without end": Case(
            _long_line(
                "x.jsonl", _record("IN") + '{"_id": "L", "text": "', "x" * 100, '"}\n', size
            ),
            1,
            True,
        ),
        "jsonl: invalid UTF-8": Case(_text("x.jsonl", latin.encode("latin-1")), 1, True),
        "jsonl: 10,000 records with one id": Case(_text("x.jsonl", same), 1, True),
        "json: 100,000 levels": Case(_text("x.json", deep)),
        "json: 100,000 levels in a trial": Case(_text("x.json", trial + deep + "}}")),
        "csv: a NUL in one of 50 rows": Case(_text("x.csv", table.replace("7", "\0", 1)), 50, True),
        "text: invalid UTF-8": Case(
            _text("x.txt", b"Words that are caf\xe9 and na\xefve, \xff\xfe."), 1, True
        ),
        "zip: path tricks": Case(_tricky_zip, 1),
        "tar.gz: links, devices, path tricks": Case(_tricky_tar, 1),
        "zip: bomb of 1 GB": Case(_zip_bomb, 1),
        "gz: bomb of 1 GB": Case(_gzip_bomb),
        "folder: a loop of links": Case(_loop, 1, True),
    }


def tried(name: str, case: Case) -> Row:
    """Make one input and add it in a process of its own."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "in"
        folder.mkdir()
        _written(folder / "good.jsonl", (json.dumps(GOOD) + "\n").encode())
        case.make(folder)
        environment = {**os.environ, "RETORT_HOME": f"{work}/home", "RETORT_OFFLINE": "1"}
        command = [sys.executable, "-m", "retort.ui.cli", "library", "add", str(folder), "--json"]
        command += ["--library", "hostile"]
        started = time.perf_counter()
        with (Path(work) / "out").open("w+") as out, (Path(work) / "err").open("w+") as err:
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=err)
            usage = _waited(process)
            seconds = time.perf_counter() - started
            out.seek(0)
            err.seek(0)
            return _judged(name, case, seconds, usage, process.returncode, out.read(), err.read())


def _waited(process: subprocess.Popen[bytes]) -> float:
    """Wait for the end, or stop it at the limit; its peak resident memory in megabytes."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.02)


def _judged(
    name: str, case: Case, seconds: float, peak: float, code: int, out: str, err: str
) -> Row:
    try:
        result = json.loads(out)
    except ValueError:
        last = (err.strip().splitlines() or ["nothing was said"])[-1]
        return Row(name, False, round(seconds, 1), round(peak), code, 0, last)
    others: list[dict[str, Any]] = [
        row for row in result["files"] if not row["path"].endswith("good.jsonl")
    ]
    refused = [row for row in others if row["status"] in ("failed", "ignored")]
    failed = [row for row in refused if row["status"] == "failed"]
    added = sum(row["papers"] for row in result["files"] if row["status"] == "added")
    shown = (refused or others)[0]
    error = shown["error"] or {}
    reason = error.get("why") or error.get("what") or "; ".join(shown["reasons"]) or "all of it"
    is_expected = not refused if case.is_added else bool(refused)
    holds = (
        is_expected
        and code == (3 if failed else 0)
        and "Traceback" not in err
        and result["papers"] == case.papers + 1
        and added >= case.papers + 1
        and all(row["error"]["what"] for row in refused)
    )
    said = f"{shown['status']}: {reason}".replace("\n", " ")
    return Row(name, holds, round(seconds, 1), round(peak), code, result["papers"], said[:160])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200, help="megabytes of the long lines")
    parser.add_argument("--only", default="", help="inputs whose name holds this")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows = []
    for name, case in cases(options.size).items():
        if options.only not in name:
            continue
        row = tried(name, case)
        rows.append(row)
        if options.json:
            print(json.dumps(asdict(row)), flush=True)
        else:
            print(
                f"{'holds' if row.holds else 'FAILS'} {row.seconds:7.1f} s {row.peak_mb:6.0f} MB"
                f"  exit {row.exit_code}  {row.papers} papers  {row.name}\n      {row.said}",
                flush=True,
            )
    sys.exit(0 if all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main()
