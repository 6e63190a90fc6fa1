"""Predictions as evidence: plain sentences with every number and unit, and their records.

What is predicted says so in its first word; what was measured of a training molecule says that.
Knows no model and chooses nothing.
"""

from __future__ import annotations

from typing import Protocol

from retort.tools.predictors.attribution import METHOD, PERCENTILE, Attribution, PartEffect
from retort.tools.predictors.concern import concern
from retort.tools.predictors.records import Endpoint, Neighbour, Prediction, shown
from retort.tools.records import Evidence

PARTS_TOLD = 3
"""parts named on each side of an explanation"""
FAINTEST_PART = 0.05
"""share of the largest effect below which a part is not named"""


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


def called(molecule: ResolvedMolecule) -> str:
    """A molecule's name, else its SMILES."""
    return molecule.name or molecule.smiles


def sentence(
    who: str,
    endpoint: Endpoint,
    row: Prediction,
    brief: bool = False,
    known: Neighbour | None = None,
) -> str:
    """One prediction in one plain sentence with every number and unit.

    Args:
        who: what the molecule is called, with its handle.
        endpoint: what is predicted.
        row: the prediction.
        brief: leave out why it is in the domain and whose thresholds these are.
        known: the molecule itself, where it is in the training set.

    Raises:
        ValueError: a row with an error has no sentence.
    """
    if (row.percentile_of_drugs if row.rank_only else row.value) is None:
        raise ValueError("a row with an error has no sentence")
    who += f", {row.form_note}" if row.form_note else ""
    clauses = [_opening(who, endpoint, row)]
    where = {
        "inside": "inside the applicability domain",
        "borderline": "at the border of the applicability domain",
        "outside": "outside the applicability domain, an extrapolation",
    }[row.domain or "outside"]
    clauses.append(where if brief or not row.domain_note else f"{where} ({row.domain_note})")
    if row.reading and not row.rank_only:
        clauses.append(_reading(row, brief))
    if row.percentile_of_drugs is not None and not row.rank_only:
        clauses.append(f"higher than {row.percentile_of_drugs:.0f} % of approved drugs")
    if known:
        clauses.append(f"its measured value is in the training set ({known.said}): prefer that")
    return "; ".join(clauses) + "."


def _reading(row: Prediction, brief: bool) -> str:
    """What the value means; outside the domain only what it would mean."""
    if row.domain == "outside":
        return f"were it inside, this would read: {row.reading.split(';')[0].split(' (thresh')[0]}"
    return row.reading.split(" (thresholds")[0] if brief else row.reading


def _opening(who: str, endpoint: Endpoint, row: Prediction) -> str:
    if row.value is None:
        return (
            f"Predicted rank of {who} in {endpoint.label}: higher than "
            f"{row.percentile_of_drugs:.0f} % of approved drugs; a rank only and no value, because "
            "on molecules that it has not seen the model orders but does not measure"
        )
    if endpoint.task == "classification":
        head = f'Predicted {endpoint.label} of {who}: probability of "{endpoint.positive}" '
        head += shown(row.value)
    else:
        head = f"Predicted {endpoint.label} of {who}: {shown(row.value)} {endpoint.unit}".rstrip()
    if row.interval:
        low, high = row.interval
        head += f", {row.confidence * 100:.0f} % interval {shown(low)} to {shown(high)}"
    return head


def of_prediction(
    molecule: ResolvedMolecule,
    endpoint: Endpoint,
    row: Prediction,
    brief: bool = False,
    known: Neighbour | None = None,
) -> Evidence:
    """One prediction as evidence."""
    return Evidence(
        kind="prediction",
        source_id=endpoint.model,
        title=f"Predicted {endpoint.label} of {called(molecule)}",
        quote=sentence(_who(molecule), endpoint, row, brief, known),
        record={
            "record": "prediction",
            "handle": molecule.handle,
            "name": called(molecule),
            "smiles": molecule.smiles,
            "endpoint": endpoint.name,
            "endpoint_label": endpoint.label,
            "family": endpoint.family,
            "task": endpoint.task,
            "value": row.value,
            "unit": endpoint.unit,
            "label": endpoint.positive,
            "interval": list(row.interval or ()),
            "confidence": row.confidence,
            "interval_80": list(row.interval_80 or ()),
            "classes": list(row.classes),
            "rank_only": row.rank_only,
            "in_domain": row.in_domain,
            "domain": row.domain,
            "domain_note": row.domain_note,
            "nearest_training_similarity": row.nearest_training_similarity,
            "percentile_of_drugs": row.percentile_of_drugs,
            "concern": concern(endpoint, row),
            "reading": row.reading,
            "model": endpoint.model,
        },
    )


