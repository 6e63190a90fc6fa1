"""Why a record was excluded, as its note says it."""

from __future__ import annotations

import pytest

from retort.agent.triage import excluding
from retort.agent.triage.records import Criteria, Label

CRITERIA = Criteria(exclude=("animals", "animals; or cells", "reviews"))


@pytest.mark.parametrize(
    ("label", "because", "note", "noted"),
    [
        ("exclude", "reviews", "", "reviews"),
        ("exclude", "reviews", "of 2003", "reviews; of 2003"),
        ("exclude", "reviews", "animals; of 2003", "reviews; of 2003"),
        ("exclude", "reviews", "animals; or cells; of 2003", "reviews; of 2003"),
        ("exclude", "", "animals; of 2003", "animals; of 2003"),
        ("include", "", "animals; of 2003", "of 2003"),
        ("maybe", "reviews", "animals", ""),
        ("exclude", "no criterion", "mine", "mine"),
        ("exclude", "reviews", "reviewsed", "reviews; reviewsed"),
    ],
)
def test_a_reason_begins_the_note_and_goes_with_the_exclusion(
    label: Label, because: str, note: str, noted: str
) -> None:
    assert excluding.noted(CRITERIA, label, because, note) == noted


def test_reasons_are_counted_in_the_order_of_the_criteria() -> None:
    notes = ["reviews", "animals; of mice", "reviews; 2003", "something", ""]
    assert excluding.counted(CRITERIA, notes) == {"animals": 1, "reviews": 2, excluding.UNSAID: 2}
    assert excluding.counted(CRITERIA, ["something"]) == {}
    assert excluding.counted(Criteria(), notes) == {}
