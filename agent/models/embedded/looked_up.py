"""Writers of what a database holds: molecules, targets, mechanisms, indications, activities.

Evidence in, Markdown with evidence keys out; measured values keep relation, unit, assay and
document.
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


def write_molecules(results: Sequence[Result]) -> str:
    """What each name, id or structure was resolved to."""
    return "\n".join(_molecule(item) for item in found(results))


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


def write_mechanisms(results: Sequence[Result]) -> str:
    """Mechanisms of a molecule as sentences, drugs of a target as a list."""
    parts = []
    for result in results:
        items = list(found([result]))
        target = result.call.args.get("target")
        if target and not result.call.args.get("molecule"):
            where = source(items[0])
            lines = [f"Drugs with a mechanism of action on {cell(target)} in {where}:", ""]
            drugs: dict[str, list[Item]] = {}
            for item in items:
                drugs.setdefault(str(item["record"]["molecule_chembl_id"]), []).append(item)
            lines += [f"- {_drug(drug)}" for drug in drugs.values()]
            parts.append("\n".join(lines))
        elif len(items) == 1:
            verb = f" in {source(items[0])} is: "
            parts.append(f"The mechanism of action of {_mechanism(items[0], verb)}.")
        else:
            where = source(items[0])
            lines = [f"Mechanisms of action of {_who(items[0])} in {where}:", ""]
            parts.append("\n".join([*lines, *(f"- {_mechanism(item)}" for item in items)]))
    return "\n\n".join(parts)


def source(item: Item) -> str:
    """The release that a record is of; the shipped file says that it is not all of ChEMBL."""
    release = str(item["record"].get("release") or "ChEMBL")
    is_part = release.startswith("Retort starter")
    return f"{release} (a shipped part of ChEMBL)" if is_part else release


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


def _drug(items: Sequence[Item]) -> str:
    """One drug and its mechanisms on a target, each with its marker."""
    r = items[0]["record"]
    phase = f", phase {number(r['max_phase'])}" if r["max_phase"] is not None else ""
    name = r["molecule_name"]
    name = name.capitalize() if name.isupper() else name
    told = "; ".join(f"{item['record']['mechanism']} {mark(item)}" for item in items)
    return f"{name} ({r['molecule_chembl_id']}{phase}): {told}"


def write_indications(results: Sequence[Result]) -> str:
    """Indications by the phase they reached, the highest first."""
    parts = []
    for result in results:
        phases: dict[float | None, list[Item]] = {}
        for item in found([result]):
            phases.setdefault(item["record"]["max_phase"], []).append(item)
        first = found([result])[0]
        disease = str(result.call.args.get("disease") or "")
        what = f'Drugs for "{cell(disease)}"' if disease else f"Indications of {_who(first)}"
        lines = [f"{what} in {source(first)}, by the highest phase:", ""]
        for phase in sorted(phases, key=lambda p: -1.0 if p is None else p, reverse=True):
            told = {None: "phase not given", 4.0: "approved (phase 4)"}.get(
                phase, f"phase {number(phase)}"
            )
            rows = [
                f"{_drug_for(item) if disease else item['record']['indication']} {mark(item)}"
                for item in phases[phase]
            ]
            lines.append(f"- {capital(told)}: {'; '.join(rows)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _drug_for(item: Item) -> str:
    """A drug and which of the diseases that were asked for it is recorded for."""
    r = item["record"]
    name = str(r["molecule_name"])
    return f"{name.capitalize() if name.isupper() else name} ({r['indication']})"


def write_targets(results: Sequence[Result]) -> str:
    """Targets with their identifiers."""
    lines = []
    items = found(results)
    for item in items:
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
        else "\n".join([f"Targets in {source(items[0])}:", "", *(f"- {line}" for line in lines)])
    )


def write_activities(results: Sequence[Result]) -> str:
    """Measured activities as a table, a row and its marker per value, below what was asked for."""
    return "\n\n".join(_activities(result) for result in results)


def _activities(result: Result) -> str:
    items = list(found([result]))
    records = [item["record"] for item in items]
    is_named = bool(result.call.args.get("target"))
    shows_target = not is_named or len({r["target_chembl_id"] for r in records}) > 1
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
            f"{r['type']} {value}{_details(r)}",
            pchembl,
            cell(f"{r['assay_chembl_id']}, {document}"),
        ]
        if shows_target:
            row.insert(1, cell(f"{r['gene'] or r['target_name']} ({r['organism']})"))
        rows.append([*row, mark(item)])
    if shows_target:
        head.insert(1, "target")
    return f"{_activities_lead(result, items)}\n\n{table(head, rows)}"


def _details(r: Item) -> str:
    """The mutant that was measured, and how many values the one shown is the best of."""
    parts = [f"mutant {cell(r['variant'])}"] if r.get("variant") else []
    if spread := r.get("measurements"):
        unit = f" {spread['units']}" if spread["units"] else ""
        parts.append(f"of {spread['n']}, median {number(float(spread['median']))}{unit}")
    return f" ({'; '.join(parts)})" if parts else ""


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
        lead += f" below {number(args['max_value_nm'])} nM"
    if args.get("min_pchembl") is not None:
        lead += f" with a pChEMBL value of at least {number(args['min_pchembl'])}"
    total = max(result.count, len(items))
    counted = f"{total} measurement{'s' * (total != 1)}"
    shown = f"the best per compound and target, of {counted}" if total > len(items) else counted
    return f"{lead} in {source(items[0])}, most potent first ({shown}):"
