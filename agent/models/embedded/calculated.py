"""Writers of what is calculated: properties, rules, alerts, similarity, substructures.

Evidence in, Markdown with evidence keys out; nothing is said that is not in the record.
"""

from __future__ import annotations

from collections.abc import Sequence

from retort.agent.models.embedded.dialogue import Result
from retort.agent.models.embedded.markup import (
    Item,
    called,
    capital,
    cell,
    code,
    found,
    joined,
    mark,
    number,
    table,
)
from retort.agent.models.embedded.vocabulary import SUBSTRUCTURES

IN_A_SENTENCE = 3
"""calculated values up to which they are told in a sentence; more become a table"""


def write_calculations(results: Sequence[Result]) -> str:
    """Calculated properties: a sentence for a few, a table for many or for several molecules."""
    items = found(results)
    sizes = [len(item["record"]["values"]) for item in items]
    if max(sizes) <= IN_A_SENTENCE and len(items) <= 2:
        return " ".join(_calculation(item) for item in items)
    names = [cell(called(item["record"])) for item in items]
    labels: dict[str, str] = {}
    values: dict[tuple[str, int], str] = {}
    for column, item in enumerate(items):
        for value in item["record"]["values"]:
            unit = f" ({value['unit']})" if value["unit"] and value["unit"][0] != "(" else ""
            labels.setdefault(value["property"], f"{value['label']}{unit or ' ' + value['unit']}")
            values[value["property"], column] = value["text"]
    rows = [
        [label.strip(), *(values.get((name, c), "") for c in range(len(items))), mark(*items)]
        for name, label in labels.items()
    ]
    head = f"Calculated properties of {joined(names)} (RDKit):"
    return f"{head}\n\n{table(['property', *names, 'source'], rows)}"


def _calculation(item: Item) -> str:
    r = item["record"]
    parts = []
    for i, value in enumerate(r["values"]):
        label = value["label"]
        counted = label.endswith("s") and not label.endswith(("ss", "mass"))
        label = f"number of {label}" if counted else label
        whose = f"The calculated {label} of {called(r)} is" if i == 0 else f"its {label} is"
        unit = f" {value['unit']}" if value["unit"] else ""
        parts.append(f"{whose} {value['text']}{unit}")
    return f"{joined(parts)} {mark(item)}."


def write_rules(results: Sequence[Result]) -> str:
    """Each rule with its verdict and every criterion."""
    return "\n\n".join(_rule(item) for item in found(results))


def _rule(item: Item) -> str:
    r = item["record"]
    if r["record"] == "score":
        return _score(item)
    verdict = "passes" if r["passes"] else "does not pass"
    plural = "criterion" if r["violations"] == 1 else "criteria"
    allowed = f" ({r['allowed_violations']} allowed)" if r["allowed_violations"] else ""
    criteria = "; ".join(
        f"{c['criterion']}: {number(c['value'])}, {'met' if c['passes'] else 'violated'}"
        for c in r["criteria"]
    )
    return (
        f"{capital(called(r))} {verdict} {r['rule']}, with {r['violations']} {plural} "
        f"violated{allowed}: "
        f"{criteria} {mark(item)}."
    )


def _score(item: Item) -> str:
    r = item["record"]
    parts = "; ".join(
        f"{part['label']} {part['text']}{' ' * bool(part['unit'])}{part['unit']}: "
        f"{part['desirability']:.2f}"
        for part in r["components"]
    )
    return (
        f"{capital(called(r))} has {r['rule']} {number(r['score'])} of {number(r['best'])} "
        f"(desirable from {number(r['desirable'])}): {parts} {mark(item)}."
    )


def write_alerts(results: Sequence[Result]) -> str:
    """Structural alerts, or that there are none, with the catalogues that were searched."""
    return "\n\n".join(_alerts(item) for item in found(results))


def _alerts(item: Item) -> str:
    r = item["record"]
    catalogues = joined([str(name) for name in r["catalogues"]])
    if not r["matches"]:
        return f"No structural alert of {catalogues} matches {called(r)} {mark(item)}."
    names: dict[str, dict[str, None]] = {}
    for match in r["matches"]:
        names.setdefault(match["catalogue"], {})[cell(match["alert"].replace("_", " "))] = None
    told = "; ".join(f"{name}: {', '.join(alerts)}" for name, alerts in names.items())
    return (
        f"{capital(called(r))} matches structural alerts, of {catalogues} searched: "
        f"{told} {mark(item)}."
        f" An alert is a reason to look closer, not a verdict {mark(item)}."
    )


def write_similarities(results: Sequence[Result]) -> str:
    """Tanimoto similarity and scaffold."""
    lines = []
    for item in found(results):
        r = item["record"]
        scaffold = "the same" if r["same_scaffold"] else "different"
        pair = f"{called(r)} and {called(r, 'other_name')}"
        lines.append(
            f"The calculated Tanimoto similarity of {pair} is {number(r['tanimoto'])} "
            f"({r['fingerprint']}); their ring scaffolds are {scaffold} {mark(item)}."
        )
    return " ".join(lines)


def write_substructures(results: Sequence[Result]) -> str:
    """Whether a pattern matches, and how often."""
    lines = []
    for item in found(results):
        r = item["record"]
        times = f"{r['count']} time{'s' * (r['count'] != 1)}"
        verb = f"matches {times} in" if r["count"] else "does not match"
        group = next((name for name, smarts in SUBSTRUCTURES.items() if smarts == r["smarts"]), "")
        pattern = f"{group} pattern" if group else "pattern"
        lines.append(f"The {pattern} {code(r['smarts'])} {verb} {called(r)} {mark(item)}.")
    return " ".join(lines)
