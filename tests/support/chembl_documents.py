"""What the loopback ChEMBL holds: a SQLite file's tables as the service's nested JSON.

Written from the protocol and apart from ``retort.tools.chembl``: numbers are strings, and filters,
order, ``only`` and paging are applied to the JSON.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache, cmp_to_key
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import TanimotoSimilarity

Documents = dict[str, list[dict[str, Any]]]
GENERATOR = GetMorganGenerator(radius=2, fpSize=2048)

COLLECTIONS = {
    "activity": "activities",
    "assay": "assays",
    "document": "documents",
    "drug_indication": "drug_indications",
    "drug_warning": "drug_warnings",
    "mechanism": "mechanisms",
    "molecule": "molecules",
    "similarity": "molecules",
    "target": "targets",
}
LOOKUPS = ("iexact", "icontains", "istartswith", "in", "isnull", "lt", "lte", "gt", "gte")


def select(stored: Documents, resource: str, pairs: list[Any]) -> tuple[list[Any], int]:
    """The documents that a list of pairs asks for, and how many match in all."""
    limit, offset, order, only, filters = 20, 0, [], [], {}
    for key, raw in pairs:
        value = unquote(raw) if isinstance(raw, str) else raw
        if key == "limit":
            limit = min(int(value), 1000)
        elif key == "offset":
            offset = int(value)
        elif key == "order_by":
            order.append(value)
        elif key == "only":
            only.append(value)
        else:
            filters[key] = value
    if resource == "similarity":
        found = _similar(stored["molecule"], filters["chembl_id"], filters["similarity"])
    else:
        found = [
            item
            for item in stored[resource]
            if all(_matches(item, *pair) for pair in filters.items())
        ]
    for name in reversed(order):
        found.sort(key=cmp_to_key(_order(name)))
    page = found[offset : offset + limit]
    return [{name: item[name] for name in only or item} for item in page], len(found)


def _similar(molecules: list[dict[str, Any]], chembl_id: str, percent: int) -> list[dict[str, Any]]:
    """Parents whose Tanimoto similarity on Morgan fingerprints is at least ``percent``."""
    prints = {
        item["molecule_chembl_id"]: _print(item["molecule_structures"]["canonical_smiles"])
        for item in molecules
        if item["molecule_structures"]
        and item["molecule_hierarchy"]["parent_chembl_id"] == item["molecule_chembl_id"]
    }
    query = prints[chembl_id]
    alike = {key: 100 * TanimotoSimilarity(query, bits) for key, bits in prints.items()}
    return [
        item | {"similarity": f"{alike[item['molecule_chembl_id']]:.12f}"}
        for item in molecules
        if alike.get(item["molecule_chembl_id"], 0.0) >= percent
    ]


@cache
def _print(smiles: str) -> Any:
    return GENERATOR.GetFingerprint(Chem.MolFromSmiles(smiles))


def _order(name: str) -> Any:
    """As the service's database sorts: missing values last going up, and so first coming down."""
    sign = -1 if name.startswith("-") else 1
    field = name.removeprefix("-")

    def compare(one: dict[str, Any], other: dict[str, Any]) -> int:
        left, right = _rank(one[field]), _rank(other[field])
        return sign * ((left > right) - (left < right))

    return compare


def _rank(value: Any) -> tuple[bool, float, str]:
    if value is None:
        return True, 0.0, ""
    try:
        return False, float(value), ""
    except ValueError:
        return False, 0.0, str(value)


def _matches(item: dict[str, Any], key: str, wanted: Any) -> bool:
    path = key.split("__")
    lookup = path.pop() if path[-1] in LOOKUPS else "exact"
    return any(_compare(value, lookup, wanted) for value in _values(item, path))


def _values(item: Any, path: list[str]) -> list[Any]:
    if isinstance(item, list):
        return [value for each in item for value in _values(each, path)]
    if not path:
        return [item]
    return [] if item is None else _values(item[path[0]], path[1:])


