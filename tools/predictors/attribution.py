"""Which atoms and groups a model's prediction leans on.

The weight of an atom is how much the prediction changes when the atom is hidden: the trees see the
fingerprint without the fragments that cover it (similarity maps, Riniker and Landrum 2013,
J. Cheminform. 5, 43), the graph networks see the graph without the atom and its bonds. Descriptors
of the whole molecule (logP, TPSA ...) and the SMILES member of a stack see all of it, so the
weights show the share of fingerprint and graph only. Knows no drawing and no wording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import structures
from retort.tools.predictors.featurise import (
    COUNT_CAP,
    MORGAN_RADIUS,
    MORGAN_SIZE,
    Features,
    FloatArray,
    featurise,
)
from retort.tools.predictors.fragments import parts
from retort.tools.predictors.graph.graphs import Graph, graph, without
from retort.tools.predictors.predictors import Predictors

Values = Callable[[Sequence[Features], Sequence[Graph]], Sequence[float]]
"""Features and graphs of n molecules to what a model says of them, in the scale of the endpoint."""

METHOD = (
    "atoms hidden in fingerprint and graph, after the similarity maps of Riniker and Landrum 2013, "
    "J. Cheminform. 5, 43"
)
PERCENTILE = "percentile points among approved drugs"
"""scale of an endpoint that ranks only"""


@dataclass(frozen=True, slots=True)
class PartEffect:
    """What one named part of the molecule contributes."""

    name: str
    atoms: tuple[int, ...]
    """0-based, in ``Attribution.smiles``"""
    effect: float
    """predicted with the part minus predicted without it; positive: it raises"""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A prediction divided among the atoms of a molecule."""

    smiles: str
    """canonical SMILES of the parent that was predicted; atoms are counted in it"""
    value: float
    """the prediction that is explained, in ``scale``"""
    scale: str
    """the endpoint's unit, "probability", or ``PERCENTILE``"""
    weights: tuple[float, ...]
    """(n,) per heavy atom, in ``scale``; positive: the atom raises the prediction"""
    parts: tuple[PartEffect, ...]
    """by size of the effect, largest first"""


def explain(predictors: Predictors, smiles: str, name: str) -> Attribution:
    """The attribution of one endpoint's prediction.

    Args:
        predictors: the models.
        smiles: a structure; of a salt the parent is explained.
        name: an endpoint, by name or alias.

    Raises:
        UsageError: no endpoint of that name, or a group of several.
        RetortError: the structure cannot be read.
    """
    found = predictors.named([name])
    if len(found) != 1:
        raise UsageError(
            f'"{name}" is {len(found)} endpoints.',
            "One prediction is explained at a time.",
            f"Name one, for example {found[0].name}.",
        )
    endpoint = found[0]

    def values(features: Sequence[Features], graphs: Sequence[Graph]) -> list[float]:
        found = predictors.estimates(features, [endpoint], graphs)[endpoint.name]
        said = found.percentiles if endpoint.rank_only else found.readings.values
        return [float(value) for value in said]

    scale = PERCENTILE if endpoint.rank_only else endpoint.unit or "probability"
    return attribution(values, smiles, scale)


def attributions(predictors: Predictors, smiles: str, name: str) -> FloatArray:
    """Per-atom weights (n,) float32 in the endpoint's scale; atoms of the canonical parent."""
    return np.array(explain(predictors, smiles, name).weights, dtype=np.float32)


def attribution(values: Values, smiles: str, scale: str) -> Attribution:
    """The attribution of any model over features and graphs; one batch for all atoms and parts.

    A mask that hides every atom leaves the graph whole: there is no empty one.

    Raises:
        RetortError: the structure cannot be read.
    """
    whole = featurise(smiles)
    molecule = structures.molecule_from_smiles(whole.smiles)
    named = parts(molecule)
    bits, covered = _fragments(molecule)
    masks = [frozenset((at,)) for at in range(molecule.GetNumAtoms())]
    masks += [part.atoms for part in named]
    drawn = graph(molecule)
    said = values(
        [whole, *(_hiding(whole, bits, covered, mask) for mask in masks)],
        [drawn, *(without(drawn, mask) for mask in masks)],
    )
    if not np.isfinite(said).all():
        raise RetortError(
            "This prediction cannot be explained.", "The model gives no number.", "retort doctor"
        )
    effects = [float(said[0] - other) for other in said[1:]]
    atoms, groups = effects[: molecule.GetNumAtoms()], effects[molecule.GetNumAtoms() :]
    told = [
        PartEffect(part.name, tuple(sorted(part.atoms)), effect)
        for part, effect in zip(named, groups, strict=True)
    ]
    return Attribution(
        smiles=whole.smiles,
        value=float(said[0]),
        scale=scale,
        weights=tuple(atoms),
        parts=tuple(sorted(told, key=lambda part: -abs(part.effect))),
    )


def _fragments(molecule: Any) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Every counted Morgan fragment: its bit (f,) and which atoms it covers (f, n)."""
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=MORGAN_RADIUS, fpSize=MORGAN_SIZE)
    origin = rdFingerprintGenerator.AdditionalOutput()
    origin.AllocateBitInfoMap()
    with structures.silenced():
        generator.GetCountFingerprint(molecule, additionalOutput=origin)
    found = [(bit, *place) for bit, places in origin.GetBitInfoMap().items() for place in places]
    covered = np.zeros((len(found), molecule.GetNumAtoms()), dtype=bool)
    for row, (_, centre, radius) in enumerate(found):
        covered[row, centre] = True
        for at in Chem.FindAtomEnvironmentOfRadiusN(molecule, radius, centre) if radius else ():
            bond = molecule.GetBondWithIdx(at)
            covered[row, [bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()]] = True
    return np.array([bit for bit, *_ in found], dtype=np.intp), covered


def _hiding(
    whole: Features, bits: NDArray[np.intp], covered: NDArray[np.bool_], atoms: frozenset[int]
) -> Features:
    """The molecule's features without the counts of fragments that cover any of ``atoms``."""
    left = bits[~covered[:, list(atoms)].any(axis=1)]
    vector = whole.vector.copy()
    vector[:MORGAN_SIZE] = np.minimum(np.bincount(left, minlength=MORGAN_SIZE), COUNT_CAP)
    return replace(whole, vector=vector)
