"""Plain words with a typing error are put right; everything else stays as it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retort.agent.models.embedded import slips
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer

NAMES = Gazetteer.of({"celecoxib": "celecoxib", "imatinib": "imatinib"})


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("solubilty of celecoxib", "solubility of celecoxib"),
        ("mecanism of imatinib", "mechanism of imatinib"),
        ("Whcih drugs", "Which drugs"),
        ("half lfie of imatinib", "half life of imatinib"),
        ("the molecular wieght", "the molecular weight"),
    ],
)
def test_a_mistyped_word_of_the_field_is_put_right(typed: str, right: str) -> None:
    assert slips.correct(typed, NAMES).text == right


@pytest.mark.parametrize(
    "text",
    [
        "CCCCO and c1ccccc1O",
        "does aspirin contain an ester",
        "celecoxb is not ours to change",  # a misspelt drug: the gazetteer's
        "zanubrutinib, AZD9291, WIHCH",
        "Acinetobacter baumannii",
        "the cats rested in the gardens",
    ],
)
def test_anything_else_is_left_alone(text: str) -> None:
    assert slips.correct(text, NAMES).text == text


def test_a_mention_behind_a_correction_stands_where_it_was_typed() -> None:
    question = "wihch solubilty has imatinib?"
    (mention,) = find_entities(question, NAMES).mentions
    assert question[mention.start : mention.end] == "imatinib"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abilnostuy ,.?ÉSolubty", max_size=60))
def test_places_cover_the_text_in_order(text: str) -> None:
    reading = slips.correct(text, NAMES)
    assert len(reading.places) == len(reading.text) + 1
    assert list(reading.places) == sorted(reading.places)
    assert reading.places[-1] == len(text)
