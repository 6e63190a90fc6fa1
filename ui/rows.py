"""The first rows of a table, as the page and the terminal show them; the whole goes to a file.

Pure; knows no Gradio. What is cut is said: how many rows there are, and how to have them all.
"""

from __future__ import annotations

from collections.abc import Mapping

from retort.tools.tables import Table, Value, shown
from retort.ui import terminal
from retort.ui.markdown import escape

ROWS_SHOWN = 12
"""Rows of a table on the page and in the terminal."""
WIDTH = 100
"""Columns of characters that a table in the terminal stays within."""
WIDEST = 28
"""Characters of one cell in the terminal; the rest is cut."""
WIDEST_HTML = 60
"""The same on the page."""


def table_html(table: Table, files: Mapping[str, str], after: str = "") -> str:
    """The first rows, and the whole to download.

    Args:
        table: the whole table.
        files: format as a reader calls it -> address.
        after: HTML that stands behind the rows.
    """
    first = _first(table)
    head = "".join(f'<th scope="col">{escape(column.heading)}</th>' for column in first.columns)
    is_structure = [column.name == first.smiles for column in first.columns]
    body = "".join(f"<tr>{''.join(map(_cell, row, is_structure))}</tr>" for row in first.rows)
    links = " ".join(
        f'<a class="download" href="{escape(address)}" download>{escape(name)}</a>'
        for name, address in files.items()
    )
    facts = f'<span class="facts">{said(table)}. All rows: {links}</span>'
    return (
        f'<div class="table"><p><strong>{escape(table.title)}</strong> {facts}</p>'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div>{after}</div>"
    )


def table_text(table: Table) -> str:
    """The title and the first rows, aligned within ``WIDTH``; what does not fit is named."""
    first = _first(table)
    cells = [[_cut(shown(cell)) for cell in row] for row in first.rows]
    kept, taken = 0, 0
    for at, column in enumerate(first.columns):
        width = max(len(text) for text in (column.heading, *(row[at] for row in cells)))
        taken += width + 2
        if kept and taken > WIDTH + 2:
            break
        kept += 1
    lines = [row[:kept] for row in cells]
    made = terminal.table(lines, [column.heading for column in first.columns[:kept]])
    left = ", ".join(column.heading for column in first.columns[kept:])
    return f"{table.title}\n{made}" + (f"\nMore columns: {left}" if left else "")


def said(table: Table) -> str:
    """How many rows are shown, and of how many."""
    count = len(table.rows)
    return f"{min(count, ROWS_SHOWN)} of {count:,} rows" if count > ROWS_SHOWN else f"{count} rows"


def _first(table: Table) -> Table:
    """The first rows without columns that are empty in all of them; the structure stands last."""
    page = table.page(0, ROWS_SHOWN)
    kept = [
        at for at in range(len(page.columns)) if any(row[at] not in (None, "") for row in page.rows)
    ]
    kept.sort(key=lambda at: page.columns[at].name == page.smiles)
    return Table(
        page.title,
        tuple(page.columns[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in page.rows),
        page.smiles if page.smiles in {page.columns[at].name for at in kept} else "",
    )


def _cell(cell: Value, is_structure: bool) -> str:
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    text = escape(_cut(shown(cell), WIDEST_HTML))
    if is_structure and text:
        text = f"<code>{text}</code>"
    return f'<td class="number">{text}</td>' if is_number else f"<td>{text}</td>"


def _cut(text: str, width: int = WIDEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 3]}..."
