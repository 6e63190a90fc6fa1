"""The starter file: it builds, holds together, says what is known, and is the same every time."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools.chembl import starter
from retort.tools.chembl.local import LocalSource
from retort.tools.structures import standardise

TARGET = (
    "SELECT m.pref_name, a.standard_type, a.standard_relation, a.standard_value, a.standard_units, "
    "a.pchembl_value, s.chembl_id, s.description, d.doi FROM activities a "
    "JOIN assays s USING (assay_id) JOIN target_dictionary t USING (tid) "
    "JOIN molecule_dictionary m USING (molregno) JOIN docs d ON d.doc_id = a.doc_id "
    "WHERE t.chembl_id = ? AND m.pref_name = ?"
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return starter.path_for(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def base(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    yield connection
    connection.close()


def column(base: sqlite3.Connection, query: str, *values: Any) -> list[Any]:
    return [row[0] for row in base.execute(query, values)]


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_the_file_is_named_by_its_content(file: Path) -> None:
    assert file.name == f"chembl_starter_{starter.content_hash()[:8]}.sqlite"
    before = file.stat()
    assert starter.path_for(file.parent) == file
    assert file.stat().st_mtime_ns == before.st_mtime_ns


def test_a_rebuild_gives_the_same_rows(file: Path, tmp_path: Path) -> None:
    assert dump(starter.build(tmp_path / "new" / "again.sqlite")) == dump(file)


def test_two_builders_at_once_leave_one_whole_file(file: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(starter.path_for, [tmp_path, tmp_path]))
    assert made[0] == made[1]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("chembl")] == [
        file.name
    ]
    assert dump(made[0]) == dump(file)


def test_a_failed_build_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "starter.sqlite"
    old.write_text("old")
    monkeypatch.setattr(
        "retort.tools.chembl.starter.filling.rows", lambda table: [{"chembl_id": "CHEMBL25"}]
    )
    with pytest.raises(KeyError):
        starter.build(old)
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RetortError, match="RETORT_HOME"):
        starter.build(tmp_path / "file" / "starter.sqlite")


def test_keys_hold_and_no_table_is_empty(base: sqlite3.Connection) -> None:
    assert base.execute("PRAGMA foreign_key_check").fetchall() == []
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for table in column(base, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        assert base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0, table


def test_the_release_says_what_it_is(base: sqlite3.Connection) -> None:
    name, _, comments = base.execute("SELECT * FROM version").fetchone()
    assert name == starter.RELEASE == "RETORT_STARTER_1"
    assert "CC BY-SA 3.0" in comments
    assert column(base, "SELECT content_hash FROM starter_build") == [starter.content_hash()]


def test_every_structure_is_canonical_and_has_its_key(base: sqlite3.Connection) -> None:
    structures = base.execute(
        "SELECT canonical_smiles, standard_inchi_key FROM compound_structures"
    )
    count = 0
    for smiles, key in structures:
        count += 1
        mol = Chem.MolFromSmiles(smiles)
        assert mol is not None, smiles
        assert Chem.MolToSmiles(mol) == smiles
        assert Chem.MolToInchiKey(mol) == key
    assert 180 <= count <= 280


@pytest.mark.parametrize("table", starter.TABLES)
def test_tables_are_plain_and_complete(table: str) -> None:
    rows = list(starter.rows(table))
    width = len(rows[0])
    for row in rows:
        assert len(row) == width
        assert None not in row
        assert all(cell is not None and cell == cell.strip() for cell in row.values()), row


def test_salts_stand_below_their_parents() -> None:
    listed = {row["chembl_id"]: row for row in starter.rows("drugs")}
    salts = [row for row in listed.values() if row["parent"]]
    assert len(salts) >= 5
    for row in salts:
        parent = standardise(Chem.MolFromSmiles(row["smiles"]))
        bare = Chem.MolFromSmiles(listed[row["parent"]]["smiles"])
        assert Chem.MolToInchiKey(parent) == Chem.MolToInchiKey(bare), row["name"]


def test_ids_are_unique_and_marked() -> None:
    for table in ("drugs", "targets", "docs", "assays"):
        ids = [row["chembl_id"] for row in starter.rows(table)]
        assert [key for key, n in Counter(ids).items() if n > 1] == []
        assert all(re.fullmatch(r"CHEMBL\d+|RETORT-[TDA]\d+", key) for key in ids)
    assert all(row["chembl_id"].startswith("CHEMBL") for row in starter.rows("drugs"))


def test_a_name_stands_for_one_drug() -> None:
    owners: dict[str, set[str]] = {}
    for name, chembl_id in starter.names():
        owners.setdefault(name.casefold(), set()).add(chembl_id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}
    assert owners["gleevec"] == owners["imatinib"] == {"CHEMBL941"}
    assert owners["paracetamol"] == {"CHEMBL112"}


def test_other_names_are_found_and_not_read_into_sentences(file: Path) -> None:
    others = [row["synonym"] for row in starter.rows("other_names")]
    assert len(others) > 1_000
    assert not {name.casefold() for name, _ in starter.names()} & {o.casefold() for o in others}
    source = LocalSource(file)
    assert [row.name for row in source.molecules("NSC-170984")]
    source.close()


def test_target_names_lead_to_the_human_protein_first() -> None:
    first: dict[str, str] = {}
    for name, chembl_id in starter.target_names():
        first.setdefault(name.casefold(), chembl_id)
    assert first["egfr"] == first["epidermal growth factor receptor"] == "CHEMBL203"
    assert first["acetylcholinesterase"] == "CHEMBL220"
    assert first["her2"] == "CHEMBL1824"
    assert first["herg"] == first["kcnh2"] == "CHEMBL240"


def test_names_cost_no_chemistry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdkit", None)
    starter.names.cache_clear()
    assert len(starter.names()) > 1000


@pytest.mark.parametrize(
    ("name", "chembl_id", "mass"),
    [
        ("IMATINIB", "CHEMBL941", 493.6),
        ("OSIMERTINIB", "CHEMBL3353410", 499.6),
        ("GEFITINIB", "CHEMBL939", 446.9),
        ("WARFARIN", "CHEMBL1464", 308.3),
        ("ASPIRIN", "CHEMBL25", 180.2),
        ("ACETAMINOPHEN", "CHEMBL112", 151.2),
        ("CAFFEINE", "CHEMBL113", 194.2),
        ("METFORMIN", "CHEMBL1431", 129.2),
        ("HALOPERIDOL", "CHEMBL54", 375.9),
        ("TERFENADINE", "CHEMBL17157", 471.7),
        ("CISPLATIN", "CHEMBL11359", 300.05),
        ("VALPROIC ACID", "CHEMBL109", 144.2),
        ("METFORMIN HYDROCHLORIDE", "CHEMBL1703", 165.6),
        ("IMATINIB MESYLATE", "CHEMBL1642", 589.7),
        ("WATER", "CHEMBL1098659", 18.0),
        ("ALCOHOL", "CHEMBL545", 46.1),
        ("BENZENE", "CHEMBL277500", 78.1),
    ],
)
def test_drugs_that_everybody_knows(
    base: sqlite3.Connection, name: str, chembl_id: str, mass: float
) -> None:
    found = base.execute(
        "SELECT chembl_id, mw_freebase FROM molecule_dictionary "
        "JOIN compound_properties USING (molregno) WHERE pref_name = ?",
        (name.lower(),),
    ).fetchall()
    assert [key for key, _ in found] == [chembl_id]
    assert found[0][1] == pytest.approx(mass, abs=0.06)


@pytest.mark.parametrize(
    ("name", "gene", "action"),
    [
        ("OSIMERTINIB", "EGFR", "INHIBITOR"),
        ("IMATINIB", "ABL1", "INHIBITOR"),
        ("WARFARIN", "VKORC1", "INHIBITOR"),
        ("HALOPERIDOL", "DRD2", "INVERSE AGONIST"),
        ("MORPHINE", "OPRM1", "AGONIST"),
        ("SIMVASTATIN", "HMGCR", "INHIBITOR"),
        ("SITAGLIPTIN", "DPP4", "INHIBITOR"),
        ("OMEPRAZOLE", "ATP4A", "INHIBITOR"),
        ("DOFETILIDE", "KCNH2", "BLOCKER"),
        ("METHOTREXATE", "DHFR", "INHIBITOR"),
    ],
)
def test_mechanisms_that_everybody_knows(
    base: sqlite3.Connection, name: str, gene: str, action: str
) -> None:
    actions = column(
        base,
        "SELECT action_type FROM drug_mechanism JOIN molecule_dictionary USING (molregno) "
        "JOIN target_components USING (tid) JOIN component_synonyms USING (component_id) "
        "WHERE pref_name = ? AND component_synonym = ? AND syn_type = 'GENE_SYMBOL'",
        name,
        gene,
    )
    assert action in actions


def test_egfr_rows_carry_relation_unit_assay_and_source(base: sqlite3.Connection) -> None:
    rows = base.execute(TARGET, ("CHEMBL203", "GEFITINIB")).fetchall()
    wild = [row for row in rows if row[1] == "Kd" and "mutant" not in row[7]]
    assert [row[1:6] for row in wild] == [("Kd", "=", 1.0, "nM", 9.0)]
    assert wild[0][8] == "10.1038/nbt.1990"
    assert all(row[4] == "nM" and row[2] in ("=", "<", ">") and row[6] for row in rows)
    strong = column(
        base,
        "SELECT DISTINCT m.pref_name FROM activities JOIN assays USING (assay_id) "
        "JOIN target_dictionary t USING (tid) JOIN molecule_dictionary m USING (molregno) "
        "WHERE t.chembl_id = 'CHEMBL203' AND standard_type = 'IC50' AND standard_value < 10",
    )
    assert {"AFATINIB", "ICOTINIB", "IBRUTINIB"} <= set(strong)
    assert len(strong) >= 6


def test_mutants_name_their_mutation(base: sqlite3.Connection) -> None:
    mutations = column(
        base,
        "SELECT mutation FROM assays JOIN variant_sequences USING (variant_id) "
        "JOIN target_dictionary USING (tid) WHERE target_dictionary.chembl_id = 'CHEMBL203'",
    )
    assert {"L858R", "T790M", "L858R/T790M"} <= set(mutations)


def test_no_binding_is_not_given_as_a_value(base: sqlite3.Connection) -> None:
    rows = base.execute(TARGET, ("CHEMBL203", "NILOTINIB")).fetchall()
    assert [row[1:6] for row in rows] == [("Kd", ">", 10000.0, "nM", None)]


def test_pchembl_belongs_to_exact_values(base: sqlite3.Connection) -> None:
    assert (
        column(
            base,
            "SELECT activity_id FROM activities "
            "WHERE (standard_relation = '=') != (pchembl_value IS NOT NULL) OR standard_value <= 0",
        )
        == []
    )


def test_the_tables_stay_small() -> None:
    folder = Path(starter.__file__).parent
    assert sum(path.stat().st_size for path in folder.glob("*.tsv")) < 600_000


def test_a_full_disk_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("retort.tools.chembl.starter.filling.fill", fill)
    with pytest.raises(RetortError, match="disk is full") as caught:
        starter.build(tmp_path / "chembl.sqlite")
    assert "RETORT_HOME" in caught.value.next
    assert list(tmp_path.iterdir()) == []


def test_a_molecule_is_named_by_the_first_block_of_its_key(file: Path) -> None:
    source = LocalSource(file)
    assert source.name_of("KTUFNOKKBVMGRW") == "Imatinib"
    assert (
        source.name_of("AAAAAAAAAAAAAA") == source.name_of("imatinib") == source.name_of("") == ""
    )
    source.close()
