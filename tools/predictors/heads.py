"""A trained endpoint: its trees, stack, calibration and domain, from members' outputs to estimates.

The one path from what the members say to a value with its interval; training's own evaluation and
the shipped predictors both go through it. Knows no file and no wording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats, Ints, Probabilities, Widths
from retort.tools.predictors.domain import EDGES, Domain, similarity_bins
from retort.tools.predictors.endpoints import Transform
from retort.tools.predictors.featurise import FORM, Features, stack
from retort.tools.predictors.neighbours import nearest
from retort.tools.predictors.records import Level
from retort.tools.predictors.stack import Stack
from retort.tools.predictors.trees import Forest

NEIGHBOURS = 3
"""nearest training molecules that are shown"""
CATEGORIES = len(EDGES) + 2
"""similarity bins, and one for salts and mixtures where the model sees them"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training molecule near a predicted one."""

    row: int
    """in the shared table of references"""
    similarity: float
    value: float
    """measured, in the endpoint's unit; 1.0 or 0.0 for a class"""
    source: int
    """place of its training set among the ``sources`` of the model card"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a head says about one molecule."""

    value: float
    """in the endpoint's unit, or the probability of the positive class"""
    interval: tuple[float, float]
    """at 90 %"""
    interval_80: tuple[float, float]
    level: Level
    complaints: tuple[str, ...]
    """why it is not inside the domain; empty inside"""
    percentile: float
    """share of approved drugs with a lower value, in percent; NaN where it is not known"""
    classes: tuple[bool, bool]
    """whether positive and negative cannot be excluded at 90 %; both true for regression"""
    neighbours: tuple[Neighbour, ...]
    """nearest first"""

    @property
    def nearest(self) -> float:
        """Tanimoto to the nearest training molecule."""
        return self.neighbours[0].similarity


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A stack with the calibration that was made for it."""

    stack: Stack
    calibration: Widths | Probabilities

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Named arrays; which members there are stands in the model card's ``stack``."""
        found = {
            f"{name}.weights": self.stack.weights,
            f"{name}.intercept": np.array([self.stack.intercept]),
        }
        if isinstance(self.calibration, Widths):
            return {**found, f"{name}.half_widths": self.calibration.half_widths}
        edges = (self.calibration.positive_from, self.calibration.negative_to)
        return {
            **found,
            f"{name}.line": self.calibration.line,
            f"{name}.refits": self.calibration.refits,
            f"{name}.class_edges": np.array(edges, dtype=np.float64),
        }

    @classmethod
    def from_arrays(
        cls, name: str, members: Sequence[str], arrays: Mapping[str, NDArray[Any]]
    ) -> Calibrated:
        """What ``arrays`` wrote."""
        intercept = float(arrays[f"{name}.intercept"][0])
        made = Stack(tuple(members), arrays[f"{name}.weights"], intercept)
        if f"{name}.half_widths" in arrays:
            return cls(made, Widths(arrays[f"{name}.half_widths"]))
        edges = arrays[f"{name}.class_edges"].tolist()
        line, refits = arrays[f"{name}.line"], arrays[f"{name}.refits"]
        return cls(made, Probabilities(line, refits, *edges))


