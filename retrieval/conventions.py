"""How a sentence encoder wants to be used: its pooling, its prefixes, its longest text.

Read from the files that sentence-transformers writes beside a model (modules.json,
1_Pooling/config.json, sentence_bert_config.json, config_sentence_transformers.json); where they say
nothing of prefixes, from the model's family. Loads no model.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POOLINGS = ("mean", "cls", "lasttoken")
_POOLINGS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean over the root of the length",
    "pooling_mode_weightedmean_tokens": "weighted mean",
}
_UNDERSTOOD = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True, slots=True)
class Convention:
    """What a text goes through beside the model itself."""

    pooling: str = "mean"
    """one of ``POOLINGS``"""
    query_prefix: str = ""
    passage_prefix: str = ""
    longest: int | None = None
    """tokens; None where the files do not say"""


PLAIN = Convention()
"""Of a model that says nothing about itself."""

# What the model cards ask for: intfloat/e5-base-v2, BAAI/bge-base-en-v1.5, and MedCPT, whose
# authors take the first token's state (github.com/ncbi/MedCPT).
_FAMILIES = (
    (
        r"\be5-mistral|\be5-.*-instruct",
        "",
        "Instruct: Given a question, retrieve passages that answer it\nQuery: ",
        "",
    ),
    (r"\be5-(small|base|large)", "", "query: ", "passage: "),
    (
        r"\bbge-(small|base|large)-en",
        "cls",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
    (r"\bMedCPT-", "cls", "", ""),
)


def convention_of(spec: str, offline: bool) -> Convention:
    """How the model of a folder or of the hub wants to be used.

    Raises:
        ValueError: it has a part that is not understood, so its vectors would be other than meant.
    """
    modules = _json(spec, "modules.json", offline) or []
    pooling = _pooling(spec, modules, offline)
    prompts = (_json(spec, "config_sentence_transformers.json", offline) or {}).get("prompts") or {}
    query = prompts.get("query") or ""
    passage = prompts.get("passage") or prompts.get("document") or ""
    of_family = next((known for known in _FAMILIES if re.search(known[0], spec, re.I)), None)
    if of_family:
        _, usual, *prefixes = of_family
        pooling = pooling or usual
        if not (query or passage):
            query, passage = prefixes
    said = (_json(spec, "sentence_bert_config.json", offline) or {}).get("max_seq_length")
    return Convention(pooling or "mean", query, passage, int(said) if said else None)


def _pooling(spec: str, modules: list[dict[str, Any]], offline: bool) -> str:
    """The pooling that the model's own files name; nothing where they name none."""
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind not in _UNDERSTOOD:
            raise ValueError(f"Its module {kind} is not understood.")
    places = [str(module["path"]) for module in modules if str(module["type"]).endswith("Pooling")]
    config = _json(spec, f"{places[0] if places else '1_Pooling'}/config.json", offline)
    if config is None:
        return ""
    modes = [name for name, on in config.items() if name in _POOLINGS and on is True]
    named = [_POOLINGS[mode] for mode in modes] or [str(config.get("pooling_mode"))]
    if len(named) != 1 or named[0] not in POOLINGS:
        raise ValueError(f"Its pooling ({', '.join(named)}) is not understood.")
    return named[0]


def _json(spec: str, name: str, offline: bool) -> Any:
    """A JSON file of the model, or None where it has no such file."""
    path = Path(spec) / name
    if not Path(spec).is_dir():
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError

        try:
            path = Path(hf_hub_download(spec, name, local_files_only=offline))
        except EntryNotFoundError:
            return None
    if not path.exists():
        return None
    return json.loads(path.read_text(encoding="utf-8"))
