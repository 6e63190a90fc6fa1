"""Structures as the page shows them: cards of molecules, matched atoms, explained predictions.

What is marked on a drawing is said in words under it. Pure; knows no Gradio. All text is escaped,
all HTML is on one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from retort.agent.records import Citation
from retort.tools.tables import Table, Value, shown
from retort.ui.markdown import escape
from retort.ui.sources import places

CARDS_SHOWN = 6
"""Molecules drawn in one place; the rest is folded."""

MOST_CARDS = 24
"""Rows of a table that are drawn; the others are in its files."""


class Drawing(Protocol):
    """SMILES to an SVG element, or an empty string where there is nothing to draw."""

    def __call__(
        self,
        smiles: str,
        weights: Sequence[float] = (),
        highlight: Sequence[int] = (),
        among: Sequence[str] = (),
    ) -> str:
        """Draw.

        Args:
            smiles: the structure.
            weights: one per heavy atom; colour what raises and lowers a prediction.
            highlight: 0-based atoms to mark.
            among: structures that it stands beside; what they share lies the same way.
        """


def molecules_html(molecules: Sequence[Mapping[str, str]], draw: Drawing) -> str:
    """A card per molecule: drawing, handle, name, SMILES."""
    cards = [_molecule(molecule, draw) for molecule in molecules]
    return _cards(cards, f"{len(cards) - CARDS_SHOWN} more molecules")


def explanations_html(citations: Sequence[Citation], draw: Drawing) -> str:
    """A card per explained prediction: the molecule with its atoms coloured, and what it means."""
    records = [citation.evidence.record for citation in citations]
    cards = [
        _card(
            draw(record["smiles"], weights=record["weights"]),
            f"<strong>{escape(record['name'])}</strong> {escape(legend(record))}",
            "explained",
        )
        for record in records
        if record.get("record") == "attribution"
    ]
    return f'<div class="molecules">{"".join(cards)}</div>' if cards else ""


def legend(record: Mapping[str, Any]) -> str:
    """What the colours of an explained prediction mean, in words."""
    what = record["endpoint_label"]
    return f"predicted {what}: orange (+) atoms raise it, blue (-) atoms lower it"


def matches_html(record: Mapping[str, Any], draw: Drawing) -> str:
    """The molecule with the matched atoms of each alert, or of a pattern; nothing for others."""
    found = [*_matched(record)]
    cards = [
        _card(
            draw(record["smiles"], highlight=atoms),
            f"<strong>{escape(name)}</strong> {escape(_marked(atoms, count))}",
        )
        for name, atoms, count in found
    ]
    return _cards(cards, f"{len(cards) - CARDS_SHOWN} more alerts")


def _matched(record: Mapping[str, Any]) -> Iterable[tuple[str, list[int], int]]:
    """What matched, all its atoms, and how often."""
    if record.get("record") == "alerts":
        names = dict.fromkeys((each["catalogue"], each["alert"]) for each in record["matches"])
        for catalogue, alert in names:
            every = [
                each["atoms"]
                for each in record["matches"]
                if (each["catalogue"], each["alert"]) == (catalogue, alert)
            ]
            yield f"{catalogue}: {alert.replace('_', ' ')}", _joined(every), len(every)
    elif record.get("record") == "substructure" and record["matches"]:
        yield record["smarts"], _joined(record["matches"]), record["count"]


def _joined(matches: Iterable[Iterable[int]]) -> list[int]:
    return sorted({atom for match in matches for atom in match})


def _marked(atoms: Sequence[int], count: int) -> str:
    """What the mark is, in words."""
    times = "1 match" if count == 1 else f"{count} matches"
    return f"({times}): marked, atoms {places(atoms)} of the SMILES"


def series_html(table: Table, draw: Drawing) -> str:
    """The structures of a table as a grid, folded; nothing where it has none."""
    drawn = [row for row in table.rows if table.structure(row)][:MOST_CARDS]
    if not drawn:
        return ""
    among = [table.structure(row) for row in drawn]
    cards = "".join(
        _card(
            draw(table.structure(row), among=among),
            f"<strong>{escape(table.name_of(row))}</strong> {escape(value_of(table, row))}",
        )
        for row in drawn
    )
    summary = f"<summary>Structures of the first {len(drawn)} rows</summary>"
    return f'<details class="series">{summary}<div class="molecules">{cards}</div></details>'


def value_of(table: Table, row: Sequence[Value]) -> str:
    """The first number of a row in words: with its relation and its unit, where it has them."""
    cells = {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
    for column in table.columns:
        cell = cells[column.name]
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            unit = column.unit or (cells.get("units") if column.name == "value" else "")
            relation = cells.get("relation") or "="
            said = (cells.get("type") if column.name == "value" else "") or column.label
            return " ".join(
                str(part) for part in (said, relation, shown(cell), unit) if part not in (None, "")
            )
    return ""


def _molecule(molecule: Mapping[str, str], draw: Drawing) -> str:
    smiles = molecule.get("smiles", "")
    name = escape(molecule.get("name") or "unnamed structure")
    handle = escape(molecule.get("handle", ""))
    caption = f"<strong>{handle}</strong> {name}<code>{escape(smiles)}</code>"
    return _card(draw(smiles), caption)


def _card(drawing: str, caption: str, style: str = "") -> str:
    """A drawing and what it shows; ``caption`` is HTML."""
    return (
        f'<div class="molecule{f" {style}" if style else ""}">{" ".join(drawing.split())}'
        f'<div class="caption">{caption}</div></div>'
    )


def _cards(cards: Sequence[str], more: str) -> str:
    first, rest = "".join(cards[:CARDS_SHOWN]), "".join(cards[CARDS_SHOWN:])
    shown_first = f'<div class="molecules">{first}</div>' if first else ""
    if not rest:
        return shown_first
    summary = f"<summary>{more}</summary>"
    return f'{shown_first}<details>{summary}<div class="molecules">{rest}</div></details>'
