"""A user's own model: what ``retort predictors finetune`` wrote, asked as Retort's own models are.

Owns the way from a structure to its prediction. Knows no learner; the folder's format is
``own_folder``'s.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.predictors import heads, networks
from retort.tools.predictors.answers import Answers
from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.domain import Domain, similarity_bins
from retort.tools.predictors.featurise import Features, FloatArray, Stacked
from retort.tools.predictors.groups import members
from retort.tools.predictors.heads import Calibrated, Estimates
from retort.tools.predictors.neighbours import References
from retort.tools.predictors.own_folder import CARD, REFERENCE, TRAINING, WEIGHTS, Arrays, read
from retort.tools.predictors.records import Endpoint, Neighbour, Prediction
from retort.tools.predictors.saying import Near, predictions

FAMILY: Final = "own"
MEMBER = "smiles"
"""the one member of its stack"""
BATCH = 256
"""molecules featurised and predicted at once; bounds memory"""


class Network(Protocol):
    """What was learnt."""

    def predict(self, smiles: Sequence[str], batch: int = ...) -> FloatArray:
        """(n, 1) float32: values, or log-odds of classes, of canonical SMILES of parents."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is kept of it."""


@dataclass(frozen=True, slots=True)
class _Model:
    """Everything that a prediction needs."""

    network: Network
    calibrated: Calibrated
    domain: Domain
    fingerprints: References
    rows: tuple[dict[str, str], ...]
    """of ``training.csv``, in the order of the fingerprints"""
    measured: Floats
    """(n,) their values"""


class OwnModel:
    """A user's own model of one column; safe to use from several threads.

    The card is read at once, what was learnt at the first prediction.

    Args:
        folder: what ``retort predictors finetune`` wrote.
        offline: fetch nothing.
        trust_remote_code: run code that comes with the hub model which it adapts.

    Raises:
        RetortError: files are missing or were changed, or are of another version.
    """

    def __init__(
        self, folder: Path, offline: bool = False, trust_remote_code: bool = False
    ) -> None:
        self._folder, self._offline, self._trusts = folder, offline, trust_remote_code
        self._lock = threading.Lock()
        self._model: _Model | None = None
        self._contents = read(folder)
        self.endpoint = _endpoint(self._contents)

    def endpoints(self) -> list[Endpoint]:
        """The one that it predicts, with its card."""
        return [self.endpoint]

    def named(self, names: Sequence[str] | None) -> list[Endpoint]:
        """The same, where each name is its own or that of a group; for no names, too.

        Raises:
            UsageError: a name of another endpoint.
        """
        own = {_plain(text) for text in (self.endpoint.name, self.endpoint.label)}
        for name in names or ():
            if _plain(name) not in own and not members(name, self.endpoints()):
                raise UsageError(
                    f'The model in {self._folder} does not predict "{name}".',
                    f"It predicts {self.endpoint.name}.",
                    "Leave --endpoint out, or leave --model out for Retort's own predictors.",
                )
        return self.endpoints()

    def predict(
        self, smiles: Sequence[str], endpoints: Sequence[str] | None = None
    ) -> list[Prediction]:
        """Predict structures, as ``Predictors.predict`` does; percentiles there are none.

        Raises:
            UsageError: another endpoint is named.
            RetortError: PyTorch or the hub model that it adapts is missing.
        """
        wanted = self.named(endpoints)
        return [
            row
            for at in range(0, len(smiles), BATCH)
            for row in predictions(
                self.answer(smiles[at : at + BATCH], wanted), wanted, self._neighbour
            )
        ]

    def answer(self, smiles: Sequence[str], endpoints: Sequence[Endpoint]) -> Answers:
        """The same as arrays; structures are taken all at once."""
        model = self._loaded()
        return Answers.of(smiles, endpoints, lambda f: {self.endpoint.name: _estimates(model, f)})

    def _neighbour(self, endpoint: Endpoint, near: Near) -> Neighbour:
        row, similarity, value, _ = near
        known = self._loaded().rows[row]
        words = (endpoint.negative, endpoint.positive)
        return Neighbour(
            key=known["key"],
            similarity=similarity,
            value=value,
            unit=endpoint.unit,
            label=words[int(value)] if endpoint.task == "classification" else "",
            source=endpoint.card["source"],
            smiles=known["smiles"],
        )

    def _loaded(self) -> _Model:
        from safetensors.numpy import load

        with self._lock:
            if self._model is None:
                arrays = load(self._contents[REFERENCE])
                rows = tuple(csv.DictReader(io.StringIO(self._contents[TRAINING].decode())))
                self._model = _Model(
                    network=self._network(load(self._contents[WEIGHTS])),
                    calibrated=Calibrated.from_arrays(MEMBER, (MEMBER,), arrays),
                    domain=Domain.from_arrays(arrays),
                    fingerprints=References.from_arrays(arrays),
                    rows=rows,
                    measured=np.array([float(row["value"]) for row in rows]),
                )
            return self._model

    def _network(self, arrays: Arrays) -> Network:
        if not networks.available():
            raise RetortError(
                f"Cannot use the model in {self._folder}.",
                "PyTorch is not installed.",
                "pip install torch",
            )
        encoder = self.endpoint.card["encoder"]
        if encoder["kind"] != "hub":
            from retort.tools.predictors.smiles.network import Network as Transformer

            return Transformer.from_arrays(arrays)
        if encoder["trust_remote_code"] and not self._trusts:
            raise RetortError(
                f"Did not load the model in {self._folder}.",
                f"It adapts {encoder['name']}, which comes with code of its own.",
                "Add --trust-remote-code if you trust its authors.",
            )
        from retort.tools.predictors.smiles.hub import Hub

        hub = Hub(encoder["name"], self._offline, encoder["trust_remote_code"], encoder["revision"])
        return hub.read(arrays)


def _estimates(model: _Model, features: Sequence[Features]) -> Estimates:
    molecules = Stacked.of(features)
    everything = np.arange(len(model.fingerprints))
    near = heads.neighbours(
        model.fingerprints.similarities(molecules.bits),
        everything,
        model.measured,
        np.zeros(len(everything), dtype=np.uint8),
    )
    said = model.network.predict([item.smiles for item in features])[:, 0].astype(np.float64)
    kinds = similarity_bins(near.nearest)
    read = heads.readings(model.calibrated, {MEMBER: said}, near.nearest, kinds, "none")
    unknown = np.full(len(features), np.nan)
    return Estimates(read, unknown, model.domain.judge(molecules, near.nearest), near)


def named_as(target: str) -> str:
    """The name of the endpoint that a column becomes: "logD (pH 7.4)" is ``logD_pH_7_4``."""
    return re.sub(r"\W+", "_", target).strip("_") or "target"


def _plain(name: str) -> str:
    return named_as(name).casefold()


def _endpoint(contents: Mapping[str, bytes]) -> Endpoint:
    card = json.loads(contents[CARD])
    name = named_as(card["target"])
    return Endpoint(
        name=name,
        label=card["target"],
        task=card["kind"],
        unit=card["unit"],
        positive=card["target"] if card["kind"] == "classification" else "",
        model=f"own-{name}-{hashlib.sha256(contents[WEIGHTS]).hexdigest()[:8]}",
        bands=(),
        bands_source="",
        card=card,
        family=FAMILY,
    )
