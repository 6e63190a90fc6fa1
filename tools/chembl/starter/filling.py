"""From the reviewed tables to the rows of ChEMBL's schema.

Owns which column of a table goes where. Structures are read by RDKit, which makes the
InChIKeys and the properties. Does not know where the file lies.
"""

from __future__ import annotations

from sqlite3 import Connection

from retort.tools.chembl.starter import RELEASE, content_hash, rows, split

CREATED = "2025-11-21"
"""date of the tables, not of the build: the same tables give the same file"""

COMMENT = (
    "Facts from ChEMBL (CC BY-SA 3.0) as public data sets pass them on, and from DrugCentral "
    "(CC BY-SA 4.0) and Davis et al. 2011; see NOTICE.md"
)

Keys = dict[str, int]
"""ChEMBL id -> key of the row in this file"""


def fill(connection: Connection) -> None:
    """Fill an empty database that has the schema.

    Args:
        connection: inside a transaction; the caller commits.
    """
    from rdkit import rdBase

    connection.execute("INSERT INTO version VALUES (?, ?, ?)", (RELEASE, CREATED, COMMENT))
    connection.execute(
        "INSERT INTO starter_build VALUES (?, ?)", (content_hash(), rdBase.rdkitVersion)
    )
    molecules = _molecules(connection)
    targets = _targets(connection)
    _drug_facts(connection, molecules, targets)
    _measurements(connection, molecules, targets)


def _molecules(connection: Connection) -> Keys:
    keys: Keys = {}
    for molregno, row in enumerate(rows("drugs"), start=1):
        keys[row["chembl_id"]] = molregno
        connection.execute(
            "INSERT INTO molecule_dictionary VALUES (?, ?, ?, ?, 'Small molecule', ?, NULL, NULL)",
            (
                molregno,
                row["chembl_id"],
                row["name"],
                float(row["max_phase"]) if row["max_phase"] else None,
                _whole(row["first_approval"]),
            ),
        )
        parent = keys[row["parent"] or row["chembl_id"]]  # a salt stands below its parent
        connection.execute("INSERT INTO molecule_hierarchy VALUES (?, ?)", (molregno, parent))
        _structure(connection, molregno, row["smiles"])
    connection.executemany(
        "INSERT INTO molecule_synonyms VALUES (?, ?, ?)",
        [
            (keys[row["chembl_id"]], row["synonym"], row.get("syn_type", "OTHER"))
            for table in ("synonyms", "other_names")
            for row in rows(table)
        ],
    )
    return keys


def _structure(connection: Connection, molregno: int, smiles: str) -> None:
    from rdkit import Chem
    from rdkit.Chem import rdinchi, rdMolDescriptors

    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        raise ValueError(f"the starter table holds a SMILES that RDKit cannot read: {smiles}")
    connection.execute(
        "INSERT INTO compound_structures VALUES (?, ?, ?)",
        (molregno, Chem.MolToSmiles(mol), rdinchi.MolToInchiKey(mol)),
    )
    mass, (alogp, _) = (
        rdMolDescriptors._CalcMolWt(mol),
        rdMolDescriptors.CalcCrippenDescriptors(mol),
    )
    acceptors = rdMolDescriptors.CalcNumLipinskiHBA(mol)
    donors = rdMolDescriptors.CalcNumLipinskiHBD(mol)
    connection.execute(
        "INSERT INTO compound_properties VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            molregno,
            round(mass, 2),
            round(alogp, 2),
            rdMolDescriptors.CalcNumHBA(mol),
            rdMolDescriptors.CalcNumHBD(mol),
            round(rdMolDescriptors.CalcTPSA(mol), 2),
            rdMolDescriptors.CalcNumRotatableBonds(mol),
            sum((mass > 500, alogp > 5, acceptors > 10, donors > 5)),
        ),
    )


