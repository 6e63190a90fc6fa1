"""The lexical index on disk: a cache that saves a cold start from reading every text again.

Written to a temporary file, flushed to the disk, then moved into place; beside it a manifest with its
checksum. What is missing, damaged or of another library is simply not loaded: it can be rebuilt.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from retort.retrieval import tokens
from retort.retrieval.lexical import LexicalIndex

_INDEX = "lexical.safetensors"
_MANIFEST = "manifest.json"


def save(folder: Path, library: str, generation: int, index: LexicalIndex) -> None:
    """Write the index of a library (by its unique id) as of a generation."""
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
    _replace(folder / _INDEX, content)
    _replace(folder / _MANIFEST, json.dumps(manifest, indent=2).encode())


def load(folder: Path, library: str) -> LexicalIndex | None:
    """The index that was saved last for this library, of whatever generation; None if unusable."""
    from safetensors.numpy import load as unpack

    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        content = (folder / _INDEX).read_bytes()
    except (OSError, ValueError):
        return None
    expected = {
        "library": library,
        "rule": tokens.RULE,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if not isinstance(manifest, dict) or any(manifest.get(k) != v for k, v in expected.items()):
        return None
    arrays = unpack(content)
    vocabulary = arrays.pop("vocabulary").tobytes().decode().split("\n")
    return LexicalIndex(
        vocabulary={term: number for number, term in enumerate(vocabulary) if term}, **arrays
    )


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
