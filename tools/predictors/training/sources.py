"""Readers of training sets: rows of published files, with values in the unit of the endpoint.

Owns file formats and what a published value means for an endpoint. Knows no structure: a SMILES is
text here, and what it is, whether it is held out and which rows belong together is decided in
``datasets``.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools.predictors.endpoints import Source, Spec

NANOMOLAR_TO_P = 9.0
"""pIC50 = 9 - log10(IC50 in nM)"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One published measurement."""

    smiles: str
    """as written in the file"""
    value: float
    """in the endpoint's unit; 1.0 and 0.0 for classes"""
    source: Source


def measurements(spec: Spec, data: Path) -> Iterator[Measured]:
    """Every measurement of an endpoint, source by source, the primary ones first.

    Args:
        spec: the endpoint.
        data: folder that holds ``molecules``.

    Raises:
        RetortError: a file or a column is missing.
    """
    for source in spec.sources:
        for smiles, value in READERS[source.reader](source, data):
            yield Measured(smiles, value, source)


def table(source: Source, data: Path) -> Iterator[tuple[str, float]]:
    """One column of structures, one of values; an empty cell is not measured."""
    for smiles, cell in _rows(source, data):
        value = _value(source, cell)
        if value is not None:
            yield smiles, value


def activities(source: Source, data: Path) -> Iterator[tuple[str, float]]:
    """ChEMBL activities in nM with a relation: pIC50s, or classes where there is a ``limit``.

    "> 30000" says only that it is weaker than 30 µM: a censored value is a class where it lies on
    one side of the limit for certain, and it is never a number.
    """
    columns = ("standard_units", "standard_relation")
    for smiles, cell, unit, relation in _rows(source, data, columns):
        concentration = _number(cell)
        if unit != "nM" or concentration is None or concentration <= 0:
            continue
        potency = NANOMOLAR_TO_P - math.log10(concentration)
        if source.limit is None:
            if relation == "=":
                yield smiles, potency
            continue
        active = potency >= source.limit
        weaker, stronger = relation in (">", ">="), relation in ("<", "<=")
        if abs(potency - source.limit) >= source.gap and not (weaker if active else stronger):
            yield smiles, float(active)


READERS: dict[str, Callable[[Source, Path], Iterator[tuple[str, float]]]] = {
    "table": table,
    "activities": activities,
}
"""By the name that a card gives in ``reader``."""


def _rows(source: Source, data: Path, more: Sequence[str] = ()) -> Iterator[list[str]]:
    """Structure, value and ``more`` columns of the rows that fulfil ``source.where``."""
    path = data / "molecules" / source.path
    if not path.is_file():
        raise RetortError(f"Cannot read {source.name}.", f"{path} is missing.", "Check --data.")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t" if ".tsv" in path.name else ",")
        header = next(rows, [])
        columns = [source.smiles, source.value, *more, *source.where]
        missing = set(columns).difference(header)
        if missing:
            raise RetortError(
                f"Cannot read {source.name}.",
                f"{path} has no column {', '.join(sorted(missing))}.",
                "Check that it is the file that data/README.md describes.",
            )
        places = [header.index(column) for column in columns]
        wanted, words = len(columns) - len(source.where), list(source.where.values())
        for row in rows:
            cells = [row[place] for place in places]
            if cells[wanted:] == words:
                yield cells[:wanted]


def _value(source: Source, text: str) -> float | None:
    """A cell in the endpoint's unit, or ``None`` where it says nothing."""
    if source.classes:
        return source.classes.get(text)
    number = _number(text)
    if number is None:
        return None
    number *= source.factor
    if source.limit is None:
        return number
    return None if abs(number - source.limit) < source.gap else float(number >= source.limit)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
