from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Predictors
from retort.tools.predictors.checkpoint import Folder


@pytest.fixture
def copied(toy_checkpoints: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copied"
    shutil.copytree(toy_checkpoints, folder)
    return folder


@pytest.mark.parametrize("name", ["herg.safetensors", "admet.molecules.safetensors"])
def test_changed_weights_are_refused_when_they_are_asked_for(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[-1] ^= 1
    (copied / name).write_bytes(content)
    predictors = Predictors.load(copied)
    with pytest.raises(RetortError, match="SHA-256") as caught:
        predictors.predict(["CCO"], ["herg"])
    assert name in caught.value.what


def test_a_changed_card_is_refused_at_once(copied: Path) -> None:
    card = copied / "herg.card.json"
    card.write_text(card.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(RetortError, match="SHA-256"):
        Predictors.load(copied)


@pytest.mark.parametrize("break_it", ["missing", "not json", "other featuriser", "other format"])
def test_a_wrong_manifest_is_refused(copied: Path, break_it: str) -> None:
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if break_it == "missing":
        path.unlink()
    elif break_it == "not json":
        path.write_text("{", encoding="utf-8")
    else:
        wrong = {"featuriser": "0"} if break_it == "other featuriser" else {"format": 1}
        path.write_text(json.dumps(manifest | wrong), encoding="utf-8")
    with pytest.raises(RetortError, match="Cannot load the predictors"):
        Predictors.load(copied)


def test_a_checkpoint_of_another_model_version_is_refused(copied: Path) -> None:
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["endpoints"]["herg"]["model"] = "retort-herg-99"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RetortError, match="retort-herg-99"):
        Predictors.load(copied)


def test_a_file_that_the_manifest_does_not_name_is_refused(copied: Path) -> None:
    shutil.copy(copied / "herg.safetensors", copied / "stranger.safetensors")
    with pytest.raises(RetortError, match="SHA-256"):
        Folder(copied).arrays("stranger")
