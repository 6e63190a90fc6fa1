from __future__ import annotations

from pathlib import Path

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Predictors
from retort.tools.predictors.training.external import judge

FRESH = [f"{'C' * size}c1ccc(O)cc1" for size in range(2, 30)]


def test_only_strangers_are_scored(toy_checkpoints: Path) -> None:
    known = [("Cc1ccccc1", 0.0), ("C1CC(", 1.0)]
    measured = [(smiles, 1.0 - 0.4 * smiles.upper().count("C")) for smiles in FRESH]
    found = judge(Predictors.load(toy_checkpoints), "solubility", [*known, *measured])
    assert (found["rows"], found["trained_on"], found["unreadable"]) == (30, 1, 1)
    assert (
        found["molecules"] == 28 == sum(part["molecules"] for part in found["by_domain"].values())
    )
    assert found["Spearman"] > 0
    assert 0 <= found["coverage"] < 1
    assert "MAE" not in found["by_domain"]["inside"] or found["by_domain"]["inside"]["MAE"] >= 0


def test_too_few_strangers_are_refused(toy_checkpoints: Path) -> None:
    with pytest.raises(RetortError, match="on 0 molecules"):
        judge(Predictors.load(toy_checkpoints), "solubility", [("Cc1ccccc1", 0.0)])
