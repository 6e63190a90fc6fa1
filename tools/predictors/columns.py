"""The columns that predictions add to a table: their names, the cells of a row, their CSV.

Owns what stands where in a row of the result. Knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retort.tools.predictors.records import Endpoint, Prediction

FIELDS = (
    "",
    "_unit",
    "_lo",
    "_hi",
    "_in_domain",
    "_domain",
    "_nearest_training_similarity",
    "_percentile",
    "_model",
)
"""What follows ``predicted_ENDPOINT`` in the names of its columns."""

_UNIT, _MODEL = FIELDS.index("_unit"), FIELDS.index("_model")
ERROR = "error"
"""name of the last column"""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a result: the input's own, those of each endpoint, then ``error``."""

    kept: tuple[str, ...]
    """the input's columns; one that has the name of a column of ours begins with ``input_``"""
    endpoints: tuple[Endpoint, ...]

    @classmethod
    def of(cls, columns: Sequence[str], endpoints: Sequence[Endpoint]) -> Columns:
        """The columns for an input with these ``columns``."""
        ours = {f"predicted_{e.name}{field}" for e in endpoints for field in FIELDS} | {ERROR}
        kept: list[str] = []
        for column in columns:
            name = column
            while name in ours or (name != column and name in (*columns, *kept)):
                name = f"input_{name}"
            kept.append(name)
        return cls(tuple(kept), tuple(endpoints))

    def header(self) -> list[str]:
        """The names of all columns."""
        ours = [f"predicted_{e.name}{field}" for e in self.endpoints for field in FIELDS]
        return [*self.kept, *ours, ERROR]

    def row(
        self, cells: Sequence[str], found: Sequence[Prediction | None], error: str
    ) -> list[str]:
        """A row of the result.

        Args:
            cells: those of the input, as they came.
            found: a prediction per endpoint; ``None`` where there is none.
            error: why there is none; empty otherwise.
        """
        ours = [
            cell
            for endpoint, prediction in zip(self.endpoints, found, strict=True)
            for cell in _cells(endpoint, prediction)
        ]
        return [*cells, *ours, error]

    def holds(self, cells: Sequence[str], kept: Sequence[str]) -> bool:
        """Whether a row of a result is of these models and begins with these cells of the input."""
        start, step = len(self.kept), len(FIELDS)
        return (
            cells[:start] == [*kept]
            and cells[start + _UNIT : -1 : step] == [unit_of(e) for e in self.endpoints]
            and cells[start + _MODEL : -1 : step] == [e.model for e in self.endpoints]
        )


def unit_of(endpoint: Endpoint) -> str:
    """An endpoint's unit in words; of a class, whose probability it is."""
    return f"probability of {endpoint.positive}" if endpoint.positive else endpoint.unit


def _cells(endpoint: Endpoint, found: Prediction | None) -> list[str]:
    """One endpoint's cells; unit and model always stand there, so that a column is of one kind."""
    if found is None or found.error:
        return ["", unit_of(endpoint), *[""] * (len(FIELDS) - 3), endpoint.model]
    low, high = found.interval or (None, None)
    return [
        _number(found.value),
        unit_of(endpoint),
        _number(low),
        _number(high),
        "" if found.in_domain is None else str(found.in_domain).lower(),
        found.domain or "",
        _number(found.nearest_training_similarity),
        _number(found.percentile_of_drugs),
        endpoint.model,
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def line(cells: Sequence[str]) -> str:
    """A row as CSV (RFC 4180), with a bare line feed at its end."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
