"""Sentences ranked for a statement: offsets that hold, and what makes one stand first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retort.retrieval.encode import HashingEncoder
from retort.retrieval.highlight import FEATURES, features, highlight

ENCODER = HashingEncoder(256)
TEXT = (
    "Warfarin doses differ between patients. "
    "We investigated whether CYP2C9 variants change the warfarin dose. "
    "Carriers of CYP2C9*3 needed 3.3 mg of warfarin a day, others 5.1 mg. "
    "Diet was not recorded."
)


def first(statement: str) -> str:
    best = highlight(statement, TEXT, ENCODER)[0]
    return TEXT[best.start : best.end]


def test_the_result_stands_before_the_aim() -> None:
    text = "Strokes are common. We assessed whether aspirin prevents stroke. Aspirin prevented it."
    found = highlight("Aspirin prevents stroke.", text, ENCODER)
    rank = [text[item.start : item.end].split()[0] for item in found]
    assert rank.index("Aspirin") < rank.index("We")


def test_a_number_finds_its_sentence() -> None:
    assert "5.1 mg" in first("Others took 5.1 mg")


def test_every_sentence_is_ranked_once_best_first() -> None:
    found = highlight("warfarin dose", TEXT, ENCODER)
    assert len({(item.start, item.end) for item in found}) == len(found) == 4
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)


def test_known_spans_are_taken_as_they_are() -> None:
    found = highlight("warfarin", TEXT, ENCODER, [(0, 8), (9, 14)])
    assert {(item.start, item.end) for item in found} == {(0, 8), (9, 14)}


@pytest.mark.parametrize("text", ["", "  \n\n "])
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert highlight("warfarin", text, ENCODER) == []


def test_features_of_a_single_sentence_are_finite() -> None:
    table = features("", ["One sentence."], ENCODER)
    assert table.shape == (1, len(FEATURES)) and np.isfinite(table).all()


@settings(max_examples=60)
@given(st.text(alphabet="aB1. \n|#-é%", max_size=200), st.text(max_size=30))
def test_highlights_are_slices_without_blanks_around(text: str, statement: str) -> None:
    for item in highlight(statement, text, ENCODER):
        piece = text[item.start : item.end]
        assert piece and piece == piece.strip()
