"""Checkpoints on disk: one safetensors file and one model card per endpoint, and a manifest.

The manifest holds the SHA-256 of every file; a file with another hash is refused. Nothing is
unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors import featurise
from retort.tools.predictors.heads import Head

FORMAT = 1
SHIPPED = Path(__file__).parent / "checkpoints"
"""the checkpoints that come with the package"""
KEYS = "training_key_hashes"
"""array of a checkpoint: hashes of the keys of its training molecules"""
REMEDY = "Install Retort again, or train: python -m retort.tools.predictors.train --data FOLDER"


def write(
    folder: Path, name: str, head: Head, hashes: NDArray[np.uint64], card: Mapping[str, Any]
) -> dict[str, Any]:
    """Write one endpoint's files.

    Returns:
        Its entry for the manifest.
    """
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    weights, paper = folder / f"{name}.safetensors", folder / f"{name}.card.json"
    arrays = {**head.arrays(), KEYS: hashes}
    weights.write_bytes(save({key: np.ascontiguousarray(array) for key, array in arrays.items()}))
    paper.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {
        "model": card["model"],
        "weights": {"file": weights.name, "sha256": _sha256(weights), **_size(weights)},
        "card": {"file": paper.name, "sha256": _sha256(paper)},
        "training_keys": {
            "count": len(hashes),
            "sha256": hashlib.sha256(hashes.astype("<u8").tobytes()).hexdigest(),
            "held_out_rows": card["counts"]["held_out_rows"],
        },
    }


def write_manifest(folder: Path, entries: Mapping[str, Any], versions: Mapping[str, str]) -> None:
    """Write the manifest of a folder of checkpoints; ``versions`` are those of the libraries."""
    manifest = {
        "format": FORMAT,
        "featuriser": featurise.digest(),
        "versions": dict(versions),
        "endpoints": dict(entries),
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder of checkpoints.

    Raises:
        RetortError: it is missing, unreadable, or of another format or featuriser.
    """
    path = folder / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RetortError(
            "Cannot load the predictors.", f"{path.name}: {error}.", REMEDY
        ) from error
    if found.get("format") != FORMAT or found.get("featuriser") != featurise.digest():
        why = "The checkpoints were made for another version of the featuriser."
        raise RetortError("Cannot load the predictors.", why, REMEDY)
    return found


def read(folder: Path, entry: Mapping[str, Any]) -> tuple[Head, dict[str, Any]]:
    """The head and the model card of a manifest's entry.

    Raises:
        RetortError: a file is missing or its hash is not the manifest's.
    """
    from safetensors.numpy import load

    weights = _checked(folder, entry["weights"])
    card: dict[str, Any] = json.loads(_checked(folder, entry["card"]))
    return Head.from_arrays(load(weights)), card


def key_hashes(folder: Path, entry: Mapping[str, Any]) -> NDArray[np.uint64]:
    """Hashes of the training molecules' keys of a manifest's entry, sorted.

    Raises:
        RetortError: the file is missing or its hash is not the manifest's.
    """
    from safetensors.numpy import load

    return np.asarray(load(_checked(folder, entry["weights"]))[KEYS], dtype=np.uint64)


def _checked(folder: Path, entry: Mapping[str, Any]) -> bytes:
    path = folder / str(entry["file"])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RetortError(f"Cannot load {path.name}.", f"{error}.", REMEDY) from error
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        why = "Its SHA-256 is not the one in manifest.json: the file is damaged or was changed."
        raise RetortError(f"Refused to load {path.name}.", why, REMEDY)
    return content


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _size(path: Path) -> dict[str, int]:
    return {"bytes": path.stat().st_size}
