"""What the rules see between two texts."""

from __future__ import annotations

import pytest

from retort.agent.verdicts.signs import SIGNS, signs


def seen(statement: str, evidence: str) -> dict[str, float]:
    return dict(zip(SIGNS, signs(statement, evidence).tolist(), strict=True))


def test_the_other_direction_is_seen_and_the_same_is_not_it() -> None:
    against = seen("Aspirin increases bleeding.", "Aspirin decreased bleeding in mice.")
    assert against["other direction"] == 1 and against["same direction"] == 0
    along = seen("Aspirin increases bleeding.", "Aspirin raised bleeding in mice.")
    assert along["same direction"] == 1 and along["other direction"] == 0


@pytest.mark.parametrize(
    ("evidence", "one"),
    [("Aspirin does not cause bleeding.", 1), ("Aspirin causes bleeding.", 0), ("No bleeding.", 1)],
)
def test_a_negation_on_one_side_is_seen(evidence: str, one: float) -> None:
    assert seen("Aspirin causes bleeding.", evidence)["one is negated"] == one


def test_numbers_and_names_that_are_missing() -> None:
    found = seen("EGFR and KRAS are mutated in 32% of tumours.", "EGFR is mutated in 12%.")
    assert found["a number is missing"] == 1 and found["share of names missing"] == 0.5


def test_the_nearest_sentence_decides() -> None:
    text = "Pain was increased by cold. Aspirin decreased pain in patients."
    assert seen("Aspirin decreases pain in patients.", text)["same direction"] == 1


def test_a_text_beside_itself_differs_in_nothing() -> None:
    text = "Nothing increases EGFR by 3%, and no harm."
    found = seen(text, text)
    assert found["share of words"] == found["same direction"] == 1
    for name in ("other direction", "one is negated", "an opposite word", "a number is missing"):
        assert found[name] == 0
    assert signs("", "").tolist() == [0.0] * len(SIGNS)
