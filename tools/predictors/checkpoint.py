"""Checkpoints on disk: safetensors files and model cards, and a manifest with their hashes.

A folder holds one ``NAME.safetensors`` and ``NAME.card.json`` per endpoint, the shared tables of
training molecules (``GROUP.molecules.safetensors``) and the shared networks
(``graph.safetensors``, ``smiles.safetensors``). A file whose SHA-256 is not the manifest's is
refused. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors import featurise

FORMAT = 2
SHIPPED = Path(__file__).parent / "checkpoints"
"""the checkpoints that come with the package"""
REMEDY = "Install Retort again, or train: retort predictors fit --data FOLDER"

Arrays = Mapping[str, NDArray[Any]]


class Folder:
    """A folder of checkpoints that is read.

    Args:
        path: holds a ``manifest.json``.

    Raises:
        RetortError: the manifest is missing, unreadable, or of another format or featuriser.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            found = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            why = f"{path / 'manifest.json'}: {error}."
            raise RetortError("Cannot load the predictors.", why, REMEDY) from error
        if found.get("format") != FORMAT or found.get("featuriser") != featurise.digest():
            why = "The checkpoints were made for another version of the featuriser."
            raise RetortError("Cannot load the predictors.", why, REMEDY)
        self._files: dict[str, Any] = found["files"]
        self.endpoints: dict[str, Any] = found["endpoints"]
        """by name: ``{"model": "retort-herg-2", "molecules": "admet"}``"""

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays of ``NAME.safetensors``.

        Raises:
            RetortError: the file is missing or is not the one that was written.
        """
        from safetensors.numpy import load

        return dict(load(self._checked(f"{name}.safetensors")))

    def card(self, name: str) -> dict[str, Any]:
        """The model card of an endpoint.

        Raises:
            RetortError: as ``arrays`` does.
        """
        card: dict[str, Any] = json.loads(self._checked(f"{name}.card.json"))
        return card

    def verify(self) -> int:
        """Read every file and compare its hash; the bytes of all of them.

        Raises:
            RetortError: as ``arrays`` does.
        """
        return sum(len(self._checked(file)) for file in self._files)

    def _checked(self, file: str) -> bytes:
        try:
            content = (self.path / file).read_bytes()
        except OSError as error:
            raise RetortError(f"Cannot load {file}.", f"{error}.", REMEDY) from error
        if hashlib.sha256(content).hexdigest() != self._files.get(file, {}).get("sha256"):
            why = "Its SHA-256 is not the one in manifest.json: the file is damaged or was changed."
            raise RetortError(f"Refused to load {file}.", why, REMEDY)
        return content


class Writer:
    """Writes a folder of checkpoints; it can be read once ``close`` has written the manifest.

    Args:
        path: made at need; files of other names in it are left alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, Any] = {}
        self._endpoints: dict[str, Any] = {}
        path.mkdir(parents=True, exist_ok=True)

    def arrays(self, name: str, arrays: Arrays) -> None:
        """Write ``NAME.safetensors``."""
        from safetensors.numpy import save

        whole = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
        self._write(f"{name}.safetensors", save(whole))

    def endpoint(self, name: str, molecules: str, arrays: Arrays, card: Mapping[str, Any]) -> None:
        """Write an endpoint's head and card; ``molecules`` names its table of molecules."""
        self.arrays(name, arrays)
        text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
        self._write(f"{name}.card.json", text.encode())
        self._endpoints[name] = {"model": card["model"], "molecules": molecules}

    def close(self, versions: Mapping[str, str]) -> None:
        """Write the manifest; ``versions`` are those of the libraries that trained."""
        manifest = {
            "format": FORMAT,
            "featuriser": featurise.digest(),
            "versions": dict(versions),
            "endpoints": self._endpoints,
            "files": dict(sorted(self._files.items())),
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        _replace(self._path / "manifest.json", text.encode())

    def _write(self, file: str, content: bytes) -> None:
        _replace(self._path / file, content)
        digest = hashlib.sha256(content).hexdigest()
        self._files[file] = {"sha256": digest, "bytes": len(content)}


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    os.replace(fresh, path)
