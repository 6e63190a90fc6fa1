"""A table that a tool made: named columns with units, whole rows, written as CSV or SDF.

The model reads a few rows as evidence; the table is what the user keeps. Knows no tool and no page.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Value = str | int | float | bool | None
"""one cell; ``None`` is unknown or not measured, written as an empty cell"""

_RUNS = re.compile(r"'*\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its machine name, what a reader calls it, and the unit of its numbers."""

    name: str
    label: str
    unit: str = ""

    @property
    def heading(self) -> str:
        """The label with its unit: "median (nM)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def header(self) -> str:
        """The machine name with its unit: "median (nM)"; the first line of a CSV."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that belong together, all of them, in the order in which they were found.

    The first column that is not the structure's names the row.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    smiles: str = ""
    """name of the column that holds each row's structure; empty where none does"""

    def __post_init__(self) -> None:
        width = len(self.columns)
        if any(len(row) != width for row in self.rows):
            raise ValueError(f"every row of {self.title!r} needs {width} cells")
        if self.smiles and self.smiles not in {column.name for column in self.columns}:
            raise ValueError(f"no column {self.smiles!r} in {self.title!r}")

    def csv(self) -> str:
        """The whole table as CSV (RFC 4180): machine names with units, then the rows."""
        return written_csv([column.header for column in self.columns], self.rows)

    def sdf(self) -> tuple[str, int]:
        """The rows with a structure as an SD file, each with its cells as data fields.

        A column with a unit gets a second field, ``NAME_unit``. Signs are as in the table: an SD
        file is read by programs of chemistry, which run nothing.

        Returns:
            the text, and how many rows were left out because they have no readable structure.
        """
        from retort.tools import sdf, structures  # here: the table itself needs no RDKit

        found = []
        for row in self.rows:
            smiles = self.structure(row)
            molecule, _ = structures.read_smiles(smiles) if smiles else (None, "")
            if molecule is not None:
                found.append((molecule, self.name_of(row), self._fields(row)))
        return sdf.written(found) if found else "", len(self.rows) - len(found)

    def page(self, offset: int, limit: int) -> Table:
        """So many rows from the ``offset``-th on (0-based), as a table of the same columns."""
        return Table(self.title, self.columns, self.rows[offset : offset + limit], self.smiles)

    def structure(self, row: Sequence[Value]) -> str:
        """The SMILES of a row; empty where it has none."""
        found = dict(zip((column.name for column in self.columns), row, strict=True))
        return str(found.get(self.smiles) or "")

    def name_of(self, row: Sequence[Value]) -> str:
        """What a row is called: its first cell that is no structure."""
        cells = zip(self.columns, row, strict=True)
        return next((shown(cell) for column, cell in cells if column.name != self.smiles), "")

    def described(self) -> dict[str, Any]:
        """What the table is, without its rows; JSON-ready."""
        columns = [asdict(column) for column in self.columns]
        count = len(self.rows)
        return {"title": self.title, "columns": columns, "smiles": self.smiles, "count": count}

    def as_dict(self) -> dict[str, Any]:
        """The whole table, JSON-ready."""
        return self.described() | {"rows": [list(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Table:
        """The table behind ``as_dict``."""
        columns = tuple(Column(**column) for column in data["columns"])
        rows = tuple(tuple(row) for row in data["rows"])
        return cls(data["title"], columns, rows, data["smiles"])

    def _fields(self, row: Sequence[Value]) -> dict[str, str]:
        fields: dict[str, str] = {}
        for column, cell in zip(self.columns, row, strict=True):
            name = re.sub(r"\W+", "_", column.name, flags=re.ASCII)
            fields[name] = shown(cell)
            if column.unit and cell is not None:
                fields[f"{name}_unit"] = column.unit
        return fields


def shown(cell: Value) -> str:
    """A cell as text: floats with up to ten digits, truth as true and false, unknown as ""."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return "" if cell is None else str(cell)


def written_csv(header: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Rows as CSV with CRLF, every cell ``neutral``."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(map(neutral, header))
    writer.writerows(map(neutral, row) for row in rows)
    return stream.getvalue()


def neutral(cell: Value) -> str:
    """A cell that no spreadsheet runs as a formula, as text.

    An apostrophe goes before text that begins with ``= + - @`` (OWASP, CSV injection). Numbers
    stay, and so does a sign on its own, which runs nothing: the relation ``=``. Structures stay
    as well, because a SMILES begins with an atom; ``[*:1]`` and ``(C)O`` are no formulas, and what
    does begin with a sign is none. Text that begins with apostrophes and a sign gets one more, so
    that taking one away from such cells gives back every text as it was.
    """
    text = str(cell) if isinstance(cell, float) else shown(cell)
    if _RUNS.match(text) and not _NUMBER.fullmatch(text) and len(text) > 1:
        return f"'{text}"
    return text
