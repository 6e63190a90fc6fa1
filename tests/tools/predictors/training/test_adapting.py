from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.predictors.own import OwnModel
from retort.tools.predictors.own_folder import read
from retort.tools.predictors.records import Prediction
from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.smiles.hub import Hub
from retort.tools.predictors.smiles.network import Encoder
from retort.tools.predictors.training import adapting, measurements, pretraining
from retort.tools.predictors.training.adapting import RetortLearner
from retort.tools.predictors.training.loop import Run
from retort.tools.predictors.training.lora import HubLearner

RINGS = ("c1ccccc1", "C1CCCCC1", "c1ccncc1", "C1CCNCC1", "c1ccoc1", "C1CCOC1", "c1ccsc1", "C1CC1")
RINGS += ("C1CCC1", "c1ccc2ccccc2c1", "C1CCCC1", "c1cc[nH]c1")
STRUCTURES = tuple("C" * chain + ring for ring in RINGS for chain in range(1, 6))


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Sixty molecules: the length of the chain, and whether there is an aromatic ring."""
    rows = [
        {"smiles": text, "logD": len(text) / 4, "Aromatic": "yes" if "c" in text else "no"}
        for text in STRUCTURES
    ]
    return write(tmp_path / "mine.csv", rows)


@pytest.fixture
def learner() -> RetortLearner:
    torch.manual_seed(0)
    return RetortLearner(Encoder(len(tokens.shipped().tokens), width=64, depth=1))


def test_a_table_is_read_cleaned_and_counted(tmp_path: Path) -> None:
    rows = [{"smiles": text, "logD": "1.5"} for text in STRUCTURES]
    rows[0]["logD"] = "0.5"
    rows += [
        {"smiles": f"{STRUCTURES[0]}.Cl", "logD": "2.5"},
        {"smiles": STRUCTURES[0], "logD": "2.0"},
        {"smiles": "C1CC(", "logD": "1"},
        {"smiles": "CCO", "logD": ""},
        {"smiles": "CCN", "logD": ">4"},
    ]
    found = measurements.read(write(tmp_path / "t.csv", rows), "LOGD")
    assert found.counts == {
        "rows": 65,
        "empty": 1,
        "not a number": 1,
        "unreadable": 1,
        "training_molecules": 60,
    }
    assert found.source == "t.csv"
    assert found.task == "regression"
    assert found.labels.values[found.labels.smiles.index("Cc1ccccc1"), 0] == 2.0


@pytest.mark.parametrize(
    ("rows", "target", "told"),
    [
        ([{"smiles": "CCO", "ic50": 1}], "logD", "Its columns are: smiles, ic50"),
        ([{"smiles": "CCO", "logD": 1}], "logD", "at least 30"),
        ([{"smiles": text, "logD": 1.0} for text in STRUCTURES], "logD", "same value"),
        ([{"smiles": "C1CC(", "logD": 1.0}], "logD", "None of its 1 structures can be read"),
        ([{"smiles": "CCO", "logD": "n.d."}], "logD", 'holds no numbers.*"n.d."'),
        ([{"smiles": "CCO", "logD": ""}], "logD", "1 of its cells are empty"),
        ([{"smiles": t, "a": int(t == "CC1CC1")} for t in STRUCTURES], "a", "One class has 1"),
    ],
)
def test_a_table_that_cannot_be_learnt_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], target: str, told: str
) -> None:
    with pytest.raises(RetortError, match=told):
        measurements.read(write(tmp_path / "t.csv", rows), target)


def values(rows: list[Prediction]) -> list[float]:
    return [row.value for row in rows if row.value is not None]


def test_a_regression_is_estimated_learnt_and_kept(
    table: Path, tmp_path: Path, learner: RetortLearner
) -> None:
    measured = measurements.read(table, "logD")
    steps: list[tuple[int, int]] = []
    run = Run(progress=lambda done, total, _: steps.append((done, total)))
    card = adapting.adapt(measured, learner, tmp_path / "out", run, epochs=20, unit="log units")
    found = card["evaluation"]
    assert card["split"] == "5 scaffold folds"
    assert found["score"] < found["score_knowing_nothing"]
    low, high = found["score_interval"]
    assert low <= found["score"] <= high
    assert found["coverage"] > 0.7 and found["molecules"] == 60
    assert steps[-1][0] == steps[-1][1]
    model = OwnModel(tmp_path / "out")
    said = values(model.predict(STRUCTURES))
    assert np.corrcoef(said, [len(text) for text in STRUCTURES])[0, 1] > 0.5
    (endpoint,) = model.endpoints()
    assert dict(endpoint.card).items() >= json.loads(json.dumps(card)).items()
    with (tmp_path / "out" / "training.csv").open(encoding="utf-8") as file:
        kept = list(csv.DictReader(file))
    assert len(kept) == 60 and len(kept[0]["key"]) == 14
    rings = [
        next(row["fold"] for row in kept if row["smiles"] == "C" * n + RINGS[0]) for n in (1, 4)
    ]
    assert rings[0] == rings[1]
    error = np.mean([abs(float(row["value"]) - float(row["out_of_fold"])) for row in kept])
    assert error == pytest.approx(found["score"], abs=1e-3)
    assert not list((tmp_path / "out").glob(".work*"))


def test_two_words_make_a_classification(
    table: Path, tmp_path: Path, learner: RetortLearner
) -> None:
    measured = measurements.read(table, "Aromatic")
    assert measured.task == "classification"
    card = adapting.adapt(measured, learner, tmp_path / "out", Run(), epochs=10)
    assert card["evaluation"]["metric"] == "AUROC"
    assert card["evaluation"]["score"] > 0.8


def test_one_scaffold_is_split_at_random_and_it_is_said(tmp_path: Path) -> None:
    rows = [
        {"smiles": f"{'C' * n}c1ccccc1{'C' * m}", "y": n + m} for n in range(9) for m in range(9)
    ]
    measured = measurements.read(write(tmp_path / "t.csv", rows), "y")
    folds, split = adapting._folds(measured.labels, 0)
    assert "random" in split
    assert set(folds) == set(range(5))


def test_a_class_of_one_scaffold_is_split_at_random(tmp_path: Path) -> None:
    rows = [{"smiles": text, "y": int(text.endswith(RINGS[0]))} for text in STRUCTURES]
    rows += [{"smiles": f"{'C' * n}{RINGS[0]}", "y": 1} for n in range(6, 12)]
    labels = measurements.read(write(tmp_path / "t.csv", rows), "y").labels
    folds, split = adapting._folds(labels, 0)
    assert "random" in split
    held = [labels.values[folds == fold, 0].sum() for fold in range(5)]
    assert max(held) - min(held) <= 1


def test_a_killed_run_goes_on(table: Path, tmp_path: Path, learner: RetortLearner) -> None:
    measured = measurements.read(table, "logD")

    def kill(done: int, total: int, note: str) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapting.adapt(measured, learner, tmp_path / "out", Run(progress=kill), epochs=2)
    assert list((tmp_path / "out").glob(".work*"))
    steps: list[int] = []
    run = Run(progress=lambda done, *_: steps.append(done))
    adapting.adapt(measured, learner, tmp_path / "out", run, epochs=2)
    adapting.adapt(measured, learner, tmp_path / "other", Run(), epochs=2)
    assert steps[0] > 12
    assert read(tmp_path / "out") == read(tmp_path / "other")


@pytest.fixture(scope="module")
def hub_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny RoBERTa of random weights with a tokenizer of single signs, as a folder."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaModel

    folder = tmp_path_factory.mktemp("hub")
    signs = ["<pad>", "<unk>", *sorted(set("".join(STRUCTURES)))]
    spelling = Tokenizer(models.WordLevel({sign: n for n, sign in enumerate(signs)}, "<unk>"))
    spelling.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    PreTrainedTokenizerFast(
        tokenizer_object=spelling, pad_token="<pad>", unk_token="<unk>", model_max_length=64
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(signs),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=70,
        pad_token_id=0,
    )
    RobertaModel(config).save_pretrained(folder)
    return folder


def test_a_hub_model_is_adapted_by_low_rank_updates(
    table: Path, tmp_path: Path, hub_model: Path
) -> None:
    pytest.importorskip("peft")
    measured = measurements.read(table, "logD")
    by = adapting.learner(f"hf:{hub_model}", offline=True)
    card = adapting.adapt(measured, by, tmp_path / "out", Run(), epochs=10)
    assert card["encoder"]["name"] == str(hub_model)
    model = OwnModel(tmp_path / "out", offline=True)
    said = values(model.predict(STRUCTURES))
    assert np.corrcoef(said, [len(text) for text in STRUCTURES])[0, 1] > 0.5
    assert said[7:9] == pytest.approx(values(model.predict(STRUCTURES[7:9])), abs=1e-4)
    kept = safetensors.numpy.load_file(tmp_path / "out" / "network.safetensors")
    assert all("lora" in name or not name.startswith("base") for name in kept)
    assert any("lora_B" in name and np.abs(array).max() > 0 for name, array in kept.items())
    hub_model.rename(tmp_path / "elsewhere")
    try:
        with pytest.raises(RetortError, match="Cannot load the model"):
            OwnModel(tmp_path / "out", offline=True).predict(["CCO"])
    finally:
        (tmp_path / "elsewhere").rename(hub_model)


def test_without_peft_the_extra_is_named(
    table: Path, tmp_path: Path, hub_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    measured = measurements.read(table, "logD")
    with pytest.raises(RetortError, match=r"retort\[train\]"):
        adapting.adapt(measured, HubLearner(Hub(str(hub_model), True)), tmp_path / "out", Run())


def test_an_encoder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No encoder named"):
        adapting.learner(str(tmp_path / "none"))
    with pytest.raises(RetortError, match="Cannot load the model"):
        HubLearner(Hub(str(tmp_path), offline=True)).describe()
    pretraining.save(Encoder(len(tokens.shipped().tokens), 64, 1), tmp_path, {})
    found = adapting.learner(str(tmp_path))
    assert isinstance(found, RetortLearner)
