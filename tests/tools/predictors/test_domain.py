from __future__ import annotations

import numpy as np
import pytest

from retort.tools.predictors.domain import EDGES, Domain, ranged_columns, similarity_bins
from retort.tools.predictors.featurise import featurise

TRAINING = [featurise(f"{'C' * size}c1ccccc1{tail}") for size in range(1, 6) for tail in ("O", "N")]


def _domain() -> Domain:
    ranged = np.array([item.vector[ranged_columns()] for item in TRAINING])
    return Domain.fit([item.elements for item in TRAINING], ranged)


@pytest.mark.parametrize(("similarity", "expected"), [(0.0, 0), (0.29, 0), (0.3, 1), (1.0, 4)])
def test_bins_begin_at_their_lower_edge(similarity: float, expected: int) -> None:
    assert similarity_bins([similarity]).tolist() == [expected]
    assert expected <= len(EDGES)


def test_the_edge_holds_for_a_similarity_in_single_precision() -> None:
    assert similarity_bins(np.array([np.float32(0.3), np.float32(0.7)])).tolist() == [1, 4]


@pytest.mark.parametrize(("nearest", "level"), [(1.0, "inside"), (0.35, "borderline")])
def test_similarity_alone_decides_for_an_ordinary_molecule(nearest: float, level: str) -> None:
    found, why = _domain().judge(featurise("CCCc1ccccc1O"), nearest)
    assert found == level and bool(why) == (level != "inside")


def test_a_stranger_is_outside_for_every_reason() -> None:
    stranger = featurise("C[Si](C)(C)CCCCCCCCCCCCCCCCCCCCCCC")
    level, why = _domain().judge(stranger, 0.1)
    found = " ".join(why)
    assert level == "outside"
    assert "less than 0.30" in found and "Si" in found and "MolWt" in found


def test_a_little_beyond_the_range_is_borderline_and_far_beyond_is_outside() -> None:
    chains = [featurise(f"{'C' * size}c1ccccc1O") for size in range(1, 13)]
    ranged = np.array([item.vector[ranged_columns()] for item in chains])
    domain = Domain.fit([item.elements for item in chains], ranged)
    levels = [domain.judge(featurise(f"{'C' * size}c1ccccc1O"), 0.9)[0] for size in (6, 13, 20)]
    assert levels == ["inside", "borderline", "outside"]


def test_a_stored_domain_is_the_same() -> None:
    domain = _domain()
    again = Domain.from_arrays(domain.arrays())
    np.testing.assert_array_equal(again.ranges, domain.ranges)
    assert again.elements == domain.elements == {6, 7, 8}