def of_neighbour(
    molecule: ResolvedMolecule, endpoint: Endpoint, neighbour: Neighbour, is_itself: bool
) -> Evidence:
    """What was measured of a training molecule, as evidence of its own."""
    key = f"training molecule {neighbour.key} (first InChIKey block)"
    who = _who(molecule)
    if is_itself:
        told = (
            f"Measured {endpoint.label} of {who} itself, which is {key} with stereochemistry left "
            f"out: {neighbour.said}; set: {neighbour.source}. Its measured value is in the "
            f"training set of {endpoint.model}; prefer it to the prediction."
        )
    else:
        name = f"{neighbour.name}, {key}" if neighbour.name else key
        told = (
            f"Measured {endpoint.label} of {name}, Tanimoto {neighbour.similarity:.2f} to {who}: "
            f"{neighbour.said}; set: {neighbour.source}."
        )
    named = called(molecule) if is_itself else neighbour.name or neighbour.key
    return Evidence(
        kind="chembl",
        source_id=f"InChIKey {neighbour.key}",
        title=f"Measured {endpoint.label} of {named}, from the training set",
        quote=told,
        record={
            "record": "training",
            "key": neighbour.key,
            "name": named,
            "smiles": neighbour.smiles,
            "near": called(molecule),
            "similarity": neighbour.similarity,
            "is_itself": is_itself,
            "endpoint": endpoint.name,
            "endpoint_label": endpoint.label,
            "task": endpoint.task,
            "value": neighbour.value,
            "unit": neighbour.unit,
            "label": neighbour.label,
            "said": neighbour.said,
            "source": neighbour.source,
            "model": endpoint.model,
        },
    )


def of_attribution(molecule: ResolvedMolecule, endpoint: Endpoint, found: Attribution) -> Evidence:
    """Which parts a prediction leans on, as evidence."""
    return Evidence(
        kind="prediction",
        source_id=endpoint.model,
        title=f"What the prediction of {endpoint.label} of {called(molecule)} leans on",
        quote=explanation(_who(molecule), endpoint, found),
        record={
            "record": "attribution",
            "handle": molecule.handle,
            "name": called(molecule),
            "smiles": found.smiles,
            "endpoint": endpoint.name,
            "endpoint_label": endpoint.label,
            "label": endpoint.positive,
            "value": found.value,
            "scale": found.scale,
            "weights": [round(weight, 4) for weight in found.weights],
            "parts": [
                {"part": part.name, "atoms": list(part.atoms), "effect": round(part.effect, 4)}
                for part in found.parts
            ],
            "method": METHOD,
            "model": endpoint.model,
        },
    )


def explanation(who: str, endpoint: Endpoint, found: Attribution) -> str:
    """What raises and what lowers a prediction, and what such a statement is worth."""
    value = f"{shown(found.value)} {found.scale}"
    if found.scale == "probability":
        value = f'probability of "{endpoint.positive}" {shown(found.value)}'
    elif found.scale == PERCENTILE:
        value = f"higher than {found.value:.0f} % of approved drugs"
    sides = []
    for side, sign in (("raise", 1), ("lower", -1)):
        told = strongest(found, sign)
        listed = ", ".join(f"{part.name} ({signed(part.effect)})" for part in told)
        sides.append(f"what {side}s it most: {listed}" if told else f"no part {side}s it")
    return (
        f"Predicted {endpoint.label} of {who}, {value}, leans on these parts of the molecule, in "
        f"{found.scale}: {'; '.join(sides)}. {CAVEAT}"
    )


def strongest(found: Attribution, sign: int) -> list[PartEffect]:
    """The parts that raise (1) or lower (-1) a prediction most, without those of no weight."""
    largest = max((abs(part.effect) for part in found.parts), default=0.0)
    sided = [part for part in found.parts if sign * part.effect > FAINTEST_PART * largest]
    return sided[:PARTS_TOLD]


def signed(effect: float) -> str:
    """A change with its sign, in two significant digits."""
    return f"{effect:+.2g}" if abs(effect) < 10 else f"{effect:+.0f}"


CAVEAT = (
    "Each number is the prediction minus the prediction with that part hidden in fingerprint and "
    "graph. It says what the model reacts to, not what causes the effect; whole-molecule "
    "properties such as logP, and the SMILES member where there is one, are not divided among the "
    "parts."
)
"""What an attribution is and is not."""


def _who(molecule: ResolvedMolecule) -> str:
    return f"{called(molecule)} ({molecule.handle})"
