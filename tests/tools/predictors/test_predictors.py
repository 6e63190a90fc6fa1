from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from retort.retrieval.errors import UsageError
from retort.tools.predictors import Predictors, checkpoint
from retort.tools.predictors.endpoints import specs
from retort.tools.predictors.records import Band, Endpoint, Prediction
from retort.tools.predictors.references import key_hash
from retort.tools.predictors.training.datasets import held_out_keys

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
    "interval_80",
    "classes",
    "rank_only",
    "in_domain",
    "domain",
    "neighbours",
    "nearest_training_similarity",
    "percentile_of_drugs",
    "model",
    "error",
}


@pytest.fixture(scope="module")
def shipped() -> Predictors:
    return Predictors.load()


def test_every_endpoint_is_shipped_and_all_of_it_is_small(shipped: Predictors) -> None:
    assert [e.name for e in shipped.endpoints()] == [spec.name for spec in specs()]
    assert sum(path.stat().st_size for path in checkpoint.SHIPPED.iterdir()) < 30_000_000


def test_every_card_says_what_a_reader_must_know(shipped: Predictors) -> None:
    for endpoint in shipped.endpoints():
        card = endpoint.card
        scores = card["evaluation"]
        low, high = scores["score_interval"]
        assert low <= scores["score"] <= high, endpoint.name
        assert set(card["stack"]) <= set(scores["members"])
        assert 0.8 <= scores["coverage"] <= 1.0, endpoint.name
        assert card["measured"] and card["faults"] and card["licence"] and card["reading_source"]
        assert all(source["reference"] and source["licence"] for source in card["sources"])
        assert card["counts"]["training_molecules"] >= 100
        assert endpoint.rank_only is (endpoint.task == "regression" and scores["r2"] <= 0)


def test_predictions_stay_the_same(shipped: Predictors) -> None:
    from rdkit import rdBase

    folder = checkpoint.Folder(checkpoint.SHIPPED)
    made_with = json.loads((folder.path / "manifest.json").read_text(encoding="utf-8"))
    same = rdBase.rdkitVersion == made_with["versions"]["rdkit"]
    rows = shipped.predict(GOLDEN["smiles"], GOLDEN["endpoints"])
    assert len(rows) == len(GOLDEN["predictions"])
    for row, golden in zip(rows, GOLDEN["predictions"], strict=True):
        assert row.endpoint == golden["endpoint"]
        wide = golden["interval"][1] - golden["interval"][0]
        # networks are computed in bfloat16 where that is quick, in float32 elsewhere
        tolerance = (0.03 if same else 0.2) * max(wide, 0.1)
        assert row.value == pytest.approx(golden["value"], abs=tolerance), row.endpoint
        assert list(row.interval or ()) == pytest.approx(golden["interval"], abs=2 * tolerance)


def test_rows_are_molecule_major_and_on_the_wire_as_designed(shipped: Predictors) -> None:
    rows = shipped.predict(["CCO", "c1ccccc1"], ["admet"])
    names = [e.name for e in shipped.named(["admet"])]
    assert [(row.smiles, row.endpoint) for row in rows] == [
        (smiles, name) for smiles in ("CCO", "c1ccccc1") for name in names
    ]
    for row in rows:
        wire = row.as_dict()
        assert set(wire) == WIRE | ({"label"} if row.task == "classification" else set())
        assert json.loads(json.dumps(wire)) == wire
        assert 0 <= wire["percentile_of_drugs"] <= 100
        assert 0 <= wire["nearest_training_similarity"] <= 1
        assert len(wire["neighbours"]) == 3
        assert all(found["source"] for found in wire["neighbours"])
        if row.rank_only:
            assert wire["value"] is None and wire["interval"] is None
            continue
        low, high = wire["interval"]
        assert low <= wire["interval_80"][0] <= wire["value"] <= wire["interval_80"][1] <= high
        assert wire["confidence"] == 0.9
    herg = next(row for row in rows if row.endpoint == "herg")
    assert herg.as_dict()["label"] == "hERG blocker"


def test_the_off_target_panel_is_in_pchembl(shipped: Predictors) -> None:
    imatinib = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"
    rows = shipped.predict([imatinib], ["targets"])
    assert len(rows) >= 40
    assert all(row.rank_only or 2 < (row.value or 0) < 12 for row in rows)


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
    assert all(row.error for row in shipped.predict(["nonsense", ""], ["herg"]))


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
    assert together == pytest.approx(apart, abs=0.02)


def test_a_stranger_is_outside_the_domain(shipped: Predictors) -> None:
    row = shipped.predict(["[U](Cl)(Cl)(Cl)Cl"], ["lipophilicity"])[0]
    assert row.in_domain is False
    assert "Tanimoto" in row.domain_note and "U" in row.domain_note


@pytest.mark.parametrize(
    "name",
    [
        "logD",
        "HERG",
        "aqueous_solubility",
        "retort-solubility-2",
        "target_CHEMBL217",
        "Cyp3A4 inhibition",
    ],
)
def test_endpoints_have_other_names(shipped: Predictors, name: str) -> None:
    assert len(shipped.named([name])) == 1


def test_an_unknown_endpoint_is_refused_with_the_list(shipped: Predictors) -> None:
    with pytest.raises(UsageError) as caught:
        shipped.predict(["CCO"], ["boiling point"])
    assert "solubility, lipophilicity" in caught.value.why and "targets" in caught.value.why


def test_readings_name_the_source_of_their_thresholds(shipped: Predictors) -> None:
    for row in shipped.predict(["CC(=O)Nc1ccc(O)cc1"]):
        assert "thresholds: " in row.reading or row.rank_only
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
    keys = held_out_keys(DATA)
    held_out = {key_hash(key) for key in keys}
    folder = checkpoint.Folder(checkpoint.SHIPPED)
    for group in {entry["molecules"] for entry in folder.endpoints.values()}:
        stored = folder.arrays(f"{group}.molecules")
        hashes = set(stored["hashes"].tolist())
        assert len(hashes) > 30_000
        assert not hashes & held_out
        assert not {bytes(row).decode() for row in stored["keys"]} & keys
    assert all(folder.card(name)["counts"]["held_out_rows"] >= 0 for name in folder.endpoints)


def test_listing_imports_no_network_and_trees_alone_need_none() -> None:
    code = (
        "import sys; from retort.tools.predictors import Predictors, networks;"
        "predictors = Predictors.load();"
        "listed = [name for name in ('torch', 'lightgbm', 'sklearn', 'pandas', 'scipy')"
        " if name in sys.modules];"
        "networks.available = lambda: False;"
        "found = Predictors.load().predict(['CCO'], ['admet']);"
        "assert all(row.error is None for row in found);"
        "print(listed, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


def test_what_the_networks_cannot_read_the_trees_answer(shipped: Predictors) -> None:
    ferrocene = "[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1"
    strange, usual = shipped.predict([ferrocene, "CCO"], ["lipophilicity"])
    assert strange.error is None and strange.domain == "outside"
    assert usual.value == pytest.approx(
        shipped.predict(["CCO"], ["lipophilicity"])[0].value, abs=0.02
    )


def test_percent_ends_at_a_hundred(shipped: Predictors) -> None:
    for row in shipped.predict(["CCCCCCCCCCCCCCCC(=O)O", "OCC(O)C(O)C(O)CO"], ["ppb"]):
        assert row.interval is not None and row.value is not None
        assert 0 <= row.interval[0] <= row.value <= row.interval[1] <= 100
