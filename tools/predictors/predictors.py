"""The shipped predictors: SMILES in, predictions with interval, domain and percentile out.

Loads checkpoints and turns estimates into records with their wording. Knows no tool and no
conversation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.predictors import checkpoint
from retort.tools.predictors.endpoints import SPECS, Spec
from retort.tools.predictors.featurise import Features, featurise
from retort.tools.predictors.heads import Estimate, Head
from retort.tools.predictors.records import Endpoint, Prediction

BATCH = 512
"""molecules featurised and predicted at once; bounds memory"""
CONFIDENCE = 0.9


class Predictors:
    """Loaded property models; immutable, safe to use from several threads.

    Args:
        heads: trained models by endpoint name.
        endpoints: what they predict, by the same names.
    """

    def __init__(self, heads: Mapping[str, Head], endpoints: Mapping[str, Endpoint]) -> None:
        self._heads = dict(heads)
        self._endpoints = dict(endpoints)

    @classmethod
    def load(cls, folder: Path | None = None) -> Predictors:
        """Load checkpoints, those of the package unless told otherwise.

        Args:
            folder: a folder with a ``manifest.json``.

        Raises:
            RetortError: a file is missing, changed, or of another version.
        """
        folder = folder or checkpoint.SHIPPED
        entries = checkpoint.manifest(folder)["endpoints"]
        heads, endpoints = {}, {}
        for spec in SPECS:
            if spec.name not in entries:
                continue
            head, card = checkpoint.read(folder, entries[spec.name])
            if card["model"] != spec.model:
                raise RetortError(
                    f"Cannot load the predictor of {spec.label}.",
                    f"The checkpoint is {card['model']}, not {spec.model}.",
                    checkpoint.REMEDY,
                )
            heads[spec.name] = head
            endpoints[spec.name] = _endpoint(spec, card)
        return cls(heads, endpoints)

    def endpoints(self) -> list[Endpoint]:
        """What can be predicted, with model cards, in the order of prediction."""
        return list(self._endpoints.values())

    def named(self, names: Sequence[str] | None) -> list[Endpoint]:
        """The endpoints that names or aliases mean, each once; all of them for no names.

        Raises:
            UsageError: a name that no endpoint has.
        """
        if not names:
            return self.endpoints()
        found: dict[str, Endpoint] = {}
        for name in names:
            wanted = " ".join(name.replace("_", " ").split()).casefold()
            spec = next((spec for spec in SPECS if wanted in _names(spec)), None)
            if spec is None or spec.name not in self._endpoints:
                raise UsageError(
                    f'There is no predictor of "{name}".',
                    f"Retort predicts: {', '.join(self._endpoints)}.",
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
            endpoints: names; none means all.

        Returns:
            One row per structure and endpoint, all endpoints of the first structure first. A
            structure that cannot be read gives rows with an error and the string as it came.

        Raises:
            UsageError: an unknown endpoint.
        """
        wanted = self.named(endpoints)
        return [
            row
            for at in range(0, len(smiles), BATCH)
            for row in self._rows(smiles[at : at + BATCH], wanted)
        ]

    def _rows(self, smiles: Sequence[str], wanted: Sequence[Endpoint]) -> Iterator[Prediction]:
        readable: dict[int, Features] = {}
        errors: dict[int, RetortError] = {}
        for index, text in enumerate(smiles):
            try:
                readable[index] = featurise(text)
            except RetortError as error:
                errors[index] = error
        features = list(readable.values())
        estimates = {
            endpoint.name: dict(
                zip(readable, self._heads[endpoint.name].estimate(features), strict=True)
            )
            for endpoint in wanted
        }
        for index, text in enumerate(smiles):
            for endpoint in wanted:
                if index in errors:
                    yield _blank(text, endpoint, errors[index])
                else:
                    estimate = estimates[endpoint.name][index]
                    sees_form = self._heads[endpoint.name].sees_form
                    yield _prediction(text, endpoint, estimate, readable[index], sees_form)


def _names(spec: Spec) -> set[str]:
    return {spec.name, spec.label.casefold(), spec.model, *spec.aliases}


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
    )


def _blank(smiles: str, endpoint: Endpoint, error: RetortError) -> Prediction:
    return Prediction(
        smiles=smiles,
        endpoint=endpoint.name,
        unit=endpoint.unit,
        model=endpoint.model,
        task=endpoint.task,
        label=endpoint.positive,
        error=error.as_dict(),
    )


def _prediction(
    smiles: str, endpoint: Endpoint, estimate: Estimate, features: Features, sees_form: bool
) -> Prediction:
    nearest = f"nearest training molecule Tanimoto {estimate.nearest:.2f}"
    form = ""
    if features.components > 1:
        form = (
            "of the salt or mixture as given" if sees_form else f"of the parent {features.smiles}"
        )
    return Prediction(
        smiles=smiles,
        endpoint=endpoint.name,
        unit=endpoint.unit,
        model=endpoint.model,
        task=endpoint.task,
        value=estimate.value,
        interval=(estimate.low, estimate.high),
        confidence=CONFIDENCE,
        in_domain=not estimate.complaints,
        nearest_training_similarity=estimate.nearest,
        percentile_of_drugs=estimate.percentile,
        label=endpoint.positive,
        reading=_reading(endpoint, estimate),
        domain_note="; ".join((nearest, *estimate.complaints)),
        form_note=form,
    )


def _reading(endpoint: Endpoint, estimate: Estimate) -> str:
    """The value in plain words, how far the interval reaches, and whose thresholds these are."""
    here = endpoint.band(estimate.value)
    reach = [endpoint.band(edge) for edge in (estimate.low, estimate.high)]
    words = here.text
    if endpoint.task == "regression" and reach[0] != reach[1]:
        kinds = [band.text.split(" (")[0] for band in reach]
        words += f"; the interval reaches from {kinds[0]} to {kinds[1]}"
    if endpoint.task == "classification":
        words += (
            "; "
            + {
                (True, True): "at 90 % confidence neither class can be excluded",
                (True, False): f"at 90 % confidence it is a {endpoint.positive}",
                (False, True): f"at 90 % confidence it is no {endpoint.positive}",
                (False, False): "it resembles neither class of the training set",
            }[estimate.classes]
        )
    return f"{words} (thresholds: {endpoint.bands_source})"
