"""How hard a molecule is to make: the synthetic accessibility score of Ertl and Schuffenhauer.

Owns the score and the reading of RDKit's table of fragment contributions. That table is stored as a
text pickle; it is read here as lines of text and never unpickled. Knows nothing else.
"""

from __future__ import annotations

import gzip
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import RDConfig
from rdkit.Chem import FindMolChiralCenters, rdFingerprintGenerator, rdMolDescriptors

from retort.retrieval.errors import RetortError

UNSEEN = -4.0
"""Contribution of a fragment that the table does not know."""

RAW_RANGE = (-4.0, 2.5)
"""Raw scores that are stretched to 10 (hard) and 1 (easy)."""


@cache
def _fragments() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Fragment ids, (n,) int64 ascending, and their contributions, (n,) float32; n is 705,292."""
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "fpscores.pkl.gz"
    try:
        text = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise RetortError(
            "Cannot calculate the synthetic accessibility score.",
            f"RDKit's table of fragments cannot be read: {error}.",
            "Install RDKit from its wheel, which brings the table.",
        ) from error
    ids: list[np.ndarray[Any, Any]] = []
    scores: list[np.ndarray[Any, Any]] = []
    for group in re.split(rb"(?<=\n)a?F", text)[1:]:
        head, _, rest = group.partition(b"\n")
        members = np.array(re.findall(rb"I(\d+)\n", rest), dtype=np.int64)
        ids.append(members)
        scores.append(np.full(len(members), float(head), dtype=np.float32))
    order = np.argsort(np.concatenate(ids), kind="stable")
    return np.concatenate(ids)[order], np.concatenate(scores)[order]


def _fragment_score(counts: dict[int, int]) -> float:
    """Mean contribution of the fragments (id -> count) of one molecule."""
    known, contributions = _fragments()
    wanted = np.array(list(counts), dtype=np.int64)
    weights = np.array(list(counts.values()), dtype=np.float64)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found = np.where(known[place] == wanted, contributions[place], UNSEEN)
    return float((found * weights).sum() / weights.sum())


def _complexity(molecule: Any) -> float:
    """Penalties for size, stereo, spiro and bridged atoms, and rings of more than eight atoms."""
    atoms = molecule.GetNumAtoms()
    stereo = len(FindMolChiralCenters(molecule, includeUnassigned=True))
    spiro = rdMolDescriptors.CalcNumSpiroAtoms(molecule)
    bridgeheads = rdMolDescriptors.CalcNumBridgeheadAtoms(molecule)
    is_macrocycle = any(len(ring) > 8 for ring in molecule.GetRingInfo().AtomRings())
    return float(
        atoms**1.005
        - atoms
        + math.log10(stereo + 1)
        + math.log10(spiro + 1)
        + math.log10(bridgeheads + 1)
        + (math.log10(2) if is_macrocycle else 0.0)
    )


def synthetic_accessibility(molecule: Any) -> float:
    """Synthetic accessibility from 1 (easy) to 10 (hard), with RDKit's changes.

    Ertl and Schuffenhauer, J Cheminform 2009, 1, 8; RDKit adds a bonus for symmetric molecules and
    one penalty for any number of macrocycles.

    Args:
        molecule: an RDKit molecule with at least one atom.

    Raises:
        RetortError: RDKit was installed without its table of fragments.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2)
    counts = generator.GetSparseCountFingerprint(molecule).GetNonzeroElements()
    atoms = molecule.GetNumAtoms()
    symmetry = 0.5 * math.log(atoms / len(counts)) if atoms > len(counts) else 0.0
    raw = _fragment_score(counts) - _complexity(molecule) + symmetry
    low, high = RAW_RANGE
    score = 11.0 - 9.0 * (raw - low + 1.0) / (high - low)
    if score > 8.0:
        score = 8.0 + math.log(score - 8.0)
    return min(10.0, max(1.0, score))
