"""Writers of ChEMBL's wider look-ups: selectivity, series, structures, warnings, papers.

Evidence in, Markdown with evidence keys out; a list that was cut says how long it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retort.agent.models.embedded.dialogue import Result
from retort.agent.models.embedded.looked_up import source
from retort.agent.models.embedded.markup import (
    Item,
    capital,
    cell,
    code,
    found,
    joined,
    mark,
    number,
    table,
)


def write_selectivity(results: Sequence[Result]) -> str:
    """The targets of each molecule as a table, most potent first."""
    return "\n\n".join(_selectivity(result) for result in results)


def _selectivity(result: Result) -> str:
    items = list(found([result]))
    rows = []
    for item in items:
        r = item["record"]
        mutant = f" {cell(r['variant'])}" if r["variant"] else ""
        target = f"{r['gene'] or cell(r['target_name'])}{mutant} ({r['organism']})"
        spread = f"{number(r['low'])} to {number(r['high'])}" if r["n"] > 1 else "-"
        median = _weaker(r) if r["median"] is None else number(r["median"])
        said = f"{r['n']}{', in conflict' if r['conflict'] else ''}"
        rows.append([target, median, spread, said, cell("/".join(r["types"])), mark(item)])
    who = _name(items[0]["record"]["molecule_name"])
    lead = f"Measured of {who} in {source(items[0])}, most potent first{_of(result, items)}:"
    head = ["target", "median pChEMBL", "range", "values", "type", "source"]
    return f"{lead}\n\n{table(head, rows)}"


def _weaker(r: Item) -> str:
    bound = r["weaker_than_nm"]
    return "no exact value" if bound is None else f"weaker than {number(bound)} nM"


def write_structure_activity(results: Sequence[Result]) -> str:
    """The compounds of a series on a target as a table, most potent first."""
    return "\n\n".join(_series(result) for result in results)


def _series(result: Result) -> str:
    items = list(found([result]))
    rows = []
    for item in items:
        r = item["record"]
        name = f"{_title(r['name'])} ({r['parent_chembl_id']})" if r["name"] else ""
        value = _value(r)
        spread = f"{number(r['low'])} to {number(r['high'])}" if r["n"] > 1 else "-"
        mutant = cell(r["variant"]) or "-"
        compound = cell(name) or r["parent_chembl_id"]
        pchembl = number(r["pchembl"]) if r["pchembl"] is not None else "-"
        structure = code(cell(r["smiles"])) if r["smiles"] else "-"
        rows.append([compound, structure, mutant, value, spread, pchembl, mark(item)])
    first = items[0]["record"]
    where = f"{cell(first['target_name'])} ({first['target_chembl_id']}) in {source(items[0])}"
    lead = f"Structure and activity on {where}, most potent first{_of(result, items)}:"
    head = ["compound", "structure", "mutant", "measured", "range", "pChEMBL", "source"]
    return f"{lead}\n\n{table(head, rows)}"


def _value(r: Item) -> str:
    if r["median"] is None:
        return cell(f"{r['type']} {', '.join(map(str, r['bounds']))}")
    unit = f" {r['units']}" if r["units"] else ""
    counted = f" (median of {r['n']})" if r["n"] > 1 else ""
    return cell(f"{r['type']} {number(r['median'])}{unit}{counted}")


def write_similar(results: Sequence[Result]) -> str:
    """Molecules alike to one, the most similar first."""

    def line(r: Item) -> str:
        return f"similarity {r['similarity']:.2f}"

    lead = "Molecules similar to {what} in {where}{of}:"
    return "\n\n".join(_hits(result, lead, "molecule", line) for result in results)


def write_with_substructure(results: Sequence[Result]) -> str:
    """Molecules that hold a substructure."""
    lead = "Molecules that contain {what} in {where}{of}:"
    return "\n\n".join(_hits(result, lead, "smarts", lambda r: "") for result in results)


def _hits(result: Result, lead: str, asked: str, line: Callable[[Item], str]) -> str:
    items = list(found([result]))
    what = str(result.call.args.get(asked, ""))
    shown = code(what) if asked == "smarts" or set(what) & set("=#()[]") else cell(what)
    lines = [lead.format(what=shown, where=source(items[0]), of=_of(result, items)), ""]
    for item in items:
        r = item["record"]
        who = f"{_title(r['name'])} ({r['chembl_id']})" if r["name"] else str(r["chembl_id"])
        facts = [part for part in (line(r), _phase(r["max_phase"])) if part]
        facts += [code(r["smiles"])] if r["smiles"] else []
        lines.append(f"- {cell(who)}: {', '.join(facts)} {mark(item)}")
    return "\n".join(lines)


def _phase(phase: float | None) -> str:
    if phase is None:
        return ""
    return "approved (phase 4)" if phase == 4 else f"phase {number(phase)}"


def write_warnings(results: Sequence[Result]) -> str:
    """Withdrawals and boxed warnings, or what ChEMBL's flags say where it lists none."""
    return "\n".join(_warning(item) for item in found(results))


def _warning(item: Item) -> str:
    r = item["record"]
    who = capital(_name(r["molecule_name"]))
    if r["record"] == "safety_flags":
        told = joined(
            [
                _flag(r["withdrawn"], "withdrawn"),
                _flag(r["black_box_warning"], "carrying a boxed warning"),
            ]
        )
        return f"{who} is {told} in {source(item)} {mark(item)}."
    facts = [cell(r[key]) for key in ("warning_class", "description", "country") if r[key]]
    facts += [str(r["year"])] if r["year"] else []
    told = f": {', '.join(facts)}" if facts else ""
    return f"- {who}, {cell(r['type']).lower()}{told} {mark(item)}."


def _flag(value: bool | None, what: str) -> str:
    return (
        f"not said to be {what}" if value is None else f"{'' if value else 'not '}marked as {what}"
    )


def write_documents(results: Sequence[Result]) -> str:
    """Papers as ChEMBL knows them, how much it took from them, and whether the library has them."""
    return "\n".join(_document(item) for item in found(results))


def _document(item: Item) -> str:
    r = item["record"]
    where = " ".join(str(part) for part in (r["journal"], r["year"]) if part)
    ids = [f"DOI {r['doi']}"] if r["doi"] else []
    ids += [f"PMID {r['pubmed_id']}"] if r["pubmed_id"] else []
    title = cell(r["title"]).rstrip(".") or "Without a title"
    facts = ", ".join(part for part in (where, *ids) if part)
    held = f"in the library as {r['paper_id']}" if r["paper_id"] else "not in the library"
    return (
        f"{r['chembl_id']}: {title}{f' ({facts})' if facts else ''}; {r['activities']} activities "
        f"in {source(item)}, {held} {mark(item)}."
    )


def _of(result: Result, items: Sequence[Item]) -> str:
    """How many there are in all, where not all are shown."""
    return f" ({len(items)} of {result.count} shown)" if result.count > len(items) else ""


def _title(name: object) -> str:
    text = str(name)
    return text.capitalize() if text.isupper() else text


def _name(name: object) -> str:
    text = str(name)
    return text.lower() if text.isupper() or (text.istitle() and text.isalpha()) else text
