"""The predictors: SMILES in, predictions with interval, domain, percentile and neighbours out.

Loads checkpoints when they are asked for, and asks each model once per molecule. Knows no tool and
no conversation.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.predictors import checkpoint, networks
from retort.tools.predictors.answers import Answers
from retort.tools.predictors.conformal import Floats
from retort.tools.predictors.endpoints import Spec, specs
from retort.tools.predictors.featurise import Features, FloatArray, Stacked
from retort.tools.predictors.graph.graphs import Graph
from retort.tools.predictors.groups import OFF_TARGET, members
from retort.tools.predictors.heads import Estimates, Head
from retort.tools.predictors.networks import Networks
from retort.tools.predictors.records import Endpoint, Neighbour, Prediction
from retort.tools.predictors.references import Molecules
from retort.tools.predictors.saying import Near, predictions

BATCH = 256
"""molecules featurised and predicted at once; bounds memory"""


class Predictors:
    """Property models of a folder of checkpoints; safe to use from several threads.

    Model cards are read at once; a model's weights at its first prediction, once.

    Args:
        folder: the checkpoints, those of the package unless told otherwise.

    Raises:
        RetortError: a file is missing, changed, or of another version.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = checkpoint.Folder(folder or checkpoint.SHIPPED)
        self._lock = threading.Lock()
        self._heads: dict[str, Head] = {}
        self._molecules: dict[str, Molecules] = {}
        self._networks: Networks | None = None
        self._specs: dict[str, Spec] = {}
        self._endpoints: dict[str, Endpoint] = {}
        for spec in specs():
            entry = self._folder.endpoints.get(spec.name)
            if entry is None:
                continue
            if entry["model"] != spec.model:
                raise RetortError(
                    f"Cannot load the predictor of {spec.label}.",
                    f"The checkpoint is {entry['model']}, not {spec.model}.",
                    checkpoint.REMEDY,
                )
            self._specs[spec.name] = spec
            self._endpoints[spec.name] = _endpoint(spec, self._folder.card(spec.name))
        if networks.available():
            kinds = ("graph", "smiles")
            self._networks = Networks({kind: _reader(self._folder, kind) for kind in kinds})

    @classmethod
    def load(cls, folder: Path | None = None) -> Predictors:
        """The same as the constructor."""
        return cls(folder)

    def endpoints(self) -> list[Endpoint]:
        """What can be predicted, with model cards, in the order of prediction."""
        return list(self._endpoints.values())

    def state(self) -> str:
        """What there is, in words, after reading and checking every file.

        Raises:
            RetortError: a checkpoint is missing or damaged.
        """
        size = self._folder.verify() / 1e6
        panel = len(members(OFF_TARGET, self.endpoints()))
        by = "trees and networks" if self._networks else "trees alone (PyTorch is not installed)"
        return (
            f"{len(self._endpoints) - panel} ADMET endpoints and {panel} off-targets, "
            f"{size:.0f} MB checked; {by}"
        )

    def named(self, names: Sequence[str] | None) -> list[Endpoint]:
        """The endpoints that names, aliases or groups mean, each once; all of them for no names.

        Raises:
            UsageError: a name that no endpoint has.
        """
        if not names:
            return self.endpoints()
        found: dict[str, Endpoint] = {}
        for name in names:
            if group := members(name, self.endpoints()):
                found |= {endpoint.name: endpoint for endpoint in group}
                continue
            wanted = " ".join(name.replace("_", " ").split()).casefold()
            spec = next((spec for spec in self._specs.values() if wanted in _names(spec)), None)
            if spec is None:
                raise UsageError(
                    f'There is no predictor of "{name}".',
                    f"Retort predicts: {_listed(self.endpoints())}.",
                    "List them with their model cards: retort predict --list",
                )
            found[spec.name] = self._endpoints[spec.name]
        return list(found.values())

    def predict(
        self, smiles: Sequence[str], endpoints: Sequence[str] | None = None
    ) -> list[Prediction]:
        """Predict endpoints for structures.

        Args:
            smiles: structures; salts are allowed.
            endpoints: names of endpoints or groups; none means all.

        Returns:
            One row per structure and endpoint, all endpoints of the first structure first. A
            structure that cannot be read gives rows with an error and the string as it came.

        Raises:
            UsageError: an unknown endpoint.
            RetortError: a checkpoint is damaged.
        """
        wanted = self.named(endpoints)
        see_form = [spec.name for spec in self._specs.values() if spec.sees_form]
        return [
            row
            for at in range(0, len(smiles), BATCH)
            for row in predictions(
                self.answer(smiles[at : at + BATCH], wanted), wanted, self._neighbour, see_form
            )
        ]

    def answer(self, smiles: Sequence[str], endpoints: Sequence[Endpoint]) -> Answers:
        """The same for endpoints of this object, as arrays; structures are taken all at once."""
        return Answers.of(smiles, endpoints, partial(self.estimates, wanted=endpoints))

    def estimates(
        self,
        features: Sequence[Features],
        wanted: Sequence[Endpoint],
        graphs: Sequence[Graph] | None = None,
    ) -> dict[str, Estimates]:
        """Estimates for molecules, in their order, by endpoint.

        Args:
            features: n molecules, one or more; how they were made from a structure does not matter.
            wanted: endpoints of this object.
            graphs: n graphs that the graph networks see in place of the molecules' own.
        """
        heads = {endpoint.name: self._head(endpoint.name) for endpoint in wanted}
        molecules = Stacked.of(features)
        near: dict[str, FloatArray] = {}
        outputs: dict[str, dict[str, Floats]] = {}
        found = {}
        for name, head in heads.items():
            group = self._folder.endpoints[name]["molecules"]
            if group not in near:
                near[group] = self._table(group).similarities(molecules.bits)
            asked: dict[str, Floats] | None = None
            if self._networks is not None:
                asked = {}
                for kind in head.members:
                    if kind not in outputs:
                        outputs[kind] = (
                            self._networks.outputs(kind, features)
                            if graphs is None or kind != "graph"
                            else self._networks.of_graphs(graphs, features)
                        )
                    asked[kind] = outputs[kind][name]
            found[name] = head.estimate(molecules, near[group], asked)
        return found

    def trained_on(self, endpoint: str, keys: Iterable[str]) -> bool:
        """Whether a molecule with one of these keys is in the training sets of a model's group.

        Args:
            endpoint: by its own name.
            keys: as ``featurise.structure_keys`` gives them.
        """
        return self._table(self._folder.endpoints[endpoint]["molecules"]).knows(keys)

    def _neighbour(self, endpoint: Endpoint, near: Near) -> Neighbour:
        row, similarity, value, source = near
        table = self._table(self._folder.endpoints[endpoint.name]["molecules"])
        words = (endpoint.negative, endpoint.positive)
        return Neighbour(
            key=str(table.keys[row]),
            similarity=similarity,
            value=value,
            unit=endpoint.unit,
            label=words[int(value)] if endpoint.task == "classification" else "",
            source=endpoint.card["sources"][source]["reference"],
        )

    def _head(self, name: str) -> Head:
        with self._lock:
            if name not in self._heads:
                spec, card = self._specs[name], self._endpoints[name].card
                self._heads[name] = Head.from_arrays(
                    self._folder.arrays(name), card["stack"], spec.transform, spec.sees_form
                )
            return self._heads[name]

    def _table(self, group: str) -> Molecules:
        with self._lock:
            if group not in self._molecules:
                arrays = self._folder.arrays(f"{group}.molecules")
                self._molecules[group] = Molecules.from_arrays(arrays)
            return self._molecules[group]


def _reader(folder: checkpoint.Folder, kind: str) -> networks.Reader:
    return lambda: folder.arrays(kind)


def _listed(endpoints: Sequence[Endpoint]) -> str:
    """The names of endpoints; of the off-target panel how many there are."""
    panel = members(OFF_TARGET, endpoints)
    names = [endpoint.name for endpoint in endpoints if endpoint not in panel]
    return ", ".join([*names, f"and {len(panel)} targets"] if panel else names)


def _names(spec: Spec) -> set[str]:
    names = (spec.name.replace("_", " "), spec.label, spec.model, *spec.aliases)
    return {name.casefold() for name in names}


def _endpoint(spec: Spec, card: Mapping[str, object]) -> Endpoint:
    return Endpoint(
        name=spec.name,
        label=spec.label,
        task=spec.task,
        unit=spec.unit,
        positive=spec.positive,
        model=spec.model,
        bands=spec.bands,
        bands_source=spec.bands_source,
        card=card,
        family=spec.family,
        rank_only=bool(card.get("rank_only")),
    )
