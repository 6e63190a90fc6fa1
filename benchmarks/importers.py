"""Every file of the importers' collection: records in it, and what became of each of them.

    python benchmarks/importers.py [--data ../shared/data] [--json]

The records of a file are counted without Retort's readers: lines that begin a record for RIS,
MEDLINE and BibTeX, the csv module for tables, elements for XML. ``read`` and ``skipped`` are the
readers'; ``merged`` are records that a fresh library, given only that file, took for one it already
had. ``whole`` says whether read + merged + skipped is the count. Files that are no records must be
refused; their message is shown. Ends with exit code 1 where a count does not agree.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from xml.etree import ElementTree

FOLDERS = ("importers", "pdf")
REFUSED = ("generic.vec", "broken-pdf.pdf", "zero-size-pdf.pdf", ".asreview", "pmids.txt")
"""ends of the names of files that hold no record to read"""


@dataclass(frozen=True, slots=True)
class Row:
    """One file."""

    file: str
    format: str
    records: int | None
    """counted independently; None where the file is to be refused"""
    read: int
    skipped: int
    merged: int | None
    """None where the library does not say"""
    seconds: float
    message: str

    @property
    def is_whole(self) -> bool:
        """Whether every record is accounted for; for what is to be refused, whether it was."""
        if self.records is None:
            return bool(self.message)
        return self.read + (self.merged or 0) + self.skipped == self.records


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig", errors="replace")


def count_ris(path: Path) -> int:
    """Lines that begin a record."""
    return len(re.findall(r"^TY  -", _text(path), re.MULTILINE))


def count_medline(path: Path) -> int:
    """Blocks between blank lines that hold a title."""
    return sum("\nTI  - " in f"\n{block}" for block in re.split(r"\n\s*\n", _text(path)))


def count_bibtex(path: Path) -> int:
    """Lines that begin an entry."""
    return len(re.findall(r"^@(?!comment|string|preamble)\w+\s*\{", _text(path), re.M | re.I))


def count_table(path: Path) -> int:
    """Rows below the header, by the csv module; rows with no cell filled are none."""
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = file.read().splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if re.search(r"\btitle\b", line, re.I))
    separator = max(",;\t", key=lines[start].count)
    rows = csv.reader(lines[start + 1 :], delimiter=separator)
    return sum(any(cell.strip() for cell in row) for row in rows)


def count_xml(path: Path) -> int:
    """Elements that are one article."""
    names = {"PubmedArticle", "PubmedBookArticle"}
    root = ElementTree.parse(path).getroot()
    return sum(element.tag in names for element in root.iter()) or 1


def one(path: Path) -> int:
    """A file that is one document."""
    return 1


def counter(path: Path) -> Callable[[Path], int]:
    """The count for a file, chosen by what its first lines hold, without Retort."""
    head = path.read_bytes()[:100_000].decode("utf-8", "replace").lstrip("\ufeff \r\n")
    if re.search(r"^(?:PMID- |OWN - |PMC - )", head, re.MULTILINE):
        return count_medline
    if re.search(r"^TY  -", head, re.MULTILINE):
        return count_ris
    if head.startswith("@"):
        return count_bibtex
    if head.startswith("<"):
        return count_xml
    if head.startswith("%PDF"):
        return one
    return count_table


def measure(path: Path, name: str) -> Row:
    """Read one file, and add it to a library of its own."""
    from retort.retrieval.errors import RetortError
    from retort.retrieval.readers import FORMATS, Skip, sniff

    is_refused = path.name.endswith(REFUSED)
    records = None if is_refused else counter(path)(path)
    kind, message = "", ""
    read = skipped = 0
    started = time.perf_counter()
    try:
        kind = sniff(path)
        for record in FORMATS[kind](path):
            skipped += isinstance(record, Skip)
            read += not isinstance(record, Skip)
    except RetortError as error:
        message = str(error).replace(f"{path.parent}/", "")
    seconds = time.perf_counter() - started
    merged = merged_by_library(path) if read else None
    read -= merged or 0
    return Row(name, kind, records, read, skipped, merged, round(seconds, 3), message)


def merged_by_library(path: Path) -> int | None:
    """Records that a fresh library merged; None where the library does not count them."""
    from retort.retrieval.encode import HashingEncoder
    from retort.retrieval.ingest import FileRow, add_paths
    from retort.retrieval.library import Library

    if "merged" not in {field.name for field in fields(FileRow)}:
        return None
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(Path(folder) / "library", HashingEncoder(), create=True) as library:
            (row,) = add_paths(library, [path]).files
    return int(getattr(row, "merged", 0))


def files(data: Path) -> Iterator[tuple[Path, str]]:
    """(file, its name below the collection), in order."""
    for folder in FOLDERS:
        for path in sorted((data / "literature" / folder).rglob("*")):
            if path.is_file():
                yield path, str(path.relative_to(data / "literature"))


def show(rows: list[Row]) -> None:
    """The table, then what was refused, then whether all is accounted for."""
    columns = ("format", "records", "read", "merged", "skipped")
    print(f"{'file':62}{'format':>11}" + "".join(f"{each:>9}" for each in columns[1:]) + "      s")
    for row in rows:
        cells = (row.records, row.read, row.merged, row.skipped)
        shown = "".join(f"{'-' if cell is None else cell:>9}" for cell in cells)
        mark = "" if row.is_whole else "  NOT WHOLE"
        print(f"{row.file:62}{row.format or 'refused':>11}{shown}{row.seconds:>7.2f}{mark}")
    for row in rows:
        if row.message:
            print(f"refused: {row.file}: {row.message}")
    counted = [row for row in rows if row.records is not None]
    whole = sum(row.is_whole for row in rows)
    print(
        f"{len(rows)} files, {sum(row.records or 0 for row in counted):,} records:"
        f" {sum(row.read for row in counted):,} read,"
        f" {sum(row.merged or 0 for row in counted):,} merged,"
        f" {sum(row.skipped for row in counted):,} skipped;"
        f" read + merged + skipped = records, or refused as it should be, in {whole} of"
        f" {len(rows)} files"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = list(files(options.data))
    if not found:
        print(f"skipped: {options.data} has no literature/importers", file=sys.stderr)
        return
    rows = [measure(path, name) for path, name in found]
    if options.json:
        print(json.dumps([asdict(row) | {"whole": row.is_whole} for row in rows]))
    else:
        show(rows)
    sys.exit(0 if all(row.is_whole for row in rows) else 1)


if __name__ == "__main__":
    main()
