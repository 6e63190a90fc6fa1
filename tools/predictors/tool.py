"""The tools ``predict_property`` and ``explain_prediction``: what is predicted, how much of it is
shown, in which order. The sentences are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from langchain_core.tools import BaseTool

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.bench import tool
from retort.tools.predictors import wording
from retort.tools.predictors.attribution import explain
from retort.tools.predictors.concern import by_concern
from retort.tools.predictors.featurise import structure_keys
from retort.tools.predictors.groups import OFF_TARGET
from retort.tools.predictors.predictors import Predictors
from retort.tools.predictors.records import Endpoint, Neighbour, Prediction
from retort.tools.predictors.wording import ResolvedMolecule, called
from retort.tools.records import Evidence, ToolResult, render

IN_FULL = 5
"""predictions up to which each is told in full, with its nearest training molecules"""
PANEL_SHOWN = 10
"""targets of the off-target panel that are shown, the highest predicted pChEMBL first"""

Pair = tuple[Endpoint, Prediction]
NameOf = Callable[[str], str]
"""First block of an InChIKey to a name; empty where none is known."""


class Resolver(Protocol):
    """Names and structures to molecules."""

    def resolve(self, text: str) -> ResolvedMolecule:
        """The molecule that a handle, a name, an id or a structure means."""


class PredictionBench(Protocol):
    """What the tools work with."""

    @property
    def molecules(self) -> Resolver: ...  # noqa: D102
    @property
    def predictors(self) -> Callable[[], Predictors]: ...  # noqa: D102
    @property
    def name_of(self) -> NameOf: ...  # noqa: D102


def prediction(
    molecule: ResolvedMolecule,
    predictors: Predictors,
    endpoints: Sequence[str] = (),
    name_of: NameOf = lambda key: "",
) -> ToolResult:
    """Predictions for a molecule as evidence, with measured values of training molecules.

    Up to ``IN_FULL`` endpoints are told in full, in the order asked for; more of them briefly and
    by concern. Of the off-target panel the highest values in the domain are shown.

    Args:
        molecule: with a structure.
        predictors: the models.
        endpoints: names, aliases or groups; the ADMET profile if empty.
        name_of: names of training molecules.

    Raises:
        RetortError: an unknown endpoint, or a molecule without a structure that can be read.
    """
    _need_structure(molecule)
    wanted = predictors.named(endpoints or ("admet",))
    rows = predictors.predict([molecule.smiles], [endpoint.name for endpoint in wanted])
    failed = next((row.error for row in rows if row.error), None)
    if failed:
        raise RetortError(**failed)
    pairs = list(zip(wanted, rows, strict=True))
    panel = [pair for pair in pairs if pair[0].family == OFF_TARGET]
    profile = [pair for pair in pairs if pair[0].family != OFF_TARGET]
    left_out = ""
    if len(panel) > PANEL_SHOWN:
        panel, left_out = _highest(panel)
    if len(profile) > IN_FULL:
        profile = by_concern(profile)
    told = [*profile, *panel]
    own = _own_keys(molecule) if any(row.neighbours for _, row in told) else frozenset()
    evidence = [
        item
        for pair in told
        for item in _evidence(molecule, pair, len(told) > IN_FULL, own, name_of)
    ]
    return ToolResult(
        summary=_summary(molecule, told),
        evidence=tuple(evidence),
        note=_note([row for _, row in told], left_out),
        count=len(pairs),
        molecules=(_card(molecule),),
    )


def explanation(molecule: ResolvedMolecule, predictors: Predictors, endpoint: str) -> ToolResult:
    """What one prediction leans on.

    Raises:
        RetortError: an unknown endpoint, or a molecule without a structure that can be read.
    """
    _need_structure(molecule)
    found = explain(predictors, molecule.smiles, endpoint)
    (meant,) = predictors.named([endpoint])
    (row,) = predictors.predict([molecule.smiles], [meant.name])
    return ToolResult(
        summary=f"Explained for {called(molecule)} ({molecule.handle}): {meant.label}",
        evidence=(
            wording.of_prediction(molecule, meant, row),
            wording.of_attribution(molecule, meant, found),
        ),
        note="An attribution says what the model reacts to, not what causes the effect: say so.",
        count=2,
        molecules=(_card(molecule),),
    )


def _need_structure(molecule: ResolvedMolecule) -> None:
    if not molecule.smiles:
        raise RetortError(
            f"{called(molecule)} ({molecule.handle}) has no structure to predict from.",
            "Biologics are stored without one.",
            "Ask for its mechanism, indications or activities instead.",
        )


def _evidence(
    molecule: ResolvedMolecule, pair: Pair, brief: bool, own: frozenset[str], name_of: NameOf
) -> list[Evidence]:
    """What was measured of the molecule itself, its prediction, then the nearest others."""
    endpoint, row = pair
    itself = [near for near in row.neighbours if near.key in own][:1]
    others = [] if brief else [near for near in row.neighbours if near.key not in own]
    return [
        *(wording.of_neighbour(molecule, endpoint, near, True) for near in itself),
        wording.of_prediction(molecule, endpoint, row, brief, itself[0] if itself else None),
        *(
            wording.of_neighbour(molecule, endpoint, _with_name(near, name_of), False)
            for near in others
        ),
    ]


def _with_name(neighbour: Neighbour, name_of: NameOf) -> Neighbour:
    return neighbour if neighbour.name else replace(neighbour, name=name_of(neighbour.key))


def _own_keys(molecule: ResolvedMolecule) -> frozenset[str]:
    """First InChIKey blocks by which a training set may hold the molecule itself."""
    return frozenset(structure_keys(structures.molecule_from_smiles(molecule.smiles)))


def _highest(panel: Sequence[Pair]) -> tuple[list[Pair], str]:
    """The targets with the highest predicted values in the domain, and what became of the rest."""
    trusted = [pair for pair in panel if pair[1].in_domain and pair[1].value is not None]
    ranked = sorted(trusted, key=lambda pair: -(pair[1].value or 0.0))
    below, outside = len(ranked[PANEL_SHOWN:]), len(panel) - len(trusted)
    parts = [f"{below} more targets with lower predicted values"] if below else []
    parts += [f"{outside} targets for which it is outside the domain"] if outside else []
    return ranked[:PANEL_SHOWN], f"Not shown: {' and '.join(parts)}; ask for a target by name."


def _summary(molecule: ResolvedMolecule, told: Sequence[Pair]) -> str:
    labels = [endpoint.label for endpoint, _ in told]
    what = ", ".join(labels) if len(labels) <= IN_FULL else f"{len(labels)} endpoints"
    return f"Predicted for {called(molecule)} ({molecule.handle}): {what or 'nothing'}"


def _note(rows: Sequence[Prediction], left_out: str) -> str:
    note = "Predicted by models, not measured: say so, and give the interval."
    if any(row.neighbours for row in rows):
        note += " A measured value of the molecule itself comes before its prediction."
    ranked = [row.endpoint for row in rows if row.rank_only]
    if ranked:
        note += f" Ranks only, no values: {', '.join(ranked)}."
    outside = [row.endpoint for row in rows if not row.in_domain]
    if outside:
        note += f" Outside the applicability domain: {', '.join(outside)}; an extrapolation."
    return f"{note} {left_out}".strip()


def _card(molecule: ResolvedMolecule) -> dict[str, str]:
    return {
        "handle": molecule.handle,
        "name": called(molecule),
        "smiles": molecule.smiles,
        "inchikey": molecule.inchikey,
    }


def build_tools(bench: PredictionBench) -> list[BaseTool]:
    """The prediction tools over a bench; the models are loaded at the first call."""

    @tool
    def predict_property(
        molecule: str, endpoints: list[str] | None = None
    ) -> tuple[str, ToolResult]:
        """Predict ADMET properties or off-target activity; never measurements.

        Use for "is it soluble", "hERG risk", "ADMET profile", "what else may it hit". Endpoints:
        solubility, bbb, half_life, cyp3a4_inhibition, herg, ames ...; groups: absorption,
        distribution, metabolism, excretion, toxicity, targets. Measured values: find_activities;
        calculated logP, TPSA, mass: calculate_properties.
        Example: molecule "paracetamol", endpoints ["solubility", "toxicity"].

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            endpoints: names or groups; empty for the ADMET profile.
        """
        found = bench.molecules.resolve(molecule)
        result = prediction(found, bench.predictors(), endpoints or (), bench.name_of)
        return render(result), result

    @tool
    def explain_prediction(molecule: str, endpoint: str) -> tuple[str, ToolResult]:
        """Which atoms and groups a prediction leans on, drawn on the molecule.

        Use for "why is it predicted to block hERG", "what makes it insoluble".
        Example: molecule "terfenadine", endpoint "herg".

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            endpoint: one endpoint of predict_property, e.g. "herg".
        """
        found = bench.molecules.resolve(molecule)
        result = explanation(found, bench.predictors(), endpoint)
        return render(result), result

    return [predict_property, explain_prediction]
