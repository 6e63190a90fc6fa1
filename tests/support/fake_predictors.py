"""Predictors without models: endpoints of every family and predictions as a test wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools.predictors.groups import members
from retort.tools.predictors.records import Band, Endpoint, Neighbour, Prediction

READING = "as usual (thresholds: nobody 2020)"


def endpoint(name: str, family: str, task: str = "classification", **more: Any) -> Endpoint:
    """An endpoint with one band; a class is called as its endpoint."""
    positive = f"{name} positive" if task == "classification" else ""
    fields = {"unit": "" if positive else "log units", "positive": positive, **more}
    return Endpoint(
        name=name,
        label=name.replace("_", " "),
        task=task,  # type: ignore[arg-type]
        model=f"retort-{name}-2",
        bands=(Band(None, "as usual"),),
        bands_source="nobody 2020",
        family=family,
        **fields,
    )


def panel(size: int) -> list[Endpoint]:
    """Targets of the off-target panel."""
    return [
        endpoint(f"target_CHEMBL{n}", "off-target", "regression", unit="pChEMBL")
        for n in range(size)
    ]


def predicted(of: Endpoint, value: float | None = None, **more: Any) -> Prediction:
    """A prediction inside the domain; of a class, of the positive one where it is probable."""
    classes: tuple[str, ...] = ()
    if of.task == "classification" and value is not None:
        classes = (of.positive,) if value > 0.8 else (of.negative,) if value < 0.2 else ()
        classes = classes or (of.positive, of.negative)
    fields = {
        "value": value,
        "interval": None if value is None else (value - 0.1, value + 0.1),
        "domain": "inside",
        "nearest_training_similarity": 0.5,
        "percentile_of_drugs": 50.0,
        "reading": READING,
        **more,
    }
    return Prediction(
        smiles="",
        endpoint=of.name,
        unit=of.unit,
        model=of.model,
        task=of.task,
        label=of.positive,
        classes=classes,
        rank_only=of.rank_only,
        **fields,
    )


def neighbour(key: str, similarity: float, value: float = 1.0, **more: Any) -> Neighbour:
    """A training molecule."""
    fields = {"unit": "log units", "source": "Nobody 2020", **more}
    return Neighbour(key=key, similarity=similarity, value=value, **fields)


@dataclass(frozen=True)
class FakePredictors:
    """Answers as ``Predictors`` does, with the rows that it was given."""

    rows: Mapping[str, Prediction]
    known: Sequence[Endpoint] = field(default=())

    def endpoints(self) -> list[Endpoint]:
        return list(self.known)

    def named(self, names: Sequence[str] | None) -> list[Endpoint]:
        found: dict[str, Endpoint] = {}
        for name in names or ("all",):
            one = [item for item in self.known if item.name == name]
            found |= {item.name: item for item in one or members(name, self.known)}
        if not found:
            raise RetortError("There is no such endpoint.", "None.", "retort predict --list")
        return list(found.values())

    def predict(self, smiles: Sequence[str], endpoints: Sequence[str] | None) -> list[Prediction]:
        wanted = self.named(endpoints)
        return [replace(self.rows[e.name], smiles=text) for text in smiles for e in wanted]
