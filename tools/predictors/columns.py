"""The columns that predictions add to a table: their names, the cells of a row, their CSV.

Owns what stands where in a row of the result. Knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from retort.tools.predictors.answers import Answers
from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.domain import LEVELS
from retort.tools.predictors.featurise import Features
from retort.tools.predictors.heads import Estimates
from retort.tools.predictors.records import Endpoint
from retort.tools.result_files import ERROR, kept_names, quoted

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


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a result: the input's own, those of each endpoint, then ``error``."""

    kept: tuple[str, ...]
    """the input's columns; one that has the name of a column of ours begins with ``input_``"""
    endpoints: tuple[Endpoint, ...]

    @classmethod
    def of(cls, columns: Sequence[str], endpoints: Sequence[Endpoint]) -> Columns:
        """The columns for an input with these ``columns``."""
        ours = [f"predicted_{e.name}{field}" for e in endpoints for field in FIELDS]
        return cls(kept_names(columns, ours), tuple(endpoints))

    def header(self) -> list[str]:
        """The names of all columns."""
        ours = [f"predicted_{e.name}{field}" for e in self.endpoints for field in FIELDS]
        return [*self.kept, *ours, ERROR]

    def row(self, cells: Sequence[str], ours: str, error: str) -> str:
        """A row of the result, as CSV.

        Args:
            cells: those of the input, as they came.
            ours: what ``texts`` or ``blank`` gives.
            error: why there is no prediction; empty otherwise.
        """
        return ",".join([*map(quoted, cells), ours, quoted(error)]) + "\n"

    def texts(self, answers: Answers) -> list[str]:
        """What the endpoints add to the row of each structure, as CSV."""
        found = answers.estimates
        by_endpoint = [
            _texts(endpoint, found[endpoint.name]) for endpoint in self.endpoints if found
        ]
        made = map(",".join, zip(*by_endpoint, strict=True))
        blank = self.blank()
        return [next(made) if isinstance(item, Features) else blank for item in answers.read]

    def blank(self) -> str:
        """The same of a row without predictions: units and models alone, one kind a column."""
        empty = [""] * (len(FIELDS) - 3)
        return ",".join(
            quoted(cell)
            for endpoint in self.endpoints
            for cell in ("", unit_of(endpoint), *empty, endpoint.model)
        )

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


def _texts(endpoint: Endpoint, found: Estimates) -> list[str]:
    """One endpoint's cells of every molecule, in the order of ``FIELDS``, as CSV."""
    read, nothing = found.readings, [""] * len(found.percentiles)
    told = (read.values, *read.intervals.T)
    value, low, high = (nothing if endpoint.rank_only else _numbers(array) for array in told)
    levels = [LEVELS[place] for place in found.judgement.levels.tolist()]
    columns = (
        value,
        [quoted(unit_of(endpoint))] * len(levels),
        low,
        high,
        ["false" if level == "outside" else "true" for level in levels],
        levels,
        _numbers(found.neighbours.nearest),
        _numbers(found.percentiles),
        [quoted(endpoint.model)] * len(levels),
    )
    return list(map(",".join, zip(*columns, strict=True)))


def _numbers(array: Floats) -> list[str]:
    return ["" if isnan(number) else f"{number:.4f}" for number in array.tolist()]
