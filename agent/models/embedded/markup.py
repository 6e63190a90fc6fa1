"""Small pieces of Markdown that every writer uses: keys, code, cells, numbers, tables.

Owns wording that depends on no kind of record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retort.agent.models.embedded.dialogue import Result

Item = Mapping[str, Any]
"""``Evidence.as_dict()``"""


def mark(*items: Item) -> str:
    """The evidence keys of ``items``, each once: ``[E1][E2]``."""
    return "".join(f"[{key}]" for key in dict.fromkeys(item["key"] for item in items))


def code(text: str) -> str:
    """A structure or pattern as Markdown code: nothing in it is taken for markup."""
    return f"`{text}`"


def called(record: Item, name: str = "name", smiles: str = "smiles") -> str:
    """What a molecule is called in a sentence: its name, else its SMILES as code."""
    title = str(record.get(name) or "")
    if title.istitle() and title.isalpha():
        title = title.lower()
    if not title or title == record.get(smiles) or any(mark in title for mark in "=#[]()@\\/"):
        structure = str(record.get(smiles) or title)
        return code(structure) if structure == title or not title else cell(title)
    return title


def cell(text: object) -> str:
    """Text for a cell of a table, on one line and without its separator."""
    return " ".join(str(text if text is not None else "").split()).replace("|", "\\|")


def capital(text: str) -> str:
    """``text`` with a capital first letter, unless it opens with code or holds one already."""
    return text[:1].upper() + text[1:]


def number(value: object) -> str:
    """A number as a reader writes it: no exponent where none is needed, no trailing ``.0``."""
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def signed(value: float) -> str:
    """A predicted value with two decimals."""
    return f"{value:.2f}"


def joined(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def found(results: Sequence[Result]) -> Sequence[Item]:
    """The evidence of ``results`` without absences, each piece once."""
    found = {
        item["key"]: item
        for result in results
        for item in result.evidence
        if item["record"].get("record") != "absence"
    }
    return list(found.values())
