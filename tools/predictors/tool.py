"""The tool ``predict_property``: predictions as evidence that always says it is predicted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from langchain_core.tools import BaseTool, tool

from retort.retrieval.errors import RetortError
from retort.tools.predictors.predictors import Predictors
from retort.tools.predictors.records import Endpoint, Prediction
from retort.tools.records import Evidence, ToolResult, render


class ResolvedMolecule(Protocol):
    """What a prediction reads of a molecule."""

    @property
    def handle(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def smiles(self) -> str: ...  # noqa: D102
    @property
    def inchikey(self) -> str: ...  # noqa: D102


class Resolver(Protocol):
    """Names and structures to molecules."""

    def resolve(self, text: str) -> ResolvedMolecule:
        """The molecule that a handle, a name, an id or a structure means."""


class PredictionBench(Protocol):
    """What the tool works with."""

    @property
    def molecules(self) -> Resolver: ...  # noqa: D102
    @property
    def predictors(self) -> Callable[[], Predictors]: ...  # noqa: D102


def prediction(
    molecule: ResolvedMolecule, predictors: Predictors, endpoints: Sequence[str] = ()
) -> ToolResult:
    """Predictions for a molecule, one piece of evidence per endpoint.

    Raises:
        RetortError: an unknown endpoint, or a molecule without a structure that can be read.
    """
    called = molecule.name or molecule.smiles
    if not molecule.smiles:
        raise RetortError(
            f"{called} ({molecule.handle}) has no structure to predict from.",
            "Biologics are stored without one.",
            "Ask for its mechanism, indications or activities instead.",
        )
    wanted = predictors.named(endpoints)
    rows = predictors.predict([molecule.smiles], [endpoint.name for endpoint in wanted])
    failed = next((row.error for row in rows if row.error), None)
    if failed:
        raise RetortError(**failed)
    evidence = tuple(
        _evidence(molecule, called, endpoint, row)
        for endpoint, row in zip(wanted, rows, strict=True)
    )
    outside = [row.endpoint for row in rows if not row.in_domain]
    note = "Predicted by models, not measured: say so, and give the interval."
    if outside:
        note += f" Outside the applicability domain: {', '.join(outside)}; an extrapolation."
    return ToolResult(
        summary=f"Predicted for {called} ({molecule.handle}): {', '.join(e.label for e in wanted)}",
        evidence=evidence,
        note=note,
        count=len(evidence),
        molecules=(
            {
                "handle": molecule.handle,
                "name": called,
                "smiles": molecule.smiles,
                "inchikey": molecule.inchikey,
            },
        ),
    )


def sentence(called: str, handle: str, endpoint: Endpoint, row: Prediction) -> str:
    """One prediction in one plain sentence with every number and unit."""
    if row.value is None or row.interval is None or row.percentile_of_drugs is None:
        raise ValueError("a row with an error has no sentence")
    low, high = row.interval
    who = f"{called} ({handle})" + (f", {row.form_note}" if row.form_note else "")
    if endpoint.task == "classification":
        head = f"Predicted probability that {who} is a {endpoint.positive}: {row.value:.2f}"
    else:
        head = f"Predicted {endpoint.label} of {who}: {row.value:.2f} {endpoint.unit}"
    inside = "inside" if row.in_domain else "outside"
    return (
        f"{head}, {row.confidence * 100:.0f} % interval {low:.2f} to {high:.2f}; "
        f"{inside} the applicability domain ({row.domain_note}); {row.reading}; "
        f"higher than {row.percentile_of_drugs:.0f} % of approved drugs."
    )


def _evidence(
    molecule: ResolvedMolecule, called: str, endpoint: Endpoint, row: Prediction
) -> Evidence:
    return Evidence(
        kind="prediction",
        source_id=endpoint.model,
        title=f"Predicted {endpoint.label} of {called}",
        quote=sentence(called, molecule.handle, endpoint, row),
        record={
            "record": "prediction",
            "handle": molecule.handle,
            "name": called,
            "smiles": molecule.smiles,
            "endpoint": endpoint.name,
            "endpoint_label": endpoint.label,
            "task": endpoint.task,
            "value": row.value,
            "unit": endpoint.unit,
            "label": endpoint.positive,
            "interval": list(row.interval or ()),
            "confidence": row.confidence,
            "in_domain": row.in_domain,
            "nearest_training_similarity": row.nearest_training_similarity,
            "percentile_of_drugs": row.percentile_of_drugs,
            "reading": row.reading,
            "model": endpoint.model,
        },
    )


def build_tools(bench: PredictionBench) -> list[BaseTool]:
    """The prediction tool over a bench; the models are loaded at its first call."""

    @tool(response_format="content_and_artifact", parse_docstring=True)
    def predict_property(
        molecule: str, endpoints: list[str] | None = None
    ) -> tuple[str, ToolResult]:
        """Predict aqueous solubility, lipophilicity (logD at pH 7.4) or hERG blockade.

        Use for "is it soluble", "logD", "is it a hERG risk". The values are predicted by models,
        with a 90 % interval and whether the molecule resembles the training set; they are never
        measurements. Measured values: find_activities. Calculated logP, TPSA, mass:
        calculate_properties.
        Example: molecule "paracetamol", endpoints ["solubility", "herg"].

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            endpoints: any of "solubility", "lipophilicity", "herg"; empty for all.
        """
        found = bench.molecules.resolve(molecule)
        result = prediction(found, bench.predictors(), endpoints or ())
        return render(result), result

    return [predict_property]
