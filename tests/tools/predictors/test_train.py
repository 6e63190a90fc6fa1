from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Predictors, checkpoint, datasets, featurise, train
from retort.tools.predictors.endpoints import HERG, SOLUBILITY, SPECS
from retort.tools.predictors.evaluation import _auroc
from retort.tools.structures import molecule_from_smiles

HELD_OUT = "CCc1ccccc1"


def test_toy_training_gives_working_predictors(toy_checkpoints: Path) -> None:
    predictors = Predictors.load(toy_checkpoints)
    assert [endpoint.name for endpoint in predictors.endpoints()] == [spec.name for spec in SPECS]
    small, large = predictors.predict(["Cc1ccoc1", "CCOc1ccc2ccccc2c1"], ["solubility"])
    assert small.value is not None and large.value is not None
    assert small.value > large.value
    with_nitrogen, without = predictors.predict(["CCN(C)Cc1ccncc1", "CCOC1CCCCC1"], ["herg"])
    assert with_nitrogen.value is not None and without.value is not None
    assert with_nitrogen.value > without.value


def test_a_second_run_gives_the_same_files(toy_data: Path, tmp_path: Path) -> None:
    toy = replace(HERG, recipe=replace(HERG.recipe, rounds=3, repeats=1))
    for name in ("one", "two"):
        train.train(toy_data, tmp_path / name, [toy], seeds=1)
    first, second = ((tmp_path / name / "herg.safetensors").read_bytes() for name in ("one", "two"))
    assert first == second


def test_held_out_bad_and_repeated_rows_are_left_out_and_counted(toy_data: Path) -> None:
    held_out = datasets.held_out_keys(toy_data)
    found = datasets.load(SOLUBILITY, toy_data, held_out)
    assert found.counts() == {
        "published_rows": 63,
        "unreadable_rows": 1,
        "held_out_rows": 1,
        "contradicting_molecules": 0,
        "training_molecules": 60,
    }
    assert not any(held_out.intersection(row.keys) for row in found.rows)
    assert any(row.features.components == 2 for row in found.rows)


def test_the_card_says_what_was_counted_and_scored(toy_checkpoints: Path) -> None:
    card = json.loads((toy_checkpoints / "herg.card.json").read_text(encoding="utf-8"))
    assert card["counts"]["held_out_rows"] == 1
    low, high = card["evaluation"]["score_interval"]
    assert low <= card["evaluation"]["score"] <= high
    assert 0.5 <= card["evaluation"]["coverage"] <= 1.0
    assert {"faults", "licence", "reading", "reading_source", "measured"} <= set(card)
    manifest = json.loads((toy_checkpoints / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["endpoints"]["herg"]["training_keys"]["held_out_rows"] == 1


def test_a_held_out_molecule_is_not_among_the_stored_keys(toy_checkpoints: Path) -> None:
    entries = checkpoint.manifest(toy_checkpoints)["endpoints"]
    hashes = set(checkpoint.key_hashes(toy_checkpoints, entries["solubility"]).tolist())
    key = featurise.structure_keys(molecule_from_smiles(HELD_OUT))[0]
    trained = featurise.structure_keys(molecule_from_smiles("Cc1ccccc1"))[0]
    assert datasets.key_hash(key) not in hashes
    assert datasets.key_hash(trained) in hashes


@pytest.mark.parametrize("name", ["herg.safetensors", "herg.card.json"])
def test_a_changed_file_is_refused(toy_checkpoints: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(toy_checkpoints, folder)
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(RetortError, match="SHA-256") as caught:
        Predictors.load(folder)
    assert name in caught.value.what


@pytest.mark.parametrize("break_it", ["missing", "not json", "other featuriser"])
def test_a_wrong_manifest_is_refused(toy_checkpoints: Path, tmp_path: Path, break_it: str) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(toy_checkpoints, folder)
    path = folder / "manifest.json"
    if break_it == "missing":
        path.unlink()
    elif break_it == "not json":
        path.write_text("{", encoding="utf-8")
    else:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(manifest | {"featuriser": "0"}), encoding="utf-8")
    with pytest.raises(RetortError, match="Cannot load the predictors"):
        Predictors.load(folder)


def test_training_without_the_held_out_list_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "holdout_inchikey14.txt is missing" in capsys.readouterr().err


def test_auroc_counts_ties_half() -> None:
    truth = np.array([1.0, 1.0, 0.0, 0.0])
    assert _auroc(truth, np.array([0.9, 0.8, 0.2, 0.1])) == 1.0
    assert _auroc(truth, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert _auroc(truth, np.array([0.9, 0.2, 0.5, 0.1])) == 0.75
