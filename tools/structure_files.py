"""Files of structures, row by row: tables (CSV, TSV ...), SMILES files and SD files.

Owns what a file is, which column holds the structures and what of a row is kept. Told by content;
the suffix decides only between a table and SMILES lines. Memory is bounded by one row. Knows no
property and no model.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

from retort.retrieval.errors import RetortError, UsageError
from retort.retrieval.readers.foreign import name_binary
from retort.retrieval.readers.lines import encoding_of
from retort.tools import sdf, structures

DEFAULT_NAMES = ("smiles", "canonical_smiles", "structure")
"""Columns taken for the structures unless told otherwise, in this order, in any case."""

HEAD_BYTES = 65_536
CELL_LIMIT = 131_072
"""characters; a longer cell means a quotation mark that was not closed"""
_DELIMITERS = (",", "\t", ";", "|")
_SMILES_SUFFIXES = (".smi", ".smiles", ".ism", ".txt")
_WESTERN = "cp1252"
"""Windows code page, taken for what is not Unicode"""
_SAMPLE = 20
"""Lines looked at where the first one is no structure."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    cells: tuple[str, ...]
    """what is kept of it, one text per column of the file, as it came"""
    smiles: str
    problem: RetortError | None = None
    """why there is no structure in it, where that is known already"""


@dataclass(frozen=True, slots=True)
class StructureFile:
    """A file and how it is read."""

    path: Path
    kind: Literal["table", "smiles", "sd"]
    columns: tuple[str, ...]
    """of a table its own; of SMILES lines ``smiles`` and ``name``; of an SD file these two and the
    data fields of its first record"""
    encoding: str
    delimiter: str = ","
    structure_at: int = 0
    """column of the structures"""
    has_header: bool = True

    def rows(self) -> Iterator[Row]:
        """The rows in the order of the file; empty lines and comments (``#``) are left out.

        Raises:
            RetortError: the file cannot be read on.
        """
        readers = {"table": self._table, "smiles": self._lines, "sd": self._records}
        with self._reading() as stream:
            yield from readers[self.kind](stream)

    def count(self) -> int:
        """How many rows there are; reads the file without reading structures.

        Raises:
            RetortError: the file cannot be read to its end.
        """
        with self._reading() as stream:
            if self.kind == "sd":
                return sum(1 for _ in sdf.read(stream))
            if self.kind == "smiles":
                return sum(1 for _ in _filled(stream)) - self.has_header
            return sum(1 for _ in self._reader(stream)) - 1

    @contextmanager
    def _reading(self) -> Iterator[IO[str]]:
        newline = "" if self.kind == "table" else None
        try:
            with self.path.open(encoding=self.encoding, errors="replace", newline=newline) as file:
                yield file
        except (OSError, csv.Error) as error:
            raise RetortError(
                f"Cannot read {self.path} to its end.",
                f"{error}.",
                "Check it for a quotation mark that is not closed, or export it again.",
            ) from error

    def _reader(self, stream: IO[str]) -> Iterator[list[str]]:
        for cells in csv.reader(stream, delimiter=self.delimiter):
            if any(len(cell) > CELL_LIMIT for cell in cells):
                raise csv.Error(f"A cell is longer than {CELL_LIMIT:,} characters")
            if cells:
                yield cells

    def _table(self, stream: IO[str]) -> Iterator[Row]:
        reader = self._reader(stream)
        next(reader, None)
        width = len(self.columns)
        for cells in reader:
            kept = tuple((*cells, *[""] * width)[:width])
            row = Row(kept, kept[self.structure_at].strip())
            if len(cells) > width:
                why = f"It has {len(cells)} cells, the header {width}."
                fix = "Put cells that hold the separator in quotation marks."
                row = replace(row, problem=RetortError("Cannot read this row.", why, fix))
            yield row

    def _lines(self, stream: IO[str]) -> Iterator[Row]:
        lines = _filled(stream)
        if self.has_header:
            next(lines, None)
        for line in lines:
            smiles, *name = line.split(None, 1)
            yield Row((smiles, name[0].strip() if name else ""), smiles)

    def _records(self, stream: IO[str]) -> Iterator[Row]:
        for record in sdf.read(stream):
            fields = [record.fields.get(name, "") for name in self.columns[2:]]
            try:
                smiles = structures.canonical(structures.molecule_from_block(record.block))
                yield Row((smiles, record.title, *fields), smiles)
            except RetortError as error:
                yield Row(("", record.title, *fields), "", error)


