"""Predictions, endpoints and cards in a terminal: readable within 100 columns."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fake_predictors import endpoint, neighbour, predicted
from typer.testing import CliRunner

from retort.tools.predictors.records import Prediction
from retort.ui import predictions
from retort.ui.cli import app

LONG = "CC(C)(C)c1ccc(C(O)CCCN2CCC(C(O)(c3ccccc3)c3ccccc3)CC2)cc1"
HERG = endpoint("herg", "toxicity")
RANK = endpoint("half_life", "excretion", "regression", unit="h", rank_only=True)


def row(smiles: str, made: Prediction) -> Prediction:
    from dataclasses import replace

    return replace(made, smiles=smiles)


def test_one_structure_is_one_table() -> None:
    near = neighbour("AAAAAAAAAAAAAA", 0.62, 0.0, unit="", label="no blocker", source="Wang 2016")
    rows = [
        row(LONG, predicted(HERG, 0.93, neighbours=(near,), domain="borderline")),
        row(LONG, predicted(RANK, percentile_of_drugs=71.0, reading="")),
    ]
    text = predictions.predictions(rows)
    assert text.count(LONG) == 1 and max(map(len, text.splitlines())) <= 100
    assert "rank only" in text and "71 %" in text and "borderline" in text
    assert "AAAAAAAAAAAAAA" in text and "no blocker" in text and "Wang 2016" in text


def test_many_structures_are_rows_and_errors_are_told_whole() -> None:
    rows = [row(f"{'C' * n}O", predicted(HERG, 0.1)) for n in range(1, 60, 9)]
    rows.append(
        Prediction(
            "C1CC(", "herg", "", "m", "classification", error={"what": "Cannot read.", "why": "x"}
        )
    )
    text = predictions.predictions(rows)
    assert text.startswith("herg\n") and max(map(len, text.splitlines())) <= 100
    assert "C1CC(\n  error: Cannot read. x" in text


def test_endpoints_stand_under_their_family_with_score_and_counts() -> None:
    card = {
        "evaluation": {"metric": "AUROC", "score": 0.81, "score_interval": [0.73, 0.87]},
        "counts": {"training_molecules": 13359},
    }
    long = endpoint("clearance_hepatocyte", "excretion", "regression", unit="uL/min/10^6 cells")
    listed = [endpoint("herg", "toxicity", card=card), RANK, long]
    text = predictions.endpoints(listed)
    assert "AUROC 0.81 (0.73 to 0.87)" in text and "13,359" in text
    assert text.startswith("toxicity\n") and "\n\nexcretion\n" in text and "rank " in text
    assert max(map(len, text.splitlines())) <= 100


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["predict", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_card_is_read_from_top_to_bottom() -> None:
    text = run("--card", "herg")
    assert text.startswith("hERG blockade (herg), model retort-herg-2\n===")
    assert "reference: Wang et al. 2016" in text and "faults:" in text
    assert max(map(len, text.splitlines())) <= 100
    (card,) = json.loads(run("--card", "herg", "--json"))
    assert card["family"] == "toxicity" and card["rank_only"] is False


def test_an_explanation_is_told_and_drawn(tmp_path: Path) -> None:
    drawing = tmp_path / "why.svg"
    text = run(LONG, "--endpoint", "herg", "--explain", "--svg", str(drawing))
    assert "piperidine" in text and "what the model reacts to" in text
    assert "raises it" in "".join(ElementTree.parse(drawing).getroot().itertext())
    told = json.loads(run(LONG, "--endpoint", "herg", "--explain", "--json"))
    assert len(told["weights"]) == 35 and told["scale"] == "probability"


@pytest.mark.parametrize("arguments", [(), ("--endpoint", "admet"), ("--endpoint", "herg", "CCO")])
def test_one_prediction_is_explained_at_a_time(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, ["predict", "CCO", *arguments, "--explain"])
    assert done.exit_code != 0
