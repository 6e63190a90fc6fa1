"""A local model's files: found or fetched, and refused unless they are whole, safe and a decoder.

Only configuration, tokenizer and safetensors weights are ever fetched or read: no pickle, and no
code out of a model's folder. Loads no model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from retort.agent.models.local import refusals

_TEXTS = ("*.json", "*.jinja", "*.model", "*.txt")
_WEIGHTS = ("model*.safetensors",)
_WHOLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_DECODERS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def find(name: str, offline: bool) -> Path:
    """The folder with a model's configuration and tokenizer, fetched where it is not here yet.

    Raises:
        RetortError: there is no such folder, nothing of that name, or no way to it.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.is_file():
        raise refusals.a_file(name)
    if name.startswith(("/", ".", "~")):
        raise refusals.no_folder(name)
    return _snapshot(name, _TEXTS, offline)


def fetch(name: str, folder: Path, offline: bool) -> list[Path]:
    """The files of the weights, fetched where they are not here yet, each with a sound header.

    Raises:
        RetortError: weights are missing, damaged, or only there as pickles.
    """
    if not Path(name).expanduser().is_dir():
        _snapshot(name, _WEIGHTS, offline)
    files = parts(folder)
    if not files:
        pickles = sorted(file.name for kind in _PICKLES for file in folder.glob(kind))
        raise refusals.pickles(name, pickles) if pickles else refusals.no_weights(name)
    for file in files:
        if not file.is_file():
            raise refusals.incomplete(name, file.name)
        _require_sound(name, file)
    return files


def parts(folder: Path) -> list[Path]:
    """The files that should hold the weights, whether or not they are there; empty where nothing
    says which.
    """
    named = read(folder / _INDEX).get("weight_map")
    if isinstance(named, dict):
        return sorted(folder / Path(str(part)).name for part in set(named.values()))
    return [folder / _WHOLE] if (folder / _WHOLE).exists() else []


def configuration(name: str, folder: Path) -> Any:
    """The configuration of a decoder that transformers knows.

    Raises:
        RetortError: it is damaged, is no decoder, or would need the folder's own code.
    """
    from transformers import AutoConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    path = folder / "config.json"
    if not path.is_file():
        raise refusals.no_model(name, folder)
    raw = read(path)
    kind = str(raw.get("model_type", ""))
    if not raw:
        raise refusals.damaged(name, "config.json", "It is not a JSON object.")
    if kind not in CONFIG_MAPPING_NAMES:
        raise refusals.own_code(name) if raw.get("auto_map") else refusals.unknown(name, kind)
    classes = [str(each) for each in raw.get("architectures") or ()]
    is_decoder = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and not raw.get("is_encoder_decoder")
    if not is_decoder or (classes and not any(each.endswith(_DECODERS) for each in classes)):
        raise refusals.no_decoder(name, classes[0] if classes else kind)
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise refusals.damaged(name, "config.json", refusals.line(error)) from error


def read(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _require_sound(name: str, file: Path) -> None:
    from safetensors import safe_open

    try:  # reads the header alone, and that the file is as long as it says
        with safe_open(file, "pt") as opened:
            opened.keys()
    except Exception as error:
        raise refusals.damaged(name, file.name, refusals.line(error)) from error


def _snapshot(name: str, patterns: tuple[str, ...], offline: bool) -> Path:
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(
            snapshot_download(name, allow_patterns=list(patterns), local_files_only=offline)
        )
    except errors.HFValidationError as error:
        raise refusals.no_folder(name) from error
    except errors.GatedRepoError as error:
        raise refusals.gated(name) from error
    except errors.RepositoryNotFoundError as error:
        raise refusals.not_on_the_hub(name) from error
    except errors.LocalEntryNotFoundError as error:
        raise refusals.not_here(name) if offline else refusals.unreachable(name, error) from error
    except Exception as error:
        raise refusals.unreachable(name, error) from error