@dataclass(frozen=True, slots=True)
class Head:
    """One endpoint's trained model."""

    forest: Forest
    full: Calibrated
    """the stack as it was chosen"""
    alone: Calibrated
    """the trees alone, for where PyTorch is missing"""
    domain: Domain
    transform: Transform
    sees_form: bool
    rows: Ints
    """(m,) places of its training molecules in the shared table of references"""
    measured: Floats
    """(m,) their values in the endpoint's unit"""
    sources: NDArray[np.uint8]
    """(m,) places of their training sets among the ``sources`` of the model card"""
    drug_quantiles: Floats
    """(101,) values at the 0th to 100th percentile of approved drugs; empty before it is known"""

    @property
    def members(self) -> tuple[str, ...]:
        """The networks that the stack needs, beside the trees."""
        return tuple(name for name in self.full.stack.members if name != "trees")

    def trees(self, features: Sequence[Features]) -> Floats:
        """Output of the trees, (n,)."""
        matrix = stack(features)
        if not self.sees_form:
            matrix[:, -len(FORM) :] = 0.0
        return self.forest.evaluate(matrix)

    def estimate(
        self,
        features: Sequence[Features],
        similarities: NDArray[np.float32],
        networks: Mapping[str, Floats] | None,
    ) -> list[Estimate]:
        """Estimates for molecules, in their order.

        Args:
            features: n molecules.
            similarities: (n, references) Tanimoto to the shared table.
            networks: outputs (n,) by network; None where there are none to be had. For a molecule
                that one of them has NaN for, the trees answer alone.
        """
        if not features:
            return []
        if networks:
            lost = np.isnan(np.stack(list(networks.values()))).any(axis=0)
            if np.any(lost):
                return self._apart(np.asarray(lost), features, similarities, networks)
        outputs: dict[str, Floats] = dict(networks or {})
        use = self.alone if networks is None and self.members else self.full
        if "trees" in use.stack.members:
            outputs["trees"] = self.trees(features)
        near = [self._neighbours(row) for row in similarities]
        best = np.array([found[0].similarity for found in near])
        components = np.array([item.components for item in features])
        read = readings(
            use, outputs, best, categories(best, components, self.sees_form), self.transform
        )
        return estimates(features, near, read, self.domain, self.percentile)

    def _apart(
        self,
        lost: NDArray[np.bool_],
        features: Sequence[Features],
        similarities: NDArray[np.float32],
        networks: Mapping[str, Floats],
    ) -> list[Estimate]:
        """Estimates where some molecules are ``lost`` to the networks."""
        made: dict[int, Estimate] = {}
        for places, outputs in (
            (np.flatnonzero(~lost), {name: out[~lost] for name, out in networks.items()}),
            (np.flatnonzero(lost), None),
        ):
            own = [features[place] for place in places.tolist()]
            found = self.estimate(own, similarities[places], outputs)
            made.update(zip(places.tolist(), found, strict=True))
        return [made[place] for place in range(len(features))]

    def percentile(self, value: float) -> float:
        """Share of approved drugs with a lower value, in percent; NaN where it is not known."""
        if not len(self.drug_quantiles):
            return float("nan")
        return float(np.interp(value, self.drug_quantiles, np.arange(len(self.drug_quantiles))))

    def _neighbours(self, similarities: NDArray[np.float32]) -> tuple[Neighbour, ...]:
        places, near = nearest(similarities[self.rows], NEIGHBOURS)
        return tuple(
            Neighbour(
                row=int(self.rows[at]),
                similarity=float(similarity),
                value=float(self.measured[at]),
                source=int(self.sources[at]),
            )
            for at, similarity in zip(places, near, strict=True)
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The head as named arrays."""
        return {
            **self.forest.arrays(),
            **self.domain.arrays(),
            **self.full.arrays("full"),
            **self.alone.arrays("alone"),
            "rows": self.rows.astype(np.uint32),
            "measured": self.measured.astype(np.float32),
            "sources": self.sources,
            "drug_quantiles": self.drug_quantiles,
        }

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        members: Sequence[str],
        transform: Transform,
        sees_form: bool,
    ) -> Head:
        """The head that ``arrays`` wrote, for an endpoint with this stack, transform and form."""
        return cls(
            forest=Forest.from_arrays(arrays),
            full=Calibrated.from_arrays("full", members, arrays),
            alone=Calibrated.from_arrays("alone", ("trees",), arrays),
            domain=Domain.from_arrays(arrays),
            transform=transform,
            sees_form=sees_form,
            rows=arrays["rows"].astype(np.int64),
            measured=arrays["measured"].astype(np.float64),
            sources=arrays["sources"],
            drug_quantiles=arrays["drug_quantiles"],
        )


@dataclass(frozen=True, slots=True)
class Readings:
    """Values and intervals of many molecules, in the endpoint's unit."""

    values: Floats
    """(n,)"""
    intervals: Floats
    """(n, 2) at 90 %"""
    intervals_80: Floats
    """(n, 2)"""
    classes: tuple[tuple[bool, bool], ...]
    """(n) whether positive and negative cannot be excluded at 90 %"""


def readings(
    use: Calibrated,
    outputs: Mapping[str, Floats],
    nearest: Floats,
    kinds: Ints,
    transform: Transform,
) -> Readings:
    """Members' outputs to calibrated values.

    Args:
        use: the stack and its calibration.
        outputs: (n,) by member.
        nearest: (n,) Tanimoto to the nearest training molecule.
        kinds: (n,) category of each molecule's interval.
        transform: of the endpoint; undone here.
    """
    combined = use.stack.combine(outputs)
    calibration = use.calibration
    if isinstance(calibration, Probabilities):
        values = calibration.value(combined, nearest)
        alone = [calibration.value(out, nearest) for out in use.stack.each(outputs)]
        wide, narrow = (
            _holding(calibration.interval(combined, nearest, level), alone) for level in (0.9, 0.8)
        )
        return Readings(
            values,
            wide,
            narrow,
            tuple(calibration.classes(value) for value in values.tolist()),
        )
    wide, narrow = (calibration.interval(combined, kinds, level) for level in (0.9, 0.8))
    if transform == "log10":
        combined, wide, narrow = (np.power(10.0, learnt) for learnt in (combined, wide, narrow))
    return Readings(combined, wide, narrow, ((True, True),) * len(combined))


def _holding(intervals: Floats, values: Sequence[Floats]) -> Floats:
    """Intervals (n, 2) widened to hold what each member alone would say: disagreement shows."""
    low, high = intervals.T
    return np.stack([np.minimum.reduce([low, *values]), np.maximum.reduce([high, *values])], axis=1)


def categories(nearest: Floats, components: Ints, sees_form: bool) -> Ints:
    """Which interval width molecules get, (n,): their similarity bin; salts have their own."""
    bins = similarity_bins(nearest)
    return np.where(components > 1, CATEGORIES - 1, bins) if sees_form else bins


def estimates(
    features: Sequence[Features],
    near: Sequence[tuple[Neighbour, ...]],
    read: Readings,
    domain: Domain,
    percentile: Callable[[float], float] = lambda value: float("nan"),
) -> list[Estimate]:
    """What is said of molecules, in their order.

    Args:
        features: n molecules.
        near: (n) the nearest training molecules of each.
        read: their values.
        domain: of the model.
        percentile: share of approved drugs with a lower value, in percent.
    """
    made = []
    for index, item in enumerate(features):
        level, complaints = domain.judge(item, near[index][0].similarity)
        value = float(read.values[index])
        low, high = read.intervals[index].tolist()
        low_80, high_80 = read.intervals_80[index].tolist()
        estimate = Estimate(
            value=value,
            interval=(low, high),
            interval_80=(low_80, high_80),
            level=level,
            complaints=complaints,
            percentile=percentile(value),
            classes=read.classes[index],
            neighbours=near[index],
        )
        made.append(estimate)
    return made
