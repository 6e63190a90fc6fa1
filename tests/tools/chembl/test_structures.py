"""Search by structure: the same as RDKit finds one by one, and what was cut is said."""

from __future__ import annotations

import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from retort.retrieval.errors import RetortError, UsageError
from retort.tools import structures
from retort.tools.chembl import describing, fingerprints, starter
from retort.tools.chembl.database import Database
from retort.tools.chembl.fingerprints import Structures
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.local_structures import StructureTable

DRUGS = [row["smiles"] for row in starter.rows("drugs")][:150]
MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)


@pytest.fixture(scope="module")
def among() -> Structures:
    rows = [(number, number, smiles) for number, smiles in enumerate(DRUGS, start=1)]
    return Structures.of([fingerprints.describe(rows[:70]), fingerprints.describe(rows[70:])])


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 1.0])
def test_similarity_is_what_rdkit_calculates(among: Structures, threshold: float) -> None:
    parents = [structures.standardise(Chem.MolFromSmiles(smiles)) for smiles in DRUGS]
    bits = [MORGAN.GetFingerprint(parent) for parent in parents]
    for query in range(0, len(DRUGS), 10):
        expected = sorted(
            (
                (-score, number)
                for number, score in enumerate(
                    DataStructs.BulkTanimotoSimilarity(bits[query], bits), start=1
                )
                if score >= threshold
            ),
        )
        rows, scores = fingerprints.similar(among, parents[query], threshold)
        found = list(zip((-scores).tolist(), among.numbers[rows].tolist(), strict=True))
        assert found == expected


@pytest.mark.parametrize(
    "pattern",
    ["c1ccccc1", "C1=CC=CC=C1", "C(=O)O", "N1CCOCC1", "[CX3](=O)[OX2H1]", "[#7;R]", "FC(F)F", "*"],
)
def test_the_screen_loses_no_substructure(among: Structures, pattern: str) -> None:
    query, _ = fingerprints.query_molecule(pattern)
    rows = fingerprints.screened(among, query)
    found, looked_at = fingerprints.holding(among, rows, query, seconds=60)
    parents = [structures.standardise(Chem.MolFromSmiles(smiles)) for smiles in DRUGS]
    expected = [
        number for number, parent in enumerate(parents, start=1) if parent.HasSubstructMatch(query)
    ]
    assert expected
    assert [int(among.numbers[row]) for row in found] == expected
    assert looked_at == len(rows)


def test_a_kekule_form_is_the_same_ring() -> None:
    aromatic, sense = fingerprints.query_molecule("c1ccccc1")
    kekule, _ = fingerprints.query_molecule("C1=CC=CC=C1")
    assert Chem.MolToSmiles(aromatic) == Chem.MolToSmiles(kekule)
    assert sense == "structure (elements and bonds)"
    assert fingerprints.query_molecule("[OX2H]c")[1] == "SMARTS"


def test_time_that_ran_out_is_said(chembl_file: object, among: Structures) -> None:
    found, looked_at = fingerprints.holding(
        among, fingerprints.screened(among, Chem.MolFromSmiles("C")), Chem.MolFromSmiles("C"), -1
    )
    assert 0 < looked_at <= fingerprints.MATCHED
    assert found


def test_similar_by_id_and_by_structure(local: LocalSource) -> None:
    by_id = local.similar("CHEMBL1079742", threshold=0.3)
    # erlotinib hydrochloride is compared as erlotinib, and found as erlotinib, once
    assert by_id == local.similar("C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1", threshold=0.3)
    assert [hit.molecule.chembl_id for hit in by_id.hits] == ["CHEMBL553", "CHEMBL939"]
    assert by_id.hits[0].similarity == 1 and by_id.total == 2
    assert by_id.searched == by_id.of == 4
    assert local.similar("CHEMBL553", 0.3, limit=1, offset=1).hits == by_id.hits[1:]


def test_substructures_by_rising_id(local: LocalSource) -> None:
    page = local.substructure("c1ccc2ncncc2c1")
    assert [hit.molecule.name for hit in page.hits] == ["Erlotinib", "Gefitinib"]
    assert page.hits[0].similarity is None
    assert local.substructure("c1ccc2ncncc2c1", limit=1, offset=1).hits == page.hits[1:]
    assert local.substructure("[Au]").total == 0


@pytest.mark.parametrize("threshold", [0.0, 0.29, 1.1, float("nan")])
def test_a_similarity_out_of_range(local: LocalSource, threshold: float) -> None:
    with pytest.raises(UsageError):
        local.similar("CHEMBL553", threshold)


@pytest.mark.parametrize("structure", ["CHEMBL424242", "CHEMBL1201585", "not a molecule"])
def test_no_structure_to_compare(local: LocalSource, structure: str) -> None:
    with pytest.raises(RetortError):
        local.similar(structure)


def test_a_dump_without_fingerprints_says_how_to_build_them(
    chembl_file: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retort.tools.chembl.local_structures.FEW", 1)
    db = Database(chembl_file)  # type: ignore[arg-type]
    assert describing.count(db) > 1
    table = StructureTable(db, "ChEMBL 35", MoleculeTable(db, "ChEMBL 35"), None)
    with pytest.raises(RetortError) as caught:
        table.similar("CCO", 0.7, 5, 0)
    assert "retort chembl index" in caught.value.next
