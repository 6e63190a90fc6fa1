"""A user's own model of a toy table, with a rule in the place of its network: asked, refused."""

from __future__ import annotations

import csv
import json
import pickle
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.predictors import own, own_folder
from retort.tools.predictors.own import OwnModel
from retort.tools.predictors.table import predict_file
from retort.tools.predictors.training import adapting, measurements
from retort.tools.predictors.training.labels import Ints, Labels
from retort.tools.predictors.training.loop import Run
from retort.tools.structure_files import open_structures

CORES = ("c1ccccc1", "C1CCCCC1", "c1ccncc1", "C1CCNCC1", "c1ccoc1", "c1ccsc1", "C1CCC1", "C1CCOC1")
CORES += ("C1CCCC1", "c1ccc2ccccc2c1", "c1cc[nH]c1", "C1CCNC1")
MOLECULES = tuple("C" * chain + core for core in CORES for chain in range(1, 6))


@dataclass(frozen=True)
class Rule:
    """Says what it was told, and errs by what follows from the spelling; learns and keeps that."""

    is_class: bool

    def describe(self) -> dict[str, Any]:
        return {"kind": "retort"}

    def fit(self, labels: Labels, rows: Ints, epochs: int, run: Run) -> Rule:
        return self

    def predict(self, smiles: Sequence[str], batch: int = 256) -> NDArray[np.float32]:
        errors = [zlib.crc32(text.encode()) / 2**32 - 0.5 for text in smiles]
        right = [6.0 * is_active(text) - 3 if self.is_class else len(text) / 4 for text in smiles]
        said = [
            value + (8 if self.is_class else 1) * off
            for value, off in zip(right, errors, strict=True)
        ]
        return np.array(said, dtype=np.float32)[:, None]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"is_class": np.array([self.is_class])}


def is_active(text: str) -> bool:
    return "N" in text.upper()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model of a number and one of a class, each of 60 molecules."""
    place = tmp_path_factory.mktemp("own")
    table = place / "mine.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("smiles", "logD (pH 7.4)", "Active"))
        writer.writerows((text, len(text) / 4, int(is_active(text))) for text in MOLECULES)
    for target, unit in (("logD (pH 7.4)", "log units"), ("Active", "")):
        measured = measurements.read(table, target)
        by = Rule(measured.task == "classification")
        adapting.adapt(measured, by, place / target, Run(), 1, unit)
    return {"number": place / "logD (pH 7.4)", "class": place / "Active"}


@pytest.fixture(autouse=True)
def rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of reading a transformer."""

    def read(arrays: Mapping[str, NDArray[Any]]) -> Rule:
        return Rule(bool(arrays["is_class"][0]))

    monkeypatch.setattr("retort.tools.predictors.smiles.network.Network.from_arrays", read)


def test_a_number_comes_with_interval_domain_and_neighbours(folders: dict[str, Path]) -> None:
    model = OwnModel(folders["number"])
    fresh, near, far, broken = model.predict(
        ["CCCC(C)c1ccccc1", "CCc1ccccc1", "OB(O)C(F)(F)S(=O)(=O)Cl", "C1CC("]
    )
    assert near.endpoint == "logD_pH_7_4" and near.unit == "log units"
    assert near.value is not None and near.interval and near.interval_80
    low, high = near.interval
    assert low < near.interval_80[0] < near.value < near.interval_80[1] < high
    assert (near.domain, near.nearest_training_similarity) == ("inside", 1.0)
    itself, *others = near.neighbours
    assert itself.smiles == "CCc1ccccc1" and len(itself.key) == 14
    assert (itself.value, itself.said, itself.source) == (2.5, "2.50 log units", "mine.csv")
    assert len(others) == 2 and others[0].similarity < 1
    assert near.percentile_of_drugs is None and near.reading == ""
    assert fresh.nearest_training_similarity is not None and fresh.nearest_training_similarity < 1
    assert far.domain == "outside" and "B" in far.domain_note
    assert broken.error and broken.value is None
    assert json.loads(json.dumps(near.as_dict(), allow_nan=False))["model"] == near.model


