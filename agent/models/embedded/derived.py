"""Writers of what is derived by calculation: units, efficiencies, charge, sets, conformers.

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


def write_conversions(results: Sequence[Result]) -> str:
    """Each amount in its new unit, with the weight or temperature that it took."""
    told = [(str(item["quote"]).rstrip("."), item) for item in found(results)]
    return " ".join(f"{quote} {mark(item)}." for quote, item in told)


def _amount(r: Item) -> str:
    """A quantity as it is written; a logarithm's unit stands before its value."""
    if str(r["unit"]).startswith("p") and not str(r["unit"]).endswith("M"):
        return f"{r['unit']} {r['relation']} {r['text']}"
    sign = "" if r["relation"] == "=" else f"{r['relation']} "
    return f"{sign}{r['text']} {r['unit']}"


def write_efficiencies(results: Sequence[Result]) -> str:
    """The indices of each molecule and potency as a table."""
    return "\n\n".join(_efficiency(item) for item in found(results))


def _efficiency(item: Item) -> str:
    r = item["record"]
    rows = [
        [
            f"{index['label']} ({index['index']})",
            f"{'' if index['relation'] == '=' else index['relation'] + ' '}{index['text']}",
            index["unit"] or "-",
            mark(item),
        ]
        for index in r["indices"]
    ]
    given, potency = _amount(r["given"]), _amount(r["p_activity"])
    as_log = "" if r["given"]["unit"].startswith("p") else f" ({potency})"
    head = f"Ligand efficiencies of {called(r)}, calculated from {given}{as_log} {mark(item)}:"
    return f"{head}\n\n{table(['index', 'value', 'unit', 'source'], rows)}"


def write_charges(results: Sequence[Result]) -> str:
    """The charge at a pH, and each ionisable group with its typical pKa."""
    return "\n\n".join(_charge(item) for item in found(results))


def _charge(item: Item) -> str:
    r = item["record"]
    mean = f"{r['net_charge']:+g}" if r["net_charge"] else "0"
    main = f"{r['dominant_charge']:+d}" if r["dominant_charge"] else "0"
    told = (
        f"By rules of typical pKa, not measured, {called(r)} has a mean net charge of {mean} at pH "
        f"{number(r['ph'])}; the main form, {code(r['dominant_smiles'])}, has charge {main} "
        f"{mark(item)}."
    )
    if not r["sites"]:
        return f"{told} No ionisable group was recognised {mark(item)}."
    sites = [
        f"- {site['group']} (atom {site['atom']}), {site['kind']}, typical pKa "
        f"{number(site['pka'])}, {site['charged_percent']:.0f} % charged {mark(item)}"
        for site in r["sites"]
    ]
    return "\n".join([told, "", *sites])


def write_series(results: Sequence[Result]) -> str:
    """What an analysis of a set found: a core, a table of R-groups, or a line per group."""
    return "\n\n".join(_analysis(list(found([result])), result.note) for result in results)


def _analysis(items: Sequence[Item], note: str) -> str:
    kind = items[0]["record"]["record"]
    if kind == "r_groups":
        told = _r_groups(items)
    elif kind == "common_core":
        told = " ".join(_core(item) for item in items)
    else:
        line = {
            "scaffold": _scaffold,
            "cluster": _cluster,
            "matched_pairs": _pairs,
            "diverse_pick": _pick,
        }[kind]
        told = "\n".join(f"- {line(item)}" for item in items)
    left_out = note[note.index("Left out:") :] if "Left out:" in note else ""
    return f"{told}\n\n{left_out}".strip()


def _core(item: Item) -> str:
    r = item["record"]
    best = "" if r["is_proved"] else " found before the time limit"
    return (
        f"The largest common substructure{best} is {code(r['smiles'])}, with {r['atoms']} heavy "
        f"atoms and {r['bonds']} bonds; {r['count']} of {r['of']} molecules have it {mark(item)}."
    )


def _r_groups(items: Sequence[Item]) -> str:
    names = list(dict.fromkeys(name for item in items for name in item["record"]["groups"]))
    value = next((i["record"]["value_label"] for i in items if i["record"]["value_label"]), "")
    rows = []
    for item in items:
        r = item["record"]
        groups = [code(r["groups"][name]) if name in r["groups"] else "-" for name in names]
        shown = [] if not value else [number(r["value"]) if r["value"] is not None else "-"]
        rows.append([cell(r["name"]), *groups, *shown, mark(item)])
    head = f"R-groups on the core {code(items[0]['record']['core'])} {mark(*items)}:"
    columns = ["molecule", *names, *([value] if value else []), "source"]
    return f"{head}\n\n{table(columns, rows)}"


def _scaffold(item: Item) -> str:
    r = item["record"]
    what = f"Murcko scaffold {code(r['scaffold'])}" if r["scaffold"] else "No ring"
    return f"{what}: {r['count']} of {r['of']} molecules, {_members(r)} {mark(item)}"


def _cluster(item: Item) -> str:
    r = item["record"]
    return (
        f"Cluster {r['cluster']}: {r['count']} of {r['of']} molecules, {_members(r)} {mark(item)}"
    )


def _members(r: Item) -> str:
    return joined([cell(name) for name in r["members"]])


def _pairs(item: Item) -> str:
    r = item["record"]
    pairs = joined([f"{cell(pair['one'])} to {cell(pair['other'])}" for pair in r["pairs"]])
    change = ""
    if r["mean_change"] is not None:
        change = f"; mean change of {r['value_label']} {r['mean_change']:+.2f}"
    counted = f"{r['n']} matched pair{'s' * (r['n'] != 1)}"
    return f"{code(r['before'])} to {code(r['after'])}: {counted}, {pairs}{change} {mark(item)}"


def _pick(item: Item) -> str:
    r = item["record"]
    near = r["similarity"]
    how = (
        "" if near is None else f", Tanimoto similarity to the nearest earlier pick {number(near)}"
    )
    return f"Pick {r['pick']}: {cell(r['name'])}{how} {mark(item)}"


def write_conformers(results: Sequence[Result]) -> str:
    """How many distinct conformers there are and how far apart in energy."""
    lines = []
    for item in found(results):
        r = item["record"]
        count = len(r["energies"])
        span = f"{max(r['energies']):.2f}".rstrip("0").rstrip(".")
        lines.append(
            f"{capital(called(r))} has {count} distinct conformer{'s' * (count != 1)} of "
            f"{r['embedded']} embedded, within {span} kcal/mol of the lowest ({r['method']}, "
            f"{r['force_field']} in vacuum) {mark(item)}."
        )
    return " ".join(lines)
