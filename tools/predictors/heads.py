"""A trained endpoint: its trees, stack, calibration and domain, from members' outputs to estimates.

The one path from what the members say to a value with its interval; training's own evaluation and
the shipped predictors both go through it. Knows no file and no wording.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.conformal import Floats, Ints, Probabilities, Widths
from retort.tools.predictors.domain import EDGES, Domain, Judgement, similarity_bins
from retort.tools.predictors.endpoints import Transform
from retort.tools.predictors.featurise import FloatArray, Stacked
from retort.tools.predictors.neighbours import nearest
from retort.tools.predictors.stack import Stack
from retort.tools.predictors.trees import Forest

NEIGHBOURS = 3
"""nearest training molecules that are shown"""
CATEGORIES = len(EDGES) + 2
"""similarity bins, and one for salts and mixtures where the model sees them"""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k training molecules that each of n molecules resembles most, nearest first."""

    rows: Ints
    """(n, k) in the shared table of references"""
    similarities: FloatArray
    """(n, k) Tanimoto"""
    values: Floats
    """(n, k) measured, in the endpoint's unit; 1.0 or 0.0 for a class"""
    sources: NDArray[np.uint8]
    """(n, k) places of their training sets among the ``sources`` of the model card"""

    @property
    def nearest(self) -> Floats:
        """(n,) Tanimoto to the nearest."""
        return self.similarities[:, 0].astype(np.float64)

    def of(self, at: int) -> Iterator[tuple[int, float, float, int]]:
        """Row, similarity, value and source of each of one molecule."""
        arrays = (self.rows, self.similarities, self.values, self.sources)
        return zip(*(array[at].tolist() for array in arrays), strict=True)


@dataclass(frozen=True, slots=True)
class Readings:
    """Values and intervals of many molecules, in the endpoint's unit."""

    values: Floats
    """(n,) of a class the probability of the positive one"""
    intervals: Floats
    """(n, 2) at 90 %"""
    intervals_80: Floats
    """(n, 2)"""
    classes: NDArray[np.bool_]
    """(n, 2) whether positive and negative cannot be excluded at 90 %; true for regression"""

    def within(self, low: float, high: float) -> Readings:
        """The same, cut off where no measured value can be."""
        return replace(
            self,
            values=np.clip(self.values, low, high),
            intervals=np.clip(self.intervals, low, high),
            intervals_80=np.clip(self.intervals_80, low, high),
        )

    def merged(self, other: Readings, is_other: NDArray[np.bool_]) -> Readings:
        """These and others as one, in the order that (n,) ``is_other`` makes."""
        order = np.argsort(np.argsort(is_other, kind="stable"))
        return Readings(
            values=np.concatenate([self.values, other.values])[order],
            intervals=np.concatenate([self.intervals, other.intervals])[order],
            intervals_80=np.concatenate([self.intervals_80, other.intervals_80])[order],
            classes=np.concatenate([self.classes, other.classes])[order],
        )


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a head says about n molecules."""

    readings: Readings
    percentiles: Floats
    """(n,) share of approved drugs with a lower value, in percent; NaN where it is not known"""
    judgement: Judgement
    neighbours: Neighbours


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
            f"{name}.class_edges": np.array(edges),
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
        edges = arrays[f"{name}.class_edges"]
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

    def estimate(
        self,
        molecules: Stacked,
        similarities: FloatArray,
        networks: Mapping[str, Floats] | None,
    ) -> Estimates:
        """Estimates for molecules, in their order.

        Args:
            molecules: n of them.
            similarities: (n, references) Tanimoto to the shared table.
            networks: outputs (n,) by network; None where there are none to be had. For a molecule
                that one of them has NaN for, the trees answer alone.
        """
        near = neighbours(similarities, self.rows, self.measured, self.sources)
        kinds = categories(near.nearest, molecules.components, self.sees_form)
        vectors = molecules.vectors if self.sees_form else molecules.formless
        read = self._readings(vectors, networks, near.nearest, kinds)
        return Estimates(
            read, self._percentiles(read.values), self.domain.judge(molecules, near.nearest), near
        )

    def _readings(
        self,
        vectors: FloatArray,
        networks: Mapping[str, Floats] | None,
        nearest: Floats,
        kinds: Ints,
    ) -> Readings:
        if networks:
            lost = np.any(np.isnan(list(networks.values())), axis=0)
            if np.any(lost):
                known = {name: out[~lost] for name, out in networks.items()}
                full = self._readings(vectors[~lost], known, nearest[~lost], kinds[~lost])
                alone = self._readings(vectors[lost], None, nearest[lost], kinds[lost])
                return full.merged(alone, lost)
        outputs: dict[str, Floats] = dict(networks or {})
        use = self.alone if networks is None and self.members else self.full
        if "trees" in use.stack.members:
            outputs["trees"] = self.forest.evaluate(vectors)
        return readings(use, outputs, nearest, kinds, self.transform)

    def _percentiles(self, values: Floats) -> Floats:
        """Share of approved drugs with lower values, in percent; NaN where it is not known."""
        if not len(self.drug_quantiles):
            return np.full(len(values), np.nan)
        return np.interp(values, self.drug_quantiles, np.arange(len(self.drug_quantiles)))

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
            _holding(found, alone) for found in calibration.intervals(combined, nearest, (0.9, 0.8))
        )
        return Readings(values, wide, narrow, calibration.classes(values, kinds))
    wide, narrow = (calibration.interval(combined, kinds, level) for level in (0.9, 0.8))
    if transform == "log10":
        combined, wide, narrow = (np.power(10.0, learnt) for learnt in (combined, wide, narrow))
    return Readings(combined, wide, narrow, np.ones((len(combined), 2), dtype=np.bool_))


def _holding(intervals: Floats, values: Sequence[Floats]) -> Floats:
    """Intervals (n, 2) widened to hold what each member alone would say: disagreement shows."""
    low, high = intervals.T
    return np.stack([np.minimum.reduce([low, *values]), np.maximum.reduce([high, *values])], axis=1)


def categories(nearest: Floats, components: Ints, sees_form: bool) -> Ints:
    """Which interval width molecules get, (n,): their similarity bin; salts have their own."""
    bins = similarity_bins(nearest)
    return np.where(components > 1, CATEGORIES - 1, bins) if sees_form else bins


def neighbours(
    similarities: FloatArray, rows: Ints, measured: Floats, sources: NDArray[np.uint8]
) -> Neighbours:
    """The ``NEIGHBOURS`` nearest training molecules, or all where there are fewer.

    Args:
        similarities: (n, references) of n molecules to the shared table.
        rows: (m,) places in it of a model's training molecules.
        measured: (m,) their values.
        sources: (m,) places of their training sets.
    """
    places, near = nearest(similarities, rows, NEIGHBOURS)
    return Neighbours(rows[places], near, measured[places], sources[places])
