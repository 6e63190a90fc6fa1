"""The registry of endpoints, read from the cards: what is predicted and how its values are read.

Owns the format of ``cards/*.toml``. Knows no model and no learner; numbers that a training run
measures (counts, scores, coverage) stand on the model cards. A card file holds one table per
endpoint and two tables of another kind, which save repetition: ``[default]`` has fields that the
file's endpoints take over where they say nothing else, and ``[shared.NAME]`` a training set that
several endpoints use (``{use = "NAME", value = "column"}``).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from retort.retrieval.errors import UsageError
from retort.tools.predictors.records import Band, Task

Family = Literal[
    "absorption", "distribution", "metabolism", "excretion", "toxicity", "off-target", "own"
]
"""``own``: a column of a user's table"""
Transform = Literal["none", "log10"]
Metric = Literal["MAE", "Spearman", "AUROC", "AUPRC"]

CARDS = (
    "absorption",
    "distribution",
    "metabolism",
    "excretion",
    "toxicity",
    "tox21",
    "panel",
)
"""Names of the card files, in the order in which endpoints are listed and predicted."""


@dataclass(frozen=True, slots=True)
class Source:
    """One training set of an endpoint: where it is, how it is read, whose it is."""

    name: str
    """short, as it stands beside a molecule: "Wang 2016\""""
    reader: str
    """a reader of ``training.sources``: ``table`` or ``activities``"""
    path: str
    """below ``molecules``: ``tdc_admet/herg/train_val.csv``"""
    reference: str
    licence: str
    smiles: str = "Drug"
    """column of the structure"""
    value: str = "Y"
    """column of the value; column of a class, too"""
    classes: Mapping[str, float] = field(default_factory=dict)
    """what the words of a class column mean; empty for numbers"""
    where: Mapping[str, str] = field(default_factory=dict)
    """only rows with these words in these columns"""
    factor: float = 1.0
    """what published numbers are multiplied with to come into the endpoint's unit"""
    limit: float | None = None
    """a number of this size or more (after ``factor``) is the positive class"""
    gap: float = 0.0
    """numbers nearer to ``limit`` than this are no class"""
    auxiliary: bool = False
    """widens the training set, but no score is reported on it"""
    agreement: str = ""
    """of an auxiliary set: how it agrees with the primary one on shared molecules, as measured"""


@dataclass(frozen=True, slots=True)
class Spec:
    """One endpoint: what it is, where it is learnt, how its values are read."""

    name: str
    label: str
    aliases: tuple[str, ...]
    task: Task
    unit: str
    positive: str
    """name of the positive class; empty for regression"""
    family: Family
    version: int
    measured: str
    """what was measured, and under which conditions"""
    transform: Transform
    """what is done to values before they are learnt"""
    transform_note: str
    """the same in words, with how repeated values are merged"""
    sources: tuple[Source, ...]
    """training sets, the primary ones first"""
    faults: tuple[str, ...]
    """known faults of the data"""
    bands: tuple[Band, ...]
    """in ``unit``; for a classifier in probability"""
    bands_source: str
    sees_form: bool
    """whether a salt is told from its parent; else only the neutral parent counts"""
    metric: Metric
    """how models of this endpoint are compared"""

    @property
    def model(self) -> str:
        """Name and version of the model: ``retort-solubility-1``."""
        return f"retort-{self.name}-{self.version}"

    @property
    def licence(self) -> str:
        """The licences of all training sets, each once."""
        return "; ".join(dict.fromkeys(source.licence for source in self.sources))

    def learnt(self, value: float) -> float:
        """A value in ``unit`` in the scale that is learnt.

        Raises:
            ValueError: the logarithm of a value that is not positive.
        """
        return math.log10(value) if self.transform == "log10" else value

    def published(self, value: float) -> float:
        """A learnt value back in ``unit``."""
        return float(10.0**value) if self.transform == "log10" else value


SPECS: tuple[Spec, ...]
"""Every endpoint, in the order in which they are listed and predicted; read at the first use."""


def __getattr__(name: str) -> tuple[Spec, ...]:
    if name == "SPECS":
        return specs()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def specs() -> tuple[Spec, ...]:
    """``SPECS``, as a function."""
    folder = resources.files(__package__).joinpath("cards")
    found: list[Spec] = []
    for card in CARDS:
        text = folder.joinpath(f"{card}.toml").read_text(encoding="utf-8")
        found.extend(read_card(text))
    return tuple(found)


def spec(name: str) -> Spec:
    """The endpoint of this name.

    Raises:
        UsageError: there is none.
    """
    for found in specs():
        if found.name == name:
            return found
    raise UsageError(
        f'There is no endpoint "{name}".',
        f"Endpoints are: {', '.join(found.name for found in specs())}.",
        "List them: retort predict --list",
    )


def read_card(text: str) -> tuple[Spec, ...]:
    """The endpoints of one card file.

    Args:
        text: TOML in the format that this module's head describes.

    Raises:
        ValueError: a field is missing, unknown or has a word that is not allowed.
    """
    tables = tomllib.loads(text)
    default = tables.pop("default", {})
    shared = tables.pop("shared", {})
    return tuple(_spec(name, {**default, **table}, shared) for name, table in tables.items())


def _spec(name: str, table: dict[str, Any], shared: Mapping[str, Mapping[str, Any]]) -> Spec:
    try:
        made = Spec(
            name=name,
            aliases=tuple(table.pop("aliases", ())),
            positive=table.pop("positive", ""),
            unit=table.pop("unit", ""),
            transform=table.pop("transform", "none"),
            version=table.pop("version", 1),
            sees_form=table.pop("sees_form", False),
            sources=tuple(_source(entry, shared) for entry in table.pop("sources")),
            faults=tuple(table.pop("faults")),
            bands=tuple(Band(band.get("below"), band["text"]) for band in table.pop("bands")),
            **table,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the card of {name}: {error}") from error
    for word, allowed in (
        (made.task, Task),
        (made.family, Family),
        (made.transform, Transform),
        (made.metric, Metric),
    ):
        if word not in get_args(allowed):
            raise ValueError(f"the card of {name}: {word!r} is none of {get_args(allowed)}")
    return made


def _source(entry: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]]) -> Source:
    own = dict(entry)
    base = shared[own.pop("use")] if "use" in own else {}
    return Source(**{**base, **own})
