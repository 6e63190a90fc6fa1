"""Loading of a local model: what is refused before anything large is read, and in which words."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chat_models import make_chat_model

from retort.agent.models import memory
from retort.agent.models.local import estimate, folder, loading
from retort.agent.models.memory import GIB, Memory, Need
from retort.retrieval.errors import OfflineError, OutageError, RetortError, UsageError


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_chat_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def model(sound: Path, tmp_path: Path) -> Path:
    """A copy that may be broken."""
    return Path(shutil.copytree(sound, tmp_path / "model"))


def change(file: Path, **fields: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def refused(name: Path | str, quantisation: str = "") -> RetortError:
    """The refusal; it always says why and what next."""
    with pytest.raises(RetortError) as caught:
        loading.load(str(name), True, quantisation)
    assert caught.value.what and caught.value.why and caught.value.next
    return caught.value


def test_a_sound_model_is_loaded_and_told(sound: Path) -> None:
    loaded = loading.load(str(sound), True)
    assert loaded.told.startswith("float32 on the CPU") and not loaded.model.training
    skeleton = estimate.skeleton(loaded.model.config)
    assert estimate.counted(skeleton)[0] == sum(p.numel() for p in loaded.model.parameters())
    assert all(each.is_meta for each in skeleton.parameters())


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def as_pickle(place: Path) -> None:
    (place / "model.safetensors").rename(place / "pytorch_model.bin")


def as_parts(place: Path) -> None:
    (place / "model.safetensors").rename(place / "model-00001-of-00002.safetensors")
    parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (place / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))


def as_adapter(place: Path) -> None:
    (place / "config.json").rename(place / "adapter_config.json")


def as_gguf(place: Path) -> None:
    (place / "config.json").unlink()
    (place / "model-q4.gguf").write_bytes(b"GGUF")


def add_layer(place: Path) -> None:
    change(place / "config.json", num_hidden_layers=3, layer_types=["full_attention"] * 3)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (as_pickle, "pickles alone (pytorch_model.bin)"),
        (as_parts, "model-00002-of-00002.safetensors is missing"),
        (as_adapter, "an adapter alone"),
        (as_gguf, "llama-server"),
        (lambda at: (at / "model.safetensors").unlink(), "has no weights"),
        (lambda at: truncate(at / "model.safetensors"), "model.safetensors of"),
        (lambda at: (at / "model.safetensors").write_bytes(b""), "model.safetensors of"),
        (lambda at: truncate(at / "config.json"), "config.json of"),
        (lambda at: (at / "config.json").unlink(), "no config.json"),
        (lambda at: change(at / "config.json", hidden_size="wide"), "config.json of"),
        (add_layer, "weights of its configuration are not in its files"),
        (lambda at: change(at / "config.json", intermediate_size=96), "cannot be loaded"),
        (lambda at: change(at / "config.json", model_type="qwen99"), "architecture 'qwen99'"),
        (lambda at: change(at / "config.json", architectures=["Qwen3Model"]), "no decoder"),
        (lambda at: truncate(at / "tokenizer.json"), "The tokenizer of"),
        (lambda at: (at / "chat_template.jinja").unlink(), "no chat template"),
    ],
)
def test_what_is_not_whole_or_not_safe_is_refused_in_its_own_words(
    model: Path, harm: Callable[[Path], Any], words: str
) -> None:
    harm(model)
    assert words in str(refused(model))


def test_an_encoder_and_an_encoder_decoder_write_no_answers(tmp_path: Path) -> None:
    for kind, name in (("bert", "BertForMaskedLM"), ("t5", "T5ForConditionalGeneration")):
        (tmp_path / "config.json").write_text(
            json.dumps({"model_type": kind, "architectures": [name]})
        )
        assert f"It is a {name}" in refused(tmp_path).why


SPY = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"


def test_code_in_a_models_folder_is_never_run(model: Path) -> None:
    (model / "modeling_mine.py").write_text(SPY)
    auto_map = {"AutoConfig": "modeling_mine.C", "AutoModelForCausalLM": "modeling_mine.M"}
    change(model / "config.json", auto_map=auto_map)
    loading.load(str(model), True)  # transformers has its own class for this architecture
    change(model / "config.json", model_type="mine")
    assert "needs code of its own" in refused(model).what
    assert not (model / "ran").exists()


def test_a_name_that_is_no_model_says_which_kind_of_nothing_it_is(tmp_path: Path) -> None:
    assert "There is no folder" in refused(tmp_path / "nothing").why
    assert "There is no folder" in refused("one/two/three").why
    single = tmp_path / "model.gguf"
    single.write_bytes(b"GGUF")
    assert "is a file" in refused(single).what
    missing = refused("nobody/has-this")
    assert isinstance(missing, OfflineError) and "hf download nobody/has-this" in missing.next


def test_what_the_hub_answers_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    answer: Any = SimpleNamespace(headers={}, status_code=403, request=None)
    cases: list[tuple[Exception, str, type[RetortError]]] = [
        (errors.GatedRepoError("", response=answer), "hf auth login", RetortError),
        (errors.RepositoryNotFoundError("", response=answer), "Check the spelling", RetortError),
        (ConnectionError("no route"), "no route", OutageError),
        (errors.LocalEntryNotFoundError("no network"), "no network", OutageError),
    ]
    for error, words, kind in cases:

        def fail(*_: Any, error: Exception = error, **__: Any) -> str:
            raise error

        monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
        with pytest.raises(kind, match=words):
            loading.load("owner/model", False)


def test_only_configuration_tokenizer_and_safetensors_are_fetched(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    asked: list[list[str]] = []

    def fetch(name: str, allow_patterns: list[str], **_: Any) -> str:
        asked.append(allow_patterns)
        return str(sound)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    loading.load("owner/model", False)
    assert asked[1] == ["model*.safetensors"]
    assert not any("bin" in each or "py" in each or each == "*" for each in asked[0])


def test_too_large_a_model_is_refused_before_its_weights_are_fetched(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "ram", lambda: Memory("this machine's RAM", 0.5, 4.0))
    monkeypatch.setattr(folder, "fetch", lambda *_: pytest.fail("it was fetched"))
    error = refused(sound)
    assert "does not fit" in error.what and "0.5 of 4.0 GiB free" in error.why
    assert "about 1.0 GiB" in error.why and "--model embedded" in error.next


def large() -> Any:
    """The skeleton of some 8 billion parameters."""
    from transformers import AutoConfig

    return estimate.skeleton(
        AutoConfig.for_model(
            "qwen3", vocab_size=151_936, hidden_size=4096, intermediate_size=12_288,
            num_hidden_layers=36, num_attention_heads=32, num_key_value_heads=8, head_dim=128,
        )
    )  # fmt: skip


def cards(*free_gib: float) -> tuple[Memory, ...]:
    return tuple(Memory(f"GPU{at}", free, 24.0) for at, free in enumerate(free_gib))


def test_one_gpu_with_room_is_taken_before_several() -> None:
    skeleton = large()
    need = Need(memory.weights_gib(*estimate.counted(skeleton)), 2.25)
    assert 18.9 < need.gib < 19.1
    assert loading._placed("m", skeleton, need, cards(15, 23), "") == {"": 1}
    devices = loading._placed("m", skeleton, need, cards(12, 13), "")
    assert devices is not None and set(devices.values()) == {0, 1}


def test_nothing_is_left_to_the_cpu_or_the_disk() -> None:
    skeleton = large()
    need = Need(memory.weights_gib(*estimate.counted(skeleton)), 2.25)
    with pytest.raises(RetortError) as caught:
        loading._placed("m", skeleton, need, cards(9, 8), "")
    assert "17.0 of 48.0 GiB free" in caught.value.why
    assert "RETORT_QUANTISATION=8bit" in caught.value.next
    assert "hf:Qwen/Qwen3-4B-Instruct-2507" in caught.value.next
    small = Need(memory.weights_gib(*estimate.counted(skeleton), "4bit"), 2.25)
    assert small.gib < 9.2
    devices = loading._placed("m", skeleton, small, cards(6, 7), "4bit")
    assert devices is not None and set(devices.values()) == {0, 1}


def test_a_window_keeps_no_more_than_its_tokens(tmp_path: Path) -> None:
    place = make_chat_model(tmp_path / "gemma", "gemma3")
    config = folder.configuration(str(place), place)
    # one layer of 8 tokens and one of 16,384; key and value of two heads of 8, 2 bytes each
    assert estimate.cache_gib(config) == 2 * (8 + 16_384) * 16 * 2 / GIB


@pytest.mark.parametrize(
    ("own", "cpu", "wanted"),
    [
        ("bfloat16", {"amx_bf16": True}, "bfloat16"),
        ("bfloat16", {"avx2": True}, "float32"),
        ("float16", {"amx_bf16": True}, "float32"),
        ("float32", {"amx_bf16": True}, "float32"),
    ],
)
def test_the_precision_on_a_cpu(
    own: str, cpu: dict[str, bool], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: cpu, raising=False)
    config = SimpleNamespace(dtype=getattr(torch, own))
    assert loading._dtype(config, has_gpu=False) is getattr(torch, wanted)
    assert loading._dtype(config, has_gpu=True) is torch.bfloat16


def test_smaller_weights_are_asked_for_in_one_way(
    sound: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if memory.gpus():
        pytest.skip("this machine has a CUDA GPU")
    wrong = refused(sound, "3bit")
    assert isinstance(wrong, UsageError) and "4bit" in wrong.next
    assert "needs a CUDA GPU" in refused(sound, "4bit").what
    monkeypatch.setattr(memory, "gpus", lambda: cards(20))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'bitsandbytes" in refused(sound, "8bit").next
    monkeypatch.undo()
    monkeypatch.setattr(memory, "gpus", lambda: cards(20))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    change(model / "config.json", quantization_config={"quant_method": "awq", "bits": 4})
    assert "awq weights" in refused(model, "4bit").why


def test_each_quantisation_is_what_its_name_says() -> None:
    assert loading._bitsandbytes("8bit").load_in_8bit
    four = loading._bitsandbytes("4bit")
    assert four.load_in_4bit and four.bnb_4bit_quant_type == "nf4"
