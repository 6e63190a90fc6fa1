"""The lexical index on disk: a cache that saves a cold start from reading every text again.

Written to a temporary file, flushed to the disk, then moved into place; beside it a manifest with
its checksum. What is missing, damaged or of another library is simply not loaded: it can be
rebuilt.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from retort.retrieval import tokens
from retort.retrieval.lexical import LexicalIndex

_INDEX = "lexical.safetensors"
_MANIFEST = "manifest.json"
_LEFT_BEHIND_SECONDS = 3600


def save(folder: Path, library: str, generation: int, index: LexicalIndex) -> None:
    """Write the index of a library (by its unique id) as of a generation.

    Raises:
        OSError: it cannot be written; the one that was there stays.
    """
    from safetensors.numpy import save as pack

    vocabulary = "\n".join(index.vocabulary).encode()
    content = pack(
        {
            "rows": index.rows,
            "lengths": index.lengths,
            "vocabulary": np.frombuffer(vocabulary, np.uint8),
            "starts": index.starts,
            "passages": index.passages,
            "counts": index.counts,
        }
    )
    manifest = {
        "library": library,
        "rule": tokens.RULE,
        "generation": generation,
        "passages": len(index.rows),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    _sweep(folder)
    _replace(folder / _INDEX, content)
    _replace(folder / _MANIFEST, json.dumps(manifest, indent=2).encode())


def exist(folder: Path) -> bool:
    """Whether an index was ever written here."""
    return (folder / _MANIFEST).exists()


def load(folder: Path, library: str, generation: int) -> LexicalIndex | None:
    """The index that was saved last for this library; None if it is unusable.

    It may be of any generation up to the given one: what changed since is derived from it.
    """
    from safetensors.numpy import load as unpack

    manifest = _manifest(folder)
    if manifest is None or _generation(manifest) > generation:
        return None
    try:
        content = (folder / _INDEX).read_bytes()
    except OSError:
        return None
    expected = {
        "library": library,
        "rule": tokens.RULE,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if any(manifest.get(key) != value for key, value in expected.items()):
        return None
    arrays = unpack(content)
    vocabulary = arrays.pop("vocabulary").tobytes().decode().split("\n")
    return LexicalIndex(
        vocabulary={term: number for number, term in enumerate(vocabulary) if term}, **arrays
    )


def discard_newer(folder: Path, generation: int) -> None:
    """Remove an index of a generation that the library has not reached."""
    manifest = _manifest(folder)
    if manifest is not None and _generation(manifest) > generation:
        (folder / _MANIFEST).unlink(missing_ok=True)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _generation(manifest: dict[str, Any]) -> float:
    """The generation in a manifest; beyond all others where it is damaged."""
    found = manifest.get("generation")
    return found if isinstance(found, int) else math.inf


def _sweep(folder: Path) -> None:
    """Remove unfinished files of runs that were killed."""
    for item in folder.glob(f".{_INDEX}.*"):
        with contextlib.suppress(OSError):
            if time.time() - item.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                item.unlink()


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one, whole."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle on a folder to flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
