"""One writer per kind of record: evidence in, Markdown with evidence keys out.

Owns the wording of answers from the chemistry and the database. Says nothing that is not in the
record; measured, calculated and predicted each say what they are. Knows no planner; passages.py
writes from the literature.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from retort.agent.models.embedded.dialogue import Result

Item = Mapping[str, Any]
"""``Evidence.as_dict()``"""

_IN_A_SENTENCE = 3
"""calculated values up to which they are told in a sentence; more become a table"""


def mark(*items: Item) -> str:
    """The evidence keys of ``items``, each once: ``[E1][E2]``."""
    return "".join(f"[{key}]" for key in dict.fromkeys(item["key"] for item in items))


def code(text: str) -> str:
    """A structure or pattern as Markdown code: nothing in it is taken for markup."""
    return f"`{text}`"


def called(record: Item, name: str = "name", smiles: str = "smiles") -> str:
    """What a molecule is called in a sentence: its name, else its SMILES as code."""
    title = str(record.get(name) or "")
    if title.istitle() and title.isalpha():
        title = title.lower()
    if not title or title == record.get(smiles) or any(mark in title for mark in "=#[]()@\\/"):
        structure = str(record.get(smiles) or title)
        return code(structure) if structure == title or not title else cell(title)
    return title


def cell(text: object) -> str:
    """Text for a cell of a table, on one line and without its separator."""
    return " ".join(str(text if text is not None else "").split()).replace("|", "\\|")


def capital(text: str) -> str:
    """``text`` with a capital first letter, unless it opens with code or holds one already."""
    return text[:1].upper() + text[1:]


def number(value: object) -> str:
    """A number as a reader writes it: no exponent where none is needed, no trailing ``.0``."""
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def signed(value: float) -> str:
    """A predicted value with two decimals."""
    return f"{value:.2f}"


def joined(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_molecules(results: Sequence[Result]) -> str:
    """What each name, id or structure was resolved to."""
    return "\n".join(_molecule(item) for item in _items(results))


def _molecule(item: Item) -> str:
    r = item["record"]
    facts = [f"formula {r['formula']}"] if r["formula"] else []
    facts += [f"ChEMBL id {r['chembl_id']}"] if r["chembl_id"] else []
    facts += [f"InChIKey {r['inchikey']}"] if r["inchikey"] else []
    facts += [f"SMILES {code(r['smiles'])}"] if r["smiles"] else []
    if r["max_phase"] is not None:
        facts.append(f"highest phase {number(r['max_phase'])}")
    facts += [f"first approved in {r['first_approval']}"] if r["first_approval"] else []
    text = f"{capital(called(r))}: {', '.join(facts)}"
    if others := [name for name in r["synonyms"] if name.lower() != r["name"].lower()][:6]:
        text += f"; also known as {joined(others)}"
    return f"{text} {mark(item)}."


def write_calculations(results: Sequence[Result]) -> str:
    """Calculated properties: a sentence for a few, a table for many or for several molecules."""
    items = _items(results)
    sizes = [len(item["record"]["values"]) for item in items]
    if max(sizes) <= _IN_A_SENTENCE and len(items) <= 2:
        return " ".join(_calculation(item) for item in items)
    names = [cell(called(item["record"])) for item in items]
    labels: dict[str, str] = {}
    values: dict[tuple[str, int], str] = {}
    for column, item in enumerate(items):
        for value in item["record"]["values"]:
            unit = f" ({value['unit']})" if value["unit"] and value["unit"][0] != "(" else ""
            labels.setdefault(value["property"], f"{value['label']}{unit or ' ' + value['unit']}")
            values[value["property"], column] = number(value["value"])
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
        parts.append(f"{whose} {number(value['value'])}{unit}")
    return f"{joined(parts)} {mark(item)}."


def write_rules(results: Sequence[Result]) -> str:
    """Each rule with its verdict and every criterion."""
    return "\n\n".join(_rule(item) for item in _items(results))


def _rule(item: Item) -> str:
    r = item["record"]
    verdict = "passes" if r["passes"] else "does not pass"
    plural = "criterion" if r["violations"] == 1 else "criteria"
    allowed = f" ({r['allowed_violations']} allowed)" if r["allowed_violations"] else ""
    criteria = "; ".join(
        f"{c['criterion']}: {number(c['value'])}, {'met' if c['passes'] else 'violated'}"
        for c in r["criteria"]
    )
    return (
        f"{capital(called(r))} {verdict} {r['rule']}, with {r['violations']} {plural} violated{allowed}: "
        f"{criteria} {mark(item)}."
    )


def write_alerts(results: Sequence[Result]) -> str:
    """Structural alerts, or that there are none, with the catalogues that were searched."""
    return "\n\n".join(_alerts(item) for item in _items(results))


def _alerts(item: Item) -> str:
    r = item["record"]
    catalogues = joined([str(name) for name in r["catalogues"]])
    if not r["matches"]:
        return f"No structural alert of {catalogues} matches {called(r)} {mark(item)}."
    names = list(dict.fromkeys(f"{cell(m['alert'])} ({m['catalogue']})" for m in r["matches"]))
    return (
        f"{capital(called(r))} matches these structural alerts out of {catalogues}: {joined(names)} {mark(item)}."
        f" An alert is a reason to look closer, not a verdict {mark(item)}."
    )


def write_similarities(results: Sequence[Result]) -> str:
    """Tanimoto similarity and scaffold."""
    lines = []
    for item in _items(results):
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
    for item in _items(results):
        r = item["record"]
        times = f"{r['count']} time{'s' * (r['count'] != 1)}"
        verb = f"matches {times} in" if r["count"] else "does not match"
        lines.append(f"The pattern {code(r['smarts'])} {verb} {called(r)} {mark(item)}.")
    return " ".join(lines)


def write_mechanisms(results: Sequence[Result]) -> str:
    """Mechanisms of a molecule as sentences, drugs of a target as a list."""
    parts = []
    for result in results:
        items = list(_items([result]))
        target = result.call.args.get("target")
        if target and not result.call.args.get("molecule"):
            lines = [f"Drugs with a mechanism of action on {cell(target)} in ChEMBL:", ""]
            lines += [f"- {_drug(item)}" for item in items]
            parts.append("\n".join(lines))
        elif len(items) == 1:
            parts.append(f"The mechanism of action of {_mechanism(items[0], ' in ChEMBL is: ')}.")
        else:
            lines = [f"Mechanisms of action of {_who(items[0])} in ChEMBL:", ""]
            parts.append("\n".join([*lines, *(f"- {_mechanism(item)}" for item in items)]))
    return "\n\n".join(parts)


def _who(item: Item) -> str:
    name = str(item["record"]["molecule_name"])
    return name.lower() if name.isupper() or (name.istitle() and name.isalpha()) else name


def _mechanism(item: Item, verb: str = "") -> str:
    r = item["record"]
    ids = ", ".join(str(r[key]) for key in ("gene", "target_chembl_id") if r[key])
    on = f", acting on {r['target_name']}" if r["target_name"] else ""
    action = f", action type {r['action_type'].lower()}" if r["action_type"] else ""
    who = f"{_who(item)}{verb}" if verb else ""
    return f"{who}{r['mechanism']}{on}{f' ({ids})' if ids else ''}{action} {mark(item)}"


def _drug(item: Item) -> str:
    r = item["record"]
    phase = f", phase {number(r['max_phase'])}" if r["max_phase"] is not None else ""
    name = r["molecule_name"]
    name = name.capitalize() if name.isupper() else name
    return f"{name} ({r['molecule_chembl_id']}): {r['mechanism']}{phase} {mark(item)}"


def write_indications(results: Sequence[Result]) -> str:
    """Indications by the phase they reached, the highest first."""
    parts = []
    for result in results:
        phases: dict[float | None, list[Item]] = {}
        for item in _items([result]):
            phases.setdefault(item["record"]["max_phase"], []).append(item)
        name = _who(_items([result])[0])
        lines = [f"Indications of {name} in ChEMBL, by the highest phase reached:", ""]
        for phase in sorted(phases, key=lambda p: -1.0 if p is None else p, reverse=True):
            told = {None: "phase not given", 4.0: "approved (phase 4)"}.get(
                phase, f"phase {number(phase)}"
            )
            rows = [f"{item['record']['indication']} {mark(item)}" for item in phases[phase]]
            lines.append(f"- {capital(told)}: {'; '.join(rows)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def write_targets(results: Sequence[Result]) -> str:
    """Targets with their identifiers."""
    lines = []
    for item in _items(results):
        r = item["record"]
        kind = str(r["target_type"]).lower()
        ids = [f"gene {r['gene']}"] if r["gene"] else []
        ids += [f"UniProt {r['accession']}"] if r["accession"] else []
        ids += [f"ChEMBL id {r['target_chembl_id']}"]
        lines.append(
            f"{capital(r['name'])} ({r['organism']}, {kind}): {', '.join(ids)} {mark(item)}."
        )
    return (
        lines[0]
        if len(lines) == 1
        else "\n".join(["Targets in ChEMBL:", "", *(f"- {line}" for line in lines)])
    )


def write_activities(results: Sequence[Result]) -> str:
    """Measured activities as a table, a row and its marker per value, below what was asked for."""
    return "\n\n".join(_activities(result) for result in results)


def _activities(result: Result) -> str:
    items = list(_items([result]))
    records = [item["record"] for item in items]
    one_target = len({r["target_chembl_id"] for r in records}) == 1
    head = ["compound", "measured", "pChEMBL", "assay, document", "source"]
    rows = []
    for item, r in zip(items, records, strict=True):
        name = r["molecule_name"]
        name = name.capitalize() if name.isupper() else name
        compound = f"{cell(name)} ({r['molecule_chembl_id']})" if name else r["molecule_chembl_id"]
        value = " ".join(
            str(part) for part in (r["relation"], number(r["value"]), r["units"]) if part
        )
        document = ", ".join(str(part) for part in (r["document_chembl_id"], r["year"]) if part)
        pchembl = number(r["pchembl"]) if r["pchembl"] is not None else "-"
        row = [
            compound,
            f"{r['type']} {value}",
            pchembl,
            cell(f"{r['assay_chembl_id']}, {document}"),
        ]
        if not one_target:
            row.insert(1, cell(f"{r['gene'] or r['target_name']} ({r['organism']})"))
        rows.append([*row, mark(item)])
    if not one_target:
        head.insert(1, "target")
    return f"{_activities_lead(result, items)}\n\n{table(head, rows)}"


def _activities_lead(result: Result, items: list[Item]) -> str:
    args = result.call.args
    r = items[0]["record"]
    kind = f"{args['activity_type']} values" if args.get("activity_type") else "activities"
    lead = f"Measured {kind}"
    if args.get("molecule"):
        lead += f" of {cell(args['molecule'])}"
    if args.get("target"):
        lead += (
            f" on {cell(r['target_name'])} ({r['gene'] or r['target_chembl_id']}, {r['organism']})"
        )
    if args.get("max_value_nm") is not None:
        lead += f" of at most {number(args['max_value_nm'])} nM"
    if args.get("min_pchembl") is not None:
        lead += f" with a pChEMBL value of at least {number(args['min_pchembl'])}"
    total = max(result.count, len(items))
    shown = f"the first of {total}" if total > len(items) else f"{total} in all"
    return f"{lead} in ChEMBL, most potent first ({shown}):"


def write_predictions(results: Sequence[Result]) -> str:
    """Predictions, each with interval, unit and domain, and how to read them."""
    items = list(_items(results))
    lines = [f"- {_prediction(item)}" for item in items]
    note = (
        "These values are predicted by models, not measured; the interval says where a measured value is "
        f"expected {mark(*items)}."
    )
    return "\n".join([*lines, "", note])


def _prediction(item: Item) -> str:
    r = item["record"]
    share = round(100 * float(r["confidence"]))
    low, high = (signed(float(bound)) for bound in r["interval"])
    value = signed(float(r["value"]))
    if r["task"] == "classification":
        what = f"Predicted probability that {called(r)} is a {r['label'] or 'positive'}: {value}"
    else:
        what = f"Predicted {r['endpoint_label']} of {called(r)}: {value} {r['unit']}"
    inside = (
        "inside the model's applicability domain"
        if r["in_domain"]
        else "outside the model's applicability domain, an extrapolation"
    )
    reading = re.sub(r"\s*\(thresholds?:.*\)$", "", str(r["reading"]))
    reading = f"; {reading}" if reading else ""
    return f"{what} ({share} % interval {low} to {high}), {inside}{reading} {mark(item)}."


def _items(results: Sequence[Result]) -> Sequence[Item]:
    """The evidence of ``results`` without absences, each piece once."""
    found = {
        item["key"]: item
        for result in results
        for item in result.evidence
        if item["record"].get("record") != "absence"
    }
    return list(found.values())


WRITERS: dict[str, Callable[[Sequence[Result]], str]] = {
    "find_molecule": write_molecules,
    "find_target": write_targets,
    "calculate_properties": write_calculations,
    "check_rules": write_rules,
    "check_alerts": write_alerts,
    "compare_molecules": write_similarities,
    "match_substructure": write_substructures,
    "find_mechanism": write_mechanisms,
    "find_activities": write_activities,
    "find_indications": write_indications,
    "predict_property": write_predictions,
}
"""The writer of each tool's records, in the order in which an answer tells them."""
