from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import DataStructs
from rdkit.Chem import MolFromSmiles, rdFingerprintGenerator

from retort.tools.predictors.featurise import BitArray, featurise
from retort.tools.predictors.neighbours import References, nearest

NAMES = [f"{'C' * size}c1ccccc1{tail}" for size in range(1, 8) for tail in ("O", "N", "F", "C=O")]
QUERIES = ["CC(=O)Nc1ccc(O)cc1", "CCCc1ccccc1O", "[Na+].[Cl-]", "c1ccc2[nH]ccc2c1"]


def packed(names: list[str]) -> BitArray:
    return np.array([featurise(name).bits for name in names])


def test_similarities_are_rdkits_tanimoto() -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(MolFromSmiles(name)) for name in NAMES]
    found = References.of(packed(NAMES)).similarities(packed(QUERIES))
    assert found.shape == (len(QUERIES), len(NAMES)) and found.dtype == np.float32
    for row, query in zip(found, QUERIES, strict=True):
        mine = generator.GetFingerprint(MolFromSmiles(query))
        np.testing.assert_array_equal(
            row, np.float32(DataStructs.BulkTanimotoSimilarity(mine, prints))
        )


fingerprints = st.lists(
    st.one_of(
        st.sets(st.integers(0, 2047), max_size=12),
        st.sets(st.integers(0, 5), max_size=6),
        st.sampled_from([set(), {0}, {2047}, {0, 2047}, set(range(2048))]),
    ),
    max_size=30,
)


def bits_of(positions: list[set[int]]) -> BitArray:
    dense = np.zeros((len(positions), 2048), dtype=np.uint8)
    for row, found in enumerate(positions):
        dense[row, sorted(found)] = 1
    return np.packbits(dense, axis=1).view(np.uint64)


@settings(max_examples=150)
@given(fingerprints)
def test_any_store_is_what_it_was_after_a_round_trip(positions: list[set[int]]) -> None:
    store = References.of(bits_of(positions))
    again = References.from_arrays(store.arrays())
    for name in ("sizes", "common", "row_of", "rare", "starts"):
        before, after = getattr(store, name), getattr(again, name)
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)
    assert len(again) == len(positions)


@settings(max_examples=100)
@given(fingerprints, fingerprints)
def test_any_similarity_is_shared_over_either(left: list[set[int]], right: list[set[int]]) -> None:
    found = References.of(bits_of(right)).similarities(bits_of(left))
    expected = [[len(a & b) / len(a | b) if a | b else 0.0 for b in right] for a in left]
    np.testing.assert_array_equal(found, np.float32(expected).reshape(len(left), len(right)))


def test_a_store_takes_some_forty_bytes_a_molecule() -> None:
    bits = packed(NAMES)
    stored = sum(array.nbytes for array in References.of(bits).arrays().values())
    assert stored < 12 * len(NAMES) + int(np.bitwise_count(bits).sum())


def test_the_nearest_come_best_first_and_equals_in_their_order() -> None:
    similarities = np.float32([[0.9, 0.2, 0.5, 0.5, 1.0, 0.1], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]])
    kept = similarities.copy()
    places, values = nearest(similarities, np.arange(6), 4)
    assert places.tolist() == [[4, 0, 2, 3], [5, 4, 3, 2]]
    assert values[0].tolist() == pytest.approx([1.0, 0.9, 0.5, 0.5])
    places, values = nearest(similarities, np.array([1, 3]), 3)
    assert places.tolist() == [[1, 0], [1, 0]]
    assert values[1].tolist() == pytest.approx([0.3, 0.1])
    np.testing.assert_array_equal(similarities, kept)
