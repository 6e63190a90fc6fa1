from __future__ import annotations

import numpy as np
import pytest

from retort.tools.predictors.domain import (
    EDGES,
    Domain,
    Judgement,
    ranged_columns,
    similarity_bins,
)
from retort.tools.predictors.featurise import Stacked, featurise

TRAINING = [featurise(f"{'C' * size}c1ccccc1{tail}") for size in range(1, 6) for tail in ("O", "N")]


def _judged(domain: Domain, *smiles: str, nearest: float) -> Judgement:
    molecules = Stacked.of([featurise(text) for text in smiles])
    return domain.judge(molecules, np.full(len(smiles), nearest))


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
    found = _judged(_domain(), "CCCc1ccccc1O", nearest=nearest)
    assert found.level(0) == level and bool(found.complaints(0)) == (level != "inside")


def test_a_stranger_is_outside_for_every_reason() -> None:
    judged = _judged(_domain(), "C[Si](C)(C)CCCCCCCCCCCCCCCCCCCCCCC", nearest=0.1)
    found = " ".join(judged.complaints(0))
    assert judged.level(0) == "outside"
    assert "less than 0.30" in found and "Si" in found and "MolWt" in found


def test_what_makes_an_outsider_is_told_first() -> None:
    judged = _judged(_domain(), "CCCc1ccccc1O", "CC(F)c1ccccc1O", nearest=0.35)
    assert [judged.level(at) for at in (0, 1)] == ["borderline", "outside"]
    assert [note.split()[0] for note in judged.complaints(1)][:2] == ["elements", "less"]
    assert len(judged.complaints(0)) == 1


def test_a_little_beyond_the_range_is_borderline_and_far_beyond_is_outside() -> None:
    chains = [featurise(f"{'C' * size}c1ccccc1O") for size in range(1, 13)]
    ranged = np.array([item.vector[ranged_columns()] for item in chains])
    domain = Domain.fit([item.elements for item in chains], ranged)
    sizes = (f"{'C' * size}c1ccccc1O" for size in (6, 13, 20))
    judged = _judged(domain, *sizes, nearest=0.9)
    assert [judged.level(at) for at in range(3)] == ["inside", "borderline", "outside"]


def test_a_stored_domain_is_the_same() -> None:
    domain = _domain()
    again = Domain.from_arrays(domain.arrays())
    np.testing.assert_array_equal(again.ranges, domain.ranges)
    assert again.elements == domain.elements == {6, 7, 8}
