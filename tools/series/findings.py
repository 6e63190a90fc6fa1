"""What an analysis of a set found: evidence in order, and what it says of every molecule.

Owns how groups, values and names are worded. Knows no analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from retort.tools import structures
from retort.tools.records import Evidence
from retort.tools.series.members import Member, Series
from retort.tools.series.shapes import ValuesShape
from retort.tools.shapes import AbsenceShape
from retort.tools.tables import Column, Table, Value

VERSION = structures.RDKIT.split()[-1]

NAMED = 5
"""molecules of a group that are named"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What one analysis found."""

    summary: str
    evidence: tuple[Evidence, ...]
    """all of it, the weightiest first"""
    note: str = ""
    columns: tuple[Column, ...] = ()
    """what the analysis adds to a molecule's row"""
    cells: Mapping[int, tuple[Value, ...]] | None = None
    """place of a member -> its cells; None where the result has a table of its own"""
    own: Table | None = None
    """where rows are no molecules: the table of the pairs"""


def calculated(title: str, quote: str, record: Mapping[str, Any]) -> Evidence:
    """A piece of evidence that RDKit calculated; its sentence ends with the version."""
    told = f"{quote} ({structures.RDKIT})."
    return Evidence("calculation", structures.RDKIT, title, told, record=dict(record))


def absence(searched: str) -> Evidence:
    """That nothing was found, which is a result too."""
    record: AbsenceShape = {
        "record": "absence",
        "searched": searched,
        "found": 0,
        "release": structures.RDKIT,
    }
    return calculated("Nothing found", f"{searched}: 0 found", record)


def values_of(series: Series, places: Sequence[int]) -> ValuesShape | None:
    """The values of some members; None where none has one."""
    values = [value for at in places if (value := series.members[at].value) is not None]
    if not values:
        return None
    return {
        "label": series.value_label,
        "n": len(values),
        "median": rounded(median(values)),
        "low": rounded(min(values)),
        "high": rounded(max(values)),
    }


def told_values(values: ValuesShape | None) -> str:
    """The values as a clause ("; pIC50 (as given): median 7.2, 5.1 to 9 (n = 30)"), or nothing."""
    if values is None:
        return ""
    return (
        f"; {values['label']}: median {values['median']:g}, "
        f"{values['low']:g} to {values['high']:g} (n = {values['n']})"
    )


def names(members: Sequence[Member], places: Sequence[int]) -> list[str]:
    """The names of the first few."""
    return [members[at].name for at in places[:NAMED]]


def listed(names: Sequence[str], count: int) -> str:
    """Names, and how many more there are."""
    more = count - len(names)
    return f"{', '.join(names)}{f' and {more} more' if more else ''}"


def share(count: int, of: int) -> str:
    """A part of a set in words: "12 of 48 molecules (25 %)"."""
    return f"{count} of {of} molecules ({100 * count / of:.0f} %)"


def rounded(value: float) -> float:
    """A number as it is shown and stored: to three decimals."""
    return round(value, 3)


def whole_table(series: Series, found: Findings, title: str) -> Table:
    """Every entry of a set as it came, with what was found of it, or why it could not be read."""
    valued = bool(series.value_label)
    columns = (
        Column("name", "name"),
        Column("smiles", "SMILES"),
        Column("parent_smiles", "SMILES of the parent"),
        *((Column("value", series.value_label),) if valued else ()),
        *found.columns,
        Column("error", "error"),
    )
    blank: tuple[Value, ...] = (None,) * len(found.columns)
    rows = []
    for entry, place, problem in zip(series.entries, series.places, series.problems, strict=True):
        cells = blank if place is None else (found.cells or {}).get(place, blank)
        parent = "" if place is None else series.members[place].smiles
        value: tuple[Value, ...] = (entry.value,) if valued else ()
        rows.append((entry.name, entry.smiles, parent, *value, *cells, problem or None))
    return Table(title, columns, tuple(rows), smiles="parent_smiles")
