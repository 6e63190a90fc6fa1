"""Training sets: read, cleaned of held-out molecules, one row per molecule. For training only."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.predictors import featurise
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.featurise import Features

APPROVED_PHASE = 4.0
Report = Callable[[str], None]
"""takes one line of progress"""


@dataclass(frozen=True, slots=True)
class Row:
    """One molecule of a training set."""

    features: Features
    value: float
    """in the endpoint's unit; 1.0 and 0.0 for classes"""
    scaffold: str
    keys: tuple[str, ...]
    """first InChIKey blocks of its forms"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The rows that may be learnt from, and what became of the others."""

    rows: tuple[Row, ...]
    published: int
    """rows of the file"""
    unreadable: int
    held_out: int
    """rows taken out because a list of held-out molecules names them"""
    contradicting: int
    """molecules left out because their classes contradict each other"""

    def counts(self) -> dict[str, int]:
        """The counts by name, for the model card."""
        return {
            "published_rows": self.published,
            "unreadable_rows": self.unreadable,
            "held_out_rows": self.held_out,
            "contradicting_molecules": self.contradicting,
            "training_molecules": len(self.rows),
        }


def held_out_keys(data: Path) -> frozenset[str]:
    """First InChIKey blocks of molecules that no training may see.

    Raises:
        RetortError: the list is missing; training without it would be dishonest.
    """
    path = data / "molecules" / "tdc_admet" / "holdout_inchikey14.txt"
    if not path.is_file():
        raise RetortError(
            "Cannot train.", f"{path} is missing.", "Point --data at the folder that holds it."
        )
    return frozenset(path.read_text(encoding="ascii").split())


def load(spec: Spec, data: Path, held_out: frozenset[str]) -> Dataset:
    """The training set of an endpoint.

    Args:
        spec: the endpoint.
        data: folder that holds ``molecules/tdc_admet``.
        held_out: keys of molecules to leave out.

    Raises:
        RetortError: the file is missing.
    """
    path = data / "molecules" / "tdc_admet" / spec.folder / "train_val.csv"
    if not path.is_file():
        raise RetortError(f"Cannot train {spec.name}.", f"{path} is missing.", "Check --data.")
    with path.open(encoding="utf-8", newline="") as file:
        published = [(row["Drug"], float(row["Y"])) for row in csv.DictReader(file)]
    unreadable = refused = 0
    found: dict[str, list[Row]] = defaultdict(list)
    for smiles, value in published:
        try:
            written = structures.molecule_from_smiles(smiles)
        except RetortError:
            unreadable += 1
            continue
        keys = featurise.structure_keys(written)
        if held_out.intersection(keys):
            refused += 1
            continue
        parent = structures.standardise(written)
        features = featurise.featurise_parent(parent, written)
        row = Row(features, value, featurise.scaffold(parent), keys)
        found[keys[0] if spec.sees_form else keys[1]].append(row)
    rows = [_merged(group) for group in found.values()]
    kept = [row for row in rows if spec.task == "regression" or row.value in (0.0, 1.0)]
    return Dataset(tuple(kept), len(published), unreadable, refused, len(rows) - len(kept))


def _merged(group: list[Row]) -> Row:
    """One row for repeated measurements: the first structure with the median value."""
    first = group[0]
    keys = tuple(dict.fromkeys(key for row in group for key in row.keys))
    return Row(first.features, median(row.value for row in group), first.scaffold, keys)


def key_hashes(rows: tuple[Row, ...]) -> NDArray[np.uint64]:
    """Sorted hashes of every key: they tell whether a molecule was trained on, not which were."""
    return np.array(sorted({key_hash(key) for row in rows for key in row.keys}), dtype=np.uint64)


def key_hash(key: str) -> int:
    """The first 8 bytes of a key's SHA-256, as a number."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def approved_drugs(data: Path) -> Iterator[Features]:
    """The parents of approved drugs (phase 4 in ChEMBL), each once: what percentiles refer to."""
    path = data / "molecules" / "drughelper" / "datosChembl.tsv"
    if not path.is_file():
        raise RetortError("Cannot compute percentiles.", f"{path} is missing.", "Check --data.")
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            try:
                if float(row["max_phase"]) != APPROVED_PHASE or not row["canonical"]:
                    continue
                written = structures.molecule_from_smiles(row["canonical"])
                parent = structures.standardise(written)
            except (ValueError, TypeError, RetortError):
                continue
            features = featurise.featurise_parent(parent, parent)
            if features.smiles not in seen and 6 in features.elements:
                seen.add(features.smiles)
                yield features
