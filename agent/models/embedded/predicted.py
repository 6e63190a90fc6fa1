"""Writers of what is predicted: single endpoints, a profile by concern, targets, explanations.

Evidence in, Markdown with evidence keys out. A value that was measured of the molecule itself comes
first; a rank is never a value; nothing outside a model's domain is stated as a fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retort.agent.models.embedded.dialogue import Result
from retort.agent.models.embedded.markup import Item, called, cell, found, joined, mark
from retort.retrieval.sentences import sentences
from retort.tools.predictors.records import shown

IN_FULL = 5
"""predictions of one molecule up to which each is told in full; more become a profile"""
CITED = 3
"""predictions cited for what holds of all of them"""

_GROUPS = (
    ("high", "of high concern"),
    ("some", "of some concern"),
    ("little", "of little concern"),
    ("none", "for information"),
)
_IN_SENTENCES = ("high", "some")
"""groups whose predictions are told with their reading; the others are short"""
_WHERE = {
    "inside": "",
    "borderline": ", at the border of the domain",
    "outside": ", outside the domain",
}
_TOX21 = " (Tox21)"
"""how the labels of this set end"""
_ORDER = (
    "Concern is a rule of thumb that orders this list: how the value stands among approved drugs, "
    "or whether the adverse class can be excluded"
)


def write_predictions(results: Sequence[Result]) -> str:
    """Measured values of the molecules themselves, then what is predicted, then how to read it."""
    parts = []
    for result in results:
        items = found([result])
        own = [i for i in items if _shape(i) == "training" and i["record"]["is_itself"]]
        parts += [f"- {_measured(item)}" for item in own]
        guesses = [item for item in items if _shape(item) == "prediction"]
        parts += [_several(guesses) if len(guesses) > IN_FULL else _few(guesses, items)]
        parts += [_marked(item) for item in items if _shape(item) == "attribution"]
        if left_out := re.search(r"Not shown: .*", result.note):
            parts.append(left_out.group())
    items = [item for item in found(results) if _shape(item) == "prediction"]
    said = "These values are predicted by models, not measured; the interval says where a measured"
    parts.append(f"{said} value is expected {mark(*items[:CITED])}.")
    return "\n\n".join(part for part in parts if part)


def _shape(item: Item) -> str:
    return str(item["record"].get("record"))


def _few(guesses: Sequence[Item], items: Sequence[Item]) -> str:
    lines = []
    for guess in guesses:
        lines.append(f"- {_prediction(guess)}")
        near = [
            item
            for item in items
            if _shape(item) == "training"
            and not item["record"]["is_itself"]
            and item["record"]["endpoint"] == guess["record"]["endpoint"]
        ]
        if near:
            told = joined([_neighbour(item) for item in near])
            lines.append(f"    - Measured of the nearest training molecules: {told}.")
    return "\n".join(lines)


def _several(guesses: Sequence[Item]) -> str:
    """A profile: the endpoints by concern, then the targets by their values."""
    who = called(guesses[0]["record"])
    parts = []
    profile = [item for item in guesses if item["record"].get("family") != "off-target"]
    targets = [item for item in guesses if item["record"].get("family") == "off-target"]
    for level, words in _GROUPS:
        group = [item for item in profile if item["record"].get("concern", "none") == level]
        if group:
            told = [_line(item) for item in group] if level in _IN_SENTENCES else _briefly(group)
            lines = "\n".join(f"- {line}" for line in told)
            parts.append(f"Predicted for {who}, {words}:\n\n{lines}")
    if profile:
        valued = [item for item in profile if not item["record"].get("rank_only")]
        share = f"; brackets hold {_share(valued[0]['record'])} % intervals" if valued else ""
        parts.append(f"{_ORDER}{share} {mark(*(valued or profile)[:CITED])}.")
    if targets:
        lines = "\n".join(f"- {_line(item)}" for item in targets)
        parts.append(f"Predicted activity of {who} on other targets, highest first:\n\n{lines}")
    return "\n\n".join(parts)


def _measured(item: Item) -> str:
    r = item["record"]
    return (
        f"Measured, in the training set: {r['endpoint_label']} of {called(r)}, {cell(r['said'])} "
        f"({cell(r['source'])}); this comes before the prediction {mark(item)}."
    )


def _neighbour(item: Item) -> str:
    r = item["record"]
    return f"{cell(r['name'])}, Tanimoto {shown(r['similarity'])}: {cell(r['said'])} {mark(item)}"


def _prediction(item: Item) -> str:
    """One prediction in a sentence that names the molecule."""
    r = item["record"]
    what = f"Predicted {r['endpoint_label']} of {called(r)}: {_value(r)}"
    return f"{what}, {_domain(r)}{_reading(r)} {mark(item)}."


def _line(item: Item) -> str:
    """One prediction in a line of a profile."""
    r = item["record"]
    where = "" if _level(r) == "inside" else f", {_domain(r)}"
    return f"{r['endpoint_label']}: predicted {_value(r)}{where}{_reading(r)} {mark(item)}."


def _briefly(group: Sequence[Item]) -> list[str]:
    """Short lines of a profile; assays of the Tox21 set share one for each level of the domain."""
    lines: list[str] = []
    assays: dict[str, list[str]] = {}
    for item in group:
        r = item["record"]
        label, where = str(r["endpoint_label"]), _WHERE[_level(r)]
        told = _rank(r) if r.get("rank_only") else f"{_number(r)} ({_interval(r)})"
        if label.endswith(_TOX21):
            name = label.removesuffix(_TOX21)
            assays.setdefault(where, []).append(f"{name} {told} {mark(item)}")
        else:
            is_chance = r["task"] == "classification" and not r.get("rank_only")
            what = "probability " if is_chance else ""
            lines.append(f"{label}: {what}{told}{where} {mark(item)}")
    return lines + [
        f"Tox21, probability of activity{where}: {', '.join(told)}"
        for where, told in assays.items()
    ]


def _value(r: Item) -> str:
    if r.get("rank_only"):
        return f"{_rank(r)} (the model gives no value)"
    value = _number(r)
    if r["task"] == "classification":
        value = f'probability of "{r["label"] or "positive"}" {value}'
    return f"{value} ({_share(r)} % interval {_interval(r)})"


def _rank(r: Item) -> str:
    return f"a rank only, higher than {float(r['percentile_of_drugs']):.0f} % of approved drugs"


def _number(r: Item) -> str:
    return f"{shown(float(r['value']))} {r['unit']}".rstrip()


def _interval(r: Item) -> str:
    low, high = (shown(float(bound)) for bound in r["interval"])
    return f"{low} to {high}"


def _share(r: Item) -> int:
    """Of measured values, how many in a hundred the interval holds."""
    return round(100 * float(r["confidence"]))


def _level(r: Item) -> str:
    return str(r.get("domain") or ("inside" if r["in_domain"] else "outside"))


def _domain(r: Item) -> str:
    return {
        "inside": "inside the model's applicability domain",
        "borderline": "at the border of the model's applicability domain",
        "outside": "outside the model's applicability domain, an extrapolation to doubt",
    }[_level(r)]


def _reading(r: Item) -> str:
    """What the value means, without its thresholds' source; nothing outside the domain."""
    words = re.sub(r"\s*\(thresholds?:.*\)$", "", str(r["reading"]))
    is_said = words and _level(r) != "outside" and not r.get("rank_only")
    return f"; {words}" if is_said else ""


def _marked(item: Item) -> str:
    """An explanation, each of its sentences with the key."""
    quote = str(item["quote"])
    told = (quote[start:end].rstrip(".") for start, end in sentences(quote))
    return " ".join(f"{sentence} {mark(item)}." for sentence in told)
