from __future__ import annotations

import pytest
from fake_predictors import endpoint, predicted

from retort.tools.predictors.columns import FIELDS, Columns
from retort.tools.predictors.records import Prediction

RANKED = endpoint("half_life", "excretion", "regression", unit="h", rank_only=True)
CLASS = endpoint("herg", "toxicity")
COLUMNS = Columns.of(["id"], [RANKED, CLASS])


def cells(*found: Prediction | None, error: str = "") -> dict[str, str]:
    row = COLUMNS.row(["7"], found, error)
    return dict(zip(COLUMNS.header(), row, strict=True))


def test_a_rank_without_a_value_and_a_level_without_a_number_have_their_cells() -> None:
    found = cells(predicted(RANKED, domain="borderline"), predicted(CLASS, 0.25, domain=None))
    assert found["predicted_half_life"] == found["predicted_half_life_lo"] == ""
    assert found["predicted_half_life_percentile"] == "50.0000"
    assert found["predicted_half_life_domain"] == "borderline"
    assert found["predicted_half_life_in_domain"] == "true"
    assert found["predicted_herg"] == "0.2500" and found["predicted_herg_hi"] == "0.3500"
    assert found["predicted_herg_domain"] == found["predicted_herg_in_domain"] == ""
    assert found["predicted_herg_unit"] == "probability of herg positive"
    assert found["error"] == ""


def test_a_row_with_an_error_keeps_units_and_models_only() -> None:
    found = cells(None, None, error="No.")
    filled = {name for name, cell in found.items() if cell}
    ours = {f"predicted_{name}{field}" for name in ("half_life", "herg")
            for field in ("_unit", "_model")}  # fmt: skip
    assert filled == ours | {"id", "error"} and found["error"] == "No."


@pytest.mark.parametrize("change", [0, 1 + FIELDS.index("_unit"), len(FIELDS)])
def test_a_row_of_another_input_unit_or_model_is_not_held(change: int) -> None:
    row = COLUMNS.row(["7"], [predicted(RANKED), predicted(CLASS, 0.5)], "")
    assert COLUMNS.holds(row, ("7",))
    row[change] += "x"
    assert not COLUMNS.holds(row, ("7",))


def test_a_name_like_ours_is_told_apart_and_all_others_stay() -> None:
    assert Columns.of(["input_error", "error", "a", "a"], [CLASS]).kept == (
        "input_error", "input_input_error", "a", "a",
    )  # fmt: skip
