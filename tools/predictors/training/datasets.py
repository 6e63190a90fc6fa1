"""Training sets: cleaned of held-out molecules, one row per molecule, nothing featurised.

Owns which rows belong together and which may be learnt from. Knows no file format (``sources``) and
no learner.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors.endpoints import Spec
from retort.tools.predictors.references import key_hash
from retort.tools.predictors.training.sources import measurements
from retort.tools.predictors.training.structures import Structure, Structures

APPROVED_PHASE = 4.0

SPREAD = 1.0
"""repeated values of one molecule further apart than this (in the learnt scale; for values in
percent ten times as much) are counted as conflicting: a tenfold difference between laboratories"""


@dataclass(frozen=True, slots=True)
class Row:
    """One molecule of a training set."""

    smiles: str
    """canonical SMILES of what is featurised: the parent, or the form where ``sees_form``"""
    parent: str
    """canonical SMILES of the neutral parent"""
    value: float
    """in the learnt scale (``Spec.learnt``); 1.0 and 0.0 for classes"""
    scaffold: str
    key: str
    """first InChIKey block of the parent"""
    keys: tuple[str, ...]
    """first InChIKey blocks of all its forms"""
    sources: tuple[str, ...]
    """names of the training sets that its value comes from"""
    auxiliary: bool
    """only auxiliary sets know it: it may train, but no score is reported on it"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the published rows."""

    published: int
    """measurements in the file"""
    unreadable: int
    """no molecule, or no value in the learnt scale"""
    held_out: int
    """rows taken out because a list of held-out molecules names them"""
    outvoted: int
    """rows of an auxiliary set whose molecule a primary set has"""
    training: int
    """molecules whose value comes from this set, alone or with others"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The rows that may be learnt from, and what became of the others."""

    rows: tuple[Row, ...]
    by_source: dict[str, Counts]
    contradicting: int
    """molecules left out because their classes contradict each other"""
    conflicting: int
    """molecules kept with the median of values that lie further apart than ``SPREAD``"""

    def counts(self) -> dict[str, int]:
        """The counts by name, for the model card."""
        sources = self.by_source.values()
        return {
            "published_rows": sum(counts.published for counts in sources),
            "unreadable_rows": sum(counts.unreadable for counts in sources),
            "held_out_rows": sum(counts.held_out for counts in sources),
            "contradicting_molecules": self.contradicting,
            "conflicting_molecules": self.conflicting,
            "auxiliary_molecules": sum(row.auxiliary for row in self.rows),
            "training_molecules": len(self.rows),
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """A measurement with its structure, before molecules are put together."""

    structure: Structure
    value: float
    source: str
    auxiliary: bool


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


def load(
    spec: Spec, data: Path, held_out: frozenset[str], structures: Structures | None = None
) -> Dataset:
    """The training set of an endpoint, one row per molecule.

    A molecule is what shares the first InChIKey block of the parent (where the endpoint
    ``sees_form``, of the form): stereoisomers are one. Repeated numbers give their median; a
    molecule whose classes contradict each other inside the primary sets, or inside the auxiliary
    ones, is left out. What a primary set says about a molecule is not asked of an auxiliary one.

    Args:
        spec: the endpoint.
        data: folder that holds ``molecules``.
        held_out: keys of molecules to leave out; one of a row's keys is enough.
        structures: where standardised structures are kept; worked out anew without one.

    Raises:
        RetortError: a file is missing.
    """
    measured = list(measurements(spec, data))
    known = (structures or Structures()).of(item.smiles for item in measured)
    published, unreadable, refused = Counter[str](), Counter[str](), Counter[str]()
    groups: dict[str, list[_Found]] = defaultdict(list)
    for item in measured:
        name = item.source.name
        published[name] += 1
        structure = known[item.smiles]
        if structure is None or (spec.transform == "log10" and item.value <= 0):
            unreadable[name] += 1
        elif held_out.intersection(structure.keys):
            refused[name] += 1
        else:
            key = structure.keys[0 if spec.sees_form else 1]
            value = spec.learnt(item.value)
            groups[key].append(_Found(structure, value, name, item.source.auxiliary))
    rows: list[Row] = []
    outvoted, training = Counter[str](), Counter[str]()
    contradicting = conflicting = 0
    for group in groups.values():
        told = [found for found in group if not found.auxiliary] or group
        outvoted.update(found.source for found in group if found.auxiliary and told is not group)
        values = [found.value for found in told]
        if spec.task == "classification" and len(set(values)) > 1:
            contradicting += 1
            continue
        conflicting += max(values) - min(values) > _spread(spec)
        row = _merged(spec, told)
        training.update(row.sources)
        rows.append(row)
    counts = {
        name: Counts(
            published[name], unreadable[name], refused[name], outvoted[name], training[name]
        )
        for name in dict.fromkeys(source.name for source in spec.sources)
    }
    return Dataset(tuple(rows), counts, contradicting, conflicting)


def _spread(spec: Spec) -> float:
    return 10 * SPREAD if spec.unit == "%" else SPREAD


def _merged(spec: Spec, group: list[_Found]) -> Row:
    """One row for repeated measurements: the first structure with the median value."""
    first = group[0].structure
    return Row(
        smiles=first.form if spec.sees_form else first.parent,
        parent=first.parent,
        value=median(found.value for found in group),
        scaffold=first.scaffold,
        key=first.keys[1],
        keys=tuple(dict.fromkeys(key for found in group for key in found.structure.keys)),
        sources=tuple(dict.fromkeys(found.source for found in group)),
        auxiliary=group[0].auxiliary,
    )


def key_hashes(rows: Iterable[Row]) -> NDArray[np.uint64]:
    """Sorted hashes of every key: they tell whether a molecule was trained on, not which were."""
    return np.array(sorted({key_hash(key) for row in rows for key in row.keys}), dtype=np.uint64)


def approved_drugs(data: Path, structures: Structures | None = None) -> tuple[str, ...]:
    """The parents of approved drugs (phase 4 in ChEMBL), each once: what percentiles refer to.

    Returns:
        Canonical SMILES; only of drugs with carbon.

    Raises:
        RetortError: the file is missing.
    """
    path = data / "molecules" / "drughelper" / "datosChembl.tsv"
    if not path.is_file():
        raise RetortError("Cannot compute percentiles.", f"{path} is missing.", "Check --data.")
    with path.open(encoding="utf-8", newline="") as file:
        listed = list(_approved(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)))
    known = (structures or Structures()).of(listed).values()
    return tuple(dict.fromkeys(found.parent for found in known if found and _organic(found.parent)))


def _approved(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    for row in rows:
        try:
            approved = float(row["max_phase"]) == APPROVED_PHASE
        except (ValueError, TypeError):
            continue
        if approved and row["canonical"]:
            yield row["canonical"]


def _organic(smiles: str) -> bool:
    from rdkit import Chem

    return bool(Chem.MolFromSmiles(smiles).HasSubstructMatch(Chem.MolFromSmarts("[#6]")))
