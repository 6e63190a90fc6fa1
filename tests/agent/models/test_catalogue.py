"""The list of models: memory by hand, what is on disk, and what auto takes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retort.agent.models import catalogue, memory, select
from retort.agent.models.catalogue import FOR_AUTO, MODELS
from retort.agent.models.memory import GIB, Memory

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
    found = () if free_gib is None else (Memory("GPU", free_gib, 80.0),)
    monkeypatch.setattr(memory, "gpus", lambda: found)


def test_memory_is_weights_and_cache_and_overhead() -> None:
    qwen8 = next(model for model in MODELS if model.name == "Qwen/Qwen3-8B")
    # 36 layers, keys and values of 8 heads of 128, 2 bytes, 16,384 tokens
    weights, cache = 8_190_735_360 * 2 / GIB, 36 * 2 * 8 * 128 * 2 * 16_384 / GIB
    need = qwen8.need()
    assert cache == 2.25 == need.cache_gib and need.weights_gib == pytest.approx(weights)
    assert need.gib == pytest.approx(1.03 * weights + cache + 1)
    assert qwen8.need("4bit").gib < qwen8.need("8bit").gib < need.gib


CONFIGURATIONS = {
    "qwen3": ("Qwen/Qwen3-32B", "Qwen/Qwen3-14B", "Qwen/Qwen3-8B", SMALL),
    "qwen3_moe": ("Qwen/Qwen3-30B-A3B-Instruct-2507",),
    "llama": ("meta-llama/Llama-3.1-8B-Instruct",),
    "mistral": ("mistralai/Mistral-7B-Instruct-v0.3",),
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in CONFIGURATIONS.items() for name in names]
)
def test_parameters_and_cache_are_those_that_transformers_counts(kind: str, name: str) -> None:
    from transformers import AutoConfig

    from retort.agent.models.local import estimate

    shape = next(model.shape for model in MODELS if model.name == name)
    of_experts = (
        {"num_experts": shape.experts, "moe_intermediate_size": shape.inner}
        if shape.experts
        else {"intermediate_size": shape.inner}
    )
    layers = 3  # each layer is alike, so that three count like all
    config = AutoConfig.for_model(
        kind, vocab_size=shape.vocabulary, hidden_size=shape.hidden, num_hidden_layers=layers,
        num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim, tie_word_embeddings=shape.is_tied, sliding_window=None,
        max_position_embeddings=shape.context, **of_experts,
    )  # fmt: skip
    small = replace(shape, layers=layers)
    assert estimate.counted(estimate.skeleton(config)) == (small.parameters, small.linear)
    assert estimate.cache_gib(config) == small.cache_bytes * 16_384 / GIB


def test_the_list_is_by_memory_within_its_kinds_and_each_can_be_fetched() -> None:
    for kind in (True, False):
        needs = [model.need().gib for model in MODELS if model.is_awq == kind]
        assert needs == sorted(needs, reverse=True)
    assert all(model.name in model.fetch() and model.name in model.use() for model in MODELS)
    assert len({model.name for model in MODELS}) == len(MODELS)


def test_the_size_table_keeps_within_each_memory() -> None:
    rows = catalogue.sizes()
    assert len(rows) == 3 * len(catalogue.GPU_SIZES_GIB)
    for row in rows:
        if row.model is None:
            assert row.context == 0 and row.free_gib < FOR_AUTO[-1].need(row.quantisation).gib
            continue
        assert row.model.need(row.quantisation).gib <= row.free_gib
        assert 16_384 <= row.context <= row.model.shape.context


def test_smaller_weights_let_auto_take_a_larger_model(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu(monkeypatch, 12)
    assert "hf download Qwen/Qwen3-4B" in select.choose().why
    assert "hf download Qwen/Qwen3-8B" in select.choose("4bit").why


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
    least = min(model.need().gib for model in FOR_AUTO)
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


def test_the_documentation_has_the_size_table_of_the_code() -> None:
    lines: dict[float, str] = {}
    for row in catalogue.sizes():
        name = row.model.name.split("/")[1] if row.model else "embedded"
        cell = f"{name}, {row.context:,}" if row.model else name
        lines[row.free_gib] = f"{lines.get(row.free_gib, f'| {row.free_gib} GiB |')} {cell} |"
    shown = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    assert all(line in shown for line in lines.values())
