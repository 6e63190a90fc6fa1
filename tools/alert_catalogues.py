"""RDKit's catalogues of structural alerts, searched behind a screen of pattern fingerprints.

Of some 1,500 patterns a molecule holds a few. Most of the others ask for something that its pattern
fingerprint rules out, so RDKit need not look for them; what is found is what RDKit finds. Knows
nothing of what an alert means.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import FilterCatalog
from rdkit.DataStructs import BitVectToBinaryText

CATALOGUES = {
    "PAINS": "Baell and Holloway, J Med Chem 2010, 53, 2719",
    "Brenk": "Brenk et al., ChemMedChem 2008, 3, 435",
    "NIH": "Jadhav et al., J Med Chem 2010, 53, 37; Doveston et al., Org Biomol Chem 2015, 13, 859",
    "ChEMBL": "seven sets of ChEMBL 23: BMS, Dundee, Glaxo, Inpharmatica, LINT, MLSMR, SureChEMBL",
}
"""Name and source of each catalogue."""

_MOLECULE = b"\xef\xbe\xad\xde"
"""with what RDKit's binary form of a molecule begins"""


@dataclass(frozen=True, slots=True)
class _Entries:
    """All entries of all catalogues, read only."""

    catalogues: tuple[str, ...]
    entries: tuple[Any, ...]
    """RDKit's ``FilterCatalogEntry``"""
    asked: NDArray[np.uint64]
    """(n, 32) bits of its pattern that a molecule must have to match; none where it is unknown"""


def matches(structure: Any) -> dict[str, list[Any]]:
    """The entries that match an RDKit molecule, by catalogue, in RDKit's order."""
    known = _entries()
    lacks = ~_bits(structure)
    found: dict[str, list[Any]] = {name: [] for name in CATALOGUES}
    for number in np.flatnonzero(~(known.asked & lacks).any(axis=1)).tolist():
        entry = known.entries[number]
        if entry.HasFilterMatch(structure):
            found[known.catalogues[number]].append(entry)
    return found


@cache
def _entries() -> _Entries:
    catalogues, entries, asked = [], [], []
    for name in CATALOGUES:
        params = FilterCatalog.FilterCatalogParams()
        params.AddCatalog(getattr(params.FilterCatalogs, name.upper()))
        catalogue = FilterCatalog.FilterCatalog(params)
        for number in range(catalogue.GetNumEntries()):
            entry = catalogue.GetEntryWithIdx(number)
            pattern = _pattern(entry)
            catalogues.append(name)
            entries.append(entry)
            asked.append(np.zeros(32, np.uint64) if pattern is None else _bits(pattern))
    return _Entries(tuple(catalogues), tuple(entries), np.stack(asked))


def _pattern(entry: Any) -> Any:
    """The pattern of an entry; None should it combine several.

    RDKit gives a pattern away with a match only, or in the entry's serialised form. There further
    molecules stand within the pattern, where it is recursive.
    """
    stored = entry.Serialize()
    start = stored.index(_MOLECULE)
    end = start + int(stored[:start].split()[-1])
    return None if _MOLECULE in stored[end:] else Chem.Mol(stored[start:end])


def _bits(structure: Any) -> NDArray[np.uint64]:
    """(32,) the pattern fingerprint of a molecule or pattern, 2,048 bits."""
    text = BitVectToBinaryText(Chem.PatternFingerprint(structure))
    return np.frombuffer(text, np.uint64)
