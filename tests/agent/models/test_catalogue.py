"""The list of models: memory by hand, what is on disk, and what auto takes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retort.agent.models import catalogue, select
from retort.agent.models.catalogue import FOR_AUTO, MODELS
from retort.agent.models.select import Memory

SMALL = "Qwen/Qwen3-4B-Instruct-2507"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import _cache_manager

    path = tmp_path / "hub"
    path.mkdir()
    for module in (constants, file_download, _cache_manager):
        monkeypatch.setattr(module, "HF_HUB_CACHE", str(path), raising=False)
    return path


def keep(hub: Path, name: str, parts: int = 1, kept: int = 1, architecture: str = "X") -> None:
    """Put a model into the cache, with some of the parts of its weights."""
    repo = hub / f"models--{name.replace('/', '--')}"
    folder = repo / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc")
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture]}))
    (folder / "tokenizer_config.json").write_text("{}")
    if parts == 1 and kept:
        (folder / "model.safetensors").write_bytes(b"x")
        return
    names = {f"w{at}": f"model-{at}.safetensors" for at in range(parts)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    for at in range(kept):
        (folder / f"model-{at}.safetensors").write_bytes(b"x")


def gpu(monkeypatch: pytest.MonkeyPatch, free_gib: float | None) -> None:
    memory = None if free_gib is None else Memory("GPU", free_gib, 80.0)
    monkeypatch.setattr(select, "gpu_memory", lambda: memory)


def test_memory_is_weights_and_cache_and_overhead() -> None:
    qwen8 = next(model for model in MODELS if model.name == "Qwen/Qwen3-8B")
    # 8.2e9 parameters of 2 bytes; 36 layers, keys and values of 8 heads of 128, 2 bytes, 16,384
    weights, cache = 16.4e9 / 2**30, 36 * 2 * 8 * 128 * 2 * 16_384 / 2**30
    assert cache == 2.25 and qwen8.weights_gib == pytest.approx(weights)
    assert qwen8.needs_gib == pytest.approx(1.03 * weights + cache + 1)


def test_the_list_is_by_memory_within_its_kinds_and_each_can_be_fetched() -> None:
    for kind in (True, False):
        needs = [model.needs_gib for model in MODELS if model.is_plain == kind]
        assert needs == sorted(needs, reverse=True)
    assert all(model.name in model.fetch() and model.name in model.use() for model in MODELS)
    assert len({model.name for model in MODELS}) == len(MODELS)


@pytest.mark.parametrize(
    ("free_gib", "wanted"),
    [(80, "Qwen/Qwen3-32B"), (40, "Qwen/Qwen3-14B"), (24, "Qwen/Qwen3-8B"), (12, SMALL)],
)
def test_auto_takes_the_largest_that_fits_and_is_here(
    hub: Path, monkeypatch: pytest.MonkeyPatch, free_gib: float, wanted: str
) -> None:
    gpu(monkeypatch, free_gib)
    choice = select.choose()
    assert choice.spec == "embedded" and f"hf download {wanted}" in choice.why
    keep(hub, SMALL)
    choice = select.choose()
    assert choice.spec == f"hf:{SMALL}"
    assert (wanted in choice.why) == (wanted != SMALL)
    if wanted != SMALL:
        keep(hub, wanted)
    assert select.choose().spec == f"hf:{wanted}"


def test_auto_takes_no_model_that_is_here_only_in_part(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu(monkeypatch, 12)
    keep(hub, SMALL, parts=3, kept=2)
    assert select.choose().spec == "embedded"


def test_auto_without_room_or_gpu_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu(monkeypatch, 4)
    least = min(model.needs_gib for model in FOR_AUTO)
    assert select.choose().spec == "embedded" and f"{least:.1f} needed" in select.choose().why
    gpu(monkeypatch, None)
    assert "no CUDA GPU" in select.choose().why


def test_language_models_in_the_cache_are_found_offline(hub: Path) -> None:
    assert catalogue.cached() == []
    keep(hub, "a/whole", architecture="QwenForCausalLM")
    keep(hub, "b/part", parts=2, kept=1, architecture="LlamaForCausalLM")
    keep(hub, "c/encoder", architecture="BertModel")
    found = [(each.name, each.is_whole) for each in catalogue.cached()]
    assert found == [("a/whole", True), ("b/part", False)]


def test_a_cache_that_was_never_made_is_empty(hub: Path) -> None:
    hub.rmdir()
    assert catalogue.cached() == []


def test_the_command_lists_them_and_says_what_auto_takes(
    hub: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from retort.ui.cli_models import models

    gpu(monkeypatch, 12)
    keep(hub, SMALL, architecture="Qwen3ForCausalLM")
    keep(hub, "me/mine", parts=2, architecture="Qwen3ForCausalLM")
    models(json=True)
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["auto"]["model"] == f"hf:{SMALL}" and said["gpu"]["free_gib"] == 12
    state = {each["name"]: each["state"] for each in said["known"]}
    assert state.pop(SMALL) == "yes" and set(state.values()) == {"no"}
    assert [each["name"] for each in said["on_disk"]] == ["me/mine"]
    assert said["on_disk"][0]["state"] == "in part"
    models()
    shown = capsys.readouterr()
    assert all(model.name in shown.out for model in MODELS) and "me/mine" in shown.out
    assert "hf download" in shown.err
