"""Matched pairs as evidence, a transformation at a time, and as a table of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retort.tools.series.findings import NAMED, VERSION, Findings, absence, calculated, rounded
from retort.tools.series.members import Series
from retort.tools.series.pairs import MOST_PAIRS, Pair, Transformation, matched_pairs
from retort.tools.series.shapes import MatchedPairsShape, PairShape
from retort.tools.tables import Column, Table, Value

if TYPE_CHECKING:
    from retort.tools.records import Evidence
    from retort.tools.series.analyses import Wish

METHOD = "matched pairs by single cuts, Hussain and Rea 2010"


def by_matched_pairs(series: Series, wish: Wish) -> Findings:
    """The matched molecular pairs of a set and what each transformation changes."""
    found = matched_pairs(series.members)
    if not found.count:
        searched = f"Matched molecular pairs among {len(series.members)} structures"
        return Findings("No matched pairs", (absence(searched),), own=_table(series, ()))
    note = f"Changes are after minus before; {METHOD}."
    if series.value_label:
        note += " Read a mean of few pairs with care; potencies belong on a logarithmic scale."
    if found.is_cut:
        note += f" Cut off at {MOST_PAIRS:,} pairs, those with the largest common part first."
    count, kinds = found.count, len(found.transformations)
    return Findings(
        f"{count:,} matched pair{'s' * (count != 1)} "
        f"in {kinds:,} transformation{'s' * (kinds != 1)}",
        tuple(_evidence(series, item) for item in found.transformations),
        note,
        own=_table(series, found.transformations),
    )


def _evidence(series: Series, item: Transformation) -> Evidence:
    n, known = len(item.pairs), len(item.changes)
    average, deviation = item.mean_change, item.deviation
    shown = [_pair(series, pair) for pair in item.pairs[:NAMED]]
    record: MatchedPairsShape = {
        "record": "matched_pairs",
        "before": item.before,
        "after": item.after,
        "n": n,
        "n_values": known,
        "mean_change": None if average is None else rounded(average),
        "standard_deviation": None if deviation is None else rounded(deviation),
        "value_label": series.value_label,
        "pairs": shown,
        "rdkit_version": VERSION,
    }
    told = f"{item.before} to {item.after}: {n} matched pair{'s' * (n != 1)}"
    if average is not None:
        told += f"; mean change of {series.value_label} {rounded(average):+g}"
        told += f" (standard deviation {rounded(deviation):g}" if deviation is not None else " ("
        told += f"{', ' * (deviation is not None)}n = {known})"
    examples = ", ".join(_told(pair) for pair in shown[:3])
    return calculated(f"Transformation {item.name}", f"{told}; {examples}", record)


def _pair(series: Series, pair: Pair) -> PairShape:
    return {
        "one": series.members[pair.one].name,
        "other": series.members[pair.other].name,
        "constant": pair.constant,
        "change": None if pair.change is None else rounded(pair.change),
    }


def _told(pair: PairShape) -> str:
    change = "" if pair["change"] is None else f" ({pair['change']:+g})"
    return f"{pair['one']} to {pair['other']}{change}"


def _table(series: Series, transformations: tuple[Transformation, ...]) -> Table:
    """One row per pair with what is known of its transformation; then what could not be read."""
    label = series.value_label or "value"
    columns = (
        Column("transformation", "transformation"),
        Column("n", "pairs with it"),
        Column("mean_change", f"mean change of {label}"),
        Column("standard_deviation", "standard deviation"),
        Column("from_name", "from"),
        Column("to_name", "to"),
        Column("constant", "common part"),
        Column("from_value", f"{label}, from"),
        Column("to_value", f"{label}, to"),
        Column("change", f"change of {label}"),
        Column("from_smiles", "SMILES, from"),
        Column("to_smiles", "SMILES, to"),
        Column("error", "error"),
    )
    rows: list[tuple[Value, ...]] = []
    for item in transformations:
        average, deviation = item.mean_change, item.deviation
        shared = (
            item.name,
            len(item.pairs),
            None if average is None else rounded(average),
            None if deviation is None else rounded(deviation),
        )
        for pair in item.pairs:
            one, other = series.members[pair.one], series.members[pair.other]
            change = None if pair.change is None else rounded(pair.change)
            told = (one.name, other.name, pair.constant, one.value, other.value, change)
            rows.append((*shared, *told, one.smiles, other.smiles, None))
    blank = (None,) * 4
    for entry, problem in zip(series.entries, series.problems, strict=True):
        if problem:
            rows.append((*blank, entry.name, *(None,) * 5, entry.smiles, None, problem))
    return Table("Matched molecular pairs", columns, tuple(rows), smiles="to_smiles")