def _compare(value: Any, lookup: str, wanted: Any) -> bool:
    if lookup == "isnull":
        return (value is None) == wanted
    if value is None:
        return False
    one, other = str(value), str(wanted)
    if lookup in ("lt", "lte", "gt", "gte"):
        left, right = float(one), float(other)
        return {"lt": left < right, "lte": left <= right, "gt": left > right, "gte": left >= right}[
            lookup
        ]
    return {
        "exact": one == other,
        "iexact": one.casefold() == other.casefold(),
        "icontains": other.casefold() in one.casefold(),
        "istartswith": one.casefold().startswith(other.casefold()),
        "in": one in other.split(","),
    }[lookup]


def documents(path: Path) -> Documents:
    """Everything in a file, as the service shows it; what the file lacks is empty or ``None``."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        present = {row["name"] for row in connection.execute(names)}

        def table(name: str) -> list[dict[str, Any]]:
            if name not in present:
                return []
            rows = connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall()
            return [dict(row) for row in rows]

        return _nested({name: table(name) for name in TABLES})


TABLES = (
    "version",
    "molecule_dictionary",
    "molecule_synonyms",
    "molecule_hierarchy",
    "compound_structures",
    "compound_properties",
    "target_dictionary",
    "component_sequences",
    "component_synonyms",
    "target_components",
    "variant_sequences",
    "docs",
    "assays",
    "activities",
    "drug_mechanism",
    "drug_indication",
    "drug_warning",
    "mechanism_refs",
    "indication_refs",
    "warning_refs",
)
DOCUMENT = (
    "title",
    "authors",
    "journal",
    "year",
    "volume",
    "issue",
    "first_page",
    "last_page",
    "doi",
    "pubmed_id",
    "patent_id",
    "doc_type",
)


def _nested(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    molecules = {row["molregno"]: row for row in tables["molecule_dictionary"]}
    parents = {
        row["molregno"]: molecules[row["parent_molregno"]]["chembl_id"]
        for row in tables["molecule_hierarchy"]
    }
    structures = {row["molregno"]: row for row in tables["compound_structures"]}
    formulas = {row["molregno"]: row for row in tables["compound_properties"]}
    targets = {row["tid"]: row for row in tables["target_dictionary"]}
    assays = {row["assay_id"]: row for row in tables["assays"]}
    documents = {row["doc_id"]: row for row in tables["docs"]}
    mutations = {row["variant_id"]: row["mutation"] for row in tables["variant_sequences"]}

    def drug(number: int) -> dict[str, Any]:
        return {
            "molecule_chembl_id": molecules[number]["chembl_id"],
            "parent_molecule_chembl_id": parents[number],
        }

    def references(table: str, key: str, number: int) -> list[dict[str, Any]]:
        return [
            {name: row[name] for name in ("ref_type", "ref_id", "ref_url")}
            for row in tables[table]
            if row[key] == number
        ]

    def molecule(row: dict[str, Any]) -> dict[str, Any]:
        number = row["molregno"]
        kept = ("pref_name", "molecule_type", "first_approval", "black_box_warning")
        return {name: row[name] for name in kept} | {
            "molecule_chembl_id": row["chembl_id"],
            "max_phase": _string(row["max_phase"], 1),
            "withdrawn_flag": _boolean(row["withdrawn_flag"]),
            "molecule_hierarchy": {
                "molecule_chembl_id": row["chembl_id"],
                "parent_chembl_id": parents[number],
            },
            "molecule_structures": _without(structures.get(number)),
            "molecule_properties": _without(formulas.get(number)),
            "molecule_synonyms": [
                {
                    "molecule_synonym": item["synonyms"],
                    "syn_type": item["syn_type"],
                    "synonyms": item["synonyms"].upper(),
                }
                for item in tables["molecule_synonyms"]
                if item["molregno"] == number
            ],
        }

    def activity(row: dict[str, Any]) -> dict[str, Any]:
        assay, document = assays[row["assay_id"]], documents.get(row["doc_id"])
        target = targets[assay["tid"]]
        kept = ("activity_id", "standard_type", "standard_relation", "standard_units")
        return (
            drug(row["molregno"])
            | {name: row[name] for name in kept}
            | {
                "activity_comment": row.get("activity_comment"),
                "data_validity_comment": row["data_validity_comment"],
                "potential_duplicate": row["potential_duplicate"],
                "standard_value": _string(row["standard_value"], 4),
                "pchembl_value": _string(row["pchembl_value"], 2),
                "molecule_pref_name": molecules[row["molregno"]]["pref_name"],
                "canonical_smiles": structures.get(row["molregno"], {}).get("canonical_smiles"),
                "target_chembl_id": target["chembl_id"],
                "target_pref_name": target["pref_name"],
                "target_organism": target["organism"],
                "assay_chembl_id": assay["chembl_id"],
                "assay_type": assay["assay_type"],
                "assay_description": assay["description"],
                "assay_variant_mutation": mutations.get(assay["variant_id"]),
                "document_chembl_id": document["chembl_id"] if document else None,
                "document_year": document["year"] if document else None,
            }
        )

    return {
        "status": [{"chembl_db_version": row["name"]} for row in tables["version"]][-1:],
        "molecule": [molecule(row) for row in molecules.values()],
        "target": [_target(row, tables) for row in targets.values()],
        "activity": [activity(row) for row in tables["activities"]],
        "assay": [
            {"assay_chembl_id": row["chembl_id"], "confidence_score": row["confidence_score"]}
            for row in assays.values()
        ],
        "document": [
            {"document_chembl_id": row["chembl_id"]} | {name: row.get(name) for name in DOCUMENT}
            for row in documents.values()
        ],
        "mechanism": [
            drug(row["molregno"])
            | {
                "mechanism_of_action": row["mechanism_of_action"],
                "action_type": row["action_type"],
                "mechanism_comment": row.get("mechanism_comment"),
                "mechanism_refs": references("mechanism_refs", "mec_id", row["mec_id"]),
                "target_chembl_id": targets[row["tid"]]["chembl_id"] if row["tid"] else None,
            }
            for row in tables["drug_mechanism"]
        ],
        "drug_indication": [
            drug(row["molregno"])
            | {name: row[name] for name in ("drugind_id", "mesh_id", "mesh_heading", "efo_term")}
            | {
                "max_phase_for_ind": _string(row["max_phase_for_ind"], 1),
                "indication_refs": references("indication_refs", "drugind_id", row["drugind_id"]),
            }
            for row in tables["drug_indication"]
        ],
        "drug_warning": [
            drug(row["molregno"])
            | {name: row[name] for name in row if name.startswith("warning_")}
            | {"warning_refs": references("warning_refs", "warning_id", row["warning_id"])}
            for row in tables["drug_warning"]
        ],
    }


def _target(row: dict[str, Any], tables: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    held = [
        item["component_id"] for item in tables["target_components"] if item["tid"] == row["tid"]
    ]
    return {
        "target_chembl_id": row["chembl_id"],
        "pref_name": row["pref_name"],
        "target_type": row["target_type"],
        "organism": row["organism"],
        "target_components": [
            {
                "accession": item["accession"],
                "target_component_synonyms": [
                    {"component_synonym": name["component_synonym"], "syn_type": name["syn_type"]}
                    for name in tables["component_synonyms"]
                    if name["component_id"] == item["component_id"]
                ],
            }
            for item in tables["component_sequences"]
            if item["component_id"] in held
        ],
    }


def _boolean(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _string(value: float | None, decimals: int) -> str | None:
    return None if value is None else f"{value:.{decimals}f}"


def _without(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {key: row[key] for key in row if key != "molregno"}
