from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from retort.retrieval.errors import UsageError
from retort.tools.predictors import Predictors, checkpoint, datasets
from retort.tools.predictors.records import Band, Endpoint, Prediction

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
WIRE = {
    "smiles",
    "endpoint",
    "value",
    "unit",
    "interval",
    "confidence",
    "in_domain",
    "nearest_training_similarity",
    "percentile_of_drugs",
    "model",
    "error",
}


@pytest.fixture(scope="module")
def shipped() -> Predictors:
    return Predictors.load()


def test_shipped_checkpoints_are_small() -> None:
    assert sum(path.stat().st_size for path in checkpoint.SHIPPED.iterdir()) < 8_000_000


def test_predictions_stay_the_same(shipped: Predictors) -> None:
    from rdkit import rdBase

    made_with = checkpoint.manifest(checkpoint.SHIPPED)["versions"]["rdkit"]
    tolerance = 1e-6 if rdBase.rdkitVersion == made_with else 0.1
    rows = shipped.predict(GOLDEN["smiles"])
    assert len(rows) == len(GOLDEN["predictions"]) == 15
    for row, golden in zip(rows, GOLDEN["predictions"], strict=True):
        assert row.endpoint == golden["endpoint"]
        assert row.value == pytest.approx(golden["value"], abs=tolerance)
        assert list(row.interval or ()) == pytest.approx(golden["interval"], abs=tolerance)


def test_rows_are_molecule_major_and_on_the_wire_as_designed(shipped: Predictors) -> None:
    rows = shipped.predict(["CCO", "c1ccccc1"])
    assert [(row.smiles, row.endpoint) for row in rows] == [
        (smiles, name)
        for smiles in ("CCO", "c1ccccc1")
        for name in ("solubility", "lipophilicity", "herg")
    ]
    for row in rows:
        wire = row.as_dict()
        assert set(wire) == WIRE | ({"label"} if row.endpoint == "herg" else set())
        assert json.loads(json.dumps(wire)) == wire
        low, high = wire["interval"]
        assert low <= wire["value"] <= high
        assert 0 <= wire["percentile_of_drugs"] <= 100
        assert 0 <= wire["nearest_training_similarity"] <= 1
        assert wire["confidence"] == 0.9
    assert rows[2].as_dict()["label"] == "hERG blocker"


def test_a_bad_structure_is_one_row_with_its_error_and_the_rest_is_done(
    shipped: Predictors,
) -> None:
    good, bad, after = shipped.predict(["CCO", " C1CC( ", "CCO"], ["solubility"])
    assert bad.smiles == " C1CC( "
    assert bad.value is None and bad.interval is None and bad.in_domain is None
    assert set(bad.error or {}) == {"what", "why", "next"}
    assert set(bad.as_dict()) == WIRE
    assert good.value == after.value and good.error is None


def test_all_bad_and_none_at_all(shipped: Predictors) -> None:
    assert shipped.predict([]) == []
    assert all(row.error for row in shipped.predict(["nonsense", ""]))


def test_a_salt_is_its_parent_where_the_form_does_not_matter(shipped: Predictors) -> None:
    salt, parent = "CCN(CC)CC(=O)Nc1c(C)cccc1C.Cl", "CCN(CC)CC(=O)Nc1c(C)cccc1C"
    for name in ("lipophilicity", "herg"):
        of_salt, of_parent = shipped.predict([salt, parent], [name])
        assert of_salt.value == of_parent.value
        assert parent in of_salt.form_note and not of_parent.form_note
    of_salt, of_parent = shipped.predict([salt, parent], ["solubility"])
    assert of_salt.value is not None and of_parent.value is not None
    assert of_salt.value > of_parent.value
    assert of_salt.form_note == "of the salt or mixture as given"


def test_batches_and_single_calls_agree(shipped: Predictors) -> None:
    smiles = [f"{'C' * size}O" for size in range(1, 40)]
    together = [row.value for row in shipped.predict(smiles, ["lipophilicity"])]
    apart = [shipped.predict([text], ["lipophilicity"])[0].value for text in smiles]
    assert together == pytest.approx(apart, abs=1e-12)


def test_a_stranger_is_outside_the_domain(shipped: Predictors) -> None:
    row = shipped.predict(["[U](Cl)(Cl)(Cl)Cl"], ["lipophilicity"])[0]
    assert row.in_domain is False
    assert "Tanimoto" in row.domain_note and "U" in row.domain_note


@pytest.mark.parametrize("name", ["logD", "HERG", "aqueous_solubility", "retort-solubility-1"])
def test_endpoints_have_other_names(shipped: Predictors, name: str) -> None:
    assert len(shipped.named([name])) == 1


def test_an_unknown_endpoint_is_refused_with_the_list(shipped: Predictors) -> None:
    with pytest.raises(UsageError) as caught:
        shipped.predict(["CCO"], ["boiling point"])
    assert "solubility, lipophilicity, herg" in caught.value.why


def test_readings_name_the_source_of_their_thresholds(shipped: Predictors) -> None:
    for row in shipped.predict(["CC(=O)Nc1ccc(O)cc1"]):
        assert "thresholds: " in row.reading
    assert "soluble" in shipped.predict(["CCO"], ["solubility"])[0].reading


def test_a_band_begins_at_the_bound_of_the_one_before() -> None:
    bands = (Band(0.0, "low"), Band(1.0, "middle"), Band(None, "high"))
    endpoint = Endpoint("x", "x", "regression", "", "", "m", bands, "s")
    assert [endpoint.band(value).text for value in (-1, 0, 0.99, 1, 9)] == [
        "low",
        "middle",
        "middle",
        "high",
        "high",
    ]


def test_a_regression_has_no_label_on_the_wire() -> None:
    assert set(Prediction("C", "x", "", "m", "regression").as_dict()) == WIRE


def test_no_held_out_molecule_was_trained_on() -> None:
    if not DATA.is_dir():
        pytest.skip(f"no development data at {DATA}")
    held_out = {datasets.key_hash(key) for key in datasets.held_out_keys(DATA)}
    for entry in checkpoint.manifest(checkpoint.SHIPPED)["endpoints"].values():
        hashes = set(checkpoint.key_hashes(checkpoint.SHIPPED, entry).tolist())
        assert len(hashes) == entry["training_keys"]["count"] > 200
        assert entry["training_keys"]["held_out_rows"] > 200
        assert not hashes & held_out


def test_predicting_imports_neither_torch_nor_lightgbm() -> None:
    code = (
        "import sys; from retort.tools.predictors import Predictors;"
        "assert Predictors.load().predict(['CCO'])[0].value is not None;"
        "print([name for name in ('torch', 'lightgbm', 'sklearn', 'pandas', 'scipy')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
