from __future__ import annotations

import csv

import numpy as np
import pytest
from fake_predictors import endpoint

from retort.tools.predictors.answers import Answers
from retort.tools.predictors.columns import FIELDS, Columns
from retort.tools.predictors.domain import Domain
from retort.tools.predictors.featurise import Stacked, featurise
from retort.tools.predictors.heads import Estimates, Neighbours, Readings

RANKED = endpoint("half_life", "excretion", "regression", unit="h, plasma", rank_only=True)
CLASS = endpoint("herg", "toxicity")
PERCENT = endpoint("ppb", "distribution", "regression", unit="%")
COLUMNS = Columns.of(["id"], [RANKED, CLASS])


def estimates(smiles: list[str], value: float, nearest: float, percentile: float) -> Estimates:
    """The same of each molecule, by a model that has seen carbon, hydrogen and oxygen."""
    count = len(smiles)
    molecules = Stacked.of([featurise(text) for text in smiles])
    wide = np.tile([-1e6, -1e6, 1e6, 1e6], (5, 1)).astype(np.float32)
    around = np.array([[value - 0.1, value + 0.1]] * count)
    near = np.full((count, 1), nearest, dtype=np.float32)
    return Estimates(
        Readings(np.full(count, value), around, around, np.ones((count, 2), dtype=np.bool_)),
        np.full(count, percentile),
        Domain(frozenset({6, 8}), wide).judge(molecules, near[:, 0].astype(np.float64)),
        Neighbours(
            np.zeros((count, 1), np.int64),
            near,
            np.ones((count, 1)),
            np.zeros((count, 1), np.uint8),
        ),
    )


def told(columns: Columns, smiles: list[str], **found: Estimates) -> list[dict[str, str]]:
    """The rows of structures, as a reader of CSV sees them."""
    by_name = Answers.of(smiles, columns.endpoints, lambda features: found)
    texts = [columns.row(("7",), ours, "") for ours in columns.texts(by_name)]
    return [dict(zip(columns.header(), row, strict=True)) for row in csv.reader(texts)]


def test_a_rank_has_no_value_and_an_unknown_percentile_no_cell() -> None:
    ranked, of_class = estimates(["CCO"], 3.0, 0.35, 50.0), estimates(["CCO"], 0.25, 0.9, np.nan)
    (found,) = told(COLUMNS, ["CCO"], half_life=ranked, herg=of_class)
    assert found["predicted_half_life"] == found["predicted_half_life_lo"] == ""
    assert found["predicted_half_life_unit"] == "h, plasma"
    assert found["predicted_half_life_percentile"] == "50.0000"
    assert found["predicted_half_life_domain"] == "borderline"
    assert found["predicted_half_life_in_domain"] == "true"
    assert found["predicted_herg"] == "0.2500" and found["predicted_herg_hi"] == "0.3500"
    assert found["predicted_herg_domain"] == "inside" and found["predicted_herg_percentile"] == ""
    assert found["predicted_herg_unit"] == "probability of herg positive"
    assert (found["id"], found["error"]) == ("7", "")


def test_an_unreadable_structure_stands_between_its_neighbours_with_units_and_models_only() -> None:
    good = ["CCO", "CCN"]
    made = {"half_life": estimates(good, 3.0, 0.9, 1.0), "herg": estimates(good, 0.5, 0.9, 1.0)}
    first, broken, last = told(COLUMNS, ["CCO", "C1CC(", "CCN"], **made)
    assert (first["predicted_herg_domain"], last["predicted_herg_domain"]) == ("inside", "outside")
    filled = {name for name, cell in broken.items() if cell}
    ours = {f"predicted_{name}{field}" for name in ("half_life", "herg")
            for field in ("_unit", "_model")}  # fmt: skip
    assert filled == ours | {"id"}
    alone = told(COLUMNS, ["C1CC("])
    assert alone == [broken]


def test_a_percentage_ends_at_a_hundred_and_its_interval_with_it() -> None:
    columns = Columns.of([], [PERCENT])
    found = Answers.of(["CCO"], [PERCENT], lambda _: {"ppb": estimates(["CCO"], 99.95, 0.9, 1.0)})
    (text,) = columns.texts(found)
    assert text.startswith("99.9500,%,99.8500,100.0000,true,")


@pytest.mark.parametrize("change", [0, 1 + FIELDS.index("_unit"), len(FIELDS)])
def test_a_row_of_another_input_unit_or_model_is_not_held(change: int) -> None:
    (row,) = csv.reader([COLUMNS.row(("7",), COLUMNS.blank(), "No.")])
    assert COLUMNS.holds(row, ("7",))
    row[change] += "x"
    assert not COLUMNS.holds(row, ("7",))


def test_a_name_like_ours_is_told_apart_and_all_others_stay() -> None:
    assert Columns.of(["input_error", "error", "a", "a"], [CLASS]).kept == (
        "input_error", "input_input_error", "a", "a",
    )  # fmt: skip
