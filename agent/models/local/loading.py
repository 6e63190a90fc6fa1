"""Loads a model for ``hf:``: the memory is counted first, then the weights are fetched and read.

Owns the precision, the quantisation and the devices. Knows nothing of chats or of generation.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from retort.agent.models import memory
from retort.agent.models.local import estimate, folder, refusals
from retort.agent.models.memory import GIB, SLACK, Memory, Need
from retort.retrieval.errors import RetortError

QUANTISATIONS = ("", "8bit", "4bit")
_FAST_BF16 = ("amx_bf16", "avx512_bf16", "bf16")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, ready to be asked."""

    model: Any
    tokenizer: Any
    told: str
    """where it is, how its weights are held and what it takes, on one line"""


def load(name: str, offline: bool, quantisation: str = "") -> Loaded:
    """Load a model by hub name or folder.

    Args:
        name: ``OWNER/MODEL`` on the hub, or a folder.
        offline: nothing may be fetched.
        quantisation: ``""`` for 16 bits on a GPU, ``"8bit"`` or ``"4bit"``.

    Raises:
        RetortError: it is not there, not whole, not safe, no chat model, or does not fit. Nothing
            large was fetched or read before that was known.
    """
    found = memory.gpus()
    _require_quantisation(quantisation, bool(found))
    place = folder.find(name, offline)
    config = folder.configuration(name, place)
    if method := _method(config):
        if quantisation:
            raise refusals.quantised_already(name, method)
        folder.fetch(name, place, offline)  # its files tell its size
    tokenizer = _tokenizer(name, place)
    try:
        model = estimate.skeleton(config)
    except Exception as error:
        raise refusals.cannot_load(name, error) from error
    dtype = _dtype(config, bool(found))
    need = estimate.need(config, model, place, quantisation, dtype.itemsize)
    devices = _placed(name, model, need, found, quantisation or _resembled(method, model, need))
    folder.fetch(name, place, offline)
    loaded = _read(name, place, dtype=dtype, device_map=devices, quantisation=quantisation)
    held = quantisation or method or str(dtype).removeprefix("torch.")
    return Loaded(loaded, tokenizer, f"{held} on {_where(found, devices)}, {need.gib:.1f} GiB")


def _require_quantisation(setting: str, has_gpu: bool) -> None:
    if setting not in QUANTISATIONS:
        raise refusals.no_quantisation(setting)
    if setting and not has_gpu:
        raise refusals.no_gpu(setting)
    if setting and importlib.util.find_spec("bitsandbytes") is None:
        raise refusals.no_package(setting)


def _method(config: Any) -> str:
    """How a checkpoint is quantised; empty where it is not."""
    said = getattr(config, "quantization_config", None) or {}
    method = said.get("quant_method") if isinstance(said, dict) else said.quant_method
    return str(getattr(method, "value", method) or "") if said else ""


def _resembled(method: str, model: Any, need: Need) -> str:
    """The quantisation that a checkpoint's own comes nearest to in size."""
    if not method:
        return ""
    bits = need.weights_gib * GIB * 8 / estimate.counted(model)[0]
    return "4bit" if bits < 6 else "8bit"


def _tokenizer(name: str, place: Any) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            place, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise refusals.damaged(name, "The tokenizer", refusals.line(error)) from error
    if not getattr(tokenizer, "chat_template", None):
        raise refusals.no_template(name)
    return tokenizer


def _dtype(config: Any, has_gpu: bool) -> Any:
    """bfloat16 on a GPU. On a CPU bfloat16 weights stay so where it computes with them itself (AMX,
    AVX-512 BF16, Arm's BF16), and are float32 elsewhere, as are all others.
    """
    import torch

    if has_gpu:
        return torch.bfloat16
    own = getattr(config, "dtype", None) or torch.float32
    told: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    is_fast = own == torch.bfloat16 and any(told.get(name) for name in _FAST_BF16)
    return own if is_fast else torch.float32


def _placed(
    name: str, model: Any, need: Need, found: tuple[Memory, ...], quantisation: str
) -> dict[str, Any] | None:
    """The device of each module; None for the CPU. One GPU where one has room, else layers over
    all; nothing is ever left to the CPU or the disk.
    """
    if not found:
        room = memory.ram()
        if need.gib > room.free_gib:
            raise _too_large(name, model, need, room, is_gpu=False)
        return None
    largest = max(range(len(found)), key=lambda index: found[index].free_gib)
    if need.gib <= found[largest].free_gib:
        return {"": largest}
    devices = split(model, need, found, quantisation)
    if set(devices.values()) & {"cpu", "disk"}:
        raise _too_large(name, model, need, memory.together(found), is_gpu=True)
    return devices


def split(
    model: Any, need: Need, found: tuple[Memory, ...], quantisation: str = ""
) -> dict[str, Any]:
    """The layers of a model over several GPUs, each with room for its share of the cache.

    Returns:
        The device of each module; ``"disk"`` or ``"cpu"`` for what has no room on any GPU.
    """
    import torch
    from accelerate import infer_auto_device_map
    from accelerate.utils import CustomDtype

    share = need.cache_gib / len(found) + need.overhead_gib
    room = {
        index: max(0, int((each.free_gib - share) / SLACK * GIB))
        for index, each in enumerate(found)
    }
    small = {"8bit": torch.int8, "4bit": CustomDtype.INT4}.get(quantisation)
    devices: dict[str, Any] = infer_auto_device_map(
        model,
        max_memory=dict(room),
        no_split_module_classes=list(model._no_split_modules or ()),
        dtype=torch.bfloat16,
        special_dtypes=dict.fromkeys(estimate.linear(model), small) if small else None,
    )
    return devices


def _too_large(name: str, model: Any, need: Need, room: Memory, is_gpu: bool) -> RetortError:
    """What would fit instead: this model with smaller weights, or a smaller one that is known."""
    from retort.agent.models import catalogue

    smaller = next((each for each in catalogue.FOR_AUTO if each.need().gib <= room.free_gib), None)
    all_of_it, linear = estimate.counted(model)
    ways = [
        way
        for way in ("8bit", "4bit")
        if is_gpu
        and Need(memory.weights_gib(all_of_it, linear, way), need.cache_gib).gib <= room.free_gib
    ]
    return refusals.too_large(
        name, need, room, smaller.name if smaller else "", ways[0] if ways else ""
    )


def _read(name: str, place: Any, *, quantisation: str, **where: Any) -> Any:
    from transformers import AutoModelForCausalLM

    if quantisation:
        where["quantization_config"] = _bitsandbytes(quantisation)
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            place,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **where,
        )
    except ImportError as error:
        raise refusals.missing_package(name, error) from error
    except Exception as error:
        if "out of memory" in str(error).lower():
            raise refusals.out_of_memory(name, error) from error
        raise refusals.cannot_load(name, error) from error
    if missing := sorted(report["missing_keys"]):
        raise refusals.wrong_weights(name, missing)
    return model.eval()


def _bitsandbytes(quantisation: str) -> Any:
    """LLM.int8 or NF4; sums in bfloat16."""
    import torch
    from transformers import BitsAndBytesConfig

    if quantisation == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _where(found: tuple[Memory, ...], devices: dict[str, Any] | None) -> str:
    if devices is None:
        return "the CPU"
    used = sorted(set(devices.values()))
    return " + ".join(found[index].device for index in used)
