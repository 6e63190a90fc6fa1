"""Direct answers read off records: yes or no to a limit, the order of several, the one field asked.

An answer opens with one of these where the question asks for it; the records themselves follow.
Nothing is concluded that one comparison of recorded values does not show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

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
    signed,
)

_YES_NO = re.compile(
    r"^\W*(?:and |so |but )?(?:is|are|does|do|was|has|can|could)\b|\b(?:is|does) (?:it|its)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?P<more>above|over|greater than|more than|higher than|larger than|heavier than"
    r"|exceed(?:s|ing)?"
    r"|at least|>=?|≥)|(?P<less>below|under|less than|lower than|smaller than|lighter than|at most"
    r"|<=?|≤)",
    re.IGNORECASE,
)
_LIMIT_VALUE = re.compile(r"\s*(?:or equal to )?(-?\d[\d,]*(?:\.\d+)?)(?![\d.]*\s?[pnuµμm]M\b)")
_ORDER = re.compile(
    r"\b(?:which|who|what|rank|order|sort)\b.*\b(?:more|most|less|least|better|best|\w{3,}(?:er|est)"
    r"|by)\b",
    re.IGNORECASE | re.DOTALL,
)
_DISEASE = re.compile(
    r"\b(?:for|in|against|treat(?:s|ing)?|treatment of)\s+(?:the |treating |treatment of |patients "
    r"with )*([^?.,;]+?)(?:\s+(?:patients|treatment|too|as well))?\W*$",
    re.IGNORECASE,
)
_FIELDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), key, label)
    for pattern, key, label in (
        (r"\bchembl ?-?(?:id|identifier|number|code)\b", "chembl_id", "ChEMBL id"),
        (r"\binchi ?-?key\b", "inchikey", "InChIKey"),
        (r"\bsmiles\b", "smiles", "SMILES"),
        (r"\bwhen\b.*\bapproved\b|\byear\b.*\bapprov", "first_approval", "year of first approval"),
        (r"\bsynonyms?\b|\bother names?\b|\b(?:trade|brand) ?names?\b", "synonyms", "other names"),
    )
)


def of_molecules(question: str, results: Sequence[Result]) -> str:
    """The one field that is asked of a molecule; "" where the whole record is asked."""
    asked = [(key, label) for pattern, key, label in _FIELDS if pattern.search(question)]
    if len(asked) != 1:
        return ""
    key, label = asked[0]
    told = []
    for item in found(results):
        record = item["record"]
        value = record.get(key)
        whose = f"the {label} of {called(record)}"
        if not value:
            told.append(f"The record of {called(record)} gives no {label} {mark(item)}.")
        elif key == "synonyms":
            names = joined([cell(name) for name in value])
            told.append(f"{capital(whose)} in the record: {names} {mark(item)}.")
        else:
            shown = code(str(value)) if key == "smiles" else str(value)
            told.append(f"{capital(whose)} is {shown} {mark(item)}.")
    return " ".join(told)


def of_calculations(question: str, results: Sequence[Result]) -> str:
    """Yes or no to a limit on one property, or several molecules in the order of one property."""
    items = found(results)
    if any(len(item["record"]["values"]) != 1 for item in items):
        return ""
    values = [item["record"]["values"][0] for item in items]
    if any(
        isinstance(v["value"], bool | str | None) or v["property"] != values[0]["property"]
        for v in values
    ):
        return ""
    if len(items) == 1:
        return _limit(question, items[0])
    unit = f" {values[0]['unit']}" if values[0]["unit"] else ""
    rows = [(float(v["value"]), v["text"] + unit, i) for v, i in zip(values, items, strict=True)]
    return _ordered(question, f"Calculated {values[0]['label']}", rows)


def of_predictions(question: str, results: Sequence[Result]) -> str:
    """Several molecules in the order of one predicted value, and whether intervals overlap."""
    items = [item for item in found(results) if item["record"].get("record") == "prediction"]
    if len({item["record"]["endpoint"] for item in items}) != 1:
        return ""
    if any(item["record"].get("rank_only") for item in items):
        return _ranked(question, items)
    rows = [(float(i["record"]["value"]), signed(float(i["record"]["value"])), i) for i in items]
    line = _ordered(question, f"Predicted {items[0]['record']['endpoint_label']}", rows)
    ranked = sorted(items, key=lambda item: -float(item["record"]["value"]))
    overlaps = any(
        float(high["record"]["interval"][0]) <= float(low["record"]["interval"][1])
        for high, low in pairwise(ranked)
    )
    if line and overlaps:
        line += f" The intervals overlap, so the order is uncertain {mark(*items)}."
    return line


def _ranked(question: str, items: Sequence[Item]) -> str:
    """Several molecules in the order of a model that ranks and gives no values."""
    ranks = [float(item["record"]["percentile_of_drugs"]) for item in items]
    rows = [
        (rank, f"higher than {rank:.0f} % of approved drugs", item)
        for rank, item in zip(ranks, items, strict=True)
    ]
    label = f"Predicted rank in {items[0]['record']['endpoint_label']}, no value"
    return _ordered(question, label, rows)


def of_mechanisms(question: str, results: Sequence[Result]) -> str:
    """The drugs that act on all of several targets, where both are asked for."""
    by_target = [
        r for r in results if r.call.args.get("target") and not r.call.args.get("molecule")
    ]
    if len(by_target) < 2 or not re.search(r"\b(?:both|all of)\b", question, re.IGNORECASE):
        return ""
    drugs: list[dict[str, list[Item]]] = []
    for result in by_target:
        one: dict[str, list[Item]] = {}
        for item in found([result]):
            one.setdefault(str(item["record"]["molecule_name"]), []).append(item)
        drugs.append(one)
    shared = [name for name in drugs[0] if all(name in other for other in drugs)]
    targets = joined([cell(r.call.args["target"]) for r in by_target])
    if not shared:
        every = [item for one in drugs for items in one.values() for item in items]
        return f"No drug stands in the mechanisms of each of {targets} {mark(*every)}."
    told = [
        f"{name.capitalize() if name.isupper() else name} "
        f"{mark(*(item for one in drugs for item in one[name]))}"
        for name in shared
    ]
    return f"Drugs with a mechanism of action on each of {targets}: {', '.join(told)}."


def of_indications(question: str, results: Sequence[Result]) -> str:
    """Whether the disease that a yes-or-no question names is among the indications."""
    asked = _DISEASE.search(question)
    is_of_disease = any(result.call.args.get("disease") for result in results)
    if not asked or not _YES_NO.search(question) or len(results) != 1 or is_of_disease:
        return ""
    wanted = _words(asked.group(1))
    items = found(results)
    if not wanted or not items:
        return ""
    for item in items:
        if wanted <= _words(str(item["record"]["indication"])):
            phase = item["record"]["max_phase"]
            how = {4.0: "approved, phase 4", None: "phase not given"}.get(
                phase, f"phase {number(phase)}"
            )
            return f"It is recorded for {item['record']['indication']} ({how}) {mark(item)}."
    return f'None of the recorded indications names "{asked.group(1).strip()}" {mark(*items)}.'


def _words(text: str) -> frozenset[str]:
    """The words of a disease's name, without case, spelling of -our and ending."""
    words = re.findall(r"[a-z0-9]{3,}", text.lower().replace("our", "or").replace("aem", "em"))
    return frozenset(word[:6].rstrip("s") for word in words if word not in ("the", "and", "with"))


