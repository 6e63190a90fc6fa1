"""Fingerprints by which molecules are compared, each under the name that is said with it.

Tanimoto similarity runs from 0 to 1. Stereochemistry is left out: enantiomers are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors
from rdkit.DataStructs import BulkTanimotoSimilarity, TanimotoSimilarity

MORGAN = "Morgan fingerprint, radius 2, 2048 bits"
"""Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742; the one that orders and groups"""
MACCS = "MACCS keys, 166 bits"
"""Durant et al., J. Chem. Inf. Comput. Sci. 2002, 42, 1273"""
ATOM_PAIRS = "atom pairs, 2048 bits"
"""Carhart et al., J. Chem. Inf. Comput. Sci. 1985, 25, 64; folded, with counts as bits"""

_MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
_PAIRS = rdFingerprintGenerator.GetAtomPairGenerator(fpSize=2048)

OF: Mapping[str, Callable[[Any], Any]] = {
    MORGAN: _MORGAN.GetFingerprint,
    MACCS: rdMolDescriptors.GetMACCSKeysFingerprint,
    ATOM_PAIRS: _PAIRS.GetFingerprint,
}
"""RDKit molecule -> bit vector, by the fingerprint's name"""


def tanimoto(one: Any, other: Any, fingerprint: str = MORGAN) -> float:
    """Tanimoto similarity of two RDKit molecules, 0 to 1."""
    made = OF[fingerprint]
    return float(TanimotoSimilarity(made(one), made(other)))


def to_all(one: Any, others: Sequence[Any]) -> list[float]:
    """Tanimoto similarities of one bit vector to many of its kind."""
    return list(BulkTanimotoSimilarity(one, list(others)))
