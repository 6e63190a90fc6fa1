from __future__ import annotations

import numpy as np
import pytest
from rdkit import DataStructs
from rdkit.Chem import MolFromSmiles, rdFingerprintGenerator

from retort.tools.predictors.domain import EDGES, Domain, similarities, similarity_bin
from retort.tools.predictors.featurise import featurise

TRAINING = [featurise(f"{'C' * size}c1ccccc1{tail}") for size in range(1, 6) for tail in ("O", "N")]


def test_similarity_is_rdkits_tanimoto() -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    names = ("CCO", "CCCO", "c1ccccc1O", "CC(=O)Nc1ccc(O)cc1")
    prints = [generator.GetFingerprint(MolFromSmiles(name)) for name in names]
    bits = np.array([featurise(name).bits for name in names])
    for index in range(len(names)):
        expected = DataStructs.BulkTanimotoSimilarity(prints[index], prints)
        np.testing.assert_allclose(similarities(bits[index], bits), expected, atol=1e-6)


@pytest.mark.parametrize(("similarity", "expected"), [(0.0, 0), (0.29, 0), (0.3, 1), (1.0, 4)])
def test_bins_begin_at_their_lower_edge(similarity: float, expected: int) -> None:
    assert similarity_bin(similarity) == expected <= len(EDGES)


def test_a_training_molecule_is_inside_and_a_stranger_is_not() -> None:
    domain = Domain.fit(TRAINING, 0.3)
    middle = featurise("CCCc1ccccc1O")
    assert domain.nearest(middle) == 1.0
    assert domain.complaints(middle, 1.0) == []
    stranger = featurise("C[Si](C)(C)CCCCCCCCCCCCCCCCCCCCCCC")
    found = " ".join(domain.complaints(stranger, domain.nearest(stranger)))
    assert "less than 0.30" in found and "Si" in found and "MolWt" in found


def test_a_stored_domain_is_the_same() -> None:
    domain = Domain.fit(TRAINING, 0.35)
    again = Domain.from_arrays(domain.arrays())
    np.testing.assert_array_equal(again.bits, domain.bits)
    np.testing.assert_array_equal(again.ranges, domain.ranges)
    assert (again.elements, again.threshold) == (domain.elements, 0.35)
    assert domain.elements == {6, 7, 8}
