"""The folder of a user's own model, as it is kept on disk.

It holds ``network.safetensors`` (what was learnt), ``reference.safetensors`` (fingerprints of the
training molecules, domain, calibration), ``training.csv`` (each molecule with its value, fold and
what a network that had not seen its scaffold said), ``card.json`` (from what and how well) and
``manifest.json`` (SHA-256 of the four). Knows no model.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError
from retort.tools.predictors import featurise

FORMAT = 1
WEIGHTS, REFERENCE = "network.safetensors", "reference.safetensors"
TRAINING, CARD, MANIFEST = "training.csv", "card.json", "manifest.json"
COLUMNS = ("smiles", "key", "value", "fold", "out_of_fold")
"""of ``training.csv``; ``key`` is the first InChIKey block"""
REMEDY = "Write it anew: retort predictors finetune"

Arrays = Mapping[str, NDArray[Any]]


def read(folder: Path) -> dict[str, bytes]:
    """The files of a folder, each as it was written.

    Raises:
        RetortError: files are missing or were changed, or are of another version.
    """
    names = (WEIGHTS, REFERENCE, TRAINING, CARD)
    try:
        hashes = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
        contents = {name: (folder / name).read_bytes() for name in names}
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"It is no folder that retort predictors finetune wrote: {error}."
        raise RetortError(f"{folder} holds no model.", why, REMEDY) from error
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != hashes.get(name):
            why = f"{name} is not the file that was written there: it is damaged or was changed."
            raise RetortError(f"Refused to use the model in {folder}.", why, REMEDY)
    card = json.loads(contents[CARD])
    if card["format"] != FORMAT or card["featuriser"] != featurise.digest():
        why = "It was made by another version of Retort."
        raise RetortError(f"Cannot use the model in {folder}.", why, REMEDY)
    return contents


def write(
    folder: Path,
    card: Mapping[str, Any],
    network: Arrays,
    reference: Arrays,
    rows: Sequence[Sequence[object]],
) -> None:
    """Write a folder; what was there before is replaced.

    Args:
        folder: made at need.
        card: what ``OwnModel`` reads is ``target``, ``kind``, ``unit``, ``source``, ``encoder``.
        network: what was learnt.
        reference: of ``References``, ``Domain`` and ``Calibrated``, the last called ``MEMBER``.
        rows: (n) cells of ``COLUMNS``.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors.numpy import save

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    told = {"format": FORMAT, "featuriser": featurise.digest(), **card}
    contents = {
        WEIGHTS: save({name: np.ascontiguousarray(array) for name, array in network.items()}),
        REFERENCE: save({name: np.ascontiguousarray(array) for name, array in reference.items()}),
        TRAINING: text.getvalue().encode(),
        CARD: (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode(),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    contents[MANIFEST] = (json.dumps({"sha256": hashes}, indent=1) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        fresh = folder / f"{name}.new"
        fresh.write_bytes(content)
        os.replace(fresh, folder / name)
