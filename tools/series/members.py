"""The molecules of a set: read, brought to their parents, each structure once.

Owns what becomes of salts, mixtures, duplicates and rows that cannot be read. Knows no file and no
analysis.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools import structures


@dataclass(frozen=True, slots=True)
class Entry:
    """One molecule as it was given: a row of a file, an item of a list."""

    name: str
    smiles: str
    """as it came; empty where there is a ``problem``"""
    value: float | None = None
    """a measured or calculated number of it; None where there is none"""
    problem: str = ""
    """why it has no structure, where that is known already"""


@dataclass(frozen=True, slots=True)
class Member:
    """One structure of a set."""

    name: str
    """of the first entry that has it"""
    smiles: str
    """canonical isomeric SMILES of the parent"""
    structure: Any
    """the RDKit molecule of ``smiles``"""
    value: float | None
    """median of the entries' values; None where none has one"""


@dataclass(frozen=True, slots=True)
class Series:
    """A set of molecules and what became of every entry."""

    members: tuple[Member, ...]
    """each structure once, in the order of first appearance"""
    entries: tuple[Entry, ...]
    places: tuple[int | None, ...]
    """for each entry its member; None where it could not be read"""
    problems: tuple[str, ...]
    """for each entry why it could not be read; empty where it was"""
    value_label: str = ""
    """what the values are: "pIC50 (as given)", "calculated logP"; empty without values"""
    salts: int = 0
    """entries of several components, of which the parent is used"""
    charged: int = 0
    """entries of one component whose neutral form is used"""

    @property
    def failed(self) -> int:
        """Entries that could not be read."""
        return sum(place is None for place in self.places)

    @property
    def duplicates(self) -> int:
        """Entries whose structure is that of an earlier one."""
        return len(self.entries) - self.failed - len(self.members)

    def remarks(self) -> str:
        """What a reader should know of how the set was read, in plain sentences."""
        told = []
        if self.salts:
            told.append(f"Salts, solvates and mixtures read as their parents: {self.salts}.")
        if self.charged:
            told.append(f"Charged structures read as neutral: {self.charged}.")
        if self.duplicates:
            valued = " with the median of their values" if self.value_label else ""
            told.append(f"{_many(self.duplicates, 'duplicate')} of a structure merged{valued}.")
        unvalued = sum(member.value is None for member in self.members)
        if self.value_label and unvalued:
            told.append(
                f"{unvalued} of {_many(len(self.members), 'structure')} have no {self.value_label} "
                "that is a plain number (censored or empty)."
            )
        if self.failed:
            first = next(
                f"{entry.name}: {problem}"
                for entry, problem in zip(self.entries, self.problems, strict=True)
                if problem
            )
            told.append(f"{self.failed} of {len(self.entries)} could not be read; first {first}")
        return " ".join(told)


def gather(entries: Iterable[Entry], value_label: str = "") -> Series:
    """Read entries into a set; one that cannot be read is kept with the reason.

    Args:
        entries: taken one at a time.
        value_label: what their values are; empty without values.
    """
    kept: list[Entry] = []
    problems: list[str] = []
    places: list[int | None] = []
    found: dict[str, int] = {}
    held: list[tuple[str, Any]] = []
    values: defaultdict[int, list[float]] = defaultdict(list)
    salts = charged = 0
    for entry in entries:
        kept.append(entry)
        try:
            smiles, parent, changed = _parent(entry)
        except RetortError as error:
            places.append(None)
            problems.append(entry.problem or f"{error.what} {error.why}")
            continue
        salts += changed == "salt"
        charged += changed == "charge"
        at = found.setdefault(smiles, len(found))
        if at == len(held):
            held.append((entry.name, parent))
        if entry.value is not None:
            values[at].append(entry.value)
        places.append(at)
        problems.append("")
    members = tuple(
        Member(name, smiles, parent, median(values[at]) if values[at] else None)
        for (smiles, at), (name, parent) in zip(found.items(), held, strict=True)
    )
    return Series(members, tuple(kept), tuple(places), tuple(problems), value_label, salts, charged)


def _parent(entry: Entry) -> tuple[str, Any, str]:
    """Canonical SMILES and structure of an entry's parent, and what it differs by."""
    if entry.problem:
        raise RetortError(entry.problem, "", "")
    whole = structures.molecule_from_smiles(entry.smiles)
    parent = structures.standardise(whole)
    smiles = structures.canonical(parent)
    if structures.components_of(whole) > 1:
        return smiles, parent, "salt"
    return smiles, parent, "charge" if smiles != structures.canonical(whole) else ""


def number(text: str) -> float | None:
    """A cell as a number; None for an empty, a censored (">10") or any other text."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def need(members: Sequence[Member], fewest: int, what: str) -> None:
    """Refuse a set that is too small.

    Raises:
        RetortError: fewer than ``fewest`` structures; ``what`` names the analysis.
    """
    if len(members) < fewest:
        raise RetortError(
            f"{what} cannot be made.",
            f"It needs at least {_many(fewest, 'different structure')}; there "
            f"{'is' if len(members) == 1 else 'are'} {len(members)}.",
            "Give more molecules.",
        )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