def _targets(connection: Connection) -> Keys:
    keys: Keys = {}
    components: Keys = {}
    for tid, row in enumerate(rows("targets"), start=1):
        keys[row["chembl_id"]] = tid
        connection.execute(
            "INSERT INTO target_dictionary VALUES (?, ?, ?, ?, ?)",
            (tid, row["chembl_id"], row["name"], row["target_type"], row["organism"]),
        )
        accessions, genes = split(row["accessions"]), split(row["genes"])
        alone = row["target_type"] == "SINGLE PROTEIN"
        for place, accession in enumerate(accessions or genes or [row["name"]]):
            key = f"{accession} {row['organism']}"
            if key not in components:
                components[key] = len(components) + 1
                connection.execute(
                    "INSERT INTO component_sequences VALUES (?, ?, ?)",
                    (components[key], accession if accessions else None, row["organism"]),
                )
            component = components[key]
            connection.execute("INSERT INTO target_components VALUES (?, ?)", (tid, component))
            named = [(genes[place], "GENE_SYMBOL")] if place < len(genes) else []
            named += [(alias, "GENE_SYMBOL_OTHER") for alias in split(row["aliases"])]
            named += [(row["name"], "UNIPROT")] if alone else []
            connection.executemany(
                "INSERT OR IGNORE INTO component_synonyms VALUES (?, ?, ?)",
                [(component, name, kind) for name, kind in named],
            )
    return keys


def _drug_facts(connection: Connection, molecules: Keys, targets: Keys) -> None:
    connection.executemany(
        "INSERT INTO drug_mechanism VALUES (NULL, ?, ?, ?, ?)",
        [
            (
                molecules[row["chembl_id"]],
                targets[row["target_chembl_id"]],
                row["mechanism_of_action"],
                row["action_type"],
            )
            for row in rows("mechanisms")
        ],
    )
    connection.executemany(
        "INSERT INTO drug_indication VALUES (NULL, ?, NULL, ?, NULL, ?)",
        [
            (molecules[row["chembl_id"]], row["mesh_heading"], float(row["max_phase"]))
            for row in rows("indications")
        ],
    )


def _measurements(connection: Connection, molecules: Keys, targets: Keys) -> None:
    docs: Keys = {}
    for doc_id, row in enumerate(rows("docs"), start=1):
        docs[row["chembl_id"]] = doc_id
        connection.execute(
            "INSERT INTO docs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                doc_id,
                row["chembl_id"],
                row["title"],
                row["journal"] or None,
                _whole(row["year"]),
                row["doi"] or None,
                _whole(row["pubmed_id"]),
                "PUBLICATION" if row["pubmed_id"] else "DATASET",
            ),
        )
    assays: dict[str, tuple[int, int]] = {}
    for assay_id, row in enumerate(rows("assays"), start=1):
        tid, doc_id = targets[row["target_chembl_id"]], docs[row["doc_chembl_id"]]
        assays[row["chembl_id"]] = (assay_id, doc_id)
        connection.execute(
            "INSERT INTO assays SELECT ?, ?, ?, tid, ?, ?, ?, organism, ? "
            "FROM target_dictionary WHERE tid = ?",
            (
                assay_id,
                row["chembl_id"],
                doc_id,
                row["assay_type"],
                _whole(row["confidence_score"]),
                row["description"],
                _variant(connection, tid, row["mutation"]),
                tid,
            ),
        )
    connection.executemany(
        "INSERT INTO activities VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)",
        [
            (
                f"RETORT-{number}",
                *assays[row["assay_chembl_id"]],
                molecules[row["molecule_chembl_id"]],
                row["standard_type"],
                row["standard_relation"],
                float(row["standard_value"]),
                row["standard_units"],
                float(row["pchembl_value"]) if row["pchembl_value"] else None,
            )
            for number, row in enumerate(rows("activities"), start=1)
        ],
    )


def _variant(connection: Connection, tid: int, mutation: str) -> int | None:
    """The key of a mutant of a single protein, made when it is new; None for the wild type."""
    if not mutation:
        return None
    (accession,) = connection.execute(
        "SELECT accession FROM target_components JOIN component_sequences USING (component_id) "
        "WHERE tid = ?",
        (tid,),
    ).fetchone()
    known = connection.execute(
        "SELECT variant_id FROM variant_sequences WHERE mutation = ? AND accession = ?",
        (mutation, accession),
    ).fetchone()
    if known:
        return int(known[0])
    return connection.execute(
        "INSERT INTO variant_sequences VALUES (NULL, ?, ?)", (mutation, accession)
    ).lastrowid


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None
