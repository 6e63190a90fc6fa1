"""Predictions, endpoints and model cards as a terminal shows them, within 100 columns.

Renders records; decides nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from retort.ui.terminal import table

if TYPE_CHECKING:
    from retort.tools.predictors.records import Endpoint, Prediction

WIDTH = 100
"""columns that a table stays within"""
SMILES_WIDTH = 34
"""columns of a structure in a table; the rest is cut"""
NEAREST_FOR = 5
"""rows up to which the nearest training molecules are listed"""

_KINDS = {"regression": "value", "classification": "class"}


def predictions(rows: Sequence[Prediction]) -> str:
    """Predictions as tables: one per structure, or one per endpoint where structures are more."""
    smiles = list(dict.fromkeys(row.smiles for row in rows))
    endpoints = list(dict.fromkeys(row.endpoint for row in rows))
    by_structure = len(smiles) <= len(endpoints)
    parts = []
    for head in smiles if by_structure else endpoints:
        chosen = [row for row in rows if head == (row.smiles if by_structure else row.endpoint)]
        if by_structure and chosen[0].error:
            parts.append(f"{head}\n{_wrapped(_problem(chosen[0]), '  ')}")
            continue
        first = "predicted" if by_structure else "structure"
        lines = [_cells(row, by_structure) for row in chosen if not row.error]
        parts.append(f"{head}\n{_fitted(lines, (first, *_HEADER))}" if lines else head)
        parts += [
            f"{row.smiles or '(empty)'}\n{_wrapped(_problem(row), '  ')}"
            for row in chosen
            if row.error
        ]
    if len(rows) <= NEAREST_FOR and (near := _nearest(rows)):
        parts.append(f"Measured, of the nearest training molecules:\n{near}")
    return "\n\n".join(parts)


_HEADER = ("value", "90 % interval", "domain", "near", "drugs", "reading")


def _cells(row: Prediction, by_structure: bool) -> tuple[str, ...]:
    from retort.tools.predictors.records import shown

    first = row.endpoint if by_structure else _cut(row.smiles, SMILES_WIDTH)
    value = "rank only" if row.value is None else f"{shown(row.value)} {row.unit}".rstrip()
    interval = " to ".join(map(shown, row.interval)) if row.interval else "-"
    domain = "OUTSIDE" if row.domain == "outside" else row.domain or "?"
    near, rank = row.nearest_training_similarity, row.percentile_of_drugs
    return (
        first,
        value,
        interval,
        domain,
        "" if near is None else f"{near:.2f}",
        "" if rank is None else f"{rank:.0f} %",
        row.reading.split(" (")[0].split(";")[0],
    )


def _problem(row: Prediction) -> str:
    error = row.error or {}
    return f"error: {error.get('what', '')} {error.get('why', '')}"


def _nearest(rows: Sequence[Prediction]) -> str:
    lines = [
        (
            row.endpoint,
            _cut(near.name or near.smiles or near.key, 28),
            f"{near.similarity:.2f}",
            near.said,
            near.source,
        )
        for row in rows
        for near in row.neighbours
    ]
    header = ("endpoint", "training molecule", "near", "measured", "set")
    return _fitted(lines, header) if lines else ""


def endpoints(found: Sequence[Endpoint]) -> str:
    """What can be predicted, by family."""
    parts = []
    for family in dict.fromkeys(endpoint.family for endpoint in found):
        lines = [_endpoint(endpoint) for endpoint in found if endpoint.family == family]
        parts.append(f"{family or 'others'}\n{_fitted(lines, _LIST_HEADER)}")
    return "\n\n".join(parts)


_LIST_HEADER = ("endpoint", "kind", "unit", "score, 95 % interval", "molecules", "v", "what")


def _endpoint(endpoint: Endpoint) -> tuple[str, ...]:
    card = endpoint.card
    counts = card.get("counts", {})
    molecules = counts.get("training_molecules")
    return (
        endpoint.name,
        "rank" if endpoint.rank_only else _KINDS[endpoint.task],
        endpoint.unit or ("probability" if endpoint.positive else "-"),
        score(card),
        "" if molecules is None else f"{molecules:,}",
        endpoint.model.rpartition("-")[2],
        endpoint.label,
    )


def score(card: Mapping[str, Any]) -> str:
    """A model card's own score with its interval: "AUROC 0.81 (0.73 to 0.87)"."""
    evaluation = card.get("evaluation", {})
    if not {"metric", "score"} <= set(evaluation):
        return ""
    told = f"{evaluation['metric']} {evaluation['score']:.2f}"
    interval = evaluation.get("score_interval")
    return f"{told} ({interval[0]:.2f} to {interval[1]:.2f})" if interval else told


def card(endpoint: Endpoint) -> str:
    """One model card, readable from top to bottom."""
    head = f"{endpoint.label} ({endpoint.name}), model {endpoint.model}"
    lines = [head, "=" * len(head)]
    facts = {"family": endpoint.family, **endpoint.card}
    for key, value in facts.items():
        if value not in ("", None, [], {}) and key not in ("model", "endpoint", "label"):
            lines += _field(str(key), value, "")
    return "\n".join(lines)


def _field(key: str, value: Any, indent: str) -> Iterator[str]:
    """A field of a card; what is nested is indented."""
    name = key.replace("_", " ")
    if isinstance(value, Mapping):
        yield f"{indent}{name}:"
        for inner, held in value.items():
            yield from _field(str(inner), held, f"{indent}  ")
    elif isinstance(value, list | tuple) and any(isinstance(item, str | Mapping) for item in value):
        yield f"{indent}{name}:"
        for item in value:
            yield _wrapped(f"- {_item(item)}", f"{indent}  ", "  ")
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        yield _wrapped(f"{name}: {shown}", indent, "  ")


def _item(item: Any) -> str:
    """An item of a list; a band of a reading by its text, which has its bounds."""
    if not isinstance(item, Mapping):
        return str(item)
    held = item.get("text") or ", ".join(f"{key}: {value}" for key, value in item.items())
    return str(held)


def _fitted(lines: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """A table whose last column is cut to what the width leaves."""
    taken = sum(
        max(len(str(line[column])) for line in (header, *lines)) + 2
        for column in range(len(header) - 1)
    )
    room = max(12, WIDTH - taken)
    return table([(*line[:-1], _cut(line[-1], room)) for line in lines], header)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _wrapped(text: str, indent: str, hanging: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