def test_intervals_are_those_of_the_out_of_fold_errors(folders: dict[str, Path]) -> None:
    rows = OwnModel(folders["number"]).predict(MOLECULES)
    with (folders["number"] / own_folder.TRAINING).open(encoding="utf-8") as file:
        kept = {row["smiles"]: row for row in csv.DictReader(file)}
    errors = [abs(float(row["value"]) - float(row["out_of_fold"])) for row in kept.values()]
    half = {round((row.interval[1] - row.interval[0]) / 2, 4) for row in rows if row.interval}
    assert len(half) <= 5
    assert min(errors) < min(half) <= max(half) <= max(errors) + 1e-4
    held = [
        row.interval[0] <= float(kept[row.smiles]["value"]) <= row.interval[1]
        for row in rows
        if row.interval
    ]
    assert 0.9 <= np.mean(held) < 1


def test_a_class_comes_with_probability_and_class_sets(folders: dict[str, Path]) -> None:
    rows = OwnModel(folders["class"]).predict(MOLECULES)
    said = np.array([row.value for row in rows])
    active = np.array([is_active(text) for text in MOLECULES])
    assert 0 < said.min() < said.max() < 1 and said[active].mean() > 2 * said[~active].mean()
    yes = rows[int(said.argmax())]
    assert yes.label == "Active" and yes.value is not None
    assert set(yes.classes) <= {"Active", "not Active"} and "90 % confidence" in yes.reading
    assert {near.label for near in yes.neighbours} <= {"Active", "not Active"}
    assert yes.interval and yes.interval[0] <= yes.value <= yes.interval[1]


def test_names_are_its_own_or_those_of_a_group(folders: dict[str, Path]) -> None:
    model = OwnModel(folders["number"])
    names: tuple[list[str] | None, ...] = (None, ["logD (pH 7.4)"], ["logd_ph_7_4"], ["all"])
    assert {model.named(name)[0].name for name in names} == {"logD_pH_7_4"}
    with pytest.raises(UsageError, match="It predicts logD_pH_7_4"):
        model.predict(["CCO"], ["herg"])


def test_a_file_gets_the_same_columns(folders: dict[str, Path], tmp_path: Path) -> None:
    source = tmp_path / "in.smi"
    source.write_text("CCc1ccccc1 a\nC1CC( b\nCCCC1CCNCC1 c\n", encoding="utf-8")
    load = pickle.loads(pickle.dumps(partial(OwnModel, folders["number"])))  # as a process gets it
    output = tmp_path / "out.csv"
    made = predict_file(load(), open_structures(source), output, [], load=load)
    assert (made.done, made.failed) == (3, 1)
    with output.open(encoding="utf-8") as file:
        first, second, _ = csv.DictReader(file)
    assert first["predicted_logD_pH_7_4_unit"] == "log units"
    assert first["predicted_logD_pH_7_4_percentile"] == ""
    assert float(first["predicted_logD_pH_7_4_lo"]) < float(first["predicted_logD_pH_7_4"])
    assert first["predicted_logD_pH_7_4_model"].startswith("own-logD_pH_7_4-") and second["error"]


def test_what_is_no_model_and_what_was_changed_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(RetortError, match="holds no model"):
        OwnModel(tmp_path / "none")
    for name in (own_folder.CARD, own_folder.TRAINING, own_folder.WEIGHTS, own_folder.REFERENCE):
        copied = tmp_path / name
        shutil.copytree(folders["number"], copied)
        content = (copied / name).read_bytes()
        (copied / name).write_bytes(content[:-2] + b" \n")
        with pytest.raises(RetortError, match=f"{name} is not the file") as refused:
            OwnModel(copied)
        assert "retort predictors finetune" in refused.value.next
        (copied / name).unlink()
        with pytest.raises(RetortError, match="holds no model"):
            OwnModel(copied)


def test_code_of_a_hub_model_is_not_run_unasked(folders: dict[str, Path], tmp_path: Path) -> None:
    card = json.loads((folders["number"] / own_folder.CARD).read_bytes())
    hub = {"kind": "hub", "name": str(tmp_path), "revision": None, "trust_remote_code": True}
    del card["format"], card["featuriser"]
    own_folder.write(tmp_path / "hub", {**card, "encoder": hub}, {}, {}, [])
    with pytest.raises(RetortError, match="code of its own"):
        OwnModel(tmp_path / "hub")._network({})


def test_without_pytorch_it_is_listed_but_not_asked(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own.networks, "available", lambda: False)
    model = OwnModel(folders["number"])
    assert model.endpoints()[0].card["counts"]["training_molecules"] == len(MOLECULES)
    with pytest.raises(RetortError, match="PyTorch is not installed"):
        model.predict(["CCO"])
