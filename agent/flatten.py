"""Citations as rows of a table and as properties of molecules.

Owns which field of a record goes where. Measured, calculated and predicted values never share a
name. Knows neither how rows are stored nor which answers are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from retort.agent.records import Answer, Citation
from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.records import kind_word

COLUMNS = (
    *("answer_id", "question", "marker", "kind", "record", "source_id", "title"),
    *("molecule", "handle", "molecule_chembl_id", "smiles"),
    *("property", "relation", "value", "units", "lo", "hi", "confidence", "in_domain", "pchembl"),
    *("target", "gene", "target_chembl_id", "organism", "action_type", "indication", "max_phase"),
    *("assay_chembl_id", "document_chembl_id", "activity_id", "doi", "pubmed_id", "year"),
    *("authors", "journal", "section", "page", "start", "end", "made_with", "quote", "url"),
)
"""Columns of the table. ``kind`` is the word a reader sees; ``made_with`` is the release, model or
program; ``lo`` and ``hi`` bound the interval at ``confidence``."""

RANK = "% of approved drugs that are lower"
"""Unit of a prediction that ranks only."""

Cell = str | int | float | None


def rows(answers: Iterable[Answer]) -> Iterator[dict[str, Cell]]:
    """One row per citation; of calculated properties, a row per value."""
    for answer in answers:
        for citation in answer.citations:
            common = _common(answer, citation)
            for values in _values(citation.evidence.record):
                yield common | values


def _common(answer: Answer, citation: Citation) -> dict[str, Cell]:
    evidence = citation.evidence
    record = evidence.record
    same = {name: record.get(name) for name in COLUMNS if name not in ("record", "authors")}
    made = ("release", "model", "rdkit_version")
    return {
        **{name: _cell(value) for name, value in same.items()},
        "answer_id": answer.id,
        "question": answer.question,
        "marker": citation.marker,
        "kind": kind_word(evidence),
        "record": record.get("record"),
        "source_id": evidence.source_id,
        "title": evidence.title,
        "molecule": record.get("molecule_name") or record.get("name"),
        "molecule_chembl_id": record.get("molecule_chembl_id") or record.get("chembl_id"),
        "target": record.get("target_name"),
        "authors": "; ".join(map(str, record.get("authors") or ())),
        "start": evidence.start,
        "end": evidence.end,
        "made_with": next((str(record[name]) for name in made if record.get(name)), None),
        "quote": evidence.quote,
        "url": evidence.url,
    }


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _values(record: Mapping[str, Any]) -> Iterator[dict[str, Cell]]:
    """What a record says in numbers: property, value, units, interval."""
    shape = record.get("record")
    if shape == "calculation":
        for item in record["values"]:
            yield {"property": item["property"], "value": item["value"], "units": item["unit"]}
    elif shape == "prediction":
        if record.get("rank_only"):
            rank = record["percentile_of_drugs"]
            yield {"property": record["endpoint"], "value": rank, "units": RANK}
            return
        lo, hi = record["interval"]
        units = record["unit"] or f"probability of {record['label']}"
        yield {"property": record["endpoint"], "units": units, "lo": lo, "hi": hi}
    elif shape == "training":
        yield {"property": record["endpoint"], "units": record["unit"] or record["label"]}
    elif shape == "attribution":
        for item in record["parts"]:
            name = f"{record['endpoint']}: part {item['part']}"
            yield {"property": name, "value": item["effect"], "units": record["scale"]}
    elif shape == "activity":
        yield {"property": record["type"]}
    elif shape == "rule":
        yield {"property": record["rule"], "value": record["violations"], "units": "violations"}
    elif shape == "alerts":
        yield {"property": "structural alerts", "value": len(record["matches"]), "units": "alerts"}
    elif shape == "similarity":
        both = f"{record['name']} / {record['other_name']}"
        name = f"Tanimoto, {record['fingerprint']}"
        yield {"molecule": both, "property": name, "value": record["tanimoto"]}
    elif shape == "substructure":
        yield {"property": record["smarts"], "value": record["count"], "units": "matches"}
    elif shape == "mechanism":
        yield {"property": record["mechanism"]}
    else:
        yield {}


@dataclass(slots=True)
class Compound:
    """A molecule of the answers with everything that they say about it in numbers."""

    name: str
    handle: str
    smiles: str
    inchikey: str
    chembl_id: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    """``calculated_tpsa``, ``predicted_herg``, ``measured_IC50_EGFR`` ... -> value"""


def compounds(answers: Iterable[Answer]) -> list[Compound]:
    """The molecules of answers, and those of the measurements that they cite, each once.

    Those of a conversation come first, in the order of their handles' first mention. A molecule
    without a structure has an empty ``smiles``.
    """
    answers = list(answers)
    found: dict[str, Compound] = {}
    for answer in answers:
        for card in answer.molecules:
            key = card["inchikey"] or card["smiles"] or card["name"]
            made = Compound(card["name"], card["handle"], card["smiles"], card["inchikey"])
            found.setdefault(key, made)
    for answer in answers:
        keys = {card["handle"]: card["inchikey"] or card["smiles"] for card in answer.molecules}
        for citation in answer.citations:
            record = citation.evidence.record
            key = keys.get(str(record.get("handle")), "") or _measured(record, found)
            if key in found:
                compound = found[key]
                compound.chembl_id = compound.chembl_id or str(
                    record.get("molecule_chembl_id") or record.get("chembl_id") or ""
                )
                _describe(compound.properties, record)
    return list(found.values())


def _measured(record: Mapping[str, Any], found: dict[str, Compound]) -> str:
    """The key of a measured compound, which is added where it is new."""
    smiles = str(record.get("smiles") or "")
    if record.get("record") != "activity" or not smiles:
        return ""
    try:
        key = structures.inchikey(structures.molecule_from_smiles(smiles)) or smiles
    except RetortError:
        key = smiles
    is_key = len(key) == 27 and key != smiles
    made = Compound(record["molecule_name"], "", smiles, key if is_key else "")
    found.setdefault(key, made)
    return key


def _describe(properties: dict[str, str], record: Mapping[str, Any]) -> None:
    """Add what a record measures, calculates or predicts, under names that say which."""
    shape = record.get("record")
    if shape == "calculation":
        for item in record["values"]:
            name = f"calculated_{field_name(item['property'])}"
            # Answers of version 0.1 have the value alone.
            properties[name] = item.get("text", f"{item['value']}")
            properties[f"{name}_unit"] = item["unit"]
    elif shape == "rule":
        name = f"calculated_{field_name(record['rule'])}_violations"
        properties[name] = str(record["violations"])
    elif shape == "alerts":
        properties["calculated_structural_alerts"] = str(len(record["matches"]))
    elif shape == "prediction" and record.get("rank_only"):
        name = f"predicted_{field_name(record['endpoint'])}_percentile_of_drugs"
        properties[name] = f"{record['percentile_of_drugs']:.6g}"
    elif shape == "prediction":
        name = f"predicted_{field_name(record['endpoint'])}"
        lo, hi = record["interval"]
        properties |= {
            name: f"{record['value']:.6g}",
            f"{name}_unit": record["unit"] or f"probability of {record['label']}",
            f"{name}_lo": f"{lo:.6g}",
            f"{name}_hi": f"{hi:.6g}",
            f"{name}_in_domain": str(record["in_domain"]).lower(),
            f"{name}_model": record["model"],
        }
    elif shape == "activity" and record["value"] is not None:
        target = record["gene"] or record["target_name"]
        base = f"measured_{field_name(record['type'])}_{field_name(target)}"
        _measurement(properties, base, record)


def _measurement(properties: dict[str, str], base: str, record: Mapping[str, Any]) -> None:
    """Another measurement of the same quantity gets a number; the same one again does not."""
    name, number = base, 1
    while properties.get(f"{name}_activity_id", record["activity_id"]) != record["activity_id"]:
        number += 1
        name = f"{base}_{number}"
    properties |= {
        name: f"{record['value']:.10g}",
        f"{name}_relation": record["relation"],
        f"{name}_unit": record["units"],
        f"{name}_activity_id": record["activity_id"],
    }


def field_name(text: str) -> str:
    """A name that every reader of SD files takes: letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
