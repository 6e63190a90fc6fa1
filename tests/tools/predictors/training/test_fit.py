from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Predictors, featurise, networks
from retort.tools.predictors.checkpoint import Folder
from retort.tools.predictors.training import datasets, fit
from retort.tools.predictors.training.graph import Settings
from retort.tools.predictors.training.loop import Schedule
from retort.tools.predictors.training.teaching import of_graphs
from retort.tools.structures import molecule_from_smiles

HELD_OUT = "CCc1ccccc1"


def test_toy_training_gives_working_predictors(toy_checkpoints: Path) -> None:
    predictors = Predictors.load(toy_checkpoints)
    names = [endpoint.name for endpoint in predictors.endpoints()]
    assert names == ["solubility", "lipophilicity", "herg"]
    small, large = predictors.predict(["Cc1ccoc1", "CCOc1ccc2ccccc2c1"], ["solubility"])
    assert small.value is not None and large.value is not None
    assert small.value > large.value
    with_nitrogen, without = predictors.predict(["CCN(C)Cc1ccncc1", "CCOC1CCCCC1"], ["herg"])
    assert with_nitrogen.value is not None and without.value is not None
    assert with_nitrogen.value > without.value


def test_neighbours_are_training_molecules_with_their_values(toy_checkpoints: Path) -> None:
    row = Predictors.load(toy_checkpoints).predict(["CCc1ccncc1"], ["solubility"])[0]
    nearest = row.neighbours[0]
    assert nearest.key == featurise.structure_keys(molecule_from_smiles("CCc1ccncc1"))[1]
    assert nearest.similarity == 1.0 == row.nearest_training_similarity
    assert nearest.value == pytest.approx(1.0 - 0.4 * 7)
    assert nearest.source == "Toy 2020 solubility"
    assert [n.similarity for n in row.neighbours] == sorted(
        (n.similarity for n in row.neighbours), reverse=True
    )


def test_the_card_says_what_was_counted_and_scored(toy_checkpoints: Path) -> None:
    card = json.loads((toy_checkpoints / "herg.card.json").read_text(encoding="utf-8"))
    assert card["counts"]["held_out_rows"] == 1
    assert card["sources"][0]["published"] == 63
    scores = card["evaluation"]
    low, high = scores["score_interval"]
    assert low <= scores["score"] <= high
    assert set(scores["members"]) == {"trees"} and card["stack"] == ["trees"]
    assert {name: len(found) for name, found in scores["by_seed"].items()} == {
        "trees": 2,
        "stack": 2,
    }
    assert scores["score"] == pytest.approx(np.mean(scores["by_seed"]["stack"]), abs=1e-4)
    assert 0.5 <= scores["coverage"] <= 1.0
    assert {"faults", "licence", "reading", "reading_source", "measured", "domain"} <= set(card)
    of_values = json.loads((toy_checkpoints / "solubility.card.json").read_text(encoding="utf-8"))
    assert of_values["rank_only"] is (of_values["evaluation"]["r2"] <= 0)


def test_a_held_out_molecule_is_not_among_the_stored_keys(toy_checkpoints: Path) -> None:
    stored = Folder(toy_checkpoints).arrays("admet.molecules")
    hashes = set(stored["hashes"].tolist())
    key = featurise.structure_keys(molecule_from_smiles(HELD_OUT))[0]
    trained = featurise.structure_keys(molecule_from_smiles("Cc1ccccc1"))[0]
    assert datasets.key_hash(key) not in hashes
    assert datasets.key_hash(trained) in hashes
    assert key not in {bytes(row).decode() for row in stored["keys"]}


def test_a_second_run_does_nothing_again_and_gives_the_same_files(
    toy_data: Path, toy_work: Path, toy_checkpoints: Path, tmp_path: Path, toys: Any
) -> None:
    lines: list[str] = []
    fit.fit(
        toy_data,
        toy_work,
        tmp_path / "again",
        toys.TOYS,
        seeds=(0, 1),
        growths=toys.GROWTHS,
        report=lines.append,
    )
    assert not [line for line in lines if line.startswith("trees ")]
    for path in toy_checkpoints.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_networks_are_trained_out_of_fold_stacked_and_asked(
    toy_data: Path, toy_work: Path, tmp_path: Path, toys: Any
) -> None:
    taught = of_graphs(Settings(schedule=Schedule(epochs=40, rate=3e-3), batch=16))
    options = {"seeds": (0,), "growths": toys.GROWTHS, "workers": 1, "device": "cpu"}
    fit.fit(toy_data, toy_work, tmp_path, toys.TOYS, [taught], **options)
    predictors = Predictors.load(tmp_path)
    cards = {endpoint.name: endpoint.card for endpoint in predictors.endpoints()}
    assert all(set(card["evaluation"]["members"]) == {"trees", "graph"} for card in cards.values())
    kept = [name for name, card in cards.items() if "graph" in card["stack"]]
    assert kept, "counting carbons is easy for the sum over atoms"
    smiles = ["CCCOc1ccncc1", "CCCC1CCNCC1"]
    together = predictors.predict(smiles, kept)
    apart = [row for text in smiles for row in predictors.predict([text], kept)]
    assert [row.value for row in together] == pytest.approx([row.value for row in apart], abs=0.02)


def test_without_torch_the_trees_answer_alone(
    toy_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Predictors.load(toy_checkpoints).predict(["CCCOc1ccncc1"])
    monkeypatch.setattr(networks, "available", lambda: False)
    alone = Predictors.load(toy_checkpoints).predict(["CCCOc1ccncc1"])
    assert [row.value for row in alone] == [row.value for row in usual]


def test_training_without_the_held_out_list_is_refused(tmp_path: Path, toys: Any) -> None:
    with pytest.raises(RetortError, match=r"holdout_inchikey14.txt is missing"):
        fit.fit(tmp_path, tmp_path / "work", tmp_path / "out", toys.TOYS)