def _limit(question: str, item: Item) -> str:
    limit = _LIMIT.search(question)
    value = _LIMIT_VALUE.match(question, limit.end()) if limit else None
    if not limit or not value or not _YES_NO.search(question):
        return ""
    calculated = item["record"]["values"][0]
    bound = float(value.group(1).replace(",", ""))
    held = float(calculated["value"])
    word = limit.group().lower()
    is_closed = "least" in word or "most" in word or "=" in word or word in "≥≤"
    is_more = bool(limit.group("more"))
    holds = (
        held == bound if is_closed and held == bound else held > bound if is_more else held < bound
    )
    unit = f" {calculated['unit']}" if calculated["unit"] else ""
    side = "equal to" if held == bound else "above" if held > bound else "below"
    return (
        f"{'Yes' if holds else 'No'}: the calculated {calculated['label']} of "
        f"{called(item['record'])} is {calculated['text']}{unit}, {side} "
        f"{value.group(1)} {mark(item)}."
    )


def _ordered(question: str, label: str, rows: Sequence[tuple[float, str, Item]]) -> str:
    if len(rows) < 2 or not _ORDER.search(question):
        return ""
    told = [
        f"{called(item['record'])} {shown} {mark(item)}"
        for _, shown, item in sorted(rows, key=lambda row: -row[0])
    ]
    return f"{label}, highest first: {', '.join(told)}."


VERDICTS: Mapping[str, Callable[[str, Sequence[Result]], str]] = {
    "find_molecule": of_molecules,
    "calculate_properties": of_calculations,
    "predict_property": of_predictions,
    "find_mechanism": of_mechanisms,
    "find_indications": of_indications,
}
"""The direct answer that each tool's records may give, by tool."""
REPLACES: frozenset[Any] = frozenset({"calculate_properties"})
"""Tools of which a direct answer on one molecule says all that the records would say again."""
