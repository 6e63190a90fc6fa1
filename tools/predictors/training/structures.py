"""Structures of training sets, standardised once: parent, keys and scaffold of a SMILES.

Owns the store of what was worked out before (standardising costs milliseconds a molecule, reading
it back microseconds). Knows no values and no endpoint.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from multiprocessing import get_context
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.predictors import featurise

WORKERS = 2
FEWEST_FOR_WORKERS = 2_000
"""below this many new structures, starting processes costs more than it saves"""
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Structure:
    """What a training set needs to know of a molecule."""

    parent: str
    """canonical SMILES of the neutral parent"""
    form: str
    """canonical SMILES as written, counter-ions included"""
    keys: tuple[str, ...]
    """first InChIKey blocks: of the form, of the parent, of the largest fragment made neutral"""
    scaffold: str


def structure(smiles: str) -> Structure | None:
    """Read and standardise a SMILES; ``None`` where it is no molecule (a wildcard is none).

    Neither is one whose canonical SMILES RDKit itself cannot read again (rare aromatic rings).
    """
    try:
        written = structures.molecule_from_smiles(smiles)
        with structures.silenced():
            parent = structures.standardise(written)
            found = Structure(
                parent=structures.canonical(parent),
                form=structures.canonical(written),
                keys=featurise.structure_keys(written),
                scaffold=featurise.scaffold(parent),
            )
        for text in {found.parent, found.form}:
            structures.molecule_from_smiles(text)
    except RetortError:
        return None
    return found


class Structures:
    """Standardised structures, kept in a file between runs.

    Args:
        folder: where the file is kept, made at need; nothing is kept without one. The file's name
            carries RDKit's version, since canonical forms change with it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        version = structures.RDKIT.replace(" ", "-")
        self._path = None if folder is None else folder / f"structures-{version}.jsonl"
        self._known: dict[str, Structure | None] = {}
        if self._path is not None and self._path.is_file():
            with self._path.open(encoding="utf-8") as file:
                self._known.update(_entries(file))

    def of(self, smiles: Iterable[str]) -> dict[str, Structure | None]:
        """The structure of each SMILES, by SMILES; ``None`` for one that is no molecule."""
        wanted = tuple(dict.fromkeys(smiles))
        new = [text for text in wanted if text not in self._known]
        if new:
            self._add(dict(zip(new, _worked_out(new), strict=True)))
        return {text: self._known[text] for text in wanted}

    def _add(self, found: dict[str, Structure | None]) -> None:
        self._known.update(found)
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = (
            json.dumps([smiles, None if item is None else astuple(item)])
            for smiles, item in found.items()
        )
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n".join(("", *lines, "")))


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, Structure | None]]:
    """The entries of a file; a line that a killed run left torn is none."""
    for line in lines:
        try:
            smiles, item = json.loads(line)
        except ValueError:
            continue
        if item is None:
            yield smiles, None
        else:
            parent, form, keys, scaffold = item
            yield smiles, Structure(parent, form, tuple(keys), scaffold)


def _worked_out(smiles: list[str]) -> list[Structure | None]:
    workers = min(WORKERS, os.cpu_count() or 1)
    if len(smiles) < FEWEST_FOR_WORKERS or workers == 1:
        return [structure(text) for text in smiles]
    with get_context("spawn").Pool(workers) as pool:
        return pool.map(structure, smiles, chunksize=CHUNK)
