"""SD files: records read one at a time, molecules written with their properties.

Owns the layout of the file: title, mol block, data fields, ``$$$$``. What a mol block means is
RDKit's. Memory is bounded by one record.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdDepictor

from retort.retrieval.errors import RetortError
from retort.tools import structures

END = "$$$$"
MAX_CHARACTERS = 20_000_000
"""Longest record that is held in memory; a longer one is no molecule but a missing ``$$$$``."""

_FIELD = re.compile(r">.*?<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an SD file as it stands there."""

    title: str
    block: str
    """title, header and table of atoms and bonds, up to ``M  END``"""
    fields: Mapping[str, str]


def read(lines: Iterable[str]) -> Iterator[Record]:
    """The records of an SD file; a last one without ``$$$$`` counts when it holds anything.

    Args:
        lines: with or without their ends.

    Raises:
        RetortError: a record is longer than ``MAX_CHARACTERS``.
    """
    held: list[str] = []
    size = 0
    for line in lines:
        line = line.rstrip("\r\n")
        if line.startswith(END):
            yield _record(held)
            held, size = [], 0
            continue
        held.append(line)
        size += len(line)
        if size > MAX_CHARACTERS:
            raise RetortError(
                "A record of the SD file is too long to be a molecule.",
                f'It has more than {MAX_CHARACTERS:,} characters without a line "{END}".',
                "Check that the file is whole, and export it again.",
            )
    if any(line.strip() for line in held):
        yield _record(held)


def written(molecules: Iterable[tuple[Any, str, Mapping[str, str]]]) -> str:
    """Molecules as an SD file, drawn in two dimensions.

    Args:
        molecules: RDKit molecule, title line, and properties: names of letters, digits and
            underscores to values; empty ones are left out.
    """
    out = io.StringIO()
    with structures.silenced(), Chem.SDWriter(out) as writer:
        for molecule, title, properties in molecules:
            drawn = Chem.Mol(molecule)
            rdDepictor.Compute2DCoords(drawn)
            drawn.SetProp("_Name", _one_line(title).lstrip("$>")[:80])
            filled = {name: text for name, value in properties.items() if (text := _value(value))}
            for name, text in filled.items():
                drawn.SetProp(name, text)
            writer.SetProps(list(filled))
            writer.write(drawn)
    return out.getvalue()


def _record(lines: list[str]) -> Record:
    end = next((at for at, line in enumerate(lines) if line.startswith("M  END")), len(lines))
    fields: dict[str, str] = {}
    name = None
    for line in lines[end + 1 :]:
        found = _FIELD.match(line) if name is None else None
        if found:
            name = found[1]
            fields[name] = ""
        elif name is not None and not line.strip():
            name = None
        elif name is not None:
            fields[name] += f"\n{line}" if fields[name] else line
    title = lines[0].strip() if lines else ""
    return Record(title, "\n".join(lines[: end + 1]) + "\n", fields)


def _value(text: str) -> str:
    """A value on one line; what would end the record is put behind a blank."""
    line = _one_line(text)
    return f" {line}" if line.startswith((END, "> <")) else line


def _one_line(text: str) -> str:
    return " ".join(text.split())