def open_structures(path: Path, smiles_column: str | None = None) -> StructureFile:
    """Find out what a file is and where its structures are.

    Args:
        path: a table with a header, SMILES lines, or an SD file.
        smiles_column: name of the column; default one of ``DEFAULT_NAMES``.

    Raises:
        UsageError: no such file, nothing in it, no file of structures, or no such column; lists
            the columns that there are.
    """
    head = _head(path)
    encoding, text = _decoded(head)
    if encoding.startswith("utf-8") and not _is_utf8(path):
        encoding = _WESTERN
    lines = list(_filled(iter(text.splitlines())))
    if not lines:
        raise _refused(path, "It is empty.")
    if _is_sd(text):
        return _sd_file(path, encoding, smiles_column)
    table = _table_file(path, encoding, text, smiles_column)
    if table:
        return table
    is_header = lines[0].split()[0].lower() in DEFAULT_NAMES
    if smiles_column is None and (is_header or _is_smiles_file(path, lines[:_SAMPLE])):
        return StructureFile(path, "smiles", ("smiles", "name"), encoding, has_header=is_header)
    columns = max((_cells(lines[0], sign) for sign in _DELIMITERS), key=len)
    wanted = f'named "{smiles_column}"' if smiles_column else f"named {' or '.join(DEFAULT_NAMES)}"
    raise UsageError(
        f"{path} has no column {wanted}.",
        f"Its columns are: {', '.join(columns)}.",
        "Name the one that holds the structures: --smiles-column NAME",
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise _refused(path, f"{error.strerror}.") from error
    if foreign := name_binary(head):
        raise _refused(path, f"By its content it is {foreign}.")
    return head


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"Cannot read structures from {path}.",
        why,
        "Give a CSV or TSV file with a header, SMILES lines, or an SD file.",
    )


def _decoded(head: bytes) -> tuple[str, str]:
    """The encoding and the text of a head: UTF-8 or -16, else Windows code page 1252."""
    encoding = encoding_of(head)
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        return encoding, decoder.decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return _WESTERN, head.decode(_WESTERN, "replace")


def _is_utf8(path: Path) -> bool:
    """Whether a whole file is UTF-8: the first sign outside ASCII may stand far down."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _filled(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if line.strip() and not line.startswith("#"))


def _is_sd(text: str) -> bool:
    lines = text.splitlines()
    counts = lines[3] if len(lines) > 3 else ""
    return counts.rstrip().endswith(("V2000", "V3000")) or any(
        line.startswith((sdf.END, "M  END")) for line in lines
    )


def _sd_file(path: Path, encoding: str, smiles_column: str | None) -> StructureFile:
    if smiles_column:
        raise UsageError(
            f"{path} is an SD file.",
            "Its structures are its mol blocks, not a column.",
            "Leave --smiles-column out.",
        )
    with path.open(encoding=encoding, errors="replace") as stream:
        first = next(sdf.read(stream))
    return StructureFile(path, "sd", ("smiles", "name", *first.fields), encoding)


def _table_file(
    path: Path, encoding: str, text: str, smiles_column: str | None
) -> StructureFile | None:
    """The file as a table, if its first row has the column of the structures."""
    for delimiter in _DELIMITERS:
        columns = _cells(text, delimiter)
        found = _column(columns, (smiles_column,) if smiles_column else DEFAULT_NAMES)
        if found is not None:
            if columns.count(columns[found]) > 1:
                raise UsageError(
                    f'{path} has more than one column named "{columns[found]}".',
                    f"Its columns are: {', '.join(columns)}.",
                    "Rename all but the one that holds the structures.",
                )
            return StructureFile(path, "table", columns, encoding, delimiter, found)
    return None


def _cells(text: str, delimiter: str) -> tuple[str, ...]:
    """The first row of a text, as a table with this separator has it."""
    try:
        first = next(filter(None, csv.reader(text.splitlines(True), delimiter=delimiter)), [])
    except csv.Error:
        first = []
    return tuple(cell.strip() for cell in first)


def _column(columns: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    for name in names:
        if name in columns:
            return columns.index(name)
        lowered = [column.lower() for column in columns]
        if name.lower() in lowered:
            return lowered.index(name.lower())
    return None


def _is_smiles_file(path: Path, lines: list[str]) -> bool:
    """Whether lines begin with structures: the first, or most of them in a file named so."""
    readable = [structures.read_smiles(line.split()[0])[0] is not None for line in lines]
    is_named = path.suffix.lower() in _SMILES_SUFFIXES
    return readable[0] or (is_named and 2 * sum(readable) >= len(readable))
