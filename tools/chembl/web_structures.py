"""Searches by structure on the ChEMBL web service, which is never sent a structure.

Owns the rule that a structure does not leave the machine: a molecule is named by its ChEMBL id, and
a SMILES or a pattern is refused before any request. Knows no connection.
"""

from __future__ import annotations

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import StructureHit, StructurePage
from retort.tools.chembl.web_molecules import WebMolecules

METHOD = "Tanimoto on Morgan fingerprints, radius 2, 2048 bits"
"""of the service's similarity search (FPSim2 over RDKit,
https://chembl.gitbook.io/chembl-interface-documentation/web-services)"""
_NEXT = "For a search by structure, set RETORT_CHEMBL to the path of a ChEMBL SQLite file."


def similar(
    client: Client,
    molecules: WebMolecules,
    structure: str,
    threshold: float,
    limit: int,
    offset: int,
) -> StructurePage:
    """See ``ChemblSource.similar``. How many structures the service compares is not known: 0.

    Raises:
        RetortError: a structure was given, or a molecule that has none.
    """
    chembl_id = structure.strip().upper()
    if not reading.CHEMBL_ID.fullmatch(chembl_id):
        raise structures_stay_here("similar molecules")
    if not 0.3 <= threshold <= 1:
        raise UsageError(
            f"A similarity of at least {threshold:g} cannot be asked for.",
            "Tanimoto similarities are asked for from 0.3 to 1.",
            "Ask for 0.7, for example.",
        )
    parents = molecules.parents([chembl_id])
    query = molecules.by_id(parents).get(parents[0]) if parents else None
    if query is None or not query.smiles:
        raise RetortError(
            f"{chembl_id} has no structure to compare.",
            "ChEMBL holds no such molecule, or holds it without a structure, as biologics are.",
            "Give the ChEMBL id of a small molecule.",
        )
    asked = {"chembl_id": query.chembl_id, "similarity": int(threshold * 100)}
    found = {
        row["molecule_chembl_id"]: (reading.number(row.get("similarity")) or 0.0) / 100
        for row in client.rows("similarity", asked, ("molecule_chembl_id", "similarity")).rows
    }
    ranked = sorted(
        (item for item in found.items() if item[1] >= threshold),
        key=lambda item: (-item[1], reading.id_number(item[0])),
    )
    shown = ranked[offset : offset + limit]
    rows = molecules.by_id(chembl_id for chembl_id, _ in shown)
    hits = tuple(StructureHit(rows[item], round(value, 4)) for item, value in shown if item in rows)
    return StructurePage(len(ranked), hits, searched=0, of=0, method=METHOD)


def structures_stay_here(wanted: str) -> RetortError:
    """The refusal of a search that would send a structure away."""
    return RetortError(
        f"ChEMBL's web service was not asked for {wanted}.",
        "A structure never leaves this machine; the service takes a ChEMBL id only.",
        _NEXT,
    )
