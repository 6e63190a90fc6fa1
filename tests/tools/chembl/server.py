"""A loopback ChEMBL that speaks the service's protocol over a small SQLite file, with its failures.

Written from the protocol and apart from ``retort.tools.chembl``: the tables become the service's
nested JSON (numbers as strings), and filters, order, ``only`` and paging are applied to that JSON.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections import deque
from contextlib import closing
from functools import cmp_to_key
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

BASE = "/chembl/api/data"
COLLECTIONS = {
    "activity": "activities",
    "assay": "assays",
    "document": "documents",
    "drug_indication": "drug_indications",
    "mechanism": "mechanisms",
    "molecule": "molecules",
    "target": "targets",
}
LOOKUPS = ("iexact", "icontains", "istartswith", "in", "isnull", "lt", "lte", "gt", "gte")
ERROR_PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>"


class ChemblServer:
    """The service on a free port of this machine.

    ``faults`` are taken one per request, in order: ``500``, ``404``, ``400``, ``429``, ``hang``,
    ``drip``, ``cut``, ``truncated``, ``empty``, ``promise``, ``other`` (JSON of another form).
    ``always`` is the fault of every request after those; ``ok`` is none.
    """

    def __init__(self, path: Path) -> None:
        self.documents = _documents(path)
        self.faults: deque[str] = deque()
        self.always = "ok"
        self.requests: list[tuple[str, str, list[Any]]] = []
        """method, path and body of every request"""
        self.stopping = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Base of the service."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{BASE}"

    def asked(self, resource: str) -> int:
        """How many requests were made for a resource."""
        return sum(path == f"{BASE}/{resource}.json" for _, path, _ in self.requests)

    def close(self) -> None:
        """Stop, and let hanging requests go."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(server: ChemblServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._answer([])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-HTTP-Method-Override") != "GET":
                self._send(405, b"{}")
                return
            self._answer(json.loads(body))

        def _answer(self, pairs: list[Any]) -> None:
            server.requests.append((self.command, self.path, pairs))
            fault = server.faults.popleft() if server.faults else server.always
            if fault in ("500", "404", "400", "429"):
                self._send(int(fault), ERROR_PAGE, "text/html")
                return
            if fault == "hang":
                server.stopping.wait(30)
                return
            body = json.dumps(self._found(pairs, fault)).encode()
            if fault == "drip":
                self._drip(body)
            elif fault == "cut":
                self._head(200, len(body), "application/json")
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self._send(200, body[:-7] if fault == "truncated" else body)

        def _found(self, pairs: list[Any], fault: str) -> Any:
            if fault == "other":
                return {"message": "maintenance"}
            if self.path == f"{BASE}/status.json":
                return {"chembl_db_version": "ChEMBL_35", "status": "UP"}
            resource = self.path.removeprefix(f"{BASE}/").removesuffix(".json")
            page = select(server.documents[resource], pairs)
            if fault in ("empty", "promise"):
                page = ([], page[1] if fault == "promise" else 0)
            return {COLLECTIONS[resource]: page[0], "page_meta": {"total_count": page[1]}}

        def _drip(self, body: bytes) -> None:
            self._head(200, len(body), "application/json")
            for start in range(len(body)):
                if server.stopping.is_set():
                    return
                self.wfile.write(body[start : start + 1])
                self.wfile.flush()
                time.sleep(0.2)

        def _head(self, status: int, length: int, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self._head(status, len(body), kind)
            self.wfile.write(body)

    return Handler


def select(documents: list[dict[str, Any]], pairs: list[Any]) -> tuple[list[Any], int]:
    """The documents that a list of pairs asks for, and how many match in all."""
    limit, offset, order, only, filters = 20, 0, [], [], []
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
            filters.append((key, value))
    found = [item for item in documents if all(_matches(item, *pair) for pair in filters)]
    for name in reversed(order):
        found.sort(key=cmp_to_key(_order(name)))
    page = found[offset : offset + limit]
    return [{name: item[name] for name in only or item} for item in page], len(found)


def _order(name: str) -> Any:
    """As the service's database sorts: missing values last going up, and so first coming down."""
    sign = -1 if name.startswith("-") else 1
    field = name.removeprefix("-")

    def compare(one: dict[str, Any], other: dict[str, Any]) -> int:
        left = float("inf") if one[field] is None else float(one[field])
        right = float("inf") if other[field] is None else float(other[field])
        return sign * ((left > right) - (left < right))

    return compare


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


def _documents(path: Path) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row

        def table(name: str) -> list[dict[str, Any]]:
            rows = connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
            return [dict(row) for row in rows]

        return _nested({name: table(name) for name in TABLES})


TABLES = (
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

    def molecule(row: dict[str, Any]) -> dict[str, Any]:
        number = row["molregno"]
        kept = ("pref_name", "molecule_type", "first_approval", "black_box_warning")
        return {name: row[name] for name in kept} | {
            "molecule_chembl_id": row["chembl_id"],
            "max_phase": _string(row["max_phase"], 1),
            "withdrawn_flag": bool(row["withdrawn_flag"]),
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
        "molecule": [molecule(row) for row in molecules.values()],
        "target": [_target(row, tables) for row in targets.values()],
        "activity": [activity(row) for row in tables["activities"]],
        "assay": [
            {"assay_chembl_id": row["chembl_id"], "confidence_score": row["confidence_score"]}
            for row in assays.values()
        ],
        "document": [
            {
                "document_chembl_id": row["chembl_id"],
                "doi": row["doi"],
                "pubmed_id": row["pubmed_id"],
            }
            for row in documents.values()
        ],
        "mechanism": [
            drug(row["molregno"])
            | {
                "mechanism_of_action": row["mechanism_of_action"],
                "action_type": row["action_type"],
                "target_chembl_id": targets[row["tid"]]["chembl_id"] if row["tid"] else None,
            }
            for row in tables["drug_mechanism"]
        ],
        "drug_indication": [
            drug(row["molregno"])
            | {name: row[name] for name in ("mesh_id", "mesh_heading", "efo_term")}
            | {"max_phase_for_ind": _string(row["max_phase_for_ind"], 1)}
            for row in tables["drug_indication"]
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


def _string(value: float | None, decimals: int) -> str | None:
    return None if value is None else f"{value:.{decimals}f}"


def _without(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {key: row[key] for key in row if key != "molregno"}
