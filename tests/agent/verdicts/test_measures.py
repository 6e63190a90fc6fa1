"""Macro-F1, confusion, AUC and calibration on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from retort.agent.verdicts.measures import auc, measured, probabilities

LABELS = np.array([0, 0, 1, 1, 2, 2])


def logits(judged: list[int], sure: float = 4.0) -> np.ndarray:
    return np.eye(3)[judged] * sure


def test_all_right() -> None:
    found = measured(logits([0, 0, 1, 1, 2, 2]), LABELS)
    assert found.macro_f1 == found.accuracy == found.auc == found.evidence_auc == 1.0
    assert found.confusion == ((2, 0, 0), (0, 2, 0), (0, 0, 2))


def test_one_wrong_is_counted_where_it_belongs() -> None:
    found = measured(logits([0, 1, 1, 1, 2, 2]), LABELS)
    assert found.confusion == ((1, 1, 0), (0, 2, 0), (0, 0, 2))
    assert found.f1 == (0.667, 0.8, 1.0) and found.accuracy == pytest.approx(5 / 6, abs=1e-3)


def test_an_overconfident_judge_is_told_so() -> None:
    sure = measured(logits([0, 1, 1, 0, 2, 2], 20.0), LABELS)
    assert sure.calibration_error == pytest.approx(1 / 3, abs=0.01)


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([1.0, 1.0]), np.array([True, False])) == 0.5


def test_probabilities_of_great_logits() -> None:
    assert probabilities(np.array([[1000.0, 0.0, 0.0]])).tolist() == [[1.0, 0.0, 0.0]]
